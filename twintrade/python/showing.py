"""Several fits as one table or picture, and whole analyses from their files and folders."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from twintrade.design import Design, Panel
from twintrade.design.panel import require_word
from twintrade.effects import ResultSet
from twintrade.effects.result_set import COVARIATES
from twintrade.errors import SpecError
from twintrade.estimators.base import Fit, View
from twintrade.python.fitted import FitResult
from twintrade.python.pictures import PlotLook, draw_coefficients, draw_studies
from twintrade.python.summary import OVERALL, PATH, TIDY_COLUMNS
from twintrade.python.treated import ComparedDesign, build_treatment_from_agreements
from twintrade.render import binder
from twintrade.render.appendix import build_document
from twintrade.render.binder import TableFormat, TableOptions
from twintrade.render.blocks import Cell, Figure, Row, Table, list_exhibits
from twintrade.study.by_name import explain_call, list_names, require, require_fit
from twintrade.study.execute import build_results_of_fits, try_watch
from twintrade.study.store import write_beside
from twintrade.study.stored import read_fit, read_stored, run_design, run_stored
from twintrade.text import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Several fits as one table, in every format of the report.

VIEWS: tuple[View, ...] = ("overall", "path")
EVERY_COLUMN = 99
Under = Literal["se", "interval", "t", "p"]
Names = str | Sequence[str]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PrintedTable:
    """A table that shows itself, and writes itself in a format."""

    table: Table

    def render(self, to: TableFormat) -> str | bytes:
        """Return the table as HTML, LaTeX, Typst or Markdown text, or as the bytes of a Word file."""
        return binder.render_fragment(self.table, to)

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as text."""
        return binder.spread_table(self.table)

    def __repr__(self) -> str:
        return str(self.render("md"))

    def _repr_html_(self) -> str:
        return str(self.render("html"))


def edit_table(
    table: Table, title: str | None, notes: Names | None, keep: Names, drop: Names, labels: Mapping[str, str] | None
) -> Table:
    """Return a table with words of the user's: its title, its notes, the rows that match, and what is renamed."""
    heads = (*table.header, *(row.cells[:1] for row in table.rows))
    known = sorted({cell.text for cells in heads for cell in cells if cell.text})
    if not isinstance(labels, Mapping | None):
        raise SpecError(f"labels are new names by old ones, as {{'PPML': 'Pairs'}}, not {labels!r}")
    renamed = dict(labels or {})
    if unknown := [name for name in renamed if name not in known]:
        raise SpecError(f"labels has {unknown[0]!r}, which is no row and no column: {', '.join(known)}")
    try:
        kept, left_out = ([re.compile(p) for p in list_names(asked)] for asked in (keep, drop))
    except re.error as error:
        raise SpecError(f"keep and drop are regular expressions; {error.pattern!r} is none: {error.msg}") from None

    def stays(row: Row) -> bool:
        head = row.cells[0].text
        return (not kept or any(p.search(head) for p in kept)) and not any(p.search(head) for p in left_out)

    def name(cell: Cell) -> Cell:
        return replace(cell, lines=(renamed[cell.text],)) if cell.text in renamed else cell

    groups = [tuple(Row((name(r.cells[0]), *r.cells[1:])) for r in group if stays(r)) for group in table.groups]
    if not any(groups):
        raise SpecError(f"keep and drop leave no row; rows are {', '.join(row.cells[0].text for row in table.rows)}")
    return replace(
        table,
        caption=table.caption if title is None else str(title),
        header=tuple(tuple(map(name, cells)) for cells in table.header),
        groups=tuple(group for group in groups if group),
        notes=table.notes if notes is None else list_names(notes),
    )


FORMATS = get_args(TableFormat)


def print_table(printed: PrintedTable, to: Any) -> Any:
    """Return a table as it is, in a format, or written to a file whose ending names the format."""
    if to is None or to in FORMATS:
        return printed if to is None else printed.render(to)
    path = Path(str(to))
    kind = path.suffix[1:]
    if not isinstance(to, str | PathLike) or kind not in FORMATS:
        raise SpecError(f"a table is written to html, tex, docx, typst or md, not {to!r}; a file's name ends so")
    content = printed.render(FORMATS[FORMATS.index(kind)])
    write_beside(path.parent, path.name, content if isinstance(content, bytes) else content.encode("utf-8"))
    return printed


def name_fits(fits: Any) -> dict[str, FitResult]:
    """Return fits by name: those of a mapping, else the title of each method, numbered where it repeats."""
    given: Iterable[tuple[str, Fit]]
    if isinstance(fits, Mapping):
        given = ((str(name), fit) for name, fit in fits.items())
    else:
        alone = [require_fit(fit) for fit in (fits if isinstance(fits, Iterable) else [fits])]
        given = [(str(fit.estimator.title or fit.estimator.name), fit) for fit in alone]
    named: dict[str, FitResult] = {}
    for name, fit in given:
        require_fit(fit)
        free = next(n for n in (name, *(f"{name} {k}" for k in range(2, 999))) if n not in named)
        named[free] = fit if isinstance(fit, FitResult) else FitResult.of(fit)
    if not named:
        raise SpecError("there is no fit; give a fit, a list of fits, or fits by name")
    return named


# A finished analysis as a user handles it: every frame, every printed table, tables and pictures of its columns.

_FRAMES = ("data", "twinnings", "specifications", "effects", "bands", "findings", "messages", "payloads", "manifest")
_KEYS = ["estimator", "specification"]
_GLANCE = {
    "label": "label", "n_rows": "nobs", "n_units": "n.units", "n_treated_units": "n.treated", "scale": "scale",
    "fixed_effects": "fixed.effects", "clusters": "clusters", "statistic_name": "statistic.name",
    "statistic": "statistic.value", "is_headline": "is.headline",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnalysisResults:
    """What a run stored: its frames, its tables as they are printed, and accessors like those of a fit."""

    # The frames themselves: `specifications`, `effects`, `bands`, `findings`, `messages`, `data`, `twinnings` and
    # `payloads` are reached directly too
    stored: ResultSet

    def __getattr__(self, name: str) -> Any:
        if name in _FRAMES:
            return getattr(self.stored, name)
        raise AttributeError(f"results have no {name!r}")

    def __repr__(self) -> str:
        labels = ", ".join(map(str, self.stored.specifications["label"]))
        return f"{type(self).__name__}: {self.stored.title}; {labels}"

    def tidy(self, view: str = "overall") -> pd.DataFrame:
        """Return the effects of one view with the reported inference, one row a column of the ladder and effect.

        Beside the overall effects stand the coefficients of the covariates, whose errors are clustered.
        """
        bands = self.stored.bands
        chosen = bands[bands["kind"] == view]
        chosen = chosen[chosen["inference"] == chosen.groupby(_KEYS, sort=False)["inference"].transform("first")]
        chosen = chosen.assign(term=[_name_term(row) for row in chosen.to_dict("records")])
        if view == "overall" and COVARIATES in self.stored.payloads:
            given = self.stored.payloads[COVARIATES]
            chosen = pd.concat([chosen, given], ignore_index=True) if len(chosen) else given
        if chosen.empty:
            raise SpecError(f"no column has effects by {view!r}; known: {', '.join(sorted(set(bands['kind'])))}")
        se = chosen["se"].where(chosen["se"] > 0)
        tested = chosen.assign(se=se, t=chosen["effect"] / se)
        frame = tested[["term", "effect", "se", "t", "p", "low", "high"]].set_axis(list(TIDY_COLUMNS), axis=1)
        return pd.concat([chosen[[*_KEYS, "scale"]], frame], axis=1).reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """Return one row a column of the ladder: counts, fit, effects absorbed, clusters."""
        return self.stored.specifications[[*_KEYS, *_GLANCE]].set_axis([*_KEYS, *_GLANCE.values()], axis=1)

    def etable(self, to: Any = None, *, under: Under = "se", stars: bool = False) -> Any:
        """Return the ladder; see ``tt.etable``."""
        options = TableOptions(under, stars, EVERY_COLUMN)
        return print_table(PrintedTable(binder.build_ladder(self.stored, options)), to)

    @property
    def printed(self) -> Mapping[str, pd.DataFrame]:
        """Every table of the page as text, and the numbers of every figure, by key."""
        exhibits = list_exhibits(build_document(self.stored).blocks)
        return {e.key: e.frame if isinstance(e, Figure) else binder.spread_table(e) for e in exhibits}

    def coefplot(self, ax: "Axes | None" = None, view: str = "overall") -> "Axes":
        """Draw the effects of one view, grouped by column; return the axes."""
        labels = self.stored.specifications.set_index(_KEYS)["label"].to_dict()
        tidy = self.tidy(view)
        tidy = tidy[~tidy["term"].isin(self.stored.payloads.get(COVARIATES, pd.DataFrame({"term": ()}))["term"])]
        tables = {str(labels[key]): table for key, table in tidy.groupby(_KEYS, sort=False)}
        scales = [str(table["scale"].iloc[0]) for table in tables.values()]
        return draw_coefficients(tables, scales, ax)


def _name_term(row: Mapping[Any, Any]) -> str:
    if row["kind"] in ("overall", "path"):
        return OVERALL if row["kind"] == "overall" else PATH
    parts = {"cohort": row["cohort"], "event_time": row["event_time"]}
    return ":".join([f"{name}::{int(value)}" for name, value in parts.items() if not pd.isna(value)])


@explain_call
def etable(
    fits: Any,
    to: Any = None,
    *,
    inference: Any = None,
    under: Under = "se",
    stars: bool = False,
    title: str | None = None,
    notes: str | Sequence[str] | None = None,
    keep: str | Sequence[str] = (),
    drop: str | Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    seed: int = 1,
    **options: Any,
) -> Any:
    """Print several fits as one table, as a run prints its ladder.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    to : {"html", "tex", "docx", "typst", "md"} or path, optional
        Text in that format, bytes for Word; or a file whose ending names the format, which is written. Without it a
        table that shows itself and has ``render`` and ``to_frame``.
    inference, **options
        As in ``infer``.
    under : {"se", "interval", "t", "p"}
        What stands below an estimate.
    stars : bool
        Off by default, and said in the notes where they are on.
    title : str, optional
        In place of the caption.
    notes : str or sequence of str, optional
        In place of the notes: what errors are is then yours to say.
    keep, drop : str or sequence of str
        Regular expressions: rows whose head one matches are kept, or left out.
    labels : mapping of str to str, optional
        Other heads of rows and columns.
    seed : int

    Examples
    --------
    >>> table = tt.etable({"PPML": fit}, inference="clustered", keep="^Effect", labels={"PPML": "Pairs"})
    >>> table.to_frame().iloc[0, 1]
    '0.226 (0.037)'
    """
    named = name_fits(fits)
    require_word("under", under, get_args(Under))
    if not isinstance(stars, bool):
        raise SpecError(f"stars is True or False, not {stars!r}")
    asked = {"inference": inference, "seed": seed, **options}
    bands = [[fit.infer(view=view, **asked) for view in VIEWS if view in fit.views] for fit in named.values()]
    columns = {"effect": "estimate", "se": "std.error", "low": "conf.low", "high": "conf.high", "p": "p.value"}
    covariates = []
    for i, fit in enumerate(named.values()):
        tidy = fit.tidy(view="overall" if "overall" in fit.views else None, **asked)
        tidy = tidy[tidy["term"].isin(fit.design.covariates)]
        keys = {"estimator": fit.estimator.name, "specification": str(i), "scale": fit.estimate.scale}
        covariates.append(tidy.assign(**keys, **{name: tidy[column] for name, column in columns.items()}))
    payloads = {COVARIATES: pd.concat(covariates, ignore_index=True)}
    results = replace(build_results_of_fits(named, bands), payloads=payloads)
    table = binder.build_ladder(results, TableOptions(under, stars, EVERY_COLUMN))
    return print_table(PrintedTable(edit_table(table, title, notes, keep, drop, labels)), to)


@explain_call
def eventplot(fits: Any, ax: "Axes | None" = None, inference: Any = None, **options: Any) -> "Axes":
    """Draw the event studies of several fits on one pair of axes, which are returned.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    ax : Axes, optional
        Those of a figure of the user's own: one study as a page draws it, several dodged. Without it a figure: the
        first study large with its overall effect in the margin, the others below, each unit in a panel of its own.
    inference, **options
        As in ``infer``; and labels (names by name), order, margin (bool), bands (bool), scale ("percent", "own"),
        theme (fields of the report's theme).

    Examples
    --------
    >>> tt.eventplot({"PPML": fit}, inference="clustered").get_xlabel()
    'Years since the agreement; below, number of pairs'
    """
    look = PlotLook.take(options)
    named = name_fits(fits)
    bands = {name: fit.infer(inference, view="event", **options) for name, fit in named.items()}
    first = look.sort(named)[0]
    whole = named[first].infer(inference, view="overall", **options) if "overall" in named[first].views else None
    return draw_studies(bands, bands[first].period_name, ax, {} if whole is None else {first: whole}, look)


@explain_call
def coefplot(
    fits: Any, ax: "Axes | None" = None, inference: Any = None, *, view: View | None = None, **options: Any
) -> "Axes":
    """Draw the coefficients of several fits on one pair of axes, which are returned.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    ax : Axes, optional
    inference, view, **options
        As in ``infer``; the overall effect and the covariates where no view is named. And labels (names by term),
        order, groups (a group by term), theme (fields of the report's theme). Each unit has a panel of its own.

    Examples
    --------
    >>> tt.coefplot({"PPML": fit}, inference="clustered").get_xlabel()
    'log points'
    """
    look, named = PlotLook.take(options), name_fits(fits)
    tables = {
        name: fit.tidy(inference, view=view or ("overall" if "overall" in fit.views else None), **options)
        for name, fit in named.items()
    }
    return draw_coefficients(tables, [fit.estimate.scale for fit in named.values()], ax, look)


@explain_call
def run(
    path: "str | PathLike[str] | Design",
    *,
    force: bool = False,
    jobs: int | None = None,
    folder: "str | PathLike[str]" = ".",
    name: str = "mine",
    money_unit: str = "USD",
    flow: str = "exports",
) -> AnalysisResults:
    """Run an analysis file unless its results are fresh, or the page of a design, and return the results.

    Parameters
    ----------
    path : str, path or Design
        ``analyses/NAME.toml``, or the name of an analysis of the project here; or a design, whose tables and analysis
        file are written into ``folder`` first, with the ladder and the checks of a new analysis.
    force : bool
        Run it although it is fresh.
    jobs : int, optional
        Processes; one a core by default.
    folder, name, money_unit, flow : str
        Of a design: the project's folder, the analysis' name, the currency of the outcome ("USD", "1000 EUR"), and
        whether it is "exports" or "imports" of the cities. Partners are countries.

    Examples
    --------
    >>> results = tt.run("analyses/small.toml")
    >>> results.tidy()["estimator"].tolist()
    ['ppml', 'twfe']
    >>> tt.run(design, folder="project").printed.keys()  # doctest: +SKIP
    """
    if jobs is not None and jobs < 1:
        raise SpecError(Text("python.no-process", jobs=int(jobs)))
    if isinstance(path, Design):
        return AnalysisResults(run_design(path, folder, name, money_unit, flow, jobs))
    if not isinstance(path, str | PathLike):
        raise SpecError(f"run takes the path of an analysis file, its name, or a design, not {path!r}")
    return AnalysisResults(run_stored(str(path), force=force, jobs=jobs))


@explain_call
def read(folder: str) -> AnalysisResults:
    """Return the results in a folder, ``results/NAME``.

    Examples
    --------
    >>> results = tt.read("results/small")
    >>> results.effects["kind"].unique().tolist()
    ['event', 'overall', 'path']
    """
    return AnalysisResults(read_stored(folder))


@explain_call
def load(path: str | PathLike[str]) -> FitResult:
    """Return the fit that ``fit.save`` of the same version wrote into a file.

    Examples
    --------
    >>> tt.load("fit.zip").tidy()  # doctest: +SKIP
    """
    fit = read_fit(path)
    return FitResult.of(replace(fit, design=ComparedDesign.of(fit.design)))


@explain_call
def watch(
    panel: Panel, outcome: str, portfolio: Mapping[str, str], agreements: Any = None, *, seed: int = 1, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rehearse a watch: return one row a look, and how often lasting rises ring; ``twintrade watch`` registers one.

    Parameters
    ----------
    panel : Panel
    outcome : str
    portfolio : mapping
        Date of signing by unit: ``{"Jinan-GBR": "2021"}``; periods from the first one on are looked at.
    agreements : optional
        Of other units, as ``compare`` takes them.
    seed : int
        Of the draw of controls.
    **options
        As under [watch] in an analysis file: looks, horizon, alpha, boundary, alike, controls, weights.

    Examples
    --------
    >>> path, learned = tt.watch(panel, "exports_usd", {"Alder-AUS": "2012"}, horizon=7, controls=69)
    """
    require(panel, Panel, "a panel", "tt.panel")
    others = None if agreements is None else build_treatment_from_agreements(panel, agreements, None, "exclude")
    pairs = dict(portfolio) if hasattr(portfolio, "keys") else portfolio
    return try_watch(panel, outcome, others, {"portfolio": pairs, **options}, seed)

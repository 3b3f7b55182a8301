"""Several fits as one table, in every format of the report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, overload

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.errors import SpecError
from twintrade.estimators.base import Fit, View
from twintrade.python.fitted import FitResult
from twintrade.render.blocks import Table
from twintrade.render.fragments import (
    TableFormat,
    TableOptions,
    build_coefficient_rows,
    build_ladder,
    render_fragment,
    spread_table,
)
from twintrade.study.results_of_fits import build_results_of_fits

VIEWS: tuple[View, ...] = ("overall", "path")
EVERY_COLUMN = 99
Under = Literal["se", "interval", "t", "p"]
TextFormat = Literal["html", "tex", "typst", "md"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PrintedTable:
    """A table that shows itself, and writes itself in a format."""

    table: Table

    def render(self, to: TableFormat) -> str | bytes:
        """Return the table as HTML, LaTeX, Typst or Markdown text, or as the bytes of a Word file."""
        if to not in ("html", "tex", "docx", "typst", "md"):
            raise SpecError(f"a table is written to html, tex, docx, typst or md, not {to!r}")
        return render_fragment(self.table, to)

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as text."""
        return spread_table(self.table)

    def __repr__(self) -> str:
        return str(self.render("md"))

    def _repr_html_(self) -> str:
        return str(self.render("html"))


@overload
def write_fits(fits: Any, to: None = None, **options: Any) -> PrintedTable: ...
@overload
def write_fits(fits: Any, to: TextFormat, **options: Any) -> str: ...
@overload
def write_fits(fits: Any, to: Literal["docx"], **options: Any) -> bytes: ...
def write_fits(fits: Any, to: TableFormat | None = None, **options: Any) -> PrintedTable | str | bytes:
    """Return fits as the table that a run prints of them."""
    printed = PrintedTable(build_fits_table(name_fits(fits), **options))
    return printed if to is None else printed.render(to)


def name_fits(fits: Any) -> dict[str, FitResult]:
    """Return fits by name: those of a mapping, else the title of each method, numbered where it repeats."""
    given: Iterable[tuple[str, Fit]]
    if isinstance(fits, Mapping):
        given = fits.items()
    else:
        alone = [fits] if isinstance(fits, Fit) else list(fits)
        given = [(str(fit.estimator.title or fit.estimator.name), fit) for fit in alone]
    named: dict[str, FitResult] = {}
    for name, fit in given:
        free = next(n for n in (name, *(f"{name} {k}" for k in range(2, 999))) if n not in named)
        named[free] = fit if isinstance(fit, FitResult) else FitResult.of(fit)
    if not named:
        raise SpecError("there is no fit; give a fit, a list of fits, or fits by name")
    return named


def build_fits_table(
    fits: Mapping[str, FitResult],
    inference: Any = None,
    *,
    under: Under = "se",
    stars: bool = False,
    seed: int = 1,
    **options: Any,
) -> Table:
    """Return the ladder of some fits, with their covariates as further rows.

    Parameters
    ----------
    fits : mapping of str to FitResult
    inference : str or Inference, optional
    under : {"se", "interval", "t", "p"}
        What stands below an estimate.
    stars : bool
    seed : int
    **options
        Of the inference.
    """
    bands = [
        [fit.infer(inference, view=view, seed=seed, **options) for view in VIEWS if view in fit.views]
        for fit in fits.values()
    ]
    table_options = TableOptions(under, stars, EVERY_COLUMN)
    table = build_ladder(build_results_of_fits(fits, bands), table_options)
    covariates = [_list_covariates(fit, inference, seed, options) for fit in fits.values()]
    rows = build_coefficient_rows(covariates, table_options)
    if not rows:
        return table
    first = 1 if any("overall" in fit.views for fit in fits.values()) else 0
    return replace(table, groups=(*table.groups[:first], rows, *table.groups[first:]))


def _list_covariates(fit: FitResult, inference: Any, seed: int, options: Mapping[str, Any]) -> pd.DataFrame:
    view: View = "overall" if "overall" in fit.views else fit.views[0]
    tidy = fit.tidy(inference, view=view, seed=seed, **options)
    tidy = tidy[tidy["term"].isin(fit.design.covariates)]
    columns = {"term": "term", "effect": "estimate", "se": "std.error", "low": "conf.low", "high": "conf.high"}
    frame = pd.DataFrame({name: tidy[column] for name, column in columns.items()})
    return frame.assign(p=tidy["p.value"], scale=fit.estimate.scale)


def write_ladder(results: ResultSet, under: Under = "se", stars: bool = False) -> PrintedTable:
    """Return the ladder of a result set as one table."""
    return PrintedTable(build_ladder(results, TableOptions(under, stars, EVERY_COLUMN)))

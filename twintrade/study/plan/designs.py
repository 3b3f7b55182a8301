"""The design of each column of a ladder: who is compared with whom in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.doubts import DOUBT
from twintrade.data.geography import list_own_codes
from twintrade.data.looks import Guess, find_period_step, list_rivals, look_at_file, look_for_layout
from twintrade.design import COMPARISONS, Design, Treatment, add_missing_strata
from twintrade.design.case import build_case_design, build_donor_sets, build_untreated_rectangle
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.design.rules import TreatmentRule, build_treatment, list_flagged_units
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Message
from twintrade.effects.regression import Dropped
from twintrade.errors import DataError, DesignError, SpecError, TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.inference.clustered import Clustered
from twintrade.study.observing.observe import Observed, observe, read_agreements
from twintrade.study.plan.jobs import LadderColumn, Plan, plan
from twintrade.study.spec.analysis import CaseSection, DesignSection, parse
from twintrade.study.spec.spec_text import format_toml_line, locate_guesses, parse_tables, to_toml
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text, Words, find_catalogue

_AS_WRITTEN = ("outcome", "transform", "window", "reference", "anticipation", "weights", "always_treated")
_DOMESTIC = "domestic"  # stands among units left out for the pairs of a country with itself


def _leave_out_domestic(design: Design) -> Design:
    """Return the design without the pairs of a country with itself, which are counted."""
    panel = design.panel
    countries = list_own_codes(list(map(str, panel.cities)))[panel.unit_city]
    is_own = (countries != "") & (countries == panel.partners[panel.unit_partner])
    names, n_rows = tuple(map(str, panel.units[is_own])), int(is_own[panel.unit].sum())
    return design.without(names, Dropped(_DOMESTIC, Text("design.dropped-domestic"), n_rows, len(names), names))


def find_refusal(columns: Sequence[tuple[Words, Words]]) -> DesignError | None:
    """Return the error of an analysis none of whose columns can be estimated; None where one can, or none is asked.

    ``columns``: label of each column, and why it is skipped, "" where it is not.
    """
    if not columns or not all(reason for _, reason in columns):
        return None
    grouped = group_reasons(columns)
    listed = tuple(Text("common.headed", head=labels, said=reason) for labels, reason in grouped)
    reasons = grouped[0][1] if len(grouped) == 1 else Listed(listed, "semicolon")
    return DesignError(Text("specification.none-estimated", reasons=reasons))


def group_reasons(columns: Iterable[tuple[Words, Words]]) -> list[tuple[Listed, Words]]:
    """Return each reason once, in the order of the columns, with the labels of those it holds for."""
    groups: dict[str, tuple[list[Words], Words]] = {}
    for label, reason in columns:
        groups.setdefault(str(reason), ([], reason))[0].append(label)
    return [(Listed(tuple(labels), "semicolon"), reason) for labels, reason in groups.values()]


@dataclass(frozen=True, slots=True, eq=False)
class Designs:
    """Makes designs from what was observed."""

    observed: Observed
    case: CaseSection | None = None
    _treatments: dict[TreatmentRule, Treatment] = field(default_factory=dict, init=False, repr=False)
    _designs: dict[tuple[str, bool, str], Design] = field(default_factory=dict, init=False, repr=False)
    _fits: dict[str, Fit] = field(default_factory=dict, init=False, repr=False)

    @property
    def case_unit(self) -> str | None:
        """Label of the dyad a single-case analysis is about."""
        return None if self.case is None else f"{self.case.city}-{self.case.partner}"

    def treatment(self, section: DesignSection) -> Treatment:
        """Return the treatment under the section's rule."""
        named: dict[str, Any] = section.treatment.model_dump(exclude={"column"})
        rule = TreatmentRule(**named | {key: tuple(v) for key, v in named.items() if isinstance(v, list)})
        if rule not in self._treatments:
            self._treatments[rule] = build_treatment(self.observed.agreements, self.observed.panel, rule)
        return self._treatments[rule]

    def replace_outcomes(self, observed: Observed) -> "Designs":
        """Return designs on the same rows and agreements with other outcomes; treatments are not made again."""
        designs = Designs(observed, self.case)
        designs._treatments.update(self._treatments)
        return designs

    def base(self, section: DesignSection, treatment: Treatment | None = None) -> Design:
        """Return the design a section describes, no unit left out yet."""
        names, panel = section.fixed_effects, self.observed.panel
        if panel.first_period == panel.last_period:
            period = panel.label(panel.first_period)
            raise DesignError(Text("design.one-period", period_name=panel.frequency, period=period))
        base = None  # the first period of the year in which an index is 100
        if section.transform == "index" and section.index_base is not None:
            base = int(panel.number_years([section.index_base])[0]) * PERIODS_PER_YEAR[panel.frequency]
        as_written = {name: getattr(section, name) for name in _AS_WRITTEN}
        design = Design(
            panel=panel,
            treatment=treatment or self.treatment(section),
            index_base=base,
            comparison=COMPARISONS[section.comparison](),
            fixed_effects=names if isinstance(names, str) else tuple(names),
            clusters=tuple("unit" if c == "dyad" else c for c in section.cluster),
            covariates=tuple(section.covariates),
            totals_only=self.observed.totals_only,
            **as_written,
        )
        without = set(section.without) - {_DOMESTIC}
        if unknown := sorted(without - set(design.panel.units)):
            raise SpecError(f"design.without names {unknown[0]!r}, which is no unit of the panel")
        design = add_missing_strata(design)
        design = design.without(without) if without else design
        return _leave_out_domestic(design) if _DOMESTIC in section.without else design

    def of(self, column: LadderColumn) -> Design:
        """Return the design of one column: columns that ask for the same have one, and share what it works out."""
        asked = column.design.model_dump_json(), column.exclude_flagged, column.donors
        if asked not in self._designs:
            design = self.base(column.design)
            if column.exclude_flagged:
                design = design.without(list_flagged_units(design.treatment))
            unit = self.case_unit
            self._designs[asked] = design if unit is None else _of_case(design, unit, column.donors)
        return self._designs[asked]

    def fit(self, column: LadderColumn) -> Fit:
        """Return the fit of a column, made once: a run takes up the one by which guesses were weighed."""
        if column.job not in self._fits:
            self._fits[column.job] = fit(column.estimator, self.of(column))
        return self._fits[column.job]


def _of_case(design: Design, unit: str, donors: str) -> Design:
    if donors == "all":
        return build_case_design(design, unit, build_untreated_rectangle(design, unit))
    for donor_set in build_donor_sets(design, unit):
        if donor_set.key == donors:
            return build_case_design(design, unit, donor_set)
    raise DesignError(f"no donor set is called {donors!r}")


# The design an analysis begins with, as its data bear it: one pair alone, one city, or many pairs.

_WINDOW = {"year": 5, "quarter": 8, "month": 12}


def build_usual_design(outcome: str, frequency: str = "year", step: int = 1) -> str:
    """Return the design of many cities and partners: every period, every ``step``-th, or waves (``step`` 0)."""
    effects = f'"gravity"    # {Text("spec.effects-gravity")}'
    return _write("design_many.toml", outcome, frequency, step, effects=effects)


def _write(document: str, outcome: str, frequency: str, step: int, **values: str) -> str:
    why = f"   # GUESS: {Text('spec.guess-step', step=step, period_name=frequency)}" if step > 1 else ""
    why += "" if step else f'\nperiods = "waves"            # GUESS: {Text("spec.guess-waves")}'
    step = max(step, 1)
    values |= {"outcome": outcome, "width": str(_WINDOW[frequency] * step), "reference": f"reference = -{step}{why}"}
    return find_catalogue().read(document).format(**values)


def choose_first_design(root: Path, name: str, text: str, trade: Sequence[Guess]) -> tuple[str, str]:
    """Return what stands above and below the data of the design that they bear; the usual one where none is read yet.

    ``text``: the analysis with the usual design; ``trade``: what was read off the trade table.
    """
    guesses = {g.key: g.value for g in trade}
    shown = str(guesses.get("flow", "exports")), str(guesses.get("frequency", "year")), find_period_step(root, trade)
    try:
        spec, _ = parse(text)
        design = Designs(observe(name, spec, root), None).base(spec.design)
    except TwintradeError:
        return "", build_usual_design(*shown)
    panel, onset = design.panel, design.onset
    inside = np.flatnonzero((onset > panel.first_period) & (onset <= panel.last_period))
    if inside.size == 1:
        unit = int(inside[0])
        city, partner = panel.cities[panel.unit_city[unit]], panel.partners[panel.unit_partner[unit]]
        head = (
            f'recipe = "single_case"      # GUESS: {Text("spec.guess-single-case")}\n'
            f"\n[case]\n{format_toml_line('city', str(city))}\n{format_toml_line('partner', str(partner))}\n"
        )
        return head, _write("design_one.toml", *shown)
    what = "city" if panel.cities.size == 1 else "partner" if panel.partners.size == 1 else ""
    if not what:
        return "", build_usual_design(*shown)
    effects = f'"two_way"    # GUESS: {Text("spec.guess-two-way", what=what)}'
    return "", _write("design_many.toml", *shown, effects=effects)


# What the headline would be if a guess of the analysis file were wrong: the runners-up that are cheap to try.

MOST_MOVED = 0.5
"""Standard errors by which a runner-up may move the headline before a run asks somebody to confirm the guess."""
_ASKED = ("absent", "value", "where", "city", "money_unit")
_LESSER = ("friendship", "memorandum")
_MOST_TRIED = 8
_MOST_SHOWN = 3
_MOST_ROWS = 200_000  # rows of a panel up to which its trade tables are read again for another answer


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """Another answer to one guess, and what the headline is under it."""

    line: int  # of the analysis file
    table: str  # "trade" or "twinnings"
    place: int  # which of these tables
    change: Mapping[str, Any]  # the line as it would be, and those that change with it
    is_asked: bool  # whether a run stops for it; not for what a published layout leaves open
    before: float = np.nan
    effect: float = np.nan
    scale: str = ""
    moved: float = np.nan  # by how many standard errors, clustered by unit

    @property
    def shown(self) -> str:
        """The other lines as the analysis file has them."""
        return ", ".join(format_toml_line(key, value) for key, value in self.change.items())

    def describe(self) -> Text:
        """Return what the headline would be, and by how much it moves."""
        effects = {"before": format_effect(self.before, self.scale), "after": format_effect(self.effect, self.scale)}
        known = bool(np.isfinite(self.moved))
        return Text("study.runner-up", line=self.line, shown=self.shown, moved=self.moved, known=known, **effects)


def weigh_guesses(
    root: Path, text: str, analysis_plan: Plan, observed: Observed, designs: Designs | None = None
) -> list[RunnerUp]:
    """Return the runners-up that move the headline's point estimate, the most damaging first."""
    if not locate_guesses(text):
        return []
    raw = parse_tables(text)
    runners = list(_list_runners_up(root, raw, text))[:_MOST_TRIED]
    designs = designs or Designs(observed, analysis_plan.spec.case)
    headline = _fit_headline(analysis_plan, designs) if runners else None
    if headline is None:
        return []
    now = headline.view("overall")
    before = float(now.effects[0])
    try:
        error = float(Clustered(by=("unit",)).sandwich(headline, now).se[0])
    except TwintradeError:
        error = np.nan
    weighed, outcome = [], analysis_plan.spec.design.outcome
    for runner in runners:
        other, effect = _estimate_under(root, raw, runner, analysis_plan, observed)
        moved = abs(effect - before) / error if error > 0 else np.nan
        if np.isfinite(effect) and abs(effect - before) > 1e-6 * max(1.0, abs(effect)):
            is_asked = runner.is_asked and other is not None and _is_as_likely(runner, observed, other, outcome)
            known = replace(runner, is_asked=is_asked, before=before, effect=effect)
            weighed.append(replace(known, scale=now.scale, moved=float(moved)))
    return sorted(weighed, key=lambda r: -abs(r.effect - r.before))


def list_most_damaging(weighed: Sequence[RunnerUp]) -> Iterator[Text]:
    """Yield a sentence on each of the most damaging runners-up, and one on the others."""
    yield from (runner.describe() for runner in weighed[:_MOST_SHOWN])
    if rest := [Text("study.runner-up-less", shown=r.shown, moved=r.moved) for r in weighed[_MOST_SHOWN:]]:
        yield Text("study.runners-up-less", shown=Listed(tuple(rest), "semicolon"))


def confirm_or_stop(name: str, text: str, weighed: Sequence[RunnerUp]) -> list[Message]:
    """Return what page 1 says of guesses that move the headline and are confirmed; raise for those that are not."""
    raw = parse_tables(text)["data"]
    moving = [r for r in weighed if r.is_asked and r.moved > MOST_MOVED]
    if is_open := [r for r in moving if not raw[r.table][r.place].get("confirmed")]:
        tables = Listed(tuple(dict.fromkeys(f"[[data.{r.table}]]" for r in is_open)))
        moves = Listed(tuple(r.describe() for r in is_open[:_MOST_SHOWN]), "semicolon")
        file = f"{FOLDER}/{name}.toml"
        raise DataError(Text("study.guesses-move", file=file, n=len(is_open), said=moves, tables=tables))
    return [Message("warning", DOUBT, r.describe(), f"{FOLDER}/{name}.toml") for r in moving]


def _fit_headline(analysis_plan: Plan, designs: Designs) -> Fit | None:
    try:
        headline = designs.fit(next(column for column in analysis_plan.columns if column.is_headline))
        headline.view("overall")
    except (TwintradeError, StopIteration, np.linalg.LinAlgError):
        return None
    return headline


def _is_as_likely(runner: RunnerUp, observed: Observed, other: Observed, outcome: str) -> bool:
    """Return whether the files speak for another level of place, or another unit, no less than for the one read."""
    if "city" in runner.change:
        return _count_unmatched(other) <= _count_unmatched(observed)
    return "money_unit" not in runner.change or _measure_noise(other, outcome) <= _measure_noise(observed, outcome)


def _count_unmatched(observed: Observed) -> int:
    lines = observed.reconciliation
    return 0 if lines is None else int((lines.frame["status"] == "unmatched").sum())


def _measure_noise(observed: Observed, outcome: str) -> float:
    """Return the mean absolute change of a log figure from one row of a pair to the next."""
    panel = observed.panel
    logs = np.log(np.where((values := panel.values(outcome)) > 0, values, np.nan))
    is_same = panel.unit[1:] == panel.unit[:-1]
    return float(np.nanmean(np.abs(np.diff(logs))[is_same]))


def _estimate_under(
    root: Path, raw: Mapping[str, Any], runner: RunnerUp, analysis_plan: Plan, observed: Observed
) -> tuple[Observed | None, float]:
    """Return what is read under another answer, and the headline's point estimate; NaN where the files refuse it."""
    changed = deepcopy(dict(raw))
    changed["data"][runner.table][runner.place] |= dict(runner.change)
    if "flow" in runner.change:
        changed["design"]["outcome"] = runner.change["flow"]
    for entry in changed["data"]["trade"]:
        entry["confirmed"] = True
    try:
        spec, _ = parse(to_toml(changed))
        if runner.table == "twinnings":
            read, decided = read_agreements(spec, root)[0], observed.agreements.decided_cities
            other = replace(observed, agreements=replace(read, decided_cities=decided))
        elif observed.panel.n_rows <= _MOST_ROWS:
            other = observe(analysis_plan.name, spec, root)
        else:
            return None, np.nan
    except TwintradeError:
        return None, np.nan
    headline = _fit_headline(plan(analysis_plan.name, spec), Designs(other, spec.case))
    return other, np.nan if headline is None else float(headline.view("overall").effects[0])


def _list_runners_up(root: Path, raw: Mapping[str, Any], text: str) -> Iterator[RunnerUp]:
    opened: dict[str, Any] = {}
    for line, key, table, place in locate_guesses(text):
        entry = raw["data"][table][place]
        file = str(entry["file"])
        if file not in opened:
            opened[file] = look_at_file(root, file)[0]
        # Known words of signing and of kinds decide; what other dates or kinds would do is shown alone.
        is_asked = key in _ASKED and not (table == "trade" and look_for_layout(opened[file], file))
        for change in _list_other_answers(opened[file], key, entry):
            yield RunnerUp(line, table, place, change, is_asked)


def _list_other_answers(table: Any, key: str, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what else a line may say that the files do not exclude, each with the lines that change with it."""
    if key == "absent":
        yield {key: "zero" if entry[key] == "missing" else "missing"}
    elif key == "day_first":
        yield {key: not entry[key]}
    elif key == "kinds" and len(entry[key]) > 1:
        yield from ({key: {**entry[key], word: "none"}} for word, kind in entry[key].items() if kind in _LESSER)
    elif key in ("value", "flow", "date", "where", "money_unit", "city"):
        yield from list_rivals(table, entry, key)

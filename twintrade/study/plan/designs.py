"""The design of each column of a ladder: who is compared with whom in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.geography import list_own_codes
from twintrade.data.looks import Guess, find_period_step
from twintrade.design import COMPARISONS, Design, Treatment, add_missing_strata
from twintrade.design.case import build_case_design, build_donor_sets, build_untreated_rectangle
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.design.rules import TreatmentRule, build_treatment, list_flagged_units
from twintrade.effects.regression import Dropped
from twintrade.errors import DesignError, SpecError, TwintradeError
from twintrade.study.observing.observe import Observed, observe
from twintrade.study.plan.jobs import LadderColumn
from twintrade.study.spec.analysis import CaseSection, DesignSection, parse
from twintrade.study.spec.spec_text import format_toml_line
from twintrade.text import Listed, Text, Words, find_catalogue

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
        design = Design(
            panel=panel,
            treatment=treatment or self.treatment(section),
            outcome=section.outcome,
            transform=section.transform,
            index_base=base,
            comparison=COMPARISONS[section.comparison](),
            fixed_effects=names if isinstance(names, str) else tuple(names),
            window=section.window,
            reference=section.reference,
            anticipation=section.anticipation,
            clusters=tuple("unit" if c == "dyad" else c for c in section.cluster),
            covariates=tuple(section.covariates),
            weights=section.weights,
            always_treated=section.always_treated,
            totals_only=self.observed.totals_only,
        )
        without = set(section.without) - {_DOMESTIC}
        unknown = sorted(without - set(design.panel.units))
        if unknown:
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


def _of_case(design: Design, unit: str, donors: str) -> Design:
    if donors == "all":
        return build_case_design(design, unit, build_untreated_rectangle(design, unit))
    for donor_set in build_donor_sets(design, unit):
        if donor_set.key == donors:
            return build_case_design(design, unit, donor_set)
    raise DesignError(f"no donor set is called {donors!r}")


# The design an analysis begins with, as its data bear it: one pair alone, one city, or many pairs.

_WINDOW = {"year": 5, "quarter": 8, "month": 12}


@dataclass(frozen=True, slots=True)
class FirstDesign:
    """What stands above the data of a new analysis, and what below them."""

    head: str
    tail: str


def build_usual_design(outcome: str, frequency: str = "year", step: int = 1) -> FirstDesign:
    """Return the design of many cities and partners: every period, every ``step``-th, or waves (``step`` 0)."""
    effects = f'"gravity"    # {Text("spec.effects-gravity")}'
    return FirstDesign("", _write("design_many.toml", outcome, frequency, step, effects=effects))


def _write(document: str, outcome: str, frequency: str, step: int, **values: str) -> str:
    why = f"   # GUESS: {Text('spec.guess-step', step=step, period_name=frequency)}" if step > 1 else ""
    why += "" if step else f'\nperiods = "waves"            # GUESS: {Text("spec.guess-waves")}'
    step = max(step, 1)
    values |= {"outcome": outcome, "width": str(_WINDOW[frequency] * step), "reference": f"reference = -{step}{why}"}
    return find_catalogue().read(document).format(**values)


def choose_first_design(root: Path, name: str, text: str, trade: Sequence[Guess]) -> FirstDesign:
    """Return the design that the data bear; the usual one where they cannot be read yet.

    ``text``: the analysis with the usual design; ``trade``: what was read off the trade table.
    """
    guesses = {g.key: g.value for g in trade}
    shown = str(guesses.get("flow", "exports")), str(guesses.get("frequency", "year")), find_period_step(root, trade)
    try:
        spec, _ = parse(text)
        design = Designs(observe(name, spec, root), None).base(spec.design)
    except TwintradeError:
        return build_usual_design(*shown)
    panel, onset = design.panel, design.onset
    inside = np.flatnonzero((onset > panel.first_period) & (onset <= panel.last_period))
    if inside.size == 1:
        unit = int(inside[0])
        city, partner = panel.cities[panel.unit_city[unit]], panel.partners[panel.unit_partner[unit]]
        head = (
            f'recipe = "single_case"      # GUESS: {Text("spec.guess-single-case")}\n'
            f"\n[case]\n{format_toml_line('city', str(city))}\n{format_toml_line('partner', str(partner))}\n"
        )
        return FirstDesign(head, _write("design_one.toml", *shown))
    what = "city" if panel.cities.size == 1 else "partner" if panel.partners.size == 1 else ""
    if not what:
        return build_usual_design(*shown)
    effects = f'"two_way"    # GUESS: {Text("spec.guess-two-way", what=what)}'
    return FirstDesign("", _write("design_many.toml", *shown, effects=effects))

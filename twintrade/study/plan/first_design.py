"""The design an analysis begins with, as its data bear it: one pair alone, one city, or many pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twintrade.data.figures import UNKNOWN
from twintrade.data.looks import Guess
from twintrade.errors import TwintradeError
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.toml_text import format_toml_line

_WINDOW = {"year": 5, "quarter": 8, "month": 12}

_MANY = """
[design]
unit = "dyad"                # one series a pair of city and partner
outcome = "{outcome}"
transform = "level"          # or "log": a column's entry below may say otherwise for itself
fixed_effects = {effects}
treatment = {{ rule = "first_agreement", date = "signed", late_from = 12 }}   # December counts from the next year
comparison = "not_yet_treated"
window = [-{width}, {width}]             # event times shown
reference = -1
cluster = ["city", "partner"]

# The ladder. The headline is the column marked so, else the first.
[[estimator]]
name = "twfe"
transform = "log"
[[estimator]]
name = "imputation"
transform = "log"
[[estimator]]
name = "ppml"
[[estimator]]                # the headline: percent change of the treated pairs' total
name = "imputation"
family = "poisson"
measure = "percent"
label = "Poisson imputation, total"
key = "total"
headline = true
[[estimator]]                # the same target by cells of cohort and year
name = "etwfe"
family = "poisson"
measure = "percent"
label = "ETWFE-Poisson, total"
key = "total"
[[estimator]]                # another target: every treated row counts alike, however much it trades
name = "imputation"
family = "poisson"
measure = "log_ratio"
label = "Poisson imputation, average pair"
key = "average-pair"

[inference]
name = "auto"                # scaled clustered errors where the design bears them, else randomization; says why
permutations = 499
seed = 1
beside = ["clustered"]

[[diagnostic]]
name = "pretrends"
on = "all"
[[diagnostic]]
name = "reference_year"      # the path averages under every other reference year
on = ["twfe", "ppml"]
[[diagnostic]]
name = "estimators"          # whether regressions that also compare with treated pairs differ from imputation
on = ["twfe", "ppml"]
names = ["imputation"]
[[diagnostic]]
name = "concentration"       # on how many pairs the headline rests
[[diagnostic]]
name = "leverage"
[[diagnostic]]
name = "raw_series"
[[diagnostic]]
name = "adoption"
"""
_ONE = """
[design]
outcome = "{outcome}"
treatment = {{ rule = "first_agreement", date = "signed", late_from = 12 }}   # December counts from the next year
window = [-{width}, {width}]             # event times shown

[inference]
name = "placebo"             # the pair's rank among pairs that have no agreement
seed = 1
"""
_GRAVITY = '"gravity"    # pair, city × period, partner × period; or "two_way"'
_TWO_WAY = '"two_way"    # GUESS: pair and period: with one {what} alone its booms cannot be taken out'


@dataclass(frozen=True, slots=True)
class FirstDesign:
    """What stands above the data of a new analysis, and what below them."""

    head: str
    tail: str


def build_usual_design(outcome: str, frequency: str = "year") -> FirstDesign:
    """Return the design of many cities and partners."""
    return FirstDesign("", _MANY.format(outcome=outcome, effects=_GRAVITY, width=_WINDOW[frequency]))


def choose_first_design(root: Path, name: str, text: str, trade: Sequence[Guess]) -> FirstDesign:
    """Return the design that the data bear; the usual one where they cannot be read yet.

    Parameters
    ----------
    root : Path
    name : str
    text : str
        The analysis with the usual design.
    trade : sequence of Guess
        What was read off the trade table.
    """
    found = {g.key: g.value for g in trade}
    outcome, frequency = str(found.get("flow", "exports")), str(found.get("frequency", "year"))
    try:
        spec, _ = parse(text.replace(UNKNOWN, "USD"))
        design = Designs(observe(name, spec, root), None).base(spec.design)
    except TwintradeError:
        return build_usual_design(outcome, frequency)
    panel, onset = design.panel, design.onset
    inside = np.flatnonzero((onset > panel.first_period) & (onset <= panel.last_period))
    if inside.size == 1:
        unit = int(inside[0])
        city, partner = panel.cities[panel.unit_city[unit]], panel.partners[panel.unit_partner[unit]]
        head = (
            'recipe = "single_case"      # GUESS: of all pairs this one alone is treated inside the sample\n'
            f"\n[case]\n{format_toml_line('city', str(city))}\n{format_toml_line('partner', str(partner))}\n"
        )
        return FirstDesign(head, _ONE.format(outcome=outcome, width=_WINDOW[frequency]))
    what = "city" if panel.cities.size == 1 else "partner" if panel.partners.size == 1 else ""
    effects = _TWO_WAY.format(what=what) if what else _GRAVITY
    return FirstDesign("", _MANY.format(outcome=outcome, effects=effects, width=_WINDOW[frequency]))

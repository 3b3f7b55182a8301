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
from twintrade.text import Text, find_catalogue

_WINDOW = {"year": 5, "quarter": 8, "month": 12}


@dataclass(frozen=True, slots=True)
class FirstDesign:
    """What stands above the data of a new analysis, and what below them."""

    head: str
    tail: str


def build_usual_design(outcome: str, frequency: str = "year") -> FirstDesign:
    """Return the design of many cities and partners."""
    return _design_many(outcome, frequency, f'"gravity"    # {Text("spec.effects-gravity")}')


def _design_many(outcome: str, frequency: str, effects: str) -> FirstDesign:
    document = find_catalogue().read("design_many.toml")
    return FirstDesign("", document.format(outcome=outcome, effects=effects, width=_WINDOW[frequency]))


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
    guesses = {g.key: g.value for g in trade}
    outcome, frequency = str(guesses.get("flow", "exports")), str(guesses.get("frequency", "year"))
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
            f'recipe = "single_case"      # GUESS: {Text("spec.guess-single-case")}\n'
            f"\n[case]\n{format_toml_line('city', str(city))}\n{format_toml_line('partner', str(partner))}\n"
        )
        document = find_catalogue().read("design_one.toml")
        return FirstDesign(head, document.format(outcome=outcome, width=_WINDOW[frequency]))
    what = "city" if panel.cities.size == 1 else "partner" if panel.partners.size == 1 else ""
    if not what:
        return build_usual_design(outcome, frequency)
    return _design_many(outcome, frequency, f'"two_way"    # GUESS: {Text("spec.guess-two-way", what=what)}')

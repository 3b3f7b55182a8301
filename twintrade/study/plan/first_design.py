"""The design an analysis begins with, as its data bear it: one pair alone, one city, or many pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twintrade.data.figures import UNKNOWN
from twintrade.data.looks import Guess, find_period_step
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


def build_usual_design(outcome: str, frequency: str = "year", step: int = 1) -> FirstDesign:
    """Return the design of many cities and partners, for a table of every period or of every ``step``-th."""
    effects = f'"gravity"    # {Text("spec.effects-gravity")}'
    return FirstDesign("", _write("design_many.toml", outcome, frequency, step, effects=effects))


def _write(document: str, outcome: str, frequency: str, step: int, **values: str) -> str:
    why = f"   # GUESS: {Text('spec.guess-step', step=step, period_name=frequency)}" if step > 1 else ""
    values |= {"outcome": outcome, "width": str(_WINDOW[frequency] * step), "reference": f"reference = -{step}{why}"}
    return find_catalogue().read(document).format(**values)


def choose_first_design(root: Path, name: str, text: str, trade: Sequence[Guess]) -> FirstDesign:
    """Return the design that the data bear; the usual one where they cannot be read yet.

    ``text``: the analysis with the usual design; ``trade``: what was read off the trade table.
    """
    guesses = {g.key: g.value for g in trade}
    shown = str(guesses.get("flow", "exports")), str(guesses.get("frequency", "year")), find_period_step(root, trade)
    try:
        spec, _ = parse(text.replace(UNKNOWN, "USD"))
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

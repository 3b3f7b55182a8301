"""Sentences for the page that only the study knows: the question, what the data are, what they cannot show."""

from collections.abc import Mapping

import numpy as np

from twintrade.study.run.columns import Run

PERIOD_NAMES: Mapping[str, str] = {"year": "year", "quarter": "quarter", "month": "month"}


def build_sections(run: Run) -> dict[str, str]:
    """Return the sections of a run, those without anything to say left out."""
    spec, design = run.plan.spec, run.design
    found = {
        "question": spec.question,
        "data_card": _data_card(run),
        "limits": "\n".join(spec.limits),
        "outcome": design.outcome,
        "period_name": PERIOD_NAMES[design.panel.frequency],
        "treatment_rule": str(design.treatment.rule),
        "no_effect": explain_no_effect(run),
        "recipe": spec.recipe or "",
    }
    return {key: text for key, text in found.items() if text}


def explain_no_effect(run: Run) -> str:
    """Return why no effect was estimated, empty where one was."""
    if run.ladder.headline is not None:
        return ""
    case = run.plan.spec.case
    if case is not None and not _is_treated(run, f"{case.city}-{case.partner}"):
        return (
            f"no date is known for an agreement between {case.city} and {case.partner}, so there is no onset to "
            "compare before and after; the series is shown as it is"
        )
    return "the analysis describes a series and asks for no estimate"


def _is_treated(run: Run, unit: str) -> bool:
    found = np.flatnonzero(run.design.panel.units == unit)
    return bool(found.size) and bool(np.isfinite(run.design.onset[found[0]]))


def _data_card(run: Run) -> str:
    """Return what the panel holds, in sentences made from it."""
    design = run.design
    panel, onset = design.panel, design.onset
    unit = panel.units_of_measure.get(design.outcome, "")
    values = panel.values(design.outcome)
    share = float((values == 0).mean()) if values.size else 0.0
    missing = int(np.isnan(values).sum())
    inside = int(((onset > panel.first_period) & (onset <= panel.last_period)).sum())
    always = int((onset <= panel.first_period).sum())
    noun = "pairs of city and partner" if panel.is_dyadic else "cities"
    text = (
        f"The outcome is {design.outcome}{f' in {unit}' if unit else ''}: {panel.n_units:,} {noun}, "
        f"{panel.label(panel.first_period)} to {panel.label(panel.last_period)}; "
        f"{100 * share:.1f} % of the rows are zero"
        f"{f' and {missing:,} have no figure' if missing else ''}. {inside:,} are treated within the sample and "
        f"{always:,} in or before its first period."
    )
    reasons = sorted(set(design.treatment.excluded.values()))
    for reason in reasons:
        n = sum(r == reason for r in design.treatment.excluded.values())
        text += f" {n:,} are excluded ({reason})."
    text += f" {design.treatment.rule}"
    if run.observed.is_simulated:
        text = "SIMULATED: the trade series are drawn by a committed seed and say nothing about real trade. " + text
    return text

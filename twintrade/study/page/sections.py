"""Sentences for the page that only the study knows: the question, what the data are, what they cannot show."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from twintrade.design.rules import OTHER_DATE
from twintrade.study.page.treated_totals import name_pairs
from twintrade.study.run.columns import Run
from twintrade.text import Listed, Text, Words, find_fact, pack_text

PERIOD_NAMES: Mapping[str, str] = {"year": "year", "quarter": "quarter", "month": "month"}


def build_sections(run: Run) -> dict[str, str]:
    """Return the sections of a run, those without anything to say left out."""
    spec, design = run.plan.spec, run.design
    return write_sections(
        {
            "question": spec.question,
            "data_card": _describe_data(run),
            "limits": "\n".join(spec.limits),
            "outcome": design.outcome,
            "period_name": PERIOD_NAMES[design.panel.frequency],
            "no_effect": explain_no_effect(run),
            "recipe": spec.recipe or "",
            "case": "" if spec.case is None else name_pairs(run).get(f"{spec.case.city}-{spec.case.partner}", ""),
        }
    )


def write_sections(sections: Mapping[str, Words]) -> dict[str, str]:
    """Return sections in words, those without anything to say left out, with texts packed beside their words."""
    words = {key: str(text) for key, text in sections.items() if text}
    return words | {f"{key}_text": packed for key, text in sections.items() if (packed := pack_text(text))}


def explain_no_effect(run: Run) -> Words:
    """Return why no effect was estimated, empty where one was."""
    if run.ladder.headline is not None:
        return ""
    case = run.plan.spec.case
    if case is not None and not _is_treated(run, f"{case.city}-{case.partner}"):
        return Text("sections.no-date", city=case.city, partner=case.partner)
    return Text("sections.no-estimate")


def _is_treated(run: Run, unit: str) -> bool:
    places = np.flatnonzero(run.design.panel.units == unit)
    return bool(places.size) and bool(np.isfinite(run.design.onset[places[0]]))


def _describe_data(run: Run) -> Listed:
    """Return what the panel holds, in sentences made from it."""
    design = run.design
    panel, onset = design.panel, design.onset
    values = panel.values(design.outcome)
    sentences: list[Words] = [Text("sections.simulated")] if run.observed.is_simulated else []
    sentences.append(
        Text(
            "sections.data",
            outcome=design.outcome,
            outcome_unit=panel.units_of_measure.get(design.outcome, "") or "none",
            n=panel.n_units,
            is_dyadic="yes" if panel.is_dyadic else "no",
            first=panel.label(panel.first_period),
            last=panel.label(panel.last_period),
            zeros=float((values == 0).mean()) if values.size else 0.0,
            missing=int(np.isnan(values).sum()),
            treated=int(((onset > panel.first_period) & (onset <= panel.last_period)).sum()),
            always=int((onset <= panel.first_period).sum()),
        )
    )
    counts = Counter(design.treatment.excluded.values())
    sentences += [
        Text("sections.excluded", n=n, reason=find_fact("labels.status-", reason))
        for reason, n in sorted(counts.items(), key=str)
    ]
    other_dates = [m.text for m in design.treatment.messages if m.code == OTHER_DATE]
    return Listed((*sentences, design.treatment.rule, *other_dates), "sentences")

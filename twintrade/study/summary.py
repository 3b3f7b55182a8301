"""The table at the end of a run: headline effect, interval, verdicts, where the results are."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from twintrade.study.outcome import AnalysisEnd

_HEADS = ("analysis", "status", "headline effect", "interval", "p", "checks", "results")
_ENDINGS = {"done": "done", "fresh": "up to date", "skipped": "skipped", "failed": "failed"}


def summarize_outcomes(outcomes: Sequence[AnalysisEnd]) -> str:
    """Return the table as text, with the reason of everything skipped or failed below it."""
    rows = [_HEADS, *(_row(o) for o in outcomes)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for outcome in outcomes:
        if outcome.ending in ("skipped", "failed"):
            lines.append(f"\n{outcome.name} {outcome.ending}: {outcome.text}")
            if outcome.ending == "failed":
                details = f"details: results/{outcome.name}.messages.csv; " if outcome.has_messages else ""
                lines.append(f"  {details}earlier results stand as they were")
    return "\n".join(lines) + "\n"


def _row(outcome: AnalysisEnd) -> tuple[str, ...]:
    facts = outcome.summary
    ending = _ENDINGS[outcome.ending]
    if outcome.ending == "done" and outcome.seconds:
        ending += f" in {outcome.seconds:.0f} s"
    folder = f"results/{outcome.name}/" if outcome.ending in ("done", "fresh") else ""
    return (outcome.name, ending, _effect(facts), _interval(facts), _p(facts), _checks(facts), folder)


def _effect(facts: Mapping[str, Any]) -> str:
    if "effect" not in facts:
        return "none estimated" if facts else ""
    return f"{_shown(facts['effect'], facts)}  {facts.get('label', '')}"


def _interval(facts: Mapping[str, Any]) -> str:
    if "low" not in facts or "high" not in facts:
        return "none" if "effect" in facts else ""
    return f"{_shown(facts['low'], facts)} to {_shown(facts['high'], facts)}"


def _shown(value: float, facts: Mapping[str, Any]) -> str:
    """Percent for log effects and percentages, three digits for others."""
    scale = facts.get("scale")
    percent = 100 * math.expm1(value) if scale == "log points" else value
    text = f"{percent:+.1f} %" if scale in ("log points", "percent") else f"{value:+.3g}"
    return text.replace("-", "−")


def _p(facts: Mapping[str, Any]) -> str:
    return f"{facts['p']:.3f} ({facts.get('inference', '')})" if "p" in facts else ""


def _checks(facts: Mapping[str, Any]) -> str:
    if "objects" not in facts:
        return ""
    text = f"{facts['objects']} object, {facts['does_not_object']} do not, {facts['cannot_tell']} cannot tell"
    return text + (f" ({', '.join(facts['objecting'])})" if facts.get("objecting") else "")

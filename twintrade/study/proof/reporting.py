"""Stored results held against other software, on the terminal and in the appendix."""

from collections.abc import Sequence
from dataclasses import dataclass

from twintrade.effects import ResultSet
from twintrade.effects.cross_check import CROSS_CHECKS, TOLERANCE, CrossCheck, build_cross_checks_frame
from twintrade.study.proof.checks import check_columns
from twintrade.study.proof.columns import read_columns
from twintrade.study.proof.further import list_further_questions
from twintrade.text import Listed, Text, find_fact, numbers

DIGITS = 10
KEY = ["estimator", "specification", "software", "verdict"]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedResults:
    """Stored results held against all other software that is installed."""

    lines: tuple[str, ...]  # what the terminal says, one row a line
    n_apart: int  # how many numbers differ
    missing: tuple[CrossCheck, ...]  # checks of a plain install that the results do not hold yet


def check_results(results: ResultSet) -> CheckedResults:
    """Estimate every column of stored results again."""
    columns = read_columns(results)
    checks = tuple(check_columns(columns))
    further = tuple(c for c in check_columns(columns, list_further_questions()) if c.software)
    asked = (*checks, *further)
    apart = [check for check in asked if check.verdict == "differs"]
    counts = {"agree": sum(check.verdict == "agrees" for check in asked), "n": len(asked), "apart": len(apart)}
    summary = Text("proof.summary", name=results.name, tolerance=TOLERANCE, **counts)
    lines = (*(format_check(check) for check in asked), str(summary))
    return CheckedResults(lines, len(apart), () if _are_stored(results, checks) else checks)


def _are_stored(results: ResultSet, checks: Sequence[CrossCheck]) -> bool:
    """Whether the appendix has this table already; the last digits of differences are not looked at."""
    stored = results.payloads.get(CROSS_CHECKS)
    new = build_cross_checks_frame(checks)
    return new.empty or (stored is not None and bool(stored[KEY].fillna("").equals(new[KEY].fillna(""))))


def format_check(check: CrossCheck) -> str:
    """Return a check as a line: the column, the software, both numbers, both errors, what they say of each other."""
    pairs = [Text("proof.both", what="estimate", stored=_write(check.stored), other=_write(check.estimate))]
    if check.stored_error == check.stored_error:
        errors = {"stored": _write(check.stored_error), "other": _write(check.error)}
        pairs.append(Text("proof.both", what="error", **errors))
    return str(
        Text(
            "proof.line",
            column=f"{check.estimator}/{check.specification}",
            software=check.software or "none",
            numbers=Listed(tuple(pairs), "semicolon"),
            verdict=find_fact("proof.verdict-", check.verdict.replace(" ", "-")),
            note=check.note or "none",
        )
    )


def _write(number: float) -> str:
    return numbers.format_compact(number, DIGITS) or "–"

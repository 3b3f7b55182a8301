"""Which checks are about the headline, and which object to an estimate or to the data."""

from collections.abc import Collection

from twintrade.effects import ResultSet
from twintrade.render.names import find_check
from twintrade.render.reading import Record, find_headline, list_records, take_text
from twintrade.text import Words


def list_objections(results: ResultSet, spec: Record, but: Collection[str] = ()) -> tuple[Words, ...]:
    """Return the names of the checks that object to a column or to the data."""
    keys = {(take_text(spec["estimator"]), take_text(spec["specification"])), ("", "")}
    names = [
        find_check(take_text(r["diagnostic"]))
        for r in list_records(results.findings)
        if take_text(r["verdict"]) == "objects"
        and take_text(r["diagnostic"]) not in but
        and (take_text(r["estimator"]), take_text(r["specification"])) in keys
    ]
    return tuple(dict.fromkeys(names))


def select_about_headline(results: ResultSet, findings: list[Record]) -> list[Record]:
    """Return the findings about the headline column where there are such, else all."""
    return [r for r in findings if is_about_headline(results, [r])] or findings


def is_about_headline(results: ResultSet, findings: list[Record]) -> bool:
    """Whether findings are about the headline column."""
    spec = find_headline(results)
    keys = () if spec is None else (take_text(spec["estimator"]), take_text(spec["specification"]))
    return all((take_text(r["estimator"]), take_text(r["specification"])) == keys for r in findings)

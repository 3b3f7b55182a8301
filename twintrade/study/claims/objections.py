"""Which checks object to an estimate or to the data."""

from collections.abc import Collection

from twintrade.effects import ResultSet
from twintrade.render.names import find_check
from twintrade.render.reading import Record, list_records, take_text
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

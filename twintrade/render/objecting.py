"""The checks that object, by name, with the column they are about where it is not the headline's."""

from twintrade.render.page import Page
from twintrade.render.reading import Record, find_headline, format_label, list_records, list_specifications, take_text
from twintrade.render.wording import OF_NO_COLUMN, list_check_names
from twintrade.text import Listed

Column = tuple[str, str]


def list_objecting(page: Page) -> list[Record]:
    """Return the findings that object, of whatever column."""
    return [r for r in list_records(page.results.findings) if take_text(r.get("verdict")) == "objects"]


def name_objecting(page: Page) -> list[str]:
    """Return the names of the checks that object as they stand inside a sentence.

    A check of the headline is named alone, one of other columns with these columns in brackets.
    """
    columns = {_find_column(s): format_label(s) for s in list_specifications(page.results)}
    headline = find_headline(page.results)
    answer = _find_column(headline) if headline is not None else ("", "")
    about: dict[tuple[str, bool], dict[str, None]] = {}
    for finding in list_objecting(page):
        check, column = take_text(finding["diagnostic"]), _find_column(finding)
        is_other = column != answer and column in columns and check not in OF_NO_COLUMN
        named = about.setdefault((check, is_other), {})
        if is_other:
            named[columns[column]] = None
    return [
        page.say("check_of", check=name, columns=Listed(tuple(names), "semicolon")) if names else name
        for (check, _), names in about.items()
        for name in list_check_names((check,))
    ]


def _find_column(record: Record) -> Column:
    return take_text(record.get("estimator")), take_text(record.get("specification"))

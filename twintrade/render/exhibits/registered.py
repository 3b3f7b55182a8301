"""What a page says of its analysis's registration: when it was made, and every deviation from it."""

from twintrade.render.blocks import Block, Heading, build_paragraph
from twintrade.render.page import Page
from twintrade.render.reading import find_payload, read_words
from twintrade.render.tables.plain import build_plain_table
from twintrade.text import Text, name_fact

DEVIATIONS = "deviations"


def build_registration(page: Page) -> tuple[Block, ...]:
    """Return what a technical note says of a registration: when, and the deviations; empty where there is none."""
    sections = dict(page.results.sections)
    status = read_words(sections, "registered")
    if not status:
        return ()
    intro = Text("registration.file", sha256=sections.get("registered_sha256", ""), at=sections["registered_on"])
    heading = Heading(2, _put("heading"), "registration")
    return (heading, build_paragraph(status, " ", str(intro)), *_list_deviations(page))


def _put(key: str) -> str:
    return str(Text(f"registration.{key}"))


def _list_deviations(page: Page) -> list[Block]:
    frame = find_payload(page.results, DEVIATIONS)
    if frame is None:
        return []
    shown = frame[["about", "key", "kind", "registered", "now", "since", "in_force"]].assign(
        **{name: [name_fact(f"registration.{name}-", value) for value in frame[name]] for name in ("about", "kind")}
    )
    weights = {"key": 1.6, "registered": 1.5, "now": 1.5}
    return [build_plain_table(shown, DEVIATIONS, _put("table-deviations"), weights=weights, notes=[_put("note")])]


def build_status(page: Page) -> list[Block]:
    """Return when the analysis was registered and with how many deviations; empty where it was not."""
    status = read_words(dict(page.results.sections), "registered")
    return [build_paragraph(status)] if status else []

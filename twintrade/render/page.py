"""What every exhibit is given: the results, the wording, the theme, and what the type can print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import pandas as pd
from matplotlib.figure import Figure as Drawing

from twintrade.effects import ResultSet
from twintrade.render import reading
from twintrade.render.blocks import Figure, Note, build_spans
from twintrade.render.figures.encode import encode
from twintrade.render.figures.theme import mark_simulated
from twintrade.render.names import OF_NO_COLUMN, Wording, list_check_names
from twintrade.render.reading import take_text
from twintrade.render.style import Detail, TableOptions, Theme
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.text import Listed, Text, Value, complete_sentence, find_catalogue

NAMED = {
    "twinnings": ("city", "signatory", "partner", "partner_city", "kind"),
    "specifications": ("outcome", "outcome_unit", "effect_unit"),
}
"""Columns of the results with names of things, by table."""
ON_FIRST_PAGE = (
    *("doubt", "guess", "treated-jump", "other-sheets", "unmatched-city", "unknown-city"),
    *("remainder", "remainder-unanswered"),
)
"""Codes of warnings about who counts as treated, who is compared, and whether all data are read."""


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The results and how they are to be shown."""

    results: ResultSet
    wording: Wording = field(default_factory=Wording)
    theme: Theme = field(default_factory=Theme)
    tables: TableOptions = field(default_factory=TableOptions)
    # Makes texts printable in figures and remembers what it replaced
    printer: Printer = field(default_factory=lambda: Printer(load_charmap()))
    exhibits: tuple[str, ...] = ()  # names of the exhibits that the document shows
    detail: Detail = "short"
    authors: tuple[str, ...] = ()
    date: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict)  # words of the prose and what stands in their place

    def say(self, key: str, /, **values: Value) -> str:
        """Return a sentence of the wording."""
        return self.wording.say(key, **values)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was computed is shown, not only what a reader needs to judge the estimate."""
        return self.detail == "full"

    @property
    def simulated_note(self) -> tuple[str, ...]:
        """The note that opens the small print where data are simulated."""
        return (self.say("simulated_note"),) if self.results.is_simulated else ()

    @property
    def simulated_sign(self) -> tuple[Note, ...]:
        """The sign at the head of a page that data are simulated."""
        return (Note("simulated", build_spans(self.say("simulated"))),) if self.results.is_simulated else ()

    @property
    def period_name(self) -> str:
        """What a period is called: the study's word, else year where periods are calendar years."""
        return reading.name_period(self.results)

    @property
    def outcome(self) -> str:
        """What the outcome is called."""
        column = self.results.specifications.get("outcome", pd.Series(dtype=str))
        names = [take_text(v) for v in column if take_text(v)]
        return names[0] if names else self.results.sections.get("outcome", "") or self.say("trade")

    def list_first_warnings(self, but: Sequence[str] = ()) -> list[str]:
        """Return the warnings that a reader of the first page needs: who counts as treated, and with how much."""
        messages = [m for m in reading.list_records(self.results.messages) if take_text(m["level"]) == "warning"]
        first = [m for m in messages if m["code"] in ON_FIRST_PAGE and m["code"] not in but]
        ordered = sorted(first, key=lambda message: take_text(message["code"]))
        return [complete_sentence(reading.read_words(message, "message")) for message in ordered]

    def drawable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame whose texts the figures' typeface can print."""
        shown, printed = reading.write_columns(frame), cache(self.printer)
        for name in shown.columns:
            if shown[name].dtype == object or isinstance(shown[name].dtype, pd.StringDtype):
                shown[name] = shown[name].map(lambda v: printed(v) if isinstance(v, str) else v)
        return shown

    def widen(self, width: float) -> "Page":
        """Return the page with figures of another width, in inches."""
        return replace(self, theme=replace(self.theme, width=width))

    def figure(
        self, key: str, caption: str, drawing: Drawing, alt: str, frame: pd.DataFrame, *, notes: tuple[str, ...] = ()
    ) -> Figure:
        """Return a drawing as a block, encoded, with its numbers beside it; what is simulated says so."""
        if self.results.is_simulated:
            mark_simulated(drawing, self.theme)
            frame, alt = frame.assign(is_simulated=True), str(Text("figures.alt-simulated", alt=alt))
        images = encode(drawing, self.theme, self.printer(caption))
        return Figure(key, caption, alt, images, frame, notes=(*self.simulated_note, *notes))


def name_results(results: ResultSet) -> ResultSet:
    """Return results in which title, question, limits and names of things are those of the language in use."""
    catalogue = find_catalogue()
    if not catalogue.names:
        return results

    def name(text: object) -> object:
        return "\n".join(map(catalogue.name, text.split("\n"))) if isinstance(text, str) else text

    tables = {}
    for table, columns in NAMED.items():
        frame = getattr(results, table)
        tables[table] = frame.assign(**{c: frame[c].map(name) for c in columns if c in frame})
    sections = {key: str(name(text)) for key, text in results.sections.items()}
    return replace(results, title=catalogue.name(results.title), sections=sections, **tables)


def collect_romanized(results: ResultSet, romanized: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return names in Latin letters by name, of the payload "romanized" and, which win, of the report's options."""
    rows = reading.list_payload(results, "romanized")
    known = {take_text(r.get("name")): take_text(r.get("romanized")) for r in rows if take_text(r.get("romanized"))}
    return {**known, **(romanized or {})}


# The checks that object, by name, with the column they are about where it is not the headline's.


def name_objecting(page: Page) -> list[str]:
    """Return the names of the checks that object, as inside a sentence; columns but the headline's in brackets."""
    columns = reading.list_labels(page.results)
    answer = reading.read_column(reading.find_headline(page.results) or {})
    about: dict[tuple[str, bool], dict[str, None]] = {}
    findings = reading.list_records(page.results.findings)
    for finding in (one for one in findings if take_text(one.get("verdict")) == "objects"):
        check, column = take_text(finding["diagnostic"]), reading.read_column(finding)
        is_other = column != answer and column in columns and check not in OF_NO_COLUMN
        named = about.setdefault((check, is_other), {})
        if is_other:
            named[columns[column]] = None
    return [
        page.say("check_of", check=name, columns=Listed(tuple(names), "semicolon")) if names else name
        for (check, _), names in about.items()
        for name in list_check_names((check,))
    ]

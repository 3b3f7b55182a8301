"""Which numbered exhibit of an appendix is which file, read back from the files themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

_NUMBERED = re.compile(r"(Table|Figure) (\d+)\. (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A numbered table or figure.

    Attributes
    ----------
    kind : str
        Table or Figure.
    number : int
    caption : str
    files : tuple of str
        Relative to the result set, the readable ones first.
    """

    kind: str
    number: int
    caption: str
    files: tuple[str, ...]


def list_exhibits(files: Mapping[str, bytes]) -> list[Exhibit]:
    """Return the exhibits of an appendix, tables first, each kind in its order.

    Parameters
    ----------
    files : mapping of str to bytes
        appendix.html and tables/*.html of a result set, and anything else under its path.
    """
    stems: dict[str, str] = {}
    for path, content in files.items():
        if path.startswith("tables/") and path.endswith(".html"):
            stems |= {caption: path.removesuffix(".html") for caption, _ in _captions(content)}
    found = []
    for caption, key in _captions(files.get("appendix.html", b"")):
        match = _NUMBERED.fullmatch(caption)
        if match is None:
            continue
        stem = f"figures/{key}" if match[1] == "Figure" else stems.get(caption) or stems.get(match[3], "")
        endings = ("pdf", "svg", "png", "csv") if match[1] == "Figure" else ("tex", "html", "csv")
        paths = tuple(f"{stem}.{e}" for e in endings if f"{stem}.{e}" in files)
        found.append(Exhibit(match[1], int(match[2]), match[3], paths))
    return sorted(found, key=lambda e: (e.kind != "Table", e.number))


def _captions(content: bytes) -> list[tuple[str, str]]:
    reader = _Captions()
    reader.feed(content.decode("utf-8"))
    return reader.found


class _Captions(HTMLParser):
    """Captions of a page with the identifier of the figure they stand in; details in a caption are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._key, self._text, self._open = "", "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "figure":
            self._key = dict(attrs).get("id") or ""
        elif tag in ("caption", "figcaption"):
            self._text, self._open = "", True
        elif tag == "span" and "details" in (dict(attrs).get("class") or ""):
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("caption", "figcaption"):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._open:
            self._text += data

    def _end(self) -> None:
        if self._open:
            self.found.append((" ".join(self._text.split()), self._key))
            self._open = False

"""The numbered exhibits of an appendix, as the page that numbers them hands them on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

EXHIBITS_FILE = "exhibits.json"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A numbered table or figure."""

    kind: str  # table or Figure
    number: int
    caption: str
    files: tuple[str, ...]  # relative to the result set, the readable ones first


def write_exhibits(exhibits: Iterable[Exhibit]) -> bytes:
    """Return exhibits as the file that a result set holds, tables first, each kind in its order."""
    ordered = sorted(exhibits, key=lambda e: (e.kind != "Table", e.number))
    return (json.dumps([asdict(e) for e in ordered], indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def read_exhibits(content: bytes) -> list[Exhibit]:
    """Return the exhibits that such a file holds."""
    return [Exhibit(**{**entry, "files": tuple(entry["files"])}) for entry in json.loads(content)]

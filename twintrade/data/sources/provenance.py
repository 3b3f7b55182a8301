"""Where every number came from: what a file was when it was read, and which rows of it were left out."""

import csv
import gc
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path, PurePosixPath

from twintrade.data.sources.faults import AbsentInputError
from twintrade.errors import DataError
from twintrade.files import open_file
from twintrade.text import Text, Words

# Where an input may lie: inside the project or under the folder that TWINTRADE_DATA names, nowhere else.

DATA_VARIABLE = "TWINTRADE_DATA"
_LIST = "sources.csv"  # what the files of a folder are, for those without a data card


def locate(root: Path, path: str, *, folder_too: bool = False) -> Path:
    """Return the file of a path relative to the project, or below the folder that TWINTRADE_DATA names."""
    relative = PurePosixPath(path)
    if not path.strip() or relative.is_absolute() or "\\" in path or "\0" in path or path[1:2] == ":":
        raise DataError(
            f"{path!r} is not a path relative to the project: write it as data/raw/name.csv, "
            f"or {DATA_VARIABLE}/name.csv for a file kept elsewhere"
        )
    if relative.parts[:1] == (DATA_VARIABLE,):
        if not (folder := os.environ.get(DATA_VARIABLE, "")):
            raise AbsentInputError(
                f"{path} lies outside the project: set the environment variable {DATA_VARIABLE} to its folder"
            )
        return _inside(Path(folder), PurePosixPath(*relative.parts[1:]), path, folder_too)
    return _inside(root, relative, path, folder_too)


def list_files(root: Path, path: str) -> list[str]:
    """Return the files of a folder or of a path with * or ?, by name and without data cards; else the path alone."""
    is_pattern = "*" in path or "?" in path
    if not is_pattern and not locate(root, path, folder_too=True).is_dir():
        return [path]
    folder, _, name = path.rpartition("/") if is_pattern else (path.rstrip("/"), "", "*")
    inside = [p for p in locate(root, folder or ".", folder_too=True).iterdir() if p.is_file()]
    names = sorted(p.name for p in inside if not p.name.startswith(".") and p.suffix.lower() != ".md")
    files = [f"{folder}/{n}".lstrip("/") for n in names if n != _LIST and fnmatchcase(n, name.replace("[", "[[]"))]
    if not files:
        raise AbsentInputError(Text("data.no-files", path=path))
    return files


def _inside(folder: Path, relative: PurePosixPath, path: str, folder_too: bool) -> Path:
    base = folder.resolve()
    target = (base / relative).resolve()
    if not target.is_relative_to(base):
        raise DataError(
            f"{path} leads out of its folder: inputs are read inside the project or under {DATA_VARIABLE}: "
            "copy it here, for instance into data/raw"
        )
    if not target.is_file() and not (folder_too and target.is_dir()):
        place = "variable" if path.startswith(DATA_VARIABLE) else "project"
        key = "data.is-folder" if target.is_dir() else "data.absent"
        raise AbsentInputError(Text(key, path=path, place=place, variable=DATA_VARIABLE))
    return target


def read_packaged(name: str) -> str:
    """Return a table of the program's own."""
    return resources.files("twintrade.data").joinpath(name).read_text(encoding="utf-8")


def read_packaged_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the program's own."""
    return list(csv.DictReader(read_packaged(name).splitlines()))


# Holds garbage collection back while tables are read.


@contextmanager
def hold_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: every row of a table is a list, and all would be visited again and again."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


_LINE = re.compile(r"\s*[-*]\s*\*\*(?P<key>[^*:]+):?\*\*:?\s*(?P<value>.+)")
_CARD_BYTES = 200_000
_KEYS = {"发布方": "publisher", "权利": "rights", "转交": "passing_on"}  # names of facts in Chinese cards
_YES = ("yes", "可以", "是")


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input file."""

    path: str  # as declared, relative to the project or beginning with `TWINTRADE_DATA`; never a machine's path
    sha256: str
    # bytes, rows: Size, and rows of the table before any rule left some out
    bytes: int
    rows: int
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    unit: Words = ""  # empty where they do not apply
    # publisher, licence: From the data card beside the file
    publisher: str = ""
    licence: str = ""
    dropped: tuple[tuple[Words, int], ...] = ()  # rows left out, by rule
    unread: tuple[str, ...] = ()  # columns of the file that its table does not name
    alike_sheets: tuple[str, ...] = ()  # other visible sheets of the workbook with the same columns

    def dropping(self, rule: Words, n_rows: int) -> "InputRecord":
        """Return the record with rows counted as left out by a rule."""
        return replace(self, dropped=(*self.dropped, (rule, n_rows))) if n_rows else self


@dataclass(frozen=True, slots=True)
class DataCard:
    """The data card of a file."""

    publisher: str = ""
    licence: str = ""
    text: str = ""
    passing_on: str = ""

    @property
    def may_be_passed_on(self) -> bool:
        """Whether the page says that the file may be passed on; where it says nothing, it may not."""
        return self.passing_on.lower().startswith(_YES)


def read_data_card(root: Path, file: str) -> DataCard:
    """Return the data card of a file, NAME.md beside it; without one, what its row in ``sources.csv`` says."""
    stem = re.sub(r"(\.(csv|tsv|txt|xlsx|xls|ods|parquet|feather|dta|sav|rds|rda|json))?(\.gz)?$", "", file)
    try:
        with open_file(locate(root, f"{stem}.md")) as page:
            text = page.read(_CARD_BYTES).decode("utf-8", "replace")
    except DataError:
        return _card_from_list(root, file)
    facts = {
        _KEYS.get(key := match["key"].strip("： ").lower().replace(" ", "_"), key): match["value"].strip()
        for line in text.splitlines()
        if (match := _LINE.match(line))
    }
    rights = facts.get("rights", facts.get("licence", ""))
    return DataCard(facts.get("publisher", ""), rights, text, facts.get("passing_on", ""))


def _card_from_list(root: Path, file: str) -> DataCard:
    folder, _, name = file.rpartition("/")
    try:
        with open_file(locate(root, f"{folder}/{_LIST}".lstrip("/"))) as page:
            text = page.read(_CARD_BYTES).decode("utf-8", "replace")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row.get("file") == name]
    except (DataError, csv.Error):
        return DataCard()
    if not rows:
        return DataCard()
    publisher = rows[0].get("original_publisher") or rows[0].get("publisher") or ""
    given = (rows[0].get(column) or "" for column in ("licence", "what", "passing_on"))
    return DataCard(publisher, *given)

"""Where analysis files stand, which project they belong to, and how their names are written into scripts."""

import ctypes
import difflib
import errno
import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twintrade.errors import DataError, SpecError, StoreError
from twintrade.files import open_file, read_file
from twintrade.study.spec.spec_text import confirm_guesses, find_open_guesses, parse_tables
from twintrade.text import LOCALES, Listed, Text

# Text as literals of the scripts that the program generates; the only way a name gets into one.

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f$`\"\\\u2018-\u201f\u2028-\u202e\u2066-\u2069]")
"""What no name in a script needs: controls, and what a shell takes for more than a letter."""

_QUOTES: Mapping[str, Callable[[str], str]] = {
    "sh": shlex.quote,
    "ps1": lambda text: "'" + re.sub("(['\u2018-\u201b])", r"\1\1", text) + "'",
    "r": lambda text: json.dumps(text, ensure_ascii=False),
    "python": json.dumps,
    "stata": lambda text: '"' + re.sub("[`'\"$]", "_", write_comment(text)) + '"',
}


def quote(text: str, language: str) -> str:
    """Return a text as a literal of a language."""
    return _QUOTES[language](text)


def write_comment(text: str) -> str:
    """Return a text that fits in the one line of a comment."""
    return " ".join(text.split())


def refuse_unsafe_names(paths: list[str]) -> None:
    """Refuse to write names of files into a script that a shell could take for commands."""
    from twintrade.data.sources import quote_cell  # with numpy, which no command needs to start

    for path in paths:
        if UNSAFE.search(path):
            raise StoreError(Text("bundle.unsafe-name", path=quote_cell(path)))


# What differs between operating systems, here and nowhere else: swaps, flushes, memory, names and paths.

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LONGEST_PATH = 259
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


def is_device_name(name: str) -> bool:
    """Return whether Windows takes a file of this name, whatever its ending, for a device."""
    return name.partition(".")[0].rstrip().casefold() in _DEVICES


def measure_excess(path: str | os.PathLike[str]) -> int:
    """Return how many characters a path has more than this system takes; none where it takes any."""
    return max(len(os.path.abspath(path)) - _LONGEST_PATH, 0) if sys.platform == "win32" else 0


def swap_folders(one: Path, other: Path) -> bool:
    """Swap two folders atomically; return whether the system could."""
    if sys.platform == "win32":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EPERM, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def settle_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; Windows opens no folder and needs no flush."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def measure_peak_memory_mb() -> int:
    """Return the largest memory this process has used, in mebibytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset) // 2**20
    import resource

    # The kernel keeps the peak; it counts in kibibytes, on a Mac in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10)


FOLDER = "analyses"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis file: its path and its text."""

    root: Path  # project folder
    name: str
    text: str  # TOML

    @property
    def raw(self) -> dict[str, Any]:
        """The tables of the file, unchecked."""
        return parse_tables(self.text, f"{FOLDER}/{self.name}.toml")

    @property
    def language(self) -> str:
        """The first language that the report's table, or its style file, names; empty where none does."""
        with suppress(DataError, SpecError, OSError, ValueError):
            report = self.raw.get("report")
            named = report.get("language") if isinstance(report, dict) else None
            if not named and isinstance(report, dict) and isinstance(report.get("style"), str):
                style = read_file(self.root / report["style"], report["style"], _MOST_BYTES)
                named = tomllib.loads(style.decode("utf-8")).get("language")
            first = named[0] if isinstance(named, list) and named else named
            return next((tag for tag in LOCALES if tag == first), "")
        return ""

    @property
    def n_guesses(self) -> int:
        """Lines that carry the mark of a guess."""
        return len(find_open_guesses(self.text))


def confirm_analysis(analysis: Analysis) -> Analysis:
    """Return an analysis without marks of guesses, written to its file."""
    text = confirm_guesses(analysis.text)
    if text != analysis.text:
        (analysis.root / FOLDER / f"{analysis.name}.toml").write_text(text, encoding="utf-8", newline="")
    return replace(analysis, text=text)


def find_project_root(here: Path) -> Path:
    """Return the nearest folder, from here upwards, that holds analyses/; here itself where there is none."""
    return next((folder for folder in (here, *here.parents) if (folder / FOLDER).is_dir()), here)


def find_analyses(here: Path, wanted: Sequence[str]) -> list[Analysis]:
    """Return the analyses meant by names or files; all of the project when none is wanted."""
    root = find_project_root(here)
    if not (root / FOLDER).is_dir() and not any(word.endswith(".toml") for word in wanted):
        raise SpecError(
            f"neither this folder nor one above it holds {FOLDER}/: go into your project, or start one here with: "
            "twintrade init NAME"
        )
    if not wanted:
        paths = sorted((root / FOLDER).glob("*.toml"))
        if not paths:
            raise SpecError(f"there is no analysis in {FOLDER}/; start one with: twintrade init NAME")
        return [_read(path) for path in paths]
    return [_read(_path(here, root, word)) for word in dict.fromkeys(wanted)]


def check_analysis_name(name: str) -> str:
    """Return a name that may become a file and a make target."""
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise SpecError(f"{name!r} is no name for an analysis: use lower-case letters, digits and hyphens")
    if is_device_name(name):
        raise SpecError(Text("study.device-name", name=name))
    return name


def _path(here: Path, root: Path, word: str) -> Path:
    if word.endswith(".toml"):
        return Path(os.path.abspath(here / word))  # a link stands for itself: results go beside it
    return root / FOLDER / f"{check_analysis_name(word)}.toml"


def _read(path: Path) -> Analysis:
    name = check_analysis_name(path.stem)
    if path.parent.name != FOLDER:
        raise SpecError(
            f"{path.name} does not stand in a folder called {FOLDER}: results are written beside that one"
        )
    try:
        with open_file(path) as stream:
            content = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        known = [p.stem for p in path.parent.glob("*.toml")]
        near = difflib.get_close_matches(name, known, n=1)
        asked = {"name": name, "folder": FOLDER}
        if near:
            raise SpecError(Text("study.did-you-mean", **asked, near=near[0])) from None
        if not known:
            raise SpecError(Text("study.there-is-none", **asked)) from None
        raise SpecError(Text("study.there-are", **asked, known=Listed(tuple(sorted(known)), "comma"))) from None
    except OSError as error:
        raise SpecError(f"{FOLDER}/{path.name} cannot be read: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise SpecError(f"{FOLDER}/{path.name} has more than {_MOST_BYTES:,} bytes: this is no analysis file")
    try:
        return Analysis(path.parent.parent, name, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SpecError(f"{FOLDER}/{path.name} is not UTF-8 (byte {error.start})") from None

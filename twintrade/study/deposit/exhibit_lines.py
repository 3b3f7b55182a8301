"""Which line of an analysis file asks for each exhibit of its page."""

import re
from collections.abc import Mapping

from twintrade.effects.exhibit import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.study.deposit.verify_appendix import read_tables
from twintrade.study.store.frames import from_bytes
from twintrade.study.store.locating import FOLDER, Analysis

_HEAD = re.compile(r"^\s*(\[\[?[\w.]+\]\]?)")
_NAME = re.compile(r'^\s*name\s*=\s*"([\w-]+)"')
_ESTIMATES = frozenset(("specifications.csv", "effects.csv", "bands.csv"))


def find_exhibit_lines(analysis: Analysis, results: Mapping[str, bytes]) -> dict[tuple[str, int], str]:
    """Return by kind and number the place in the analysis file that asks for an exhibit.

    ``results``: the files of its results.
    """
    places = list_places(analysis.text)
    first = min((line for head, line in places.items() if head.startswith("[[estimator]]")), default=1)
    findings = from_bytes(results["findings.csv"])
    owners = {
        name: str(diagnostic)
        for diagnostic, names in zip(findings.get("diagnostic", ()), findings.get("payloads", ()), strict=True)
        if isinstance(names, str)
        for name in names.split()
    }
    tables = {t.number.split()[-1]: t for t in read_tables(results["appendix.html"].decode("utf-8")) if t.number}

    def find_line(exhibit: Exhibit) -> int:
        table = tables.get(str(exhibit.number)) if exhibit.kind == "Table" else None
        keys = [key for row in table.rows for cell in row for key in cell.keys] if table else []
        files = {key.split(":")[0] for key in keys}
        if files & _ESTIMATES:
            return first
        stem = exhibit.files[0].rpartition("/")[2].partition(".")[0].removeprefix("tab-")
        names = [f.removeprefix("payloads/").removesuffix(".csv") for f in files] + [
            name for name in owners if stem.startswith(_slug(name)) or _slug(name).startswith(stem)
        ]
        lines = (places.get(f"[[diagnostic]]{owners[name]}") for name in names if name in owners)
        data = (line for head, line in places.items() if head.startswith("[[data."))
        is_data = bool(files & {"manifest.json", "twinnings.csv", "data.csv"})
        return next((line for line in lines if line), next(data, first) if is_data else first)

    exhibits = read_exhibits(results[EXHIBITS_FILE])
    file = f"{FOLDER}/{analysis.name}.toml"
    return {(e.kind, e.number): f"{file}:{find_line(e)}" for e in exhibits}


def list_places(text: str) -> dict[str, int]:
    """Return the lines of the tables of an analysis file, each with its name where it has one."""
    places: dict[str, int] = {}
    head = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEAD.match(line):
            head = match[1]
            places.setdefault(head, number)
        elif match := _NAME.match(line):
            places.setdefault(f"{head}{match[1]}", number)
    return places


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]

"""The deposit of one analysis as one zip: README, code, data that may be passed on, results, checksums."""

import json
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from twintrade.data import read_data_card
from twintrade.effects.result_set import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.render.writers import pack_zip
from twintrade.study.deposit.readme import Deposit, render_replication_readme
from twintrade.study.deposit.verify_appendix import read_tables
from twintrade.study.run.ledger import COMMIT
from twintrade.study.store.fingerprint import FOLDER as REGISTRATIONS
from twintrade.study.store.fingerprint import find_input, get_calibration_path, hash_bytes, list_package_files
from twintrade.study.store.folder import MANIFEST, get_results_folder
from twintrade.study.store.freshness import list_changes, read_manifest, write_sums
from twintrade.study.store.locating import FOLDER, Analysis, quote, refuse_unsafe_names, write_comment
from twintrade.study.store.replay import from_bytes
from twintrade.text import Listed, Text

# Which line of an analysis file asks for each exhibit of its page.

_HEAD = re.compile(r"^\s*(\[\[?[\w.]+\]\]?)")
_NAME = re.compile(r'^\s*name\s*=\s*"([\w-]+)"')
_ESTIMATES = frozenset(("specifications.csv", "effects.csv", "bands.csv"))


def find_exhibit_lines(analysis: Analysis, results: Mapping[str, bytes]) -> dict[tuple[str, int], str]:
    """Return by kind and number the place in the analysis file that asks for an exhibit."""
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


CODE = "code"
CHECKER = "verify_appendix.py"
SUMS, RESULT_SUMS = "SHA256SUMS", "results.sha256"
RUN = ("run.sh", "run.ps1")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_OF_ROWS = re.compile(r"(data|twinnings)\.csv|payloads/.*|figures/.*\.csv")
"""Results that hold single rows of the data, or could."""


def build_bundle(analysis: Analysis) -> tuple[bytes, tuple[str, ...]]:
    """Return the deposit of an analysis as a zip, and the inputs that it leaves out."""
    root, name = analysis.root, analysis.name
    folder = get_results_folder(root, name)
    stale = list_changes(root, name, analysis.raw, analysis.n_guesses)
    manifest = read_manifest(folder)
    if stale or manifest is None:
        raise StoreError(Text("bundle.stale", name=name, reason=Listed(tuple(stale), "semicolon")))
    refuse_unsafe_names([entry["path"] for entry in manifest["inputs"]])
    withheld = _list_withheld(root, analysis.raw, manifest["inputs"])
    results = {path: read_file(folder / path, path) for path in (*manifest["outputs"], MANIFEST)}
    shown = {p: c for p, c in results.items() if not withheld or not _OF_ROWS.fullmatch(p)}
    files = {f"results/{name}/{path}": content for path, content in shown.items()}
    files[f"{FOLDER}/{name}.toml"] = analysis.text.encode("utf-8")
    on_file = [*sorted((root / REGISTRATIONS / name).rglob("*")), get_calibration_path(root, name)]
    files |= {file.relative_to(root).as_posix(): read_file(file) for file in on_file if file.is_file()}
    files |= _collect_data(root, analysis.raw, manifest["inputs"], withheld)
    files |= {f"{CODE}/twintrade/{path}": read_file(file) for path, file in list_package_files().items()}
    files[f"{CODE}/LICENSE"] = _read_licence()
    files[COMMIT] = (json.dumps(manifest.get("git", {}), indent=1) + "\n").encode("utf-8")
    files["requirements.lock"] = _write_lock(manifest["versions"])
    files["LICENSE-DATA.md"] = _write_data_terms(root, manifest["inputs"], withheld)
    files[CHECKER] = read_file(Path(__file__).with_name(CHECKER))
    files |= {script: _write_script(script, name, withheld) for script in RUN}
    files[RESULT_SUMS] = write_sums({f"results/{name}/{path}": sha for path, sha in manifest["outputs"].items()})
    cards = {entry["path"]: read_data_card(root, entry["path"]) for entry in manifest["inputs"]}
    citations = tuple(
        Text("bundle.citation", publisher=card.publisher.rstrip("."), path=path)
        for path, card in cards.items()
        if card.publisher
    )
    deposit = Deposit(withheld, find_exhibit_lines(analysis, results), citations)
    files["README.md"] = render_replication_readme([analysis], deposit).encode("utf-8")
    files[SUMS] = write_sums({path: hash_bytes(content) for path, content in files.items()})
    members = {f"{name}/{path}": content for path, content in files.items()}
    return pack_zip(members, executable=(f"{name}/run.sh",)), tuple(withheld)


def _list_withheld(root: Path, raw: Mapping[str, Any], inputs: Iterable[Mapping[str, Any]]) -> dict[str, Text]:
    """Return the inputs that no card lets pass on, each with the reason and how it is brought."""
    commands = raw.get("data", {}).get("fetch", ())
    withheld: dict[str, Text] = {}
    for entry in inputs:
        path = entry["path"]
        if entry.get("is_simulated"):
            continue
        card, file = read_data_card(root, path), find_input(root, path)
        is_inside = file is not None and file.is_file() and file.resolve().is_relative_to(root.resolve())
        if is_inside and card.may_be_passed_on:
            continue
        stem = path.rpartition("/")[2].partition(".")[0]
        command = next((str(c) for c in commands if stem in str(c).split()), "")
        key = "outside" if not is_inside else "forbidden" if card.passing_on else "unsaid"
        card_path = f"{path.rpartition('.')[0]}.md"
        withheld[path] = Text(f"bundle.withheld-{key}", card=card_path, command=command or "none")
    return withheld


def _collect_data(
    root: Path, raw: Mapping[str, Any], inputs: Iterable[Mapping[str, Any]], withheld: Mapping[str, Text]
) -> dict[str, bytes]:
    """Return inputs that may be passed on, every card, and what the page is drawn with."""
    files: dict[str, bytes] = {}
    paths = [entry["path"] for entry in inputs]
    paths += [file for key in ("style", "word_template") if (file := raw.get("report", {}).get(key))]
    for path in paths:
        stem, _, _ = path.rpartition(".")
        beside = (f"{stem}.md", f"{path.rpartition('/')[0]}/sources.csv")
        for one in (*((path,) if path not in withheld else ()), *beside):
            file = find_input(root, one)
            if file is not None and file.is_file() and file.resolve().is_relative_to(root.resolve()):
                files[one] = read_file(file, one)
    return files


def _read_licence() -> bytes:
    """Return the terms of the program."""
    beside = Path(__file__).parents[2].parent / "LICENSE"
    if beside.is_file():
        return read_file(beside)
    listed = metadata.files("twintrade") or ()
    return next((read_file(Path(str(f.locate()))) for f in listed if f.name == "LICENSE"), b"")


def _write_lock(versions: Mapping[str, str]) -> bytes:
    """Return every library that the run could use and those that they need, with their versions."""
    waiting, locked = [*versions, "twintrade"], dict[str, str]()
    while waiting:
        try:
            library = metadata.distribution(waiting.pop())
        except metadata.PackageNotFoundError:
            continue
        name = library.name.lower()
        if name in locked:
            continue
        locked[name] = library.version
        needed = (line for line in library.requires or () if "extra" not in line.partition(";")[2])
        waiting += [match[0] for line in needed if (match := _REQUIREMENT.match(line))]
    locked.pop("twintrade", None)
    head = Text("bundle.lock", python=versions.get("python", ""))
    return "".join([f"# {head}\n", *(f"{name}=={locked[name]}\n" for name in sorted(locked))]).encode("utf-8")


def _write_data_terms(root: Path, inputs: Iterable[Mapping[str, Any]], withheld: Mapping[str, Text]) -> bytes:
    lines = [f"# {Text('bundle.data-terms')}", ""]
    for entry in inputs:
        card = read_data_card(root, entry["path"])
        terms = Text(
            "bundle.terms",
            path=entry["path"],
            publisher=card.publisher or "none",
            licence=card.licence or "none",
            passed="no" if entry["path"] in withheld else "yes",
        )
        lines.append(f"- {terms}")
    return ("\n".join(lines) + "\n").encode("utf-8")


def _write_script(script: str, name: str, withheld: Mapping[str, Text]) -> bytes:
    """Return a script that runs and verifies the analysis, with its name, words and the inputs it waits for."""
    language = script.rpartition(".")[2]
    comments = {"head": Text("bundle.script"), "python": Text("bundle.script-python")}
    put = {key: write_comment(str(text)) for key, text in comments.items()} | {"name": quote(name, language)}
    put["results"], put["missing"] = (
        quote(text, language) for text in (f"results/{name}", str(Text("bundle.missing")))
    )
    put["needed"] = (" " if language == "sh" else ", ").join(quote(path, language) for path in withheld)
    text = read_file(Path(__file__).with_name(script)).decode("utf-8")
    for key, value in put.items():
        text = text.replace(f"@{key}@", value)
    return text.encode("utf-8")

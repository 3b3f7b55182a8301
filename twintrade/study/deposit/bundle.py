"""A replication package: its README in the order that data editors ask for, and the deposit of an analysis as a zip.

What the program knows is filled in from analysis files and manifests; what only the authors know is marked AUTHORS.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from twintrade.data import read_data_card
from twintrade.effects.result_set import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.render.writers import pack_zip
from twintrade.study.deposit.verify_appendix import read_tables
from twintrade.study.run.ledger import COMMIT
from twintrade.study.spec.spec_text import list_values
from twintrade.study.store.fingerprint import FOLDER as REGISTRATIONS
from twintrade.study.store.fingerprint import find_input, get_calibration_path, hash_bytes, list_package_files
from twintrade.study.store.folder import MANIFEST, get_results_folder
from twintrade.study.store.freshness import list_changes, read_manifest, write_sums
from twintrade.study.store.locating import FOLDER, Analysis, quote, refuse_unsafe_names, write_comment
from twintrade.study.store.replay import from_bytes
from twintrade.text import Listed, Text, Words

# Text as Markdown prints it and nothing else.

_CELL = {"|": "\\|", "<": "&lt;", ">": "&gt;", "\n": " "}
_IN_CODE = str.maketrans(_CELL | {"`": ""})
_SPECIAL = str.maketrans(_CELL | {c: f"\\{c}" for c in "\\`*_[]#$~"})


def escape_markdown(text: Any) -> str:
    """Return text in which no character means anything to Markdown."""
    return str(text).translate(_SPECIAL)


def render_code(text: str) -> str:
    """Return text as code that no character of it ends."""
    return f"`{text.translate(_IN_CODE)}`"


# An analysis with its fresh results, as the README of a package tells of it.

OUTSIDE = "TWINTRADE_DATA/"


@dataclass(frozen=True, slots=True)
class PackagedAnalysis:
    """An analysis with its fresh results."""

    name: str
    manifest: Mapping[str, Any]
    exhibits: Sequence[Exhibit]
    cited: Sequence[str]
    size: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a README of a deposit of one analysis says beyond that of a project."""

    withheld: Mapping[str, Text]  # inputs that are not in it, each with the reason and how it is brought
    lines: Mapping[tuple[str, int], str]  # kind and number of an exhibit to the file and line that ask for it
    citations: Sequence[Text]  # how the data are cited


@dataclass(frozen=True, slots=True)
class Package:
    """Analyses with fresh results, of a project or of a deposit, and every input of theirs once, by its path."""

    analyses: Sequence[PackagedAnalysis]
    inputs: Sequence[Mapping[str, Any]]
    deposit: Deposit | None

    def is_absent(self, entry: Mapping[str, Any]) -> bool:
        """Whether an input is not in the package."""
        withheld = () if self.deposit is None else self.deposit.withheld
        return bool(entry["path"].startswith(OUTSIDE)) or entry["path"] in withheld


def read_packaged(analysis: Analysis) -> PackagedAnalysis:
    """Return an analysis with its fresh results."""
    stale = list_changes(analysis.root, analysis.name, analysis.raw, analysis.n_guesses)
    folder = get_results_folder(analysis.root, analysis.name)
    manifest = read_manifest(folder)
    if stale or manifest is None:
        reason = "; ".join(map(str, stale))
        raise StoreError(f"{analysis.name}: no fresh results ({reason}); first: twintrade run {analysis.name}")
    try:
        files = {path: read_file(folder / path, path) for path in manifest["outputs"]}
    except OSError as error:
        raise StoreError(f"results/{analysis.name} cannot be read ({error.strerror})") from None
    cited = from_bytes(files["specifications.csv"]).get("citation_text", ())
    texts = sorted({text for text in cited if isinstance(text, str)})
    exhibits, size = read_exhibits(files[EXHIBITS_FILE]), sum(map(len, files.values()))
    return PackagedAnalysis(analysis.name, manifest, exhibits, texts, size)


def describe_duration(seconds: float) -> Text:
    """Return a time as people say it."""
    if seconds < 90:
        return Text("readme.seconds", n=max(1, round(seconds)))
    if seconds < 5400:
        return Text("readme.minutes", n=round(seconds / 60))
    return Text("readme.hours", n=seconds / 3600)


def render_replication_readme(analyses: Sequence[Analysis], deposit: Deposit | None = None) -> str:
    """Return the README of a package of analyses with fresh results, or of the bundle of one, as Markdown."""
    done = [read_packaged(analysis) for analysis in analyses]
    inputs = {entry["path"]: entry for d in done for entry in d.manifest["inputs"]}
    package = Package(done, [inputs[path] for path in sorted(inputs)], deposit)
    parts = (_overview, _data, _requirements, _programs, _instructions, _exhibits, _references)
    return "\n\n".join(str(block) for part in parts for block in part(package)) + "\n"


def _overview(package: Package) -> Iterator[Words]:
    done = package.analyses
    yield from map(Text, ("readme.title", "readme.authors-article", "readme.overview"))
    yield Text(
        "readme.made",
        program="make" if package.deposit is None else "script",
        n=len(done),
        tables=sum(e.kind == "Table" for d in done for e in d.exhibits),
        figures=sum(e.kind == "Figure" for d in done for e in d.exhibits),
        duration=describe_duration(sum(float(d.manifest["volatile"].get("seconds", 0)) for d in done)),
    )
    yield _lines(f"- `{FOLDER}/{d.name}.toml`: {escape_markdown(d.manifest['title'])}" for d in done)
    drawn = tuple(f"`{d.name}`" for d in done if d.manifest.get("is_simulated"))
    if drawn:
        yield Text("readme.simulated", names=Listed(drawn, "comma"))


def _data(package: Package) -> Iterator[Words]:
    inputs = package.inputs
    yield from map(Text, ("readme.data", "readme.rights", "readme.authors-tick"))
    yield _lines((Text("readme.right-to-use"), Text("readme.right-to-publish")))
    yield Text("readme.availability")
    n_outside = sum(map(package.is_absent, inputs))
    in_package = "all" if n_outside == 0 else "none" if n_outside == len(inputs) else "some"
    for_all = ("all", "some", "none")
    yield _lines(f"- [{'x' if k == in_package else ' '}] {Text(f'readme.available-{k}')}" for k in for_all)
    yield Text("readme.sources")
    rows, contents = [], []
    for i in inputs:
        publisher, licence = i.get("publisher", "AUTHORS"), "simulated" if i.get("is_simulated") else "AUTHORS"
        provided = "drawn" if i.get("is_simulated") else "no" if package.is_absent(i) else "yes"
        users = [d.name for d in package.analyses if i["path"] in [one["path"] for one in d.manifest["inputs"]]]
        facts = [escape_markdown(publisher), escape_markdown(str(i.get("licence", licence)))]
        facts += [str(Text(f"readme.provided-{provided}")), ", ".join(map(render_code, users))]
        rows.append([render_code(i["path"]), *facts])
        sheet = Text("data.report-sheet", name=str(i["sheet"])) if i.get("sheet") else ""
        read_as = ", ".join(str(part) for part in (i.get("encoding"), sheet, i.get("unit")) if part)
        sizes = (f"{i.get('bytes', 0):,}", f"{i.get('rows', 0):,}")
        contents.append((render_code(i["path"]), *sizes, escape_markdown(read_as), f"`{i['sha256']}`"))
    yield _table(("file", "publisher", "licence", "provided", "used"), rows)
    if package.deposit is not None and package.deposit.withheld:
        yield Text("readme.withheld")
        hashes = {entry["path"]: entry["sha256"] for entry in inputs}
        reasons = package.deposit.withheld.items()
        yield _lines(f"- {render_code(path)} (sha256 `{hashes[path]}`): {reason}" for path, reason in reasons)
    yield from map(Text, ("readme.authors-sources", "readme.datasets", "readme.contents"))
    yield _table(("file", "bytes", "rows", "read-as", "sha"), contents)
    if any(i["path"].startswith(OUTSIDE) for i in inputs):
        yield Text("readme.outside")


def _requirements(package: Package) -> Iterator[Words]:
    done = package.analyses
    yield from map(Text, ("readme.requirements", "readme.software"))
    tools = sorted({f"{d.manifest['tool']['name']} {d.manifest['tool']['version']}" for d in done})
    versions = sorted({(name, version) for d in done for name, version in d.manifest["versions"].items()})
    yield _lines(f"- {line}" for line in (*tools, *(f"{name} {version}" for name, version in versions)))
    yield Text("readme.pinned" if package.deposit is None else "readme.locked")
    yield Text("readme.randomness")
    rows, costs, machines = [], [], set()
    for d in done:
        seed = d.manifest.get("spec", {}).get("inference", {}).get("seed", "")
        rows.append((render_code(d.name), str(seed), str(len(d.manifest.get("seeds", {})))))
        cost = d.manifest["volatile"]
        duration, memory = str(describe_duration(cost.get("seconds", 0))), f"{cost.get('peak_memory_mb', 0):,} MB"
        costs.append((render_code(d.name), duration, memory, f"{d.size / 1e6:,.1f} MB"))
        facts = {name: str(cost.get(name)) for name in ("system", "processors")}
        machines.add(str(Text("readme.machine", **facts)))
    yield _table(("analysis", "seed", "jobs"), rows)
    yield from map(Text, ("readme.seeds", "readme.costs"))
    yield _table(("analysis", "time", "memory", "results"), costs)
    yield Text("readme.measured", machines=escape_markdown("; ".join(sorted(machines))))
    yield Text("readme.authors-machine")


def _programs(package: Package) -> Iterator[Words]:
    yield Text("readme.programs")
    files = (Text("readme.program-analysis", file=f"{FOLDER}/{d.name}.toml") for d in package.analyses)
    keys = ("make", "tool", "lock") if package.deposit is None else ("script", "code", "proof")
    first, second, last = (Text(f"readme.program-{key}") for key in keys)
    yield _lines((first, second, *files, last))
    yield Text("readme.licence")
    yield Text("readme.licence-file" if package.deposit is None else "readme.licence-files")


def _instructions(package: Package) -> Iterator[Words]:
    yield Text("readme.instructions")
    if package.deposit is None:
        is_any = any(map(package.is_absent, package.inputs))
        keys = ("setup", *(["data"] if is_any else []), "make", "verify")
    else:
        keys = ("unpack", *(["withheld"] if package.deposit.withheld else []), "script", "compare")
    yield _lines(f"{i}. {Text(f'readme.step-{key}')}" for i, key in enumerate(keys, 1))


def _exhibits(package: Package) -> Iterator[Words]:
    deposit = package.deposit
    yield from map(Text, ("readme.exhibits", "readme.reproduces", "readme.authors-article-tick"))
    yield _lines((Text("readme.article-numbers"), Text("readme.article-exhibits"), Text("readme.article-selected")))
    yield Text("readme.exhibit-programs")
    for d in package.analyses:
        rows, command = [], str(Text("readme.command", name=d.name))
        for e in d.exhibits:
            program = render_code(deposit.lines[e.kind, e.number]) if deposit else command
            files = ", ".join(map(render_code, e.files))
            rows.append((f"{e.kind} {e.number}", escape_markdown(e.caption), program, files))
        yield f"### {render_code(d.name)}"
        yield _table(("exhibit", "caption", "program", "files"), rows, name=d.name)


def _references(package: Package) -> Iterator[Words]:
    yield Text("readme.references")
    cited = sorted({text for d in package.analyses for text in d.cited})
    data = [f"- {citation}" for citation in (package.deposit.citations if package.deposit else ())]
    yield _lines((*(f"- {escape_markdown(text)}" for text in cited), *data, Text("readme.authors-citations")))
    yield from map(Text, ("readme.acknowledgements", "readme.authors-thanks", "readme.template"))


def _lines(lines: Iterable[Words]) -> str:
    return "\n".join(map(str, lines))


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]], **values: str) -> str:
    named = [str(Text(f"readme.head-{head}", **values)) for head in heads]
    return _lines(f"| {' | '.join(row)} |" for row in (named, ["---"] * len(named), *rows))


# Which line of an analysis file asks for each exhibit of its page.

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
    for number, head, name in list_values(text, "name"):
        places.setdefault(f"{head}{name}", number)
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
    terms, citations = [f"# {Text('bundle.data-terms')}", ""], list[Text]()
    for path in (entry["path"] for entry in manifest["inputs"]):
        card, passed = read_data_card(root, path), "no" if path in withheld else "yes"
        facts = {"publisher": card.publisher or "none", "licence": card.licence or "none"}
        terms.append(f"- {Text('bundle.terms', path=path, passed=passed, **facts)}")
        if card.publisher:
            citations.append(Text("bundle.citation", publisher=card.publisher.rstrip("."), path=path))
    files["LICENSE-DATA.md"] = ("\n".join(terms) + "\n").encode("utf-8")
    files[CHECKER] = read_file(Path(__file__).with_name(CHECKER))
    files |= {script: _write_script(script, name, withheld) for script in RUN}
    files[RESULT_SUMS] = write_sums({f"results/{name}/{path}": sha for path, sha in manifest["outputs"].items()})
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


def _write_script(script: str, name: str, withheld: Mapping[str, Text]) -> bytes:
    """Return a script that runs and verifies the analysis, with its name, words and the inputs it waits for."""
    language = script.rpartition(".")[2]
    comments = {"head": Text("bundle.script"), "python": Text("bundle.script-python")}
    put = {key: write_comment(str(text)) for key, text in comments.items()} | {"name": quote(name, language)}
    put |= {"results": quote(f"results/{name}", language), "missing": quote(str(Text("bundle.missing")), language)}
    put["needed"] = (" " if language == "sh" else ", ").join(quote(path, language) for path in withheld)
    text = read_file(Path(__file__).with_name(script)).decode("utf-8")
    for key, value in put.items():
        text = text.replace(f"@{key}@", value)
    return text.encode("utf-8")

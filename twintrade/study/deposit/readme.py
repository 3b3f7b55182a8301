"""The README of a replication package, in the order that data editors of social-science journals ask for.

What the program knows is filled in from analysis files and manifests; what only the authors know is marked AUTHORS.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twintrade.effects.result_set import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.study.store.folder import get_results_folder
from twintrade.study.store.freshness import list_changes, read_manifest
from twintrade.study.store.locating import FOLDER, Analysis
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
    deposit: "Deposit | None"


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a README of a deposit of one analysis says beyond that of a project."""

    withheld: Mapping[str, Text]  # inputs that are not in it, each with the reason and how it is brought
    lines: Mapping[tuple[str, int], str]  # kind and number of an exhibit to the file and line that ask for it
    citations: tuple[Text, ...]  # how the data are cited


def read_packaged(analysis: Analysis, deposit: Deposit | None) -> PackagedAnalysis:
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
    return PackagedAnalysis(
        analysis.name, manifest, read_exhibits(files[EXHIBITS_FILE]), texts, sum(map(len, files.values())), deposit
    )


def list_withheld(done: Sequence[PackagedAnalysis]) -> Mapping[str, Text]:
    """Return the inputs that are not in the package, with the reason."""
    return {path: reason for d in done if d.deposit for path, reason in d.deposit.withheld.items()}


def is_absent(entry: Mapping[str, Any], done: Sequence[PackagedAnalysis]) -> bool:
    """Whether an input is not in the package."""
    return bool(entry["path"].startswith(OUTSIDE)) or entry["path"] in list_withheld(done)


def list_inputs(done: Sequence[PackagedAnalysis]) -> list[Mapping[str, Any]]:
    """Return every input once, by its path."""
    inputs = {entry["path"]: entry for d in done for entry in d.manifest["inputs"]}
    return [inputs[path] for path in sorted(inputs)]


def describe_format(entry: Mapping[str, Any]) -> str:
    """Return how an input was read."""
    parts = (
        entry.get("encoding"),
        entry.get("sheet") and Text("data.report-sheet", name=str(entry["sheet"])),
        entry.get("unit"),
    )
    return ", ".join(str(part) for part in parts if part)


def describe_duration(seconds: float) -> Text:
    """Return a time as people say it."""
    if seconds < 90:
        return Text("readme.seconds", n=max(1, round(seconds)))
    if seconds < 5400:
        return Text("readme.minutes", n=round(seconds / 60))
    return Text("readme.hours", n=seconds / 3600)


_MEGABYTE = 1_000_000


def render_replication_readme(analyses: Sequence[Analysis], deposit: Deposit | None = None) -> str:
    """Return the README of a package of analyses with fresh results, or of the bundle of one, as Markdown."""
    done = [read_packaged(analysis, deposit) for analysis in analyses]
    parts = (_overview, _data, _requirements, _programs, _instructions, _exhibits, _references)
    return "\n\n".join(str(block) for part in parts for block in part(done)) + "\n"


def _overview(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield from map(Text, ("readme.title", "readme.authors-article", "readme.overview"))
    yield Text(
        "readme.made",
        program="make" if done[0].deposit is None else "script",
        n=len(done),
        tables=sum(e.kind == "Table" for d in done for e in d.exhibits),
        figures=sum(e.kind == "Figure" for d in done for e in d.exhibits),
        duration=describe_duration(sum(float(d.manifest["volatile"].get("seconds", 0)) for d in done)),
    )
    yield _lines(f"- `{FOLDER}/{d.name}.toml`: {escape_markdown(d.manifest['title'])}" for d in done)
    drawn = tuple(f"`{d.name}`" for d in done if d.manifest.get("is_simulated"))
    if drawn:
        yield Text("readme.simulated", names=Listed(drawn, "comma"))


def _data(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    inputs = list_inputs(done)
    yield from map(Text, ("readme.data", "readme.rights", "readme.authors-tick"))
    yield _lines((Text("readme.right-to-use"), Text("readme.right-to-publish")))
    yield Text("readme.availability")
    withheld = list_withheld(done)
    n_outside = sum(is_absent(i, done) for i in inputs)
    in_package = "all" if n_outside == 0 else "none" if n_outside == len(inputs) else "some"
    for_all = ("all", "some", "none")
    yield _lines(f"- [{'x' if k == in_package else ' '}] {Text(f'readme.available-{k}')}" for k in for_all)
    yield Text("readme.sources")
    rows = []
    for i in inputs:
        publisher, licence = i.get("publisher", "AUTHORS"), "simulated" if i.get("is_simulated") else "AUTHORS"
        provided = "drawn" if i.get("is_simulated") else "no" if is_absent(i, done) else "yes"
        users = [d.name for d in done if i["path"] in [one["path"] for one in d.manifest["inputs"]]]
        facts = [escape_markdown(publisher), escape_markdown(str(i.get("licence", licence)))]
        facts += [str(Text(f"readme.provided-{provided}")), ", ".join(map(render_code, users))]
        rows.append([render_code(i["path"]), *facts])
    yield _table(("file", "publisher", "licence", "provided", "used"), rows)
    if withheld:
        yield Text("readme.withheld")
        hashes = {entry["path"]: entry["sha256"] for entry in inputs}
        yield _lines(
            f"- {render_code(path)} (sha256 `{hashes[path]}`): {reason}" for path, reason in withheld.items()
        )
    yield from map(Text, ("readme.authors-sources", "readme.datasets", "readme.contents"))
    contents = [
        (
            render_code(i["path"]),
            f"{i.get('bytes', 0):,}",
            f"{i.get('rows', 0):,}",
            escape_markdown(describe_format(i)),
            f"`{i['sha256']}`",
        )
        for i in inputs
    ]
    yield _table(("file", "bytes", "rows", "read-as", "sha"), contents)
    if any(i["path"].startswith(OUTSIDE) for i in inputs):
        yield Text("readme.outside")


def _requirements(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield from map(Text, ("readme.requirements", "readme.software"))
    tools = sorted({f"{d.manifest['tool']['name']} {d.manifest['tool']['version']}" for d in done})
    versions = sorted({(name, version) for d in done for name, version in d.manifest["versions"].items()})
    yield _lines(f"- {line}" for line in (*tools, *(f"{name} {version}" for name, version in versions)))
    yield Text("readme.pinned" if done[0].deposit is None else "readme.locked")
    yield Text("readme.randomness")
    seeds = [d.manifest.get("spec", {}).get("inference", {}).get("seed", "") for d in done]
    jobs = [len(d.manifest.get("seeds", {})) for d in done]
    rows = [[render_code(d.name), str(seed), str(n)] for d, seed, n in zip(done, seeds, jobs, strict=True)]
    yield _table(("analysis", "seed", "jobs"), rows)
    yield from map(Text, ("readme.seeds", "readme.costs"))
    costs = [
        (
            render_code(d.name),
            str(describe_duration(d.manifest["volatile"].get("seconds", 0))),
            f"{d.manifest['volatile'].get('peak_memory_mb', 0):,} MB",
            f"{d.size / _MEGABYTE:,.1f} MB",
        )
        for d in done
    ]
    yield _table(("analysis", "time", "memory", "results"), costs)
    machines = {
        str(Text("readme.machine", system=str(v.get("system")), processors=str(v.get("processors"))))
        for v in (d.manifest["volatile"] for d in done)
    }
    yield Text("readme.measured", machines=escape_markdown("; ".join(sorted(machines))))
    yield Text("readme.authors-machine")


def _programs(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield Text("readme.programs")
    files = (Text("readme.program-analysis", file=f"{FOLDER}/{d.name}.toml") for d in done)
    if done[0].deposit is None:
        yield _lines((Text("readme.program-make"), Text("readme.program-tool"), *files, Text("readme.program-lock")))
    else:
        yield _lines(
            (Text("readme.program-script"), Text("readme.program-code"), *files, Text("readme.program-proof"))
        )
    yield Text("readme.licence")
    yield Text("readme.licence-file" if done[0].deposit is None else "readme.licence-files")


def _instructions(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield Text("readme.instructions")
    if done[0].deposit is not None:
        keys = ("unpack", *(["withheld"] if list_withheld(done) else []), "script", "compare")
        yield _lines(f"{i}. {Text(f'readme.step-{key}')}" for i, key in enumerate(keys, 1))
        return
    steps = [Text("readme.step-setup")]
    if any(is_absent(i, done) for i in list_inputs(done)):
        steps.append(Text("readme.step-data"))
    steps += [Text("readme.step-make"), Text("readme.step-verify")]
    yield _lines(f"{i}. {step}" for i, step in enumerate(steps, 1))


def _exhibits(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield from map(Text, ("readme.exhibits", "readme.reproduces", "readme.authors-article-tick"))
    yield _lines((Text("readme.article-numbers"), Text("readme.article-exhibits"), Text("readme.article-selected")))
    yield Text("readme.exhibit-programs")
    for d in done:
        rows = [
            (
                f"{e.kind} {e.number}",
                escape_markdown(e.caption),
                render_code(d.deposit.lines[e.kind, e.number])
                if d.deposit
                else str(Text("readme.command", name=d.name)),
                ", ".join(map(render_code, e.files)),
            )
            for e in d.exhibits
        ]
        yield f"### {render_code(d.name)}"
        yield _table(("exhibit", "caption", "program", "files"), rows, name=d.name)


def _references(done: Sequence[PackagedAnalysis]) -> Iterator[Words]:
    yield Text("readme.references")
    cited = sorted({text for d in done for text in d.cited})
    data = [f"- {citation}" for d in done if d.deposit for citation in d.deposit.citations]
    yield _lines((*(f"- {escape_markdown(text)}" for text in cited), *data, Text("readme.authors-citations")))
    yield from map(Text, ("readme.acknowledgements", "readme.authors-thanks", "readme.template"))


def _lines(lines: Iterable[Words]) -> str:
    return "\n".join(map(str, lines))


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]], **values: str) -> str:
    named = [str(Text(f"readme.head-{head}", **values)) for head in heads]
    return _lines(f"| {' | '.join(row)} |" for row in (named, ["---"] * len(named), *rows))

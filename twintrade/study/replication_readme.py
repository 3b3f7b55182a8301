"""The README of a replication package, in the order that data editors of social-science journals ask for.

What the program knows is filled in from analysis files and manifests; what only the authors know is marked AUTHORS.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twintrade.effects.exhibit import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.errors import StoreError
from twintrade.study.page.markdown_text import escape_markdown, render_code, render_table
from twintrade.study.store.folder import get_results_folder
from twintrade.study.store.frames import from_bytes
from twintrade.study.store.freshness import list_changes, read_manifest
from twintrade.study.store.locating import FOLDER, Analysis

_OUTSIDE = "TWINTRADE_DATA/"
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Done:
    """An analysis with its fresh results."""

    name: str
    manifest: Mapping[str, Any]
    exhibits: Sequence[Exhibit]
    cited: Sequence[str]
    size: int


def render_replication_readme(analyses: Sequence[Analysis]) -> str:
    """Return the README of a package that holds these analyses, as Markdown.

    Parameters
    ----------
    analyses : sequence of Analysis
        Each with fresh results.

    Raises
    ------
    StoreError
        Results are absent, or do not follow from what stands in the project now.
    """
    done = [_done(analysis) for analysis in analyses]
    parts = (_overview, _data, _requirements, _programs, _instructions, _exhibits, _references)
    return "\n\n".join("\n".join(part(done)) for part in parts) + "\n"


def _done(analysis: Analysis) -> _Done:
    stale = list_changes(analysis.root, analysis.name, analysis.raw)
    folder = get_results_folder(analysis.root, analysis.name)
    manifest = read_manifest(folder)
    if stale or manifest is None:
        reason = "; ".join(map(str, stale))
        raise StoreError(f"{analysis.name}: no fresh results ({reason}); first: twintrade run {analysis.name}")
    try:
        files = {path: (folder / path).read_bytes() for path in manifest["outputs"]}
    except OSError as error:
        raise StoreError(f"results/{analysis.name} cannot be read ({error.strerror})") from None
    cited = from_bytes(files["specifications.csv"]).get("citation_text", ())
    texts = sorted({text for text in cited if isinstance(text, str)})
    return _Done(analysis.name, manifest, read_exhibits(files[EXHIBITS_FILE]), texts, sum(map(len, files.values())))


def _overview(done: Sequence[_Done]) -> Iterator[str]:
    n_tables = sum(e.kind == "Table" for d in done for e in d.exhibits)
    n_figures = sum(e.kind == "Figure" for d in done for e in d.exhibits)
    yield "# Replication package"
    yield ""
    yield "AUTHORS: title of the article, names, date, version and permanent address of this package."
    yield ""
    yield "## Overview"
    yield ""
    yield (
        f"{len(done)} {_of(len(done), 'analysis', 'analyses')} with {n_tables} tables and {n_figures} figures, "
        "made by one program from the files named below. One command runs everything: `make`. Expect about "
        f"{_duration(_seconds(done))} on one processor."
    )
    yield ""
    yield from (f"- `{FOLDER}/{d.name}.toml`: {escape_markdown(d.manifest['title'])}" for d in done)
    drawn = [f"`{d.name}`" for d in done if d.manifest.get("is_simulated")]
    if drawn:
        yield ""
        yield f"**SIMULATED DATA.** The trade series of {', '.join(drawn)} are simulated and describe no real trade."


def _data(done: Sequence[_Done]) -> Iterator[str]:
    inputs = _inputs(done)
    yield "## Data availability and provenance statements"
    yield ""
    yield "### Statement about rights"
    yield ""
    yield "AUTHORS: tick what is true."
    yield ""
    yield "- [ ] We had the right to use the data of the article."
    yield "- [ ] We may publish the data that this package holds."
    yield ""
    yield "### Summary of availability"
    yield ""
    n_outside = sum(i["path"].startswith(_OUTSIDE) for i in inputs)
    availability = (
        "All data are in this package.",
        "Some data are not in this package.",
        "No data are in this package.",
    )
    place = 0 if n_outside == 0 else 2 if n_outside == len(inputs) else 1
    yield from (f"- [{'x' if i == place else ' '}] {text}" for i, text in enumerate(availability))
    yield "\n### Details on each data source"
    yield ""
    rows = [
        (
            render_code(i["path"]),
            escape_markdown(i.get("publisher", "AUTHORS")),
            escape_markdown(_licence(i)),
            _provided(i),
            _used(i, done),
        )
        for i in inputs
    ]
    yield from render_table(("File", "Publisher", "Licence", "In this package", "Used by"), rows)
    yield ""
    yield "AUTHORS: where each file can be had, at which price, since when, and how it is cited."
    yield ""
    yield "## Dataset list"
    yield ""
    yield "Contents as they were read, for comparison after a download:"
    yield ""
    contents = [
        (
            render_code(i["path"]),
            f"{i.get('bytes', 0):,}",
            f"{i.get('rows', 0):,}",
            escape_markdown(_format(i)),
            f"`{i['sha256']}`",
        )
        for i in inputs
    ]
    yield from render_table(("File", "Bytes", "Rows", "Read as", "sha256"), contents)
    if any(i["path"].startswith(_OUTSIDE) for i in inputs):
        yield ""
        yield (
            "Files under `TWINTRADE_DATA` are not in this package. Fetch them from their publisher, put them into "
            "one folder, and name it in the environment variable `TWINTRADE_DATA`."
        )


def _requirements(done: Sequence[_Done]) -> Iterator[str]:
    yield "## Computational requirements"
    yield ""
    yield "### Software requirements"
    yield ""
    for version in sorted({f"{d.manifest['tool']['name']} {d.manifest['tool']['version']}" for d in done}):
        yield f"- {version}"
    found = sorted({(name, version) for d in done for name, version in d.manifest["versions"].items()})
    yield from (f"- {name} {version}" for name, version in found)
    yield ""
    yield "Every dependency is pinned with its hash in `requirements.lock`; `make setup` installs exactly these."
    yield ""
    yield "### Controlled randomness"
    yield ""
    rows = [(render_code(d.name), str(_seed(d)), str(len(d.manifest.get("seeds", {})))) for d in done]
    yield from render_table(("Analysis", "Seed, in `[inference]`", "Jobs with a seed of their own"), rows)
    yield ""
    yield (
        "Each job's generator is made from the seed and the job's name, so neither the order of jobs nor the number "
        "of processors changes a number. All of them are listed in `manifest.json`."
    )
    yield ""
    yield "### Memory, run time and storage requirements"
    yield ""
    costs = [
        (
            render_code(d.name),
            _duration(d.manifest["volatile"].get("seconds", 0)),
            f"{d.manifest['volatile'].get('peak_memory_mb', 0):,} MB",
            f"{d.size / _MEGABYTE:,.1f} MB",
        )
        for d in done
    ]
    yield from render_table(("Analysis", "Run time, measured", "Peak memory, measured", "Results"), costs)
    yield ""
    machines = {
        f"{v.get('system')} with {v.get('processors')} processors" for v in (d.manifest["volatile"] for d in done)
    }
    yield f"Measured on {escape_markdown('; '.join(sorted(machines)))}."
    yield ""
    yield "AUTHORS: make of the processor and memory of the machine."


def _programs(done: Sequence[_Done]) -> Iterator[str]:
    yield "## Description of programs"
    yield ""
    yield "- `Makefile`: everything, or one analysis by its name."
    yield "- `twintrade/`: reads data, estimates, draws tables and figures."
    yield from (f"- `{FOLDER}/{d.name}.toml`: data, comparison, estimators and checks of one analysis." for d in done)
    yield "- `requirements.lock`: versions of every library."
    yield ""
    yield "### License for code"
    yield ""
    yield "The terms of the code stand in `LICENSE`."


def _instructions(done: Sequence[_Done]) -> Iterator[str]:
    yield "## Instructions to replicators"
    yield ""
    steps = ["`make setup` makes `.venv` from `requirements.lock`."]
    if any(i["path"].startswith(_OUTSIDE) for i in _inputs(done)):
        steps.append("Set `TWINTRADE_DATA` to the folder with the files that are not in this package.")
    steps += [
        "`make` runs every analysis whose results do not stand yet.",
        "`.venv/bin/twintrade verify` hashes inputs and results and names every difference from what was recorded.",
    ]
    yield from (f"{i}. {step}" for i, step in enumerate(steps, 1))


def _exhibits(done: Sequence[_Done]) -> Iterator[str]:
    yield "## List of tables, figures and programs"
    yield ""
    yield "The provided code reproduces every table, every figure and every number in the text of the appendices."
    yield ""
    yield "AUTHORS: tick what is true of the article.\n"
    yield "- [ ] All numbers provided in its text."
    yield "- [ ] All its tables and figures."
    yield "- [ ] Selected tables and figures, as explained here."
    yield ""
    yield "The program of every exhibit is the command in its row; numbers are those of the analysis' appendix."
    for d in done:
        rows = [
            (
                f"{e.kind} {e.number}",
                escape_markdown(e.caption),
                f"`make {d.name}`",
                ", ".join(map(render_code, e.files)),
            )
            for e in d.exhibits
        ]
        yield ""
        yield f"### {render_code(d.name)}"
        yield ""
        yield from render_table(("Exhibit", "Caption", "Program", f"Files in `results/{d.name}/`"), rows)


def _references(done: Sequence[_Done]) -> Iterator[str]:
    yield "## References"
    yield ""
    cited = sorted({text for d in done for text in d.cited})
    yield from (f"- {escape_markdown(text)}" for text in cited)
    yield "- AUTHORS: the data sources above, as their publishers want them cited."
    yield ""
    yield "## Acknowledgements"
    yield ""
    yield "AUTHORS: who helped and who paid."
    yield ""
    yield "The order of this file is that of Vilhuber, Koren, Llull, Connolly and Morrow, A template README for"
    yield "social science replication packages, Social Science Data Editors."


def _inputs(done: Sequence[_Done]) -> list[Mapping[str, Any]]:
    found = {entry["path"]: entry for d in done for entry in d.manifest["inputs"]}
    return [found[path] for path in sorted(found)]


def _provided(entry: Mapping[str, Any]) -> str:
    if entry.get("is_simulated"):
        return "drawn by the program"
    return "no" if entry["path"].startswith(_OUTSIDE) else "yes"


def _licence(entry: Mapping[str, Any]) -> str:
    return str(entry.get("licence", "simulated" if entry.get("is_simulated") else "AUTHORS"))


def _used(entry: Mapping[str, Any], done: Sequence[_Done]) -> str:
    users = (d.name for d in done if any(i["path"] == entry["path"] for i in d.manifest["inputs"]))
    return ", ".join(map(render_code, users))


def _format(entry: Mapping[str, Any]) -> str:
    parts = (entry.get("encoding"), entry.get("sheet") and f"sheet {entry['sheet']}", entry.get("unit"))
    return ", ".join(str(part) for part in parts if part)


def _seed(d: _Done) -> Any:
    return d.manifest.get("spec", {}).get("inference", {}).get("seed", "")


def _seconds(done: Sequence[_Done]) -> float:
    return sum(float(d.manifest["volatile"].get("seconds", 0)) for d in done)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _of(n: int, one: str, several: str) -> str:
    return one if n == 1 else several

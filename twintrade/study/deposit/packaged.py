"""An analysis with its fresh results, as the README of a package tells of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twintrade.effects.exhibit import EXHIBITS_FILE, Exhibit, read_exhibits
from twintrade.errors import StoreError
from twintrade.study.page.markdown_text import render_code
from twintrade.study.store.folder import get_results_folder
from twintrade.study.store.frames import from_bytes
from twintrade.study.store.freshness import list_changes, read_manifest
from twintrade.study.store.locating import Analysis
from twintrade.text import Text

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
        files = {path: (folder / path).read_bytes() for path in manifest["outputs"]}
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


def find_sha(inputs: Iterable[Mapping[str, Any]], path: str) -> str:
    """Return the hash of an input."""
    return next(str(entry["sha256"]) for entry in inputs if entry["path"] == path)


def list_inputs(done: Sequence[PackagedAnalysis]) -> list[Mapping[str, Any]]:
    """Return every input once, by its path."""
    inputs = {entry["path"]: entry for d in done for entry in d.manifest["inputs"]}
    return [inputs[path] for path in sorted(inputs)]


def find_licence(entry: Mapping[str, Any]) -> str:
    """Return the terms of an input."""
    return str(entry.get("licence", "simulated" if entry.get("is_simulated") else "AUTHORS"))


def list_users(entry: Mapping[str, Any], done: Sequence[PackagedAnalysis]) -> str:
    """Return the analyses that read an input."""
    users = (d.name for d in done if any(i["path"] == entry["path"] for i in d.manifest["inputs"]))
    return ", ".join(map(render_code, users))


def describe_format(entry: Mapping[str, Any]) -> str:
    """Return how an input was read."""
    parts = (
        entry.get("encoding"),
        entry.get("sheet") and Text("readme.sheet", name=str(entry["sheet"])),
        entry.get("unit"),
    )
    return ", ".join(str(part) for part in parts if part)


def find_seed(d: PackagedAnalysis) -> Any:
    """Return the seed of an analysis."""
    return d.manifest.get("spec", {}).get("inference", {}).get("seed", "")


def describe_duration(seconds: float) -> Text:
    """Return a time as people say it."""
    if seconds < 90:
        return Text("readme.seconds", n=max(1, round(seconds)))
    if seconds < 5400:
        return Text("readme.minutes", n=round(seconds / 60))
    return Text("readme.hours", n=seconds / 3600)

"""Whether stored results still follow from what they were made from, and which part changed if not."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.study.store import fingerprint
from twintrade.study.store.folder import MANIFEST, get_results_folder
from twintrade.study.store.locating import Analysis
from twintrade.text import Listed, Text

PAGE = Text("study.changed-page")  # the change that costs a new page and no estimation


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a result set, None where there is none that can be read."""
    try:
        manifest = json.loads(read_file(folder / MANIFEST))
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) and _is_whole(manifest) else None


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether what is looked up later is there, of the right kind, and inside the result set."""
    kinds: dict[str, type] = {"inputs": list, "title": str, "analysis": str}
    kinds |= dict.fromkeys(("outputs", "versions", "headline", "tool", "volatile"), dict)
    if not all(isinstance(manifest.get(key), kind) for key, kind in kinds.items()):
        return False
    hashes = [*manifest["outputs"].items()]
    for entry in manifest["inputs"]:
        if not isinstance(entry, dict) or "path" not in entry or "sha256" not in entry:
            return False
        hashes.append((entry["path"], entry["sha256"]))
    if not all(isinstance(part, str) for pair in hashes for part in pair):
        return False
    return not any(path.startswith("/") or ".." in path.split("/") or "\0" in path for path, _ in hashes)


def list_changes(root: Path, name: str, raw: Mapping[str, Any], n_guesses: int = 0) -> list[Text | str]:
    """Return what changed since the results were made, empty when they are fresh."""
    folder = get_results_folder(root, name)
    if (manifest := read_manifest(folder)) is None:
        return [Text("study.changed-nothing-there")]
    changes: list[Text | str] = []
    if manifest.get("spec_sha256") != fingerprint.hash_spec(raw):
        changes.append(Text("study.changed-file"))
    if manifest["headline"].get("open_guesses", 0) != n_guesses:
        changes.append(Text("study.changed-guesses"))
    if manifest.get("page_sha256") != fingerprint.hash_page(root, name, raw):
        changes.append(PAGE)
    recorded = {i["path"]: i["sha256"] for i in manifest.get("inputs", []) if not i.get("is_simulated")}
    now = fingerprint.hash_inputs(root, list(recorded))
    changes += [
        Text("study.changed-input-gone" if now[path] == "absent" else "study.changed-input", path=path)
        for path, sha in recorded.items()
        if now[path] != sha
    ]
    if manifest.get("source_sha256") != fingerprint.hash_source():
        changes.append(Text("study.changed-program"))
    versions = fingerprint.list_changed_versions(manifest["versions"])
    changes += [change for name, change in versions.items() if name not in fingerprint.OF_PAGES]
    if PAGE not in changes and any(name in fingerprint.OF_PAGES for name in versions):
        changes.append(PAGE)
    return changes + list_changed_outputs(folder, manifest)


def list_absent_by_design(root: Path, raw: Mapping[str, Any]) -> list[str]:
    """Return the inputs that are not there, of an analysis that asks to be skipped then; empty for any other."""
    data = raw.get("data")
    if not isinstance(data, Mapping) or data.get("skip_when_absent") is not True:
        return []
    return [file for file, sha in fingerprint.hash_inputs(root, _files(data)).items() if sha == "absent"]


def describe_absent(raw: Mapping[str, Any], absent: Sequence[str]) -> Text:
    """Return which inputs are not there, and what to type or to set for them."""
    files, commands = Listed(tuple(absent), "comma"), raw["data"].get("fetch")
    if isinstance(commands, list) and commands:
        return Text("study.not-there-fetch", files=files, commands=Listed(tuple(map(str, commands)), "semicolon"))
    return Text("study.not-there", files=files)


def _files(node: Any) -> list[str]:
    """Return every file named anywhere in a table."""
    if isinstance(node, Mapping):
        files = [node["file"]] if isinstance(node.get("file"), str) and node["file"] else []
        return files + [file for value in node.values() for file in _files(value)]
    return [file for value in node for file in _files(value)] if isinstance(node, list) else []


def list_changed_outputs(folder: Path, manifest: Mapping[str, Any]) -> list[Text]:
    """Return the results that are not as the run wrote them, were removed, or were put there by somebody else."""
    recorded: Mapping[str, str] = manifest["outputs"]
    changes = []
    for path, sha in recorded.items():
        file = folder / path
        if not file.is_file():
            changes.append(Text("study.changed-result-gone", path=path))
        elif fingerprint.hash_file(file) != sha:
            changes.append(Text("study.changed-result", path=path))
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    others = sorted(present - set(recorded) - {MANIFEST})
    return changes + [Text("study.changed-other-result", path=path) for path in others]


# Whether results are as the run recorded them, and as a file of checksums does, which ``sha256sum`` reads too.


def write_sums(sums: Mapping[str, str]) -> bytes:
    """Return checksums as ``sha256sum -c`` reads them."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode("utf-8")


def list_other_bytes(root: Path, name: str, sums: str) -> list[str]:
    """Return the results of an analysis whose bytes are not those of a file of checksums."""
    try:
        lines = read_file(root / sums, sums).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise StoreError(Text("bundle.no-sums", file=sums)) from None
    recorded = {path: sha for sha, path in (line.split("  ", 1) for line in lines if "  " in line)}
    recorded_here = {path: sha for path, sha in recorded.items() if path.startswith(f"results/{name}/")}
    if not recorded_here:
        raise StoreError(Text("bundle.no-sums", file=sums))
    files = {path: root / path for path in recorded_here if not path.endswith(f"/{MANIFEST}")}
    return [p for p, file in files.items() if not file.is_file() or fingerprint.hash_file(file) != recorded_here[p]]


def verify_results(analysis: Analysis, against: str = "") -> tuple[list[Text], bool]:
    """Return what is to be said of results, also ``against`` checksums, and whether they are as they should be."""
    root, name = analysis.root, analysis.name
    if not get_results_folder(root, name).exists():
        return [Text("study.not-run", name=name)], True
    changes = list_changes(root, name, analysis.raw, analysis.n_guesses)
    key = "study.differs" if changes else "study.as-recorded"
    texts = [Text(key, name=name, changes=Listed(tuple(changes), "semicolon"))]
    others = list_other_bytes(root, name, against) if against else []
    if against:
        key = "bundle.other-bytes" if others else "bundle.same-bytes"
        texts.append(Text(key, name=name, file=against, files=Listed(tuple(others), "comma")))
    return texts, not (changes or others)

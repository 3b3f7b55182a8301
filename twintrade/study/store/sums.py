"""Whether results are as the run recorded them, and as a file of checksums does, which ``sha256sum`` reads too."""

from collections.abc import Mapping
from pathlib import Path

from twintrade.errors import StoreError
from twintrade.study.store.fingerprint import hash_bytes
from twintrade.study.store.folder import MANIFEST, get_results_folder
from twintrade.study.store.freshness import list_changes
from twintrade.study.store.locating import Analysis
from twintrade.text import Listed, Text


def write_sums(sums: Mapping[str, str]) -> bytes:
    """Return checksums as ``sha256sum -c`` reads them."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode("utf-8")


def list_other_bytes(root: Path, name: str, sums: str) -> list[str]:
    """Return the results of an analysis whose bytes are not those of a file of checksums."""
    try:
        lines = (root / sums).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise StoreError(Text("bundle.no-sums", file=sums)) from None
    pairs = (line.split("  ", 1) for line in lines if "  " in line)
    recorded = {path: sha for sha, path in pairs}
    recorded_here = {path: sha for path, sha in recorded.items() if path.startswith(f"results/{name}/")}
    if not recorded_here:
        raise StoreError(Text("bundle.no-sums", file=sums))
    files = {path: root / path for path in recorded_here if not path.endswith(f"/{MANIFEST}")}
    return [p for p, file in files.items() if not file.is_file() or hash_bytes(file.read_bytes()) != recorded_here[p]]


def verify_results(analysis: Analysis, against: str = "") -> tuple[list[Text], bool]:
    """Return what is to be said of the results of an analysis, and whether they are as they should be.

    ``against``: file of checksums below the project that results are compared with too.
    """
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

"""What a result depends on, as hashes: analysis file, inputs, own source, versions; cheap to ask."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "python-calamine",
    "statsmodels",
    "linearmodels",
    "highspy",
    "numba",
    "CurrencyConverter",
    "matplotlib",
    "seaborn",
    "typst",
    "python-docx",
    "XlsxWriter",
    "pydantic",
    "joblib",
    "threadpoolctl",
    "duckdb",
    "pyspark",
    "within-py",
)
"""Libraries that can move a number or a page."""

OF_THE_PAGE = ("report", "claim")
"""Tables of an analysis file from which pages are drawn and nothing is estimated."""

_SOURCE = (".py", ".bib", ".typ", ".css", ".js", ".html", ".csv", ".toml", ".json")
_OUTSIDE = "TWINTRADE_DATA"


def hash_bytes(content: bytes) -> str:
    """Return the sha256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_spec(raw: Mapping[str, Any]) -> str:
    """Return the hash of a parsed analysis file without the page's tables, comments and the order of keys."""
    text = json.dumps(
        {k: v for k, v in raw.items() if k not in OF_THE_PAGE}, sort_keys=True, ensure_ascii=False, default=str
    )
    return hash_bytes(text.encode("utf-8"))


def hash_page(root: Path, raw: Mapping[str, Any]) -> str:
    """Return the hash of what only the page depends on: the report's table, the files it names, the user's claims."""
    report = raw.get("report", {})
    files = [report[key] for key in ("style", "word_template") if isinstance(report, Mapping) and report.get(key)]
    content = [hash_file(root / f) if (root / f).is_file() else "absent" for f in files if isinstance(f, str)]
    hashed = [{key: raw[key] for key in OF_THE_PAGE if key in raw}, content]
    return hash_bytes(json.dumps(hashed, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8"))


@cache
def hash_source() -> str:
    """Return the hash of the package's own files."""
    package = Path(__file__).resolve().parents[1]
    total = hashlib.sha256()
    for path in sorted(p for p in package.rglob("*") if p.suffix in _SOURCE and p.is_file()):
        total.update(path.relative_to(package).as_posix().encode())
        total.update(hash_file(path).encode())
    return total.hexdigest()


@cache
def list_versions() -> dict[str, str]:
    """Return the versions that can move a number: Python's, and those of the libraries installed."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def find_input(root: Path, declared: str) -> Path | None:
    """Return where a declared input lies, None where its folder is not known on this machine."""
    if declared.split("/")[0] != _OUTSIDE:
        return root / declared
    outside = os.environ.get(_OUTSIDE, "")
    return Path(outside, *declared.split("/")[1:]) if outside else None


def hash_inputs(root: Path, declared: list[str]) -> dict[str, str]:
    """Return the hash of each declared input, "absent" where it is not there."""
    hashes = {}
    for name in sorted(set(declared)):
        path = find_input(root, name)
        if path is not None and path.is_dir():
            from twintrade.data.microdata import hash_content

            hashes[name] = hash_content(path)
        else:
            hashes[name] = hash_file(path) if path is not None and path.is_file() else "absent"
    return hashes

"""Numbers that other programs printed, and the data sets they were made on: bundled, or in a folder that is named."""

import csv
import json
import os
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

BUNDLED = Path(__file__).parent / "golden" / "data"
NAMED = Path(os.environ.get("TWINTRADE_SHARED", BUNDLED.parents[3] / "shared")) / "golden" / "data"


def read_cases(file: str) -> dict[str, dict]:
    """Return the cases of one reference file by their id."""
    cases = json.loads((BUNDLED / f"{file}.json").read_text())["cases"]
    return {case["id"]: case for case in cases}


def read_results(file: str, case: str) -> dict:
    return read_cases(file)[case]["results"]


@cache
def read_sources() -> dict[str, dict[str, str]]:
    """Return where each data set is published, by its name without extension."""
    with (BUNDLED / "sources.csv").open(encoding="utf-8") as stream:
        return {row["file"].split(".")[0]: row for row in csv.DictReader(stream)}


def find_data(dataset: str) -> Path:
    """Return the file of a data set; skip the test, saying where its publisher has it, if it is in neither folder."""
    source = read_sources()[dataset]
    for folder in (BUNDLED, NAMED):
        if (folder / source["file"]).is_file():
            return folder / source["file"]
    pytest.skip(describe_absence(source))


def describe_absence(source: dict[str, str]) -> str:
    home = f"github.com/{source['repository']}" if source["repository"] else "CRAN"
    package = f"{source['package']} {source['version']}".rstrip()
    return (
        f"{source['file']} is not bundled: it is {source['object']} of {package} ({home}). Save it as golden/data/"
        f"{source['file']} in a folder and set TWINTRADE_SHARED to that folder (docs/lab/reference_results.md)"
    )


def read_data(dataset: str) -> pd.DataFrame:
    return pd.read_csv(find_data(dataset))


def read_vectors(dataset: str) -> dict[str, list]:
    return json.loads(find_data(dataset).read_text())

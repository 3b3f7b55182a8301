"""The README of a replication package names what a data editor asks for, each fact from a manifest."""

import json
import re
from pathlib import Path

import pytest
from black_box import write_project

from twintrade.errors import StoreError
from twintrade.study.deposit.bundle import render_replication_readme
from twintrade.study.store.locating import find_analyses

HEADINGS = (
    "Overview",
    "Data availability and provenance statements",
    "Dataset list",
    "Computational requirements",
    "Description of programs",
    "Instructions to replicators",
    "List of tables, figures and programs",
    "References",
    "Acknowledgements",
)
PARTS = (
    *("Statement about rights", "Summary of availability", "Details on each data source", "Software requirements"),
    *("Controlled randomness", "Memory, run time and storage requirements", "License for code"),
)


@pytest.fixture(scope="module")
def text(finished) -> str:
    return render_replication_readme(find_analyses(finished, []))


def test_headings_stand_in_the_order_of_the_template(text):
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == HEADINGS
    for part in PARTS:
        assert f"### {part}\n" in text


def test_every_input_version_and_seed_is_that_of_the_manifest(text, finished):
    manifest = json.loads((finished / "results" / "tiny" / "manifest.json").read_text())
    for entry in manifest["inputs"]:
        assert f"| `{entry['path']}` | {entry['bytes']:,} | {entry['rows']:,} |" in text
        assert entry["sha256"] in text
    for name, version in manifest["versions"].items():
        assert f"- {name} {version}\n" in text
    assert f"| `tiny` | 5 | {len(manifest['seeds'])} |" in text
    assert f"{manifest['volatile']['peak_memory_mb']:,} MB" in text
    assert "SIMULATED DATA" in text
    assert "- [x] All data are in this package." in text
    assert text.count("[x]") == 1


def test_every_exhibit_of_the_appendix_has_its_command_and_files_that_are_there(text, finished):
    folder = finished / "results" / "tiny"
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    numbered = set(re.findall(r'<span class="number">((?:Table|Figure) \d+)\.', page))
    rows = dict(re.findall(r"^\| ((?:Table|Figure) \d+) \| .* \| `make tiny` \| (.*) \|$", text, re.MULTILINE))
    assert set(rows) == numbered
    for files in rows.values():
        named = re.findall(r"`([^`]+)`", files)
        assert len(named) >= 3
        assert all((folder / name).is_file() for name in named)


def test_stale_or_absent_results_are_refused(tmp_path):
    project = write_project(tmp_path)
    with pytest.raises(StoreError, match=r"tiny: no fresh results \(no results yet\); first: twintrade run tiny"):
        render_replication_readme(find_analyses(project, []))


def test_what_only_authors_know_is_asked_for_and_nothing_names_a_machine(text, finished):
    assert text.count("AUTHORS") >= 6
    assert str(finished) not in text
    assert f"{Path.home()}/" not in text

"""Whatever computes a number cites a paper that is in the bibliography."""

import re
from pathlib import Path

import pytest

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES

ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)
NEEDED = {
    "article": {"author", "title", "journal", "year"},
    "book": {"author", "title", "publisher", "year"},
    "techreport": {"author", "title", "institution", "year"},
    "misc": {"author", "title"},
}


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "twintrade" / "references.bib").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def entries(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    return {key: (kind, dict(FIELD.findall(body))) for kind, key, body in ENTRY.findall(text)}


def test_every_line_of_the_bibliography_is_read(text, entries):
    assert len(entries) == text.count("\n@") + text.startswith("@")
    n_fields = sum(len(fields) for _, fields in entries.values())
    assert n_fields == len(re.findall(r"^  \w+ =", text, re.MULTILINE))


def test_every_entry_has_what_a_reader_needs_to_find_it(entries):
    wanting = {
        key: NEEDED[kind] - set(fields) for key, (kind, fields) in entries.items() if NEEDED[kind] - set(fields)
    }
    assert wanting == {}


def test_a_work_stands_once(entries):
    dois = [fields["doi"].lower() for _, fields in entries.values() if "doi" in fields]
    titles = [fields["title"].lower() for _, fields in entries.values()]
    assert len(dois) == len(set(dois))
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("registry", [ESTIMATORS, INFERENCES], ids=["estimators", "inferences"])
def test_every_method_cites_an_entry(registry, entries):
    missing = {name: registry[name].citation for name in registry if registry[name].citation not in entries}
    assert missing == {}


def test_a_diagnostic_cites_an_entry_or_is_plain_description(entries):
    missing = {
        name: DIAGNOSTICS[name].citation
        for name in DIAGNOSTICS
        if DIAGNOSTICS[name].citation and DIAGNOSTICS[name].citation not in entries
    }
    assert missing == {}

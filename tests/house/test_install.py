"""Every command that installs works today: none needs the package on an index before it is there."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest

WAITING = re.compile(r"<!-- OWNER:\n.*?\n-->", re.DOTALL)
FROM_INDEX = re.compile(r"(?:pipx? install|uvx)(?: -\S+)* [\"']?twintrade\b")
NAMED = re.compile(r"pip install ((?:[\"']?[A-Za-z][\w.<>=,\[\]-]*[\"']? ?)+)")
FIRST_NAME = re.compile(r"[\w.-]+")


def read_extras(root):
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    listed = [line for lines in extras.values() for line in lines if not line.startswith("twintrade[")]
    return {FIRST_NAME.match(line)[0].lower(): line for line in listed}


def test_no_page_and_no_message_installs_from_an_index(root, written):
    if not read_address(root).startswith("<"):
        pytest.skip("the owner is filled in: the package is released")
    found = {
        name: FROM_INDEX.findall(WAITING.sub("", text))
        for name, text in written.items()
        if not name.startswith(("tests/", "CHANGELOG"))
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("line", ['pip install "twintrade[all]"', "pip install twintrade", "uvx --from twintrade x"])
def test_such_a_line_is_found(line):
    assert FROM_INDEX.search(line)
    assert not FROM_INDEX.search(WAITING.sub("", f"<!-- OWNER:\n{line}\n-->"))


def test_a_message_names_the_libraries_of_an_extra(root, written):
    """Their own names serve whoever installed a clone or a wheel; a bound above is said."""
    extras = read_extras(root)
    said = {
        word.strip("\"'")
        for name, text in written.items()
        if name.startswith("twintrade/")
        for command in NAMED.findall(text)
        for word in command.split()
    }
    assert {"python-docx", "pyarrow", "duckdb", "pyreadstat", "rdata"} <= said
    for word in said:
        line = extras[FIRST_NAME.match(word)[0].lower()]
        assert word == line if "<" in line else line.startswith(word), word


def read_address(root):
    owner = tomllib.loads((root / ".ci" / "owner.toml").read_text(encoding="utf-8"))
    return owner["repository"] or "<address of this repository>"


def read_blocks(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    return [
        [line.split("#")[0].strip() for line in block.splitlines()]
        for block in re.findall(r"```\n(.*?)```", text, re.S)
    ]


def test_the_first_blocks_of_the_readme_are_those_that_ci_types(root):
    clone, test, demo, *_ = read_blocks(root)
    assert clone == [f"git clone {read_address(root)} twintrade && cd twintrade", "make"]
    assert test == ["make test"]
    assert demo == ['pip install ".[all]"', "twintrade demo"]


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="bash is not installed")
def test_ci_types_the_readme_with_the_address_of_the_checkout(root):
    done = subprocess.run(
        ["bash", root / ".ci" / "readme", "--print"], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"git clone {root} twintrade && cd twintrade"
    assert lines[1].split()[0] == "make"
    assert lines[-1].startswith("twintrade demo")

"""The estimator of docs/contributing.md, one file in a copy of the package, passes the contract tests."""

import os
import re
import shutil
import subprocess
import sys

import pytest

PLANTED = ("share @ change,", "2 * share @ change,")


@pytest.fixture(scope="module")
def run_contract(root, tmp_path_factory):
    """Put the page's estimator into a copy of the package and return the contract tests that object to it."""
    page = (root / "docs" / "contributing.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0]
    folder = tmp_path_factory.mktemp("toy")
    shutil.copytree(root / "twintrade", folder / "twintrade", ignore=shutil.ignore_patterns("__pycache__"))

    def run(which: str, old: str = "", new: str = "", file: str = "") -> tuple[list[str], int]:
        changed = code.replace(old, new) if old else code
        (folder / "twintrade" / "estimators" / "simple_contrast.py").write_text(changed, encoding="utf-8")
        words = ["-m", "pytest", "-p", "no:cacheprovider", "-k", which, str(root / "tests" / "contract" / file)]
        environment = os.environ | {"PYTHONPATH": str(folder)}
        done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
        counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed)", done.stdout)}
        return re.findall(r"^FAILED .*::(\w+)\[", done.stdout, re.MULTILINE), sum(counts.values())

    return run


def test_the_file_alone_passes(run_contract):
    objecting, n_tests = run_contract("simple_contrast")
    assert objecting == []
    assert n_tests >= 30


def test_a_wrong_one_does_not(run_contract):
    objecting, _ = run_contract("simple_contrast and recovered", *PLANTED, file="test_contract.py")
    assert objecting == ["test_a_known_effect_is_recovered"]

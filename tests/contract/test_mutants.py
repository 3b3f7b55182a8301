"""The contract tests object to every planted fault, and to none of the methods without one."""

import pytest
import test_contract
import test_influence
import test_variants
from wrong_estimators import FAULTS, planted

from twintrade.estimators.base import ESTIMATORS

TESTS = {
    key: test
    for module in (test_contract, test_influence, test_variants)
    for key, test in vars(module).items()
    if key.startswith("test_")
}
CASES = [(fault, method) for fault, (_, _, methods) in FAULTS.items() for method in methods]
AT_LEAST = 12


def cases_of(test, method):
    """Return the arguments with which the contract runs a test on one method."""
    (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    values = [getattr(case, "values", (case,)) for case in mark.args[1]]
    return [one for one in values if one[0] == method]


def objects(test, method):
    for arguments in cases_of(test, method):
        try:
            test(*arguments)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize(("fault", "method"), CASES)
def test_a_planted_fault_is_caught(fault, method, monkeypatch):
    plant, name, _ = FAULTS[fault]
    assert cases_of(TESTS[name], method)
    monkeypatch.setitem(ESTIMATORS._entries, method, planted(ESTIMATORS[method], plant))
    assert objects(TESTS[name], method)


def test_faults_are_of_many_kinds():
    assert len(FAULTS) >= AT_LEAST

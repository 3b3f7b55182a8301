"""The methods that the page of a single case shows side by side, each on the scale it works on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from twintrade.design import Design, TransformName
from twintrade.design.case import Case
from twintrade.diagnostics.single_case.case_placebos import PlaceboPaths, build_case_sets, estimate_placebo_paths
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.cases import SingleCase
from twintrade.estimators.double_ratio import DoubleRatio
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.estimators.synthetic_did import SyntheticDid
from twintrade.text import Text, Words

MethodName = Literal[
    "augmented synthetic control",
    "difference in differences",
    "double ratio",
    "interrupted series",
    "synthetic DiD",
    "synthetic control",
]


@dataclass(frozen=True, slots=True)
class CaseMethod:
    """A method on the scale it is shown on, under its name."""

    label: str
    estimator: SingleCase
    transform: TransformName  # of the outcome

    @property
    def named(self) -> Words:
        """What it is called."""
        return name_case_method(self.label)


def name_case_method(label: str) -> Words:
    """Return what a method is called, the label itself where the catalogue has no name for it."""
    return Text(f"labels.method-{label.replace(' ', '-')}") if label in get_args(MethodName) else label


METHODS = (
    CaseMethod("double ratio", DoubleRatio(), "level"),
    # A flow far larger than its donors lies outside their hull; its movements need not.
    CaseMethod("synthetic control", SyntheticControl(demeaned=True), "log"),
    CaseMethod("synthetic DiD", SyntheticDid(min_before=4), "log"),
)


@dataclass(frozen=True, slots=True, eq=False)
class CaseEffect:
    """One method with one donor set, or why there is nothing."""

    method: CaseMethod
    donor_set: str
    design: Design  # of the treated unit and these donors
    case: Case | None = None
    paths: PlaceboPaths | None = None
    reason: str = ""

    def fitted(self) -> Fit:
        """Return the fit, for inferences that refit."""
        return fit(self.method.estimator, self.design)


def list_case_methods(fit: Fit) -> tuple[CaseMethod, ...]:
    """Return the fit's own method first, then those of ``METHODS`` on a log scale that are not the same."""
    assert isinstance(fit.estimator, SingleCase)
    main = CaseMethod(str(fit.estimator.title).lower(), fit.estimator, fit.design.transform)
    is_relative = fit.estimate.scale == "log points"
    further = METHODS if is_relative and not fit.design.covariates else ()
    return (main, *(m for m in further if m.estimator.name != fit.estimator.name))


def iterate_case_views(fit: Fit) -> Iterator[tuple[CaseMethod, Case]]:
    """Yield every method that can look at the case, with the case as it looks at it."""
    for method in list_case_methods(fit):
        design = fit.design.with_outcome(fit.design.outcome, method.transform)
        if method.estimator.unmet(design):
            continue
        try:
            yield method, method.estimator.case(design)
        except TwintradeError:
            continue


def measure_case(fit: Fit) -> Iterator[CaseEffect]:
    """Yield every method of a single-case fit with every donor set that is not empty."""
    for method in list_case_methods(fit):
        design = fit.design.with_outcome(fit.design.outcome, method.transform)
        lacking = method.estimator.unmet(design)
        try:
            sets = {} if lacking else build_case_sets(method.estimator.case(design))
        except TwintradeError as error:
            lacking, sets = [error.text], {}
        if lacking:
            yield CaseEffect(method, "all", design, reason="; ".join(map(str, lacking)))
        for key, case in sets.items():
            yield _measured(method, key, design, case)


def _measured(method: CaseMethod, key: str, design: Design, case: Case) -> CaseEffect:
    members = np.isin(design.panel.units, case.units)
    part = design.restricted(members[design.panel.unit])
    try:
        return CaseEffect(method, key, part, case, estimate_placebo_paths(method.estimator, case))
    except TwintradeError as error:
        return CaseEffect(method, key, part, case, reason=str(error))


def find_disagreements(measured: list[CaseEffect]) -> list[tuple[str, float, float]]:
    """Return the methods by which donor sets A and B differ in sign, with both mean gaps.

    A set of one donor is no second opinion, so it is excluded.
    """
    effects: dict[str, dict[str, float]] = {}
    for one in measured:
        if one.paths is not None and one.paths.case.n_donors > 1:
            effects.setdefault(one.method.label, {})[one.donor_set] = one.paths.effect
    return [
        (label, sets["A"], sets["B"])
        for label, sets in effects.items()
        if {"A", "B"} <= set(sets) and sets["A"] * sets["B"] < 0
    ]

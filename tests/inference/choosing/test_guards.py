"""Constants that guard memory or work decide how a number is computed, and neither the method nor the number."""

import ast
import importlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from case_tables import loop_over

import twintrade
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Auto
from twintrade.inference.choosing.decision import decide
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.conley_taber import ConleyTaber
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.inference.randomization import Randomization
from twintrade.numerics.absorption import dummy_sets

SAME = 1e-9
CASES = {
    "poisson cells": (ETWFE(family="poisson", measure="percent"), Auto(permutations=19)),
    "poisson event times": (PPML(), Auto(permutations=19)),
    "poisson imputation": (Imputation(family="poisson"), Auto(permutations=19)),
    "imputation": (Imputation(), Auto(permutations=19)),
    "imputation, noise by row": (Imputation(), Randomization(draws=19, noise="by_row")),
    "cells": (ETWFE(), Auto(permutations=19)),
    "event times, left out": (TWFE(), Jackknife()),
    "event times": (TWFE(), Scaled()),
    "one effect": (TWFE(shape="static"), ConleyTaber()),
}
POISSON = ("poisson cells", "poisson event times", "poisson imputation")
GUARDS = {
    "inference/refits/few_treated.MOST_AT_ONCE": ("one effect",),
    "inference/refits/leave_out.MOST_AT_ONCE": ("event times, left out",),
    "inference/refits/leave_out.MOST_ROWS": ("event times, left out",),
    "numerics/absorption/set_levels.MOST_ACROSS": POISSON,
    "numerics/absorption/set_levels.MOST_WRITTEN_OUT": POISSON,
    "numerics/absorption/elimination.MOST_KEPT": ("imputation", "event times, left out", "event times"),
    "numerics/absorption/level_forms.MOST_NUMBERS": ("event times",),
    "numerics/absorption/levels.LARGEST_CODE": ("poisson cells", "imputation", "event times"),
    "numerics/absorption/normal_equations.MOST_MEETINGS": ("poisson cells", "cells", "one effect"),
    "numerics/linear/subset_regressions.MOST_DENSE": ("poisson event times", "event times", "one effect"),
    "numerics/poisson/fit.MOST_WHOLE": POISSON,
}
"""Cases that read each constant."""
OTHERS = {
    "steps of an iteration": """
        estimators/repeating/one_step.MOST_ROUNDS inference/refits/few_treated.MOST_ROUNDS
        numerics/absorption/dummy_sets.MOST_STEPS numerics/arrays.MOST_STEPS numerics/factor_model.MOST_STEPS
        numerics/poisson/margins.MOST_ROUNDS numerics/poisson/margins.MOST_SHARE
        numerics/poisson/separation.MOST_PROBES numerics/simplex/predictor_weights.MOST_RESTARTS
        numerics/armington.MOST_ROUNDS
        numerics/simplex/predictor_weights.MOST_ROUNDS""",
    "enumeration of assignments": """
        inference/refits/permutation.MOST_LISTED inference/refits/permutation.MOST_STEPS
        inference/refits/permutation.MOST_TRIES inference/refits/reassignment.MOST_DISTINCT""",
    "refits of a plan, refused with the reason": "inference/refits/leave_out.MOST_REFITS",
    "rows of a fit by a method asked for by name, refused with the reason": "inference/crv2.MOST_WEIGHTED",
    "draws and variants of a check, which it prints": """
        data/overlaps.MOST_FIGURES data/overlaps.MOST_MEMBERS diagnostics/sensitivity/dates.MOST_STEPS
        diagnostics/sensitivity/leave_one_out.MOST_TRIED
        diagnostics/who_is_compared/policy_effects.MOST_NUMBERS
        diagnostics/variants.MOST_DRAWS inference/evidence.LARGEST_EFFECT inference/evidence.MOST_DRAWS
        estimators/imputing/comparison_units.MOST_ROWS
        estimators/imputing/comparison_units.MOST_STEPPED estimators/imputing/comparison_units.MOST_UNITS
        study/checking.MOST_SECONDS""",
    "thresholds of a judgement": """
        data/overlaps.MOST_TOTALS estimators/imputing/comparison_units.MOST_ZEROS
        inference/choosing/decision.MOST_ON_LEVERAGE_ONE inference/refits/dealing.MOST_GROWTH
        inference/refits/dealing.MOST_SIZE inference/refits/pair_totals.MOST_SQUARE study/proof/regressions.MOST_ZEROS
        study/plan/designs.MOST_MOVED study/registering/outcomes.MOST_SERIAL
        study/registering/watching.MOST_STRATA""",
    "ranges of floating point": """
        estimators/repeating/treatment_blocks.LARGEST_STEP inference/refits/reassignment.LARGEST_LOG
        inference/refits/trend_and_power.LARGEST_TREND
        numerics/linear/regression.LARGEST_INFLATION numerics/linear/regression.LARGEST_LOADING
        numerics/poisson/margins.MOST_RATIO numerics/poisson/separation.LARGEST_LOADING
        numerics/poisson/steps.LARGEST_PREDICTOR numerics/testing.LARGEST_LOG""",
    "approximations: the largest clusters whose products with each other the degrees of freedom count": """
        numerics/linear/cluster_forms.MOST_EXACT""",
    "sizes of files that are read, refused with the reason": "files.MOST_BYTES",
    "guards of deals, which test_signing.py holds to the same deals": "numerics/testing.MOST_WAITS",
    "what is shown or named": """
        design/register.MOST_NEAR design/rules.MOST_AGREEMENTS design/rules.MOST_NAMED
        diagnostics/who_is_compared/balance.MOST_UNITS
        study/scaffold.MOST_MARKS study/scaffold.MOST_QUESTIONS study/spec/report_options.MOST_BYTES""",
}
DISPLAY = {"python", "render", "text"}


def test_every_limit_is_classified() -> None:
    """A new one that guards memory or work goes into GUARDS, with cases that read it."""
    package, limits = Path(twintrade.__file__).parent, set()
    for file in package.rglob("*.py"):
        path = file.relative_to(package)
        if path.parts[0] not in DISPLAY:
            stored = [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)]
            names = {n.id for n in stored if isinstance(n.ctx, ast.Store) and n.id.startswith(("MOST_", "LARGEST_"))}
            limits |= {f"{path.with_suffix('').as_posix()}.{name}" for name in names}
    others = [name for names in OTHERS.values() for name in names.split()]
    assert len({*GUARDS, *others}) == len(GUARDS) + len(others)
    assert limits == {*GUARDS, *others}


@pytest.fixture(scope="module")
def infer(gravity_panel):
    """Infer as for a large panel; draws of Poisson methods, shipped with a precision of 1e-5, agree up to theirs."""

    def infer(case: str) -> dict[str, object]:
        estimator, inference = CASES[case]
        design = gravity_panel(
            n_treated=12, n_periods=6, fixed_effects="two_way" if case == "one effect" else "gravity"
        )
        fitted = fit(estimator, design.with_outcome("flow", "level") if estimator.is_poisson else design)
        views = [view for view in ("overall", "event") if view in fitted.views]
        printed: dict[str, object] = {}
        for view, bands in inference.infer_views(fitted, views, np.random.default_rng(1)).items():
            numbers = {name: getattr(bands, name) for name in ("se", "p", "low", "high", "low_error", "high_error")}
            printed |= {f"{view} {name}": v for name, v in (numbers | dict(bands.facts)).items() if v is not None}
            printed |= {f"{view} method": bands.inference, f"{view} effects": bands.estimate.effects}
        return printed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dummy_sets, "PRECISION", 1e-12)
        yield infer, cache(infer)


NEVER = 10**12
"""A limit that nothing reaches, as most that are shipped are not by small panels."""


@loop_over("guard", GUARDS)
def test_guards_that_always_hold_change_nothing_printed(infer, monkeypatch, guard) -> None:
    """Every other case of each, from the first or the second by turns; the others on the slow side."""
    cases = GUARDS[guard]
    check_guard(infer, monkeypatch, guard, 1, cases[list(GUARDS).index(guard) % min(2, len(cases)) :: 2])


@pytest.mark.slow
@loop_over("guard", GUARDS)
def test_guards_that_always_hold_change_nothing_printed_in_any_case(infer, monkeypatch, guard) -> None:
    check_guard(infer, monkeypatch, guard, 1, GUARDS[guard])


@loop_over("guard", GUARDS)
def test_guards_that_never_hold_change_nothing_printed(infer, monkeypatch, guard) -> None:
    """One case of each, by turns; the others on the slow side."""
    cases = GUARDS[guard]
    check_guard(infer, monkeypatch, guard, NEVER, [cases[list(GUARDS).index(guard) % len(cases)]])


@pytest.mark.slow
@loop_over("guard", GUARDS)
def test_guards_that_never_hold_change_nothing_printed_in_any_case(infer, monkeypatch, guard) -> None:
    check_guard(infer, monkeypatch, guard, NEVER, GUARDS[guard])


def check_guard(infer, monkeypatch, guard, size, cases) -> None:
    path, _, name = guard.rpartition(".")
    anew, as_shipped = infer
    expected = {case: as_shipped(case) for case in cases}
    monkeypatch.setattr(importlib.import_module(f"twintrade.{path.replace('/', '.')}"), name, size)
    for case, printed in expected.items():
        found = anew(case)
        assert found.keys() == printed.keys()
        for key, value in printed.items():
            if isinstance(value, str):
                assert found[key] == value, (case, key)
            else:
                np.testing.assert_allclose(found[key], value, rtol=SAME, atol=SAME, err_msg=f"{case}: {key}")


def test_weights_of_cell_regressions_take_one_column(gravity_panel, monkeypatch) -> None:
    """The decision reads them at every size; the columns of all cells together are made for nothing in it."""
    design = gravity_panel(n_treated=12, n_periods=6, fixed_effects="gravity").with_outcome("flow", "level")
    for options in ({"family": "poisson"}, {"family": "poisson", "measure": "percent"}):
        fitted = fit(ETWFE(**options), design)
        overall = fitted.view("overall")
        situation = decide(fitted).situation
        found, weights = find_row_weights(fitted, overall).values[:, 0], overall.uncertainty.outcome_weights
        assert situation.has_weights
        assert not weights.columns._dense
        expected = (weights.columns.dense() @ weights.selector)[:, 0] * weights.scale
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
        size = np.bincount(design.observations.codes("city")[weights.rows], expected**2)
        assert situation.effective["city"] == pytest.approx(size.sum() ** 2 / (size**2).sum(), rel=1e-9)

"""Bias and coverage of every staggered estimator, as the table of docs/lab/coverage.md.

Panels, estimators and targets are those of tests/coverage/test_coverage_staggered.py, which judges them; here they
are shown, with TWFE beside them: its event study at the same lag, and its static coefficient against the average
effect on treated rows. ``python -m benchmarks.coverage_staggered --draws 300`` prints rows as they are done.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from twintrade.estimators.base import fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Jackknife

TESTS = Path(__file__).resolve().parents[1] / "tests" / "coverage" / "test_coverage_staggered.py"
HEAD = "| estimator | effects | truth | bias | simulation error | coverage, % | |"
FLAG = 3.0
"""Simulation errors beyond which a bias is flagged."""

TOLD = 25
SMOKE = (
    ("--draws", "2", "--estimators", "imputation", "callaway_santanna", "twfe", "twfe, static"),
    ("--refits", "1", "--estimators", "interactive_effects"),
)


def of_tests() -> ModuleType:
    """Load the module of the coverage tests, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("coverage_of_staggered", TESTS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["coverage_of_staggered"] = module
    spec.loader.exec_module(module)
    return module


def static_twfe(tests: ModuleType, kind: str, draws: int) -> tuple[np.ndarray, list[bool], float]:
    """Return errors of the static coefficient against the average effect, whether intervals cover, and the truth."""
    errors, covered, truths = np.empty(draws), [], np.empty(draws)
    for draw in range(draws):
        simulated = tests.made(draw, tests.EFFECTS[kind])
        result = fit(TWFE(shape="static"), simulated.design())
        bands = Clustered(by=("unit",)).infer(result, "overall", np.random.default_rng(draw))
        truths[draw] = simulated.average()
        errors[draw] = result.estimate.effects[0] - truths[draw]
        covered.append(bool(bands.low[0] <= truths[draw] <= bands.high[0]))
    return errors, covered, float(truths.mean())


def by_refits(tests: ModuleType, name: str, kind: str, panels: int) -> str:
    """Return the row of a method of which only refits speak, its intervals by the cluster jackknife.

    What has been counted is told on the way, since a panel costs a second: a hundred refits.
    """
    errors, covered, truths = np.empty(panels), [], np.empty(panels)
    for draw in range(panels):
        design, truths[draw] = tests.drawn(name, kind, draw)
        result = fit(tests.ESTIMATED[name], design)
        study = result.view("event")
        k = int(np.flatnonzero(study.event_times == tests.LAG)[0])
        bands = Jackknife(by=("unit",)).infer(result, "event", np.random.default_rng(draw))
        errors[draw] = study.effects[k] - truths[draw]
        covered.append(bool(bands.low[k] <= truths[draw] <= bands.high[k]))
        if (draw + 1) % TOLD == 0:
            print(f"{name}: {sum(covered)} of {draw + 1} intervals cover", file=sys.stderr, flush=True)
    return row(f"`{name}`, jackknife", kind, errors, covered, float(truths.mean()))


def row(name: str, kind: str, errors: np.ndarray, covered: list[bool], truth: float) -> str:
    simulation_error = float(errors.std(ddof=1) / np.sqrt(errors.size))
    bias = float(errors.mean())
    is_biased = abs(bias) > max(0.01 * abs(truth), FLAG * simulation_error)
    share = f"{100 * np.mean(covered):.1f}" if covered else "refits only"
    flag = "**biased**" if is_biased else ""
    return f"| {name} | {kind} | {truth:.3f} | {bias:+.4f} | {simulation_error:.4f} | {share} | {flag} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--estimators", nargs="*")
    parser.add_argument("--refits", type=int, metavar="PANELS", help="methods without influence, by jackknife")
    options = parser.parse_args()
    tests = of_tests()
    if options.refits:
        for name in options.estimators or ("interactive_effects", "matrix_completion"):
            print(by_refits(tests, name, "growing", options.refits), flush=True)
        return
    tests.ESTIMATED["twfe"] = TWFE()
    print(HEAD, "|---|---|---|---|---|---|---|", sep="\n", flush=True)
    for name in options.estimators or [*tests.ESTIMATED, "twfe, static"]:
        for kind in tests.EFFECTS:
            if name == "twfe, static":
                found = static_twfe(tests, kind, options.draws)
            else:
                found = tests.errors_and_coverage(name, kind, options.draws)
            print(row(f"`{name}`" if "static" not in name else "`twfe`, static", kind, *found), flush=True)


if __name__ == "__main__":
    main()

"""Coverage of 95 % intervals of PPML before and after the bias correction.

``python -m benchmarks.corrected_coverage`` draws from the designs of ``tests/coverage/test_ppml_corrected.py``: the
four of Weidner and Zylkin (2021), and twinnings, a dummy that stays one from its onset, with and without zeros, gaps,
dyad effects and a second regressor. Each line has size, draws, coverage of the uncorrected, the corrected as the
authors have it and the corrected with both sides of the meat adjusted, the mean error before and after, what is left
of it in standard deviations of the corrected estimate, and each standard error (root mean square) over the latter.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

TESTS = Path(__file__).resolve().parents[1] / "tests" / "coverage" / "test_ppml_corrected.py"
SEED = 20261125
SMOKE = (("--sizes", "8", "--draws", "2"),)


def designs_of_the_tests() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ppml_corrected_designs", TESTS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ppml_corrected_designs"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    tests = designs_of_the_tests()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=int, default=[20, 40])
    parser.add_argument("--draws", nargs="*", type=int, default=[1000, 600], help="for each size")
    parser.add_argument("--designs", nargs="*", default=list(tests.DESIGNS))
    options = parser.parse_args()
    print(
        f"{'design':<34}{'size':>5}{'draws':>7}{'plain':>9}{'one side':>9}{'both':>9}{'before':>9}{'after':>9}"
        f"{'after/sd':>9}{'se, plain':>10}{'one side':>9}{'both':>6}"
    )
    for size, n_draws in zip(options.sizes, options.draws, strict=True):
        for name in options.designs:
            rng = np.random.default_rng([SEED, size, *name.encode()])
            found = np.array([tests.measured(rng, size, name) for _ in range(n_draws)])
            error, bias, *errors = found.T
            before = np.abs(error) <= tests.NORMAL * errors[0]
            after = [np.abs(error - bias) <= tests.NORMAL * se for se in errors[1:]]
            spread = (error - bias).std()
            ratios = "".join(f"{np.sqrt((se**2).mean()) / spread:>8.3f}" for se in errors)
            covered = "".join(f"{hit.mean():>9.3f}" for hit in (before, *after))
            print(
                f"{name:<34}{size:>5}{n_draws:>7}{covered}{error.mean():>9.4f}{(error - bias).mean():>9.4f}"
                f"{(error - bias).mean() / spread:>9.2f}{ratios}",
                flush=True,
            )


if __name__ == "__main__":
    main()

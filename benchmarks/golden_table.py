"""How far every estimator is from its authors' own software: ``python -m benchmarks.golden_table``.

Runs the golden tests and keeps, for every estimator, the number of passing cases and of numbers compared, the largest
relative difference among numbers above 1e-6, the largest absolute one among the others, and which test it was.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"

TINY = 1e-6
"""Below it a number is compared absolutely."""


@dataclass
class Tally:
    passed: int = 0
    other: int = 0
    compared: int = 0
    relative: float = 0.0
    absolute: float = 0.0
    where: str = ""


@dataclass
class Recorder:
    """A pytest plugin that looks at every comparison before it is made."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    now: str = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.now = f"{Path(str(item.path)).stem.removeprefix('test_golden_')}::{item.name}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            tally = self.tallies[self.now.split("::")[0]]
            tally.passed += report.passed
            tally.other += not report.passed

    def look(self, actual: object, desired: object) -> None:
        one, other = np.broadcast_arrays(np.asarray(actual, dtype=float), np.asarray(desired, dtype=float))
        both = np.isfinite(one) & np.isfinite(other)
        gap, size = np.abs(one - other)[both], np.abs(other)[both]
        file, name = self.now.split("::")
        tally = self.tallies[file]
        tally.compared += int(gap.size)
        tally.absolute = max(tally.absolute, float(gap[size <= TINY].max(initial=0.0)))
        largest = float((gap[size > TINY] / size[size > TINY]).max(initial=0.0))
        if largest > tally.relative:
            tally.relative, tally.where = largest, name


def main() -> None:
    recorder, compare = Recorder(), np.testing.assert_allclose

    def looked(actual: object, desired: object, *args: object, **options: object) -> None:
        recorder.look(actual, desired)
        compare(actual, desired, *args, **options)

    np.testing.assert_allclose = looked
    chosen = [str(GOLDEN / f"test_golden_{name}.py") for name in sys.argv[1:]] or [str(GOLDEN)]
    code = pytest.main(["-q", "-p", "no:cacheprovider", "--no-header", "--disable-warnings", *chosen], [recorder])
    print(f"{'golden file':<32}{'cases':>6}{'numbers':>9}{'relative':>10}{'absolute':>10}  largest in")
    for name, t in sorted(recorder.tallies.items()):
        failed = f" ({t.other} not passed)" if t.other else ""
        line = f"{name:<32}{t.passed:>6}{t.compared:>9,}{t.relative:>10.0e}{t.absolute:>10.0e}  {t.where}{failed}"
        print(line)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

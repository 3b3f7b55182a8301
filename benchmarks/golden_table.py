"""How far every estimator is from its authors' own software: ``python -m benchmarks.golden_table``.

Runs the golden tests and keeps, for every test module and reference file it read, the number of passing tests and of
numbers compared, the largest relative difference among numbers above 1e-6, the largest absolute one among the others,
and which test it was. ``--markdown`` prints the table as docs/lab/reference_results.md has it.
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

SMOKE = (("imputation", "--markdown"),)


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

    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    seen: list[Tally] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    module: str = ""
    name: str = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.module, self.name = Path(str(item.path)).stem.removeprefix("test_golden_"), item.name
        self.seen, self.read = [], set()

    def reads(self, path: Path) -> None:
        if path.parent == GOLDEN / "data" and path.suffix == ".json":
            self.read.add(path.stem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        tally = self.tallies[self.module, ", ".join(sorted(self.read))]
        tally.passed += report.passed
        tally.other += not report.passed
        for one in self.seen:
            tally.compared += one.compared
            tally.absolute = max(tally.absolute, one.absolute)
            if one.relative > tally.relative:
                tally.relative, tally.where = one.relative, self.name

    def look(self, actual: object, desired: object) -> None:
        one, other = np.broadcast_arrays(np.asarray(actual, dtype=float), np.asarray(desired, dtype=float))
        both = np.isfinite(one) & np.isfinite(other)
        gap, size = np.abs(one - other)[both], np.abs(other)[both]
        self.seen.append(
            Tally(
                compared=int(gap.size),
                absolute=float(gap[size <= TINY].max(initial=0.0)),
                relative=float((gap[size > TINY] / size[size > TINY]).max(initial=0.0)),
            )
        )


HEAD = ("tests", "reference files", "passed", "numbers", "relative", "absolute", "largest in")
WIDTHS = (28, 30, 7, 9, 9, 9, 0)


def cells(module: str, files: str, t: Tally) -> tuple[str, ...]:
    passed = f"{t.passed}" + (f", {t.other} not" if t.other else "")
    return module, files, passed, f"{t.compared:,}", f"{t.relative:.0e}", f"{t.absolute:.0e}", t.where


def line(values: tuple[str, ...], is_markdown: bool) -> str:
    if is_markdown:
        return "| " + " | ".join(values) + " |"
    return " ".join(f"{v:<{w}}" for v, w in zip(values, WIDTHS, strict=True)).rstrip()


def main() -> None:
    recorder, compare, read_text = Recorder(), np.testing.assert_allclose, Path.read_text

    def looked(actual: object, desired: object, *args: object, **options: object) -> None:
        recorder.look(actual, desired)
        compare(actual, desired, *args, **options)

    def read(path: Path, *args: str, **options: str) -> str:
        recorder.reads(path)
        return read_text(path, *args, **options)

    np.testing.assert_allclose = looked
    Path.read_text = read
    named = [name for name in sys.argv[1:] if not name.startswith("--")]
    chosen = [str(GOLDEN / f"test_golden_{name}.py") for name in named] or [str(GOLDEN)]
    code = pytest.main(["-q", "-p", "no:cacheprovider", "--no-header", "--disable-warnings", *chosen], [recorder])
    is_markdown = "--markdown" in sys.argv
    print(line(HEAD, is_markdown))
    if is_markdown:
        print(line(("---",) * len(HEAD), is_markdown))
    for (module, files), tally in sorted(recorder.tallies.items()):
        print(line(cells(module, files, tally), is_markdown))
    raise SystemExit(code)


if __name__ == "__main__":
    main()

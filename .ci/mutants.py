"""Plants faults of one token in a copy of the package, one after another, and says which of them the tests catch.

    python .ci/mutants.py                      the list of tests/mutants.toml
    python .ci/mutants.py --check              whether every fault of the list still fits the package
    python .ci/mutants.py --list drawn         the other list there, drawn before any of it was planted
    python .ci/mutants.py --drawn 20 --seed 1  a list drawn over all rooms
    python .ci/mutants.py --map tests/render   measure again which lines the tests of a folder execute

A fault meets the test files that executed its line, the quickest first, for at most 60 CPU seconds. Which files did
is measured once with coverage (python -m pip install coverage) and kept in build/mutants.json; without coverage, or
for a folder not yet measured, the files of the folder that mirrors the faulty file's are tried, first those that have
a word in common with its name.
"""

import argparse
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

try:
    import coverage  # before any conftest keeps a folder of tests from being taken for it
except ImportError:
    coverage = None

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "twintrade"
LIST = ROOT / "tests" / "mutants.toml"
KEPT = ROOT / "build" / "mutants.json"
MOST_SECONDS = 60
UNKNOWN_SECONDS = 5.0
"""What a test file takes that was never measured."""


@dataclass(frozen=True)
class Fault:
    """A piece of a line of a file below twintrade/, and what is planted in its place."""

    file: str
    old: str
    new: str

    def find_lines(self) -> list[int]:
        """Return the number of the line of every place that reads like the old piece; a fault that fits has one."""
        pieces = (PACKAGE / self.file).read_text(encoding="utf-8").split(self.old)
        return [1 + self.old.join(pieces[:k]).count("\n") for k in range(1, len(pieces))]

    def plant(self) -> str:
        """Return the text of the file with the fault in it."""
        return (PACKAGE / self.file).read_text(encoding="utf-8").replace(self.old, self.new)

    def find_misfit(self) -> str:
        """Return why the fault cannot be planted, nothing where it can."""
        if not (PACKAGE / self.file).exists():
            return "there is no such file"
        if (n := len(self.find_lines())) != 1:
            return f"the file holds it {n} times"
        return "" if self.old != self.new and is_readable(self.plant()) else "planted it leaves no program"


def read_list(name: str = "fault") -> list[Fault]:
    """Return a kept list: ``fault``, or ``drawn``."""
    return [Fault(**fault) for fault in tomllib.loads(LIST.read_text(encoding="utf-8")).get(name, [])]


# A list drawn over all rooms.

SWAPS = {
    "+": "-", "-": "+", "*": "/", "/": "*", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "==",
    "and": "or", "or": "and", "min": "max", "max": "min", "True": "False", "False": "True", "any": "all",
    "all": "any",
    "not": "", "0": "1", "1": "2", "0.5": "0.6", "1.0": "2.0", "0.0": "1.0", "isnan": "isfinite", "first": "last",
}  # fmt: skip


def list_faults(file: Path) -> list[Fault]:
    """Return faults of one token in lines that a file of the package has once; some leave it unreadable.

    A length that ``zip`` checks is left alone: without the check no output differs.
    """
    text = file.read_text(encoding="utf-8")
    counts = Counter(line.strip() for line in text.splitlines())
    faults = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line, (_, start), (_, end) = token.line.rstrip("\n"), token.start, token.end
        is_plain = not line.lstrip().startswith(("import ", "from ", "def ", "class ", "@", '"', "#"))
        if token.string in SWAPS and is_plain and counts[line.strip()] == 1 and line[:start][-7:] != "strict=":
            new = line[:start] + SWAPS[token.string] + line[end:]
            faults.append(Fault(file.relative_to(PACKAGE).as_posix(), line.strip(), new.strip()))
    return faults


def draw_list(n: int, seed: int) -> list[Fault]:
    """Return so many faults: the rooms in turn, in each every place with the same chance."""
    rng = random.Random(seed)
    rooms = sorted(path for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py")))
    rng.shuffle(rooms)
    known = {room: [fault for file in sorted(room.rglob("*.py")) for fault in list_faults(file)] for room in rooms}
    faults: list[Fault] = []
    while len(faults) < n:
        fault = rng.choice(known[rooms[len(faults) % len(rooms)]])
        if fault not in faults and not fault.find_misfit():
            faults.append(fault)
    return faults


def is_readable(text: str) -> bool:
    """Whether a text is a program."""
    try:
        compile(text, "fault", "exec")
    except SyntaxError:
        return False
    return True


# Which test files execute a line: measured by this file as a plugin of pytest, kept until asked for again.


class Measure:
    """Gives each line that runs the test file in hand as its context."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.seconds: dict[str, float] = defaultdict(float)
        self.file = ""
        self.since = time.process_time()
        self.coverage = coverage.Coverage(data_file=None, include=[f"{PACKAGE}/*"])
        self.coverage.start()

    def turn_to(self, path: Path) -> None:
        """Count what runs from now on to a test file."""
        now = time.process_time()
        self.seconds[self.file] += now - self.since
        self.file, self.since = path.relative_to(ROOT).as_posix(), now
        self.coverage.switch_context(self.file)

    def pytest_collectstart(self, collector: object) -> None:
        """Begin with what a test file imports."""
        if type(collector).__name__ == "Module":
            self.turn_to(collector.path)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Go on with the test file of a test."""
        path = ROOT / nodeid.split("::")[0]
        if path.relative_to(ROOT).as_posix() != self.file:
            self.turn_to(path)

    def pytest_sessionfinish(self) -> None:
        """Add what was measured to what is kept."""
        self.turn_to(ROOT)
        self.coverage.stop()
        data = self.coverage.get_data()
        kept = read_kept()
        measured = {name: spent for name, spent in self.seconds.items() if name.endswith(".py")}
        for path in data.measured_files():
            lines = kept["lines"].setdefault(Path(path).relative_to(PACKAGE).as_posix(), {})
            for number, files in data.contexts_by_lineno(path).items():
                before = {file for file in lines.get(str(number), []) if file not in measured}
                lines[str(number)] = sorted(before | set(filter(None, files)))
        kept["seconds"] |= measured
        self.kept.parent.mkdir(exist_ok=True)
        self.kept.write_text(json.dumps(kept), encoding="utf-8")


def pytest_configure(config: object) -> None:
    """Measure where pytest loads this file as a plugin."""
    config.pluginmanager.register(Measure(KEPT))


def read_kept() -> dict:
    """Return the test files by file and line, and the CPU seconds of each test file."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"lines": {}, "seconds": {}}


def measure(folders: list[str]) -> None:
    """Run the tests of folders one by one under coverage and keep which of their files executed which lines."""
    for folder in folders:
        environment = build_environment([ROOT / ".ci", ROOT])
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "mutants", "-p", "no:cacheprovider", folder]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(f"measured {folder}: {done.stdout.strip().splitlines()[-1:] or done.stderr[-300:]}", flush=True)


def build_environment(places: list[Path]) -> dict[str, str]:
    """Return the environment of a run of tests that finds the package in the first of the places."""
    path = os.pathsep.join([*map(str, places), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def list_tests(fault: Fault, kept: dict) -> list[str]:
    """Return the test files to try: those that ran the line, else those that ran its file, the quickest first."""
    lines = kept["lines"].get(fault.file, {})
    (number,) = fault.find_lines()
    ran = set(lines.get(str(number), []))
    # a line of one file alone may have run when that file was the first to import it
    near = {file for files in lines.values() for file in files} - ran if len(ran) < 2 else set()
    if not ran | near:
        folder = ROOT / "tests" / Path(fault.file).parent
        while not folder.exists():
            folder = folder.parent
        near = {file.relative_to(ROOT).as_posix() for file in folder.rglob("test_*.py")}
    cost, words = kept["seconds"], Path(fault.file).stem.split("_")

    def weigh(test: str) -> tuple[bool, float, str]:
        has_no_word = test not in ran and set(words).isdisjoint(Path(test).stem.split("_"))
        return has_no_word, cost.get(test, UNKNOWN_SECONDS), test

    return [test for part in (ran, near) for test in sorted(part, key=weigh) if (ROOT / test).exists()]


# Planting.


def try_faults(faults: list[Fault]) -> list[tuple[Fault, str, float]]:
    """Return what caught each fault, nothing where no test did, and the CPU seconds that it took."""
    kept, outcomes = read_kept(), []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "twintrade"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for place, fault in enumerate(faults):
            for text, stamp in (
                (fault.plant(), 2 * place),
                ((PACKAGE / fault.file).read_text("utf-8"), 2 * place + 1),
            ):
                (copy / fault.file).write_text(text, encoding="utf-8")
                moment = 10**9 + 10 * stamp  # bytecode is known by the size and the second of its source
                os.utime(copy / fault.file, (moment, moment))
                if stamp % 2 == 0:
                    outcomes.append((fault, *meet_tests(list_tests(fault, kept), Path(folder), kept["seconds"])))
            print(write_outcome(*outcomes[-1]), flush=True)
    return outcomes


def meet_tests(files: list[str], folder: Path, cost: dict[str, float]) -> tuple[str, float]:
    """Return the first test file that fails within the time, and the CPU seconds spent.

    A file that was measured has five times its seconds and ten more; beyond them it is taken never to end, and fails.
    """
    spent = 0.0
    for file in files:
        left = MOST_SECONDS - spent
        if left < 1:
            break
        most = min(left, 10 + 5 * cost.get(file, MOST_SECONDS))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        # conftest.py of the project's folder would put the package as it is before the copy
        alone = ["-p", "no:cacheprovider", f"--confcutdir={ROOT / 'tests'}"]
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", *alone, file]
        done = subprocess.run(
            command, cwd=ROOT, env=build_environment([folder, ROOT]), capture_output=True, check=False,
            preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_CPU, (int(most) + 1, int(most) + 1)),
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if done.returncode in (1, 2, 3, 4) or (done.returncode < 0 and most < left):
            return file, spent
    return "", spent


def write_outcome(fault: Fault, caught_by: str, spent: float) -> str:
    """Return a line that says what became of a fault."""
    verdict = f"caught by {caught_by}" if caught_by else "NOT CAUGHT"
    return f"{verdict} ({spent:.0f} s): {fault.file}: {fault.old} → {fault.new}"


def read_arguments() -> argparse.Namespace:
    """Return what the command was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", choices=("fault", "drawn"), default="fault", help="which kept list")
    parser.add_argument("--drawn", type=int, default=0, metavar="N", help="draw N faults in place of the kept list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="TEXT", help="only faults in files whose path holds TEXT")
    parser.add_argument("--map", nargs="+", default=[], metavar="FOLDER", help="measure folders of tests and stop")
    parser.add_argument("--show", action="store_true", help="print the faults and plant none")
    parser.add_argument("--check", action="store_true", help="name the kept faults that no longer fit and plant none")
    return parser.parse_args()


def main() -> int:
    """Print what became of each fault, and the share of those caught."""
    arguments = read_arguments()
    if arguments.check:
        misfits = [(fault, why) for fault in read_list() + read_list("drawn") if (why := fault.find_misfit())]
        print("\n".join(f"{fault.file}: {fault.old}: {why}" for fault, why in misfits) or "every fault fits")
        return int(bool(misfits))
    if arguments.map or not (arguments.show or KEPT.exists()):
        if coverage is None:
            print("which lines the tests run is not measured: it needs coverage (python -m pip install coverage)")
        else:
            measure(
                arguments.map
                or sorted({f"tests/{p.name}" for p in (ROOT / "tests").iterdir() if any(p.rglob("test_*.py"))})
            )
    if arguments.map:
        return 0
    faults = draw_list(arguments.drawn, arguments.seed) if arguments.drawn else read_list(arguments.list)
    faults = [fault for fault in faults if arguments.only in fault.file]
    if arguments.show:
        print("\n".join(f"{fault.file}: {fault.old} → {fault.new}" for fault in faults))
        return 0
    outcomes = try_faults(faults)
    missed = [outcome for outcome in outcomes if not outcome[1]]
    caught = len(outcomes) - len(missed)
    print(f"{caught} of {len(outcomes)} caught ({100 * caught / max(len(outcomes), 1):.0f} %)")
    print("\n".join(write_outcome(*outcome) for outcome in missed))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Compares what tests were skipped with the list of what a bare machine may skip: python .ci/skips.py LOG..."""

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.*)$", re.MULTILINE)


def find_faults(log: str, listed: list[dict]) -> list[str]:
    """Return the skips in pytest's output that are not listed, or are more than the list allows."""
    counts: Counter[str] = Counter()
    faults = []
    for number, reason in SKIPPED.findall(log):
        entry = next((entry for entry in listed if entry["says"] in reason), None)
        if entry is None:
            faults.append(f"{number} skipped for a reason that is not listed: {reason}")
        else:
            counts[entry["says"]] += int(number)
    most = {entry["says"]: entry["most"] for entry in listed}
    return faults + [
        f"{n} skipped and at most {most[says]} listed: {says}" for says, n in counts.items() if n > most[says]
    ]


def main() -> int:
    """Print the faults of each log, and return whether there are any."""
    listed = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["skip"]
    faults = [
        f"{Path(name).name}: {fault}"
        for name in sys.argv[1:]
        for fault in find_faults(Path(name).read_text(encoding="utf-8", errors="replace"), listed)
    ]
    print("\n".join(faults or ["skips: as listed in .ci/skips.toml"]))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())

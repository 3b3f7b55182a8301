"""How often two seeds give one set of agreements the same grade, with as many deals as a page takes.

The placements are those of ``size_of_verdicts``, on the panels that are bundled or simulated. Results are stored by
placement, and a run goes on where it stopped.
"""

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.size_of_verdicts import FIRST, LAST, ROOT, Trial, build, load_panels, place, plant
from twintrade.inference.evidence import FEWEST_AT_RISK, weigh_case
from twintrade.inference.refits import DealtCase

RESULTS = ROOT / "docs/lab/grades_by_seed.csv"
HEAD = ("panel", "dealing", "n", "plant", "placement", "first", "second", "p_first", "p_second", "seconds")
PANELS, SIZES = ("states", "skewed", "heavy", "zeros"), (5, 11, 40)
PLANTS = ("+30 %", "+100 %", "none")
SMOKE = (("--panels", "states", "--sizes", "5", "--most", "1", "--draws", "39", "--results", "{folder}/seeds.csv"),)


def list_trials(panels: list[str], sizes: list[int]) -> Iterator[Trial]:
    """Yield placements without end, each cell in turn."""
    for placement in range(10**6):
        for panel in panels:
            for n in sizes:
                for what in PLANTS:
                    yield Trial(panel, ("random", "size 1.2")[placement % 2], n, what, placement)


def build_case(trial: Trial) -> DealtCase | None:
    """Return the agreements of a trial; None where they cannot be placed."""
    flows, rng = load_panels()[trial.panel](), np.random.default_rng(trial.seeds)
    starts = np.sort(rng.integers(FIRST, flows.table.shape[2] - LAST + 1, trial.n))
    placed = None
    if flows.at_risk.sum() >= FEWEST_AT_RISK * trial.n:
        placed = place(flows, trial.dealing, starts, rng)
    if placed is None:
        return None
    return build(flows, plant(flows, *placed, trial.plant), *placed)


def compare_seeds(trial: Trial, draws: int) -> dict[str, object] | None:
    """Return the grade and the largest p of the total under two seeds."""
    case, found = build_case(trial), {}
    if case is None:
        return None
    for seed, name in enumerate(("first", "second")):
        rng = np.random.default_rng([*trial.seeds, seed])
        done = weigh_case(case, rng, draws=draws, seeks_interval=False, seeks_gamma=False, seeks_detectable=False)
        found |= {name: done.grade, f"p_{name}": f"{max(p[0] for p in done.p.values()):.4f}"}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", nargs="*", choices=PANELS, default=PANELS)
    parser.add_argument("--sizes", nargs="*", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--most", type=int, default=300, help="placements in all")
    parser.add_argument("--draws", type=int, default=1999)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    stored = pd.read_csv(options.results) if options.results.exists() else pd.DataFrame(columns=list(HEAD))
    done = set(zip(*(stored[key] for key in HEAD[:5]), strict=True))
    with options.results.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEAD, lineterminator="\n")
        if stored.empty:
            writer.writeheader()
        n_tried = 0
        for trial in list_trials(options.panels, options.sizes):
            if n_tried == options.most:
                break
            n_tried += 1
            key = (trial.panel, trial.dealing, trial.n, trial.plant, trial.placement)
            started = time.process_time()
            if key in done or (found := compare_seeds(trial, options.draws)) is None:
                continue
            seconds = f"{time.process_time() - started:.1f}"
            writer.writerow(dict(zip(HEAD[:5], key, strict=True)) | found | {"seconds": seconds})
            file.flush()
    stored = pd.read_csv(options.results)
    same = stored["first"] == stored["second"]
    print(f"{same.sum()} of {len(stored)} placements have one grade under both seeds")
    print(stored[~same].to_string())


if __name__ == "__main__":
    main()

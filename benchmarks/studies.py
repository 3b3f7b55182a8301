"""What studies of many trials share: each trial is stored when it is judged, and a study goes on where it stopped."""

import argparse
import csv
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.size_of_auto import fill_file

Row = Mapping[str, object]


def read_rows(path: Path, head: Sequence[str]) -> pd.DataFrame:
    """Return what is stored of a study, empty with its columns where nothing is."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=list(head))


def store_rows(
    options: argparse.Namespace, head: Sequence[str], trials: Iterable[Row], judge: Callable[[Row], Iterable[Row]]
) -> None:
    """Judge the trials of a run that are not stored, until its minutes are over.

    ``trials``: each by its keys, all of them columns of ``head``; ``judge`` gives the further columns of any number
    of rows for one.
    """
    stored, is_new = read_rows(options.results, head), not options.results.exists()
    stored, end = stored[stored["run"] == options.run], time.monotonic() + 60 * options.minutes
    done: set[tuple[object, ...]] | None = None
    with options.results.open("a", newline="") as file:
        writer = csv.DictWriter(file, head, lineterminator="\n")
        if is_new:
            writer.writeheader()
        for trial in trials:
            done = set(zip(*(stored[key] for key in trial), strict=True)) if done is None else done
            if tuple(trial.values()) in done:
                continue
            if time.monotonic() > end:
                return
            started = time.process_time()
            rows = list(judge(trial))
            spent = {"run": options.run, "seconds": f"{time.process_time() - started:.2f}"}
            for row in rows:
                text = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in row.items()}
                writer.writerow({**text, **trial, **spent})
            file.flush()


def run_study(
    parser: argparse.ArgumentParser,
    run_open: Callable[[argparse.Namespace], None],
    results: Path,
    head: Sequence[str],
    tables: Mapping[str, Callable[[pd.DataFrame], str]],
    each: str = "placement",
) -> None:
    """Run what a study is asked for and has not stored, print its tables, and fill in its page.

    ``each``: what its trials are numbered by.
    """
    parser.add_argument(f"--{each}s", type=int, default=0, help="none: fill in the page")
    parser.add_argument("--first", type=int, default=0, help=f"number of the first {each}")
    parser.add_argument("--run", default="now", help="name under which results are stored")
    parser.add_argument("--minutes", type=float, default=np.inf, help=f"begin no {each} after so long")
    parser.add_argument("--results", type=Path, default=results, help="the page of that name is filled in")
    options = parser.parse_args()
    run_open(options)
    stored = read_rows(options.results, head)
    for table in tables.values():
        print(table(stored[stored["run"] == options.run]), "\n")
    fill_file(options.results.with_suffix(".md"), stored, tables)

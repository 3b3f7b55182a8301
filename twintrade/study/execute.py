"""One analysis from its file to its results folder, under a lock, whole or not at all."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twintrade.effects.messages import messages_frame
from twintrade.errors import TwintradeError
from twintrade.fanout import Workers, using
from twintrade.render.report import render
from twintrade.study.failed import failed
from twintrade.study.observing.observe import observe, simulated_files
from twintrade.study.outcome import Outcome
from twintrade.study.page.assemble import assembled
from twintrade.study.plan.jobs import Plan, plan
from twintrade.study.registry_study import results_of, run_registry
from twintrade.study.run.columns import run
from twintrade.study.run.headline import headline_facts
from twintrade.study.run.ledger import FileLedger
from twintrade.study.run.manifest import (
    made_from,
    manifest_of,
    manifest_of_registry,
    peak_memory_mb,
    surroundings,
)
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.registry_spec import is_registry, parse_registry
from twintrade.study.spec.report_options import report_options
from twintrade.study.spec.spec_faults import placing
from twintrade.study.spec.spec_text import tables
from twintrade.study.store.folder import (
    drop_messages,
    ledger_path,
    lock_path,
    messages_path,
    prepare,
    write,
    write_beside,
)
from twintrade.study.store.frames import to_bytes
from twintrade.study.store.locating import FOLDER
from twintrade.study.store.lock import locked
from twintrade.study.store.replay import replayed, tidy_files
from twintrade.study.store.seal import sealed

Progress = Callable[[str], None]

ALONE = Workers()

DEBUG = "TWINTRADE_DEBUG"
"""Environment variable under which a fault of the program shows its traceback."""


class ProgramError(TwintradeError):
    """Something that no user can mend; it stops one analysis and no other."""


def execute(
    root: Path,
    name: str,
    text: str,
    progress: Progress = lambda _: None,
    why: str = "",
    workers: Workers = ALONE,
) -> Outcome:
    """Run one analysis and store its results.

    Parameters
    ----------
    root : Path
        Project folder.
    name : str
        Of the analysis: the stem of its file.
    text : str
        The analysis file.
    progress : callable
        Told each job as it begins.
    why : str
        Reason for running, for the outcome.
    workers : Workers
        Who does the refits.

    Returns
    -------
    Outcome
        Also of a failure, which leaves the old results untouched and its messages beside them.
    """
    started = time.monotonic()
    try:
        target = prepare(root, name)
        with locked(lock_path(root, name), name):
            summary = _stored(root, name, text, target, progress, started, workers)
    except TwintradeError as error:
        return failed(root, name, error, time.monotonic() - started)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        text = f"a fault of the program ({type(error).__name__}: {error}); set {DEBUG}=1 to see where, and report it"
        return failed(root, name, ProgramError(text), time.monotonic() - started)
    return Outcome(name, "done", text=why, summary=summary, seconds=time.monotonic() - started)


def planned(root: Path, name: str, text: str) -> tuple[Plan, dict[str, Any]]:
    """Return the plan of an analysis and its file as written, with its simulated tables drawn.

    Raises
    ------
    SpecError
    """
    file = f"{FOLDER}/{name}.toml"
    spec, raw = parse(text, file)
    with placing(text, file):
        made = plan(name, spec)
    report_options(spec.report, root)
    for file, content in simulated_files(name, spec).items():
        write_beside(root, file, content)
    return made, raw


def _stored(
    root: Path, name: str, text: str, target: Path, progress: Progress, started: float, workers: Workers
) -> Mapping[str, Any]:
    if is_registry(tables(text, f"{FOLDER}/{name}.toml")):
        return _stored_registry(root, name, text, target, started)
    made, raw = planned(root, name, text)
    options = report_options(made.spec.report, root)
    progress("read")
    with placing(text, f"{FOLDER}/{name}.toml"):
        with using(replace(workers, progress=progress)):
            observed = observe(name, made.spec, root)
        ledger = FileLedger(ledger_path(root, name), made_from(raw, observed.inputs))
        try:
            with using(replace(workers, ledger=ledger, progress=progress)):
                found = run(made, observed, progress)
        finally:
            ledger.close()
    manifest = manifest_of(found, raw, root) | {"headline": headline_facts(found.ladder)}
    tidy = tidy_files(assembled(found, manifest))
    progress("draw")
    page = render(replayed(tidy, manifest), options.appendix, word_template=options.word_template)
    if page.messages:
        messages = messages_frame([*found.messages, *page.messages])
        tidy["messages.csv"] = to_bytes(messages)
    files = {**tidy, **page.files}
    volatile = costs(started)
    drop_messages(messages_path(root, name))
    write(target, files, sealed(manifest, files, volatile))
    ledger.close(remove=True)
    return manifest["headline"]  # type: ignore[no-any-return]


def _stored_registry(root: Path, name: str, text: str, target: Path, started: float) -> Mapping[str, Any]:
    spec, raw = parse_registry(text, f"{FOLDER}/{name}.toml")
    options = report_options(spec.report, root)
    found = run_registry(spec, root)
    manifest = manifest_of_registry(name, spec.title, raw, found.inputs, root)
    tidy = tidy_files(results_of(name, spec, found, manifest))
    page = render(replayed(tidy, manifest), options.appendix, word_template=options.word_template)
    files = {**tidy, **page.files}
    volatile = costs(started)
    drop_messages(messages_path(root, name))
    write(target, files, sealed(manifest, files, volatile))
    return manifest["headline"]  # type: ignore[no-any-return]


def costs(started: float) -> dict[str, Any]:
    """Return what differs from run to run: time, memory, and the machine they were measured on."""
    spent = {"seconds": round(time.monotonic() - started, 2), "peak_memory_mb": peak_memory_mb()}
    return spent | surroundings()

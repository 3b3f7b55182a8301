"""Runs those of many analyses that are stale; a fresh one costs a few hashes and no library."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from twintrade.errors import SpecError
from twintrade.study.answers import USAGE, AnalysisEnd
from twintrade.study.progress import Report, report_progress
from twintrade.study.store.folder import get_results_folder, settle
from twintrade.study.store.freshness import PAGE, describe_absent, list_absent_by_design, list_changes, read_manifest
from twintrade.study.store.locating import Analysis
from twintrade.text import choose_language, find_catalogue, find_choice, use_language

if TYPE_CHECKING:
    from twintrade.fanout import Workers

BACKENDS = ("loky", "dask")


def run_all(
    analyses: Sequence[Analysis],
    *,
    jobs: int | None = None,
    force: bool,
    log_json: bool,
    backend: str = "loky",
    scheduler: str = "",
) -> list[AnalysisEnd]:
    """Run every stale analysis (all with ``force``), and return how each ended, in their order.

    ``jobs`` is the number of processes, by default one a core: over the analyses, or over the refits of a single one.
    With the backend dask, analyses come one after another and their refits go to the cluster.
    """
    if backend not in BACKENDS:
        raise SpecError(f"--backend is {' or '.join(BACKENDS)}, not {backend!r}")
    if scheduler and backend != "dask":
        raise SpecError("--scheduler goes with --backend dask")
    if backend == "dask" and not scheduler:
        raise SpecError("--backend dask needs --scheduler ADDRESS, as in tcp://host:8786")
    outcomes: dict[str, AnalysisEnd] = {}
    stale: list[tuple[Analysis, str]] = []
    for analysis in analyses:
        settled = _settled(analysis, force=force)
        if isinstance(settled, AnalysisEnd):
            outcomes[analysis.name] = settled
        else:
            stale.append((analysis, settled))
    is_alone = len(stale) < 2 or jobs == 1 or backend == "dask"
    with report_progress(log_json=log_json, is_alone=is_alone) as report:
        for outcome in _run(stale, jobs, backend, scheduler, report):
            outcomes[outcome.name] = outcome
            report(outcome.name, outcome.ending)
    return [outcomes[a.name] for a in analyses]


def _settled(analysis: Analysis, *, force: bool) -> AnalysisEnd | str:
    """Return the outcome where nothing need be run, else why it must be."""
    try:
        raw = analysis.raw
    except SpecError as error:
        return AnalysisEnd(analysis.name, "failed", USAGE, str(error))
    if absent := list_absent_by_design(analysis.root, raw):
        return AnalysisEnd(analysis.name, "skipped", text=str(describe_absent(raw, absent)))
    changes = list_changes(analysis.root, analysis.name, raw, analysis.n_guesses)
    if changes or force:
        return "; ".join(map(str, changes)) or "forced"
    settle(analysis.root, analysis.name)
    manifest = read_manifest(get_results_folder(analysis.root, analysis.name)) or {}
    return AnalysisEnd(analysis.name, "fresh", summary=manifest.get("headline", {}))


def _run(
    stale: Sequence[tuple[Analysis, str]], jobs: int | None, backend: str, scheduler: str, report: Report
) -> Iterator[AnalysisEnd]:
    if not stale:
        return
    from twintrade.fanout import Workers, count_cores, spread

    jobs = count_cores() if jobs is None else jobs
    if jobs > 1 and len(stale) > 1 and backend == "loky":
        languages = (find_catalogue().language, find_choice())
        for _, outcome in spread(_one, [(*task, languages) for task in stale], report, Workers(n=jobs)):
            yield outcome
        return
    workers = Workers(n=jobs, backend="dask" if backend == "dask" else "loky", scheduler=scheduler)
    for analysis, why in stale:
        yield _ended(analysis, why, report, workers)


def _one(report: Report, task: tuple[Analysis, str, tuple[str, str]]) -> AnalysisEnd:
    """Run one analysis in a process of its own, which tells its progress itself, in the languages of this one."""
    from twintrade.fanout import Workers

    analysis, why, (spoken, chosen) = task
    with choose_language(chosen), use_language(spoken):
        return _ended(analysis, why, report, Workers())


def _ended(analysis: Analysis, why: str, report: Report, workers: "Workers") -> AnalysisEnd:
    """Run an analysis, or draw it again where only its page is stale: that needs no estimator."""
    if why == str(PAGE):
        from twintrade.study.redraw import redraw_outcome

        return redraw_outcome(analysis.root, analysis.name, analysis.text)
    from twintrade.study.execute import execute

    name = analysis.name
    progress, expect = partial(report, name), partial(report.expect, name)
    return execute(analysis.root, name, analysis.text, progress, why, workers, expect)

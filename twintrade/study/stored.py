"""Stored results by the path of an analysis file or of a results folder."""

from collections.abc import Callable, Iterable
from pathlib import Path

from twintrade.effects import ResultSet
from twintrade.errors import SpecError
from twintrade.study.runner import run_all
from twintrade.study.store.folder import get_results_folder
from twintrade.study.store.locating import Analysis, find_analyses
from twintrade.study.store.replay import read_results
from twintrade.text import Text


def run_stored(path: str, *, force: bool = False, jobs: int | None = None) -> ResultSet:
    """Run an analysis unless its results are fresh, and read them back."""
    (analysis,) = find_analyses(Path.cwd(), [path])
    (end,) = run_all([analysis], jobs=jobs, force=force, log_json=False)
    if end.ending not in ("done", "fresh"):
        raise SpecError(f"{analysis.name}: {end.ending}: {end.text}")
    return read_latest(analysis)


def read_latest(analysis: Analysis) -> ResultSet:
    """Return the results of the last run of an analysis."""
    return read_results(get_results_folder(analysis.root, analysis.name))


def keep_finished(analyses: Iterable[Analysis], tell: Callable[[Text], object]) -> list[Analysis]:
    """Return the analyses that have results, and tell which have none."""
    kept = []
    for analysis in analyses:
        if get_results_folder(analysis.root, analysis.name).is_dir():
            kept.append(analysis)
        else:
            tell(Text("study.no-results", name=analysis.name))
    return kept


def read_stored(folder: str) -> ResultSet:
    """Return the result set in a folder."""
    return read_results(Path(folder))

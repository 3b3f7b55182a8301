"""Several fits as one table or picture, and whole analyses from their files and folders."""

from typing import TYPE_CHECKING, Any

from twintrade.estimators.base import View
from twintrade.python.pictures import draw_coefficients, draw_studies
from twintrade.python.printed import name_fits, write_fits
from twintrade.python.results import AnalysisResults
from twintrade.study.stored import read_stored, run_stored

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def etable(fits: Any, to: Any = None, **options: Any) -> Any:
    """Print several fits as one table, as a run prints its ladder.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    to : {"html", "tex", "docx", "typst", "md"}, optional
        Text in that format, bytes for Word. Without it a table that shows itself and has ``render`` and ``to_frame``.
    **options
        inference with its options; under ("se", "interval", "t", "p"), stars (bool), seed.

    Examples
    --------
    >>> table = tt.etable({"PPML": fit}, inference="clustered")
    >>> table.to_frame().iloc[0, 1]
    '0.226 (0.037)'
    """
    return write_fits(fits, to, **options)


def eventplot(fits: Any, ax: "Axes | None" = None, inference: Any = None, **options: Any) -> "Axes":
    """Draw the event studies of several fits on one pair of axes, which are returned.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    ax : Axes, optional
    inference, **options
        As in ``infer``.

    Examples
    --------
    >>> tt.eventplot({"PPML": fit}, inference="clustered").get_xlabel()
    'Years since onset'
    """
    named = name_fits(fits)
    bands = {name: fit.infer(inference, view="event", **options) for name, fit in named.items()}
    return draw_studies(bands, next(iter(bands.values())).period_name, ax)


def coefplot(
    fits: Any, ax: "Axes | None" = None, inference: Any = None, *, view: View | None = None, **options: Any
) -> "Axes":
    """Draw the coefficients of several fits on one pair of axes, which are returned.

    Parameters
    ----------
    fits : fit, sequence of fits, or mapping of str to fit
    ax : Axes, optional
    inference, view, **options
        As in ``infer``; the overall effect and the covariates where no view is named.

    Examples
    --------
    >>> tt.coefplot({"PPML": fit}, inference="clustered").get_xlabel()
    'log points'
    """
    named = name_fits(fits)
    tables = {
        name: fit.tidy(inference, view=view or ("overall" if "overall" in fit.views else None), **options)
        for name, fit in named.items()
    }
    return draw_coefficients(tables, [fit.estimate.scale for fit in named.values()], ax)


def run(path: str, *, force: bool = False, jobs: int | None = None) -> AnalysisResults:
    """Run an analysis file unless its results are fresh, and return them.

    Parameters
    ----------
    path : str
        ``analyses/NAME.toml``, or the name of an analysis of the project here.
    force : bool
        Run it although it is fresh.
    jobs : int, optional
        Processes; one a core by default.

    Raises
    ------
    SpecError
        The analysis failed or was skipped; the message says why.

    Examples
    --------
    >>> results = tt.run("analyses/small.toml")
    >>> results.tidy()["estimator"].tolist()
    ['ppml', 'twfe']
    """
    return AnalysisResults(run_stored(path, force=force, jobs=jobs))


def read(folder: str) -> AnalysisResults:
    """Return the results in a folder.

    Parameters
    ----------
    folder : str
        ``results/NAME``.

    Raises
    ------
    StoreError
        The folder holds no complete result set.

    Examples
    --------
    >>> results = tt.read("results/small")
    >>> results.effects["kind"].unique().tolist()
    ['event', 'overall', 'path']
    """
    return AnalysisResults(read_stored(folder))

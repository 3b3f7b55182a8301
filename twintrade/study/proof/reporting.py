"""Stored results held against other software, on the terminal and in the appendix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twintrade.effects import ResultSet
from twintrade.effects.messages import CROSS_CHECKS, TOLERANCE, CrossCheck, build_cross_checks_frame
from twintrade.extras import has_library
from twintrade.study.proof.checks import Question, check_columns
from twintrade.study.proof.columns import StoredColumn, read_columns
from twintrade.study.proof.regressions import NotComparedError, Reply, align_series, keep_quiet, require_options
from twintrade.text import Listed, Text, find_fact, numbers

# Software beyond a plain install, asked only where it is there: pyfixest and diff-diff.


def list_further_questions() -> Mapping[str, tuple[Question, ...]]:
    """Return what the further software that is installed can be asked about each method."""
    questions: dict[str, tuple[Question, ...]] = {}
    if has_library("pyfixest"):
        questions |= {"twfe": (fit_feols,), "ppml": (fit_fepois,)}
    if has_library("diff_diff"):
        questions |= {
            "imputation": (fit_imputation_did,),
            "callaway_santanna": (fit_callaway_santanna,),
            "synthetic_did": (fit_synthetic_did,),
        }
    return questions


def fit_feols(column: StoredColumn) -> Reply:
    """Return the static effect by pyfixest."""
    import pyfixest

    require_options(column, shape=("event", "static"), bins=(False,), second_reference=(None,), unit_trends=(False,))
    return _fit_pyfixest(column, pyfixest.feols, {"fixef_tol": 1e-12})


def fit_fepois(column: StoredColumn) -> Reply:
    """Return the static effect of a Poisson regression by pyfixest."""
    import pyfixest

    require_options(column, measure=("coefficient",), shape=("event", "static"), bins=(False,))
    return _fit_pyfixest(column, pyfixest.fepois, {"iwls_tol": 1e-12, "fixef_tol": 1e-12})


def _fit_pyfixest(column: StoredColumn, fit: Any, options: Mapping[str, Any]) -> Reply:
    import pyfixest

    if len(column.clusters) > 2:
        raise NotComparedError(Text("proof.no-convention"))
    effects = {f"effect{i}": column.factor(effect) for i, effect in enumerate(column.effects)}
    clusters = {f"cluster{i}": column.factor(cluster) for i, cluster in enumerate(column.clusters)}
    frame = pd.DataFrame({"y": column.rows["y"], "treated": column.rows["is_treated"].astype(float)})
    frame = frame.assign(**effects, **clusters)
    convention = pyfixest.ssc(k_adj=False, G_adj=True, G_df="min")
    with keep_quiet():
        fitted = fit(
            f"y ~ treated | {' + '.join(effects)}", frame, vcov={"CRV1": " + ".join(clusters)}, ssc=convention,
            **options,
        )  # fmt: skip
        return Reply(
            " ".join(("pyfixest", fit.__name__)), float(fitted.coef()["treated"]), float(fitted.se()["treated"])
        )


def fit_imputation_did(column: StoredColumn) -> Reply:
    """Return the average of imputed effects by diff-diff; it has two-way effects alone."""
    import diff_diff

    if not column.is_two_way or column.options.get("family") == "poisson":
        raise NotComparedError(Text("proof.no-software"))
    with keep_quiet():
        fit = diff_diff.ImputationDiD().fit(_name_rows(column), "y", "unit", "period", "first")
    return Reply("diff-diff ImputationDiD", float(fit.overall_att))


def fit_callaway_santanna(column: StoredColumn) -> Reply:
    """Return the average effect of treated rows by diff-diff."""
    import diff_diff

    group = "never_treated" if column.comparison == "never_treated" else "not_yet_treated"
    with keep_quiet():
        fit = diff_diff.CallawaySantAnna(control_group=group, base_period="universal").fit(
            _name_rows(column), "y", "unit", "period", "first"
        )
    return Reply("diff-diff CallawaySantAnna", float(fit.overall_att))


def fit_synthetic_did(column: StoredColumn) -> Reply:
    """Return the effect of one onset by diff-diff's synthetic difference-in-differences."""
    import diff_diff

    require_options(column, kind=("sdid",))
    onsets = column.rows.loc[np.isfinite(column.rows["onset"]), "onset"].unique()
    if len(onsets) > 1 or not column.is_case:
        raise NotComparedError(Text("proof.no-software"))
    series, before, _, _ = align_series(column)
    n, t = series.shape
    frame = pd.DataFrame({"y": series.ravel(), "unit": np.repeat(np.arange(n), t), "time": np.tile(np.arange(t), n)})
    frame["treated"] = (frame["unit"] == 0).astype(int)
    after = [int(k) for k in np.flatnonzero(~before)]
    with keep_quiet():
        model = diff_diff.SyntheticDiD(variance_method="placebo", n_bootstrap=2, seed=1)
        fit = model.fit(frame, "y", "treated", "unit", "time", post_periods=after)
    return Reply("diff-diff SyntheticDiD", float(fit.att), estimand="other", note=Text("proof.early-stop"))


def _name_rows(column: StoredColumn) -> pd.DataFrame:
    rows = column.rows
    first = np.where(np.isfinite(rows["onset"]), rows["onset"], 0).astype(int)
    return rows[["unit", "period", "y"]].assign(first=first)


DIGITS = 10
KEY = ["estimator", "specification", "software", "verdict"]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedResults:
    """Stored results held against all other software that is installed."""

    lines: tuple[str, ...]  # what the terminal says, one row a line
    n_apart: int  # how many numbers differ
    missing: tuple[CrossCheck, ...]  # checks of a plain install that the results do not hold yet


def check_results(results: ResultSet) -> CheckedResults:
    """Estimate every column of stored results again."""
    columns = read_columns(results)
    checks = tuple(check_columns(columns))
    further = tuple(c for c in check_columns(columns, list_further_questions()) if c.software)
    asked = (*checks, *further)
    apart = [check for check in asked if check.verdict == "differs"]
    counts = {"agree": sum(check.verdict == "agrees" for check in asked), "n": len(asked), "apart": len(apart)}
    summary = Text("proof.summary", name=results.name, tolerance=TOLERANCE, **counts)
    lines = (*(format_check(check) for check in asked), str(summary))
    return CheckedResults(lines, len(apart), () if _are_stored(results, checks) else checks)


def _are_stored(results: ResultSet, checks: Sequence[CrossCheck]) -> bool:
    """Whether the appendix has this table already; the last digits of differences are not looked at."""
    stored = results.payloads.get(CROSS_CHECKS)
    new = build_cross_checks_frame(checks)
    return new.empty or (stored is not None and bool(stored[KEY].fillna("").equals(new[KEY].fillna(""))))


def format_check(check: CrossCheck) -> str:
    """Return a check as a line: the column, the software, both numbers, both errors, what they say of each other."""
    pairs = [Text("proof.both", what="estimate", stored=_write(check.stored), other=_write(check.estimate))]
    if check.stored_error == check.stored_error:
        errors = {"stored": _write(check.stored_error), "other": _write(check.error)}
        pairs.append(Text("proof.both", what="error", **errors))
    return str(
        Text(
            "proof.line",
            column=f"{check.estimator}/{check.specification}",
            software=check.software or "none",
            numbers=Listed(tuple(pairs), "semicolon"),
            verdict=find_fact("proof.verdict-", check.verdict.replace(" ", "-")),
            note=check.note or "none",
        )
    )


def _write(number: float) -> str:
    return numbers.format_compact(number, DIGITS) or "–"

"""Columns of stored results, estimated again by other software from data.csv alone, in tables and on the terminal."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy

from twintrade.effects import Message, ResultSet
from twintrade.effects.messages import (
    CROSS_CHECKS,
    TOLERANCE,
    CrossCheck,
    build_cross_checks_frame,
    build_messages_frame,
)
from twintrade.extras import has_library
from twintrade.study.proof import regressions, twins
from twintrade.study.proof.columns import StoredColumn, read_columns
from twintrade.study.proof.regressions import NotComparedError, Reply, keep_quiet, require_options
from twintrade.study.proof.twins import TWINS
from twintrade.text import Listed, Text, find_fact, numbers

# Other estimands that read a two-way column: first differences, random effects, and the tests between them.


def list_neighbors(column: StoredColumn) -> list[Reply]:
    """Return what linearmodels says of a two-way column by other estimators; nothing of any other column."""
    if not column.is_two_way:
        return []
    require_options(column, shape=("event", "static"), bins=(False,), second_reference=(None,), unit_trends=(False,))
    frame = regressions.prepare_rows(column)
    codes, factor = regressions.build_clusters(column)
    clusters = pd.DataFrame(codes, index=frame.index)
    periods = pd.get_dummies(column.factor("period"), drop_first=True, dtype=float).set_axis(frame.index)
    from linearmodels.panel import FirstDifferenceOLS

    name, note = "linearmodels FirstDifferenceOLS", Text("proof.first-differences")
    with keep_quiet():
        x = pd.concat([frame[["treated"]], periods], axis=1)
        fit = FirstDifferenceOLS(frame["y"], x).fit(cov_type="clustered", cluster_entity=True)
        differences = Reply(name, float(fit.params["treated"]), _get(fit, "treated"), "other", note)
        return [differences, *_fit_random_effects(frame, periods, clusters, factor)]


def _fit_random_effects(
    frame: pd.DataFrame, periods: pd.DataFrame, clusters: pd.DataFrame, factor: float
) -> list[Reply]:
    from linearmodels.panel import PanelOLS, RandomEffects

    name = "linearmodels RandomEffects"
    x = pd.concat([frame[["treated"]].assign(one=1.0), periods], axis=1)
    plain = RandomEffects(frame["y"], x).fit()
    within = PanelOLS(frame["y"], frame[["treated"]], entity_effects=True, time_effects=True).fit()
    by_cluster: Any = {"cov_type": "clustered", "clusters": clusters, "group_debias": False}
    robust = RandomEffects(frame["y"], x).fit(**by_cluster)
    share = frame["treated"].groupby(frame["unit"].to_numpy()).transform("mean").to_numpy()
    mundlak = RandomEffects(frame["y"], x.assign(share=share)).fit(**by_cluster)
    apart = float(within.params["treated"] - plain.params["treated"])
    spread = float(within.std_errors["treated"] ** 2 - plain.std_errors["treated"] ** 2)
    hausman = float(scipy.special.chdtrc(1, apart**2 / spread)) if spread > 0 else float("nan")
    slope = float(mundlak.params["share"])
    p = float(scipy.special.chdtrc(1, (slope / (factor * _get(mundlak, "share"))) ** 2))
    of_random = Text("proof.random-effects", is_defined=bool(np.isfinite(hausman)), p=hausman)
    return [
        Reply(name, float(robust.params["treated"]), factor * _get(robust, "treated"), "other", of_random),
        Reply(
            f"{name} (Mundlak)", float(mundlak.params["treated"]), factor * _get(mundlak, "treated"), "other",
            Text("proof.mundlak", slope=slope, p=p),
        ),
    ]  # fmt: skip


def _get(fit, name: str) -> float:  # type: ignore[no-untyped-def]
    return float(fit.std_errors[name])


CHEAP = 2.5e8  # work of one regression on dummies up to which every run makes the checks: a few seconds in all
DIFFERS = "other-software-differs"  # code of the warning of a number that other software does not confirm
TWIN_SOURCE = "twins"  # section of the results that holds the twins' lines

Question = Callable[[StoredColumn], Reply | Sequence[Reply]]
QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "twfe": (regressions.fit_static, list_neighbors),
    "ppml": (regressions.fit_poisson_static,),
    "imputation": (regressions.impute, regressions.answer_imputation),
    "etwfe": (regressions.fit_cells,),
    "double_ratio": (regressions.answer_double_ratio,),
    "synthetic_control": (regressions.answer_synthetic_control,),
    "interrupted_series": (regressions.fit_segments,),
}
"""What a plain install can ask about each method."""


def add_cross_checks(results: ResultSet) -> ResultSet:
    """Return the results of a run with the table of other software, where that costs a few seconds at most."""
    columns = read_columns(results)
    is_dear = max((regressions.measure_work(c) for c in columns if not c.obstacle), default=0.0) > CHEAP
    return results if is_dear or not columns else add_checks(results, list(check_columns(columns)))


def add_checks(results: ResultSet, checks: Sequence[CrossCheck]) -> ResultSet:
    """Return results with a table of checks, the lines of the twins in it, and a warning of what differs."""
    payloads = {**results.payloads, CROSS_CHECKS: build_cross_checks_frame(checks)}
    kinds = {**results.payload_kinds, CROSS_CHECKS: "table"}
    sections = {**results.sections, TWIN_SOURCE: write_twins(checks)}
    sections = {key: text for key, text in sections.items() if text}
    apart = [_warn(check) for check in checks if check.verdict == "differs"]
    kept = results.messages[results.messages["code"] != DIFFERS]
    messages = pd.concat([kept, build_messages_frame(apart)], ignore_index=True) if apart else kept
    return replace(results, payloads=payloads, payload_kinds=kinds, sections=sections, messages=messages)


def _warn(check: CrossCheck) -> Message:
    both = {"stored": check.stored, "other": check.estimate, "error": check.stored_error, "other_error": check.error}
    named = {"column": check.label, "software": check.software, "has_error": check.stored_error == check.stored_error}
    text = Text("proof.differs", **named, **both)
    return Message("warning", DIFFERS, text)


def check_columns(
    columns: Sequence[StoredColumn], questions: Mapping[str, tuple[Question, ...]] = QUESTIONS
) -> Iterator[CrossCheck]:
    """Yield each column as other software has it, or why none has."""
    for column in columns:
        asked = questions.get(column.estimator, ())
        if column.obstacle or not asked:
            yield _build(column, Reply("", float("nan"), note=column.obstacle or Text("proof.no-software")))
            continue
        for question in asked:
            yield from (_build(column, answer) for answer in _ask(question, column))


def _ask(question: Question, column: StoredColumn) -> Sequence[Reply]:
    """Return the answers to one question; a failure of other software is an answer without a number."""
    try:
        answers = question(column)
    except NotComparedError as error:
        return (Reply("", float("nan"), note=error.text),)
    except (ArithmeticError, LookupError, ValueError, np.linalg.LinAlgError) as error:
        return (Reply("", float("nan"), note=Text("proof.broke", error=f"{type(error).__name__}: {error}")),)
    return (answers,) if isinstance(answers, Reply) else answers


def _build(column: StoredColumn, answer: Reply) -> CrossCheck:
    has_error = answer.estimand == "same" and np.isfinite(answer.error)
    of_column = {name: getattr(column, name) for name in ("estimator", "specification", "label", "scale")}
    answered = {field.name: getattr(answer, field.name) for field in fields(Reply)}
    stored_error = column.error if has_error else float("nan")
    return CrossCheck(stored=column.estimate, stored_error=stored_error, **of_column, **answered)


def write_twins(checks: Sequence[CrossCheck]) -> str:
    """Return the lines of the twins that answered, in the order of their methods."""
    names = {check.estimator for check in checks if check.software.startswith(regressions.TWIN)}
    sources = [inspect.getsource(twin).strip() for name, twin in TWINS.items() if name in names]
    imports = [line for line in inspect.getsource(twins).splitlines() if line.startswith("import ")]
    return "\n\n".join([*imports, *sources]) if sources else ""


# Software beyond a plain install, asked only where it is there: pyfixest and diff-diff.


def list_further_questions() -> Mapping[str, tuple[Question, ...]]:
    """Return what the further software that is installed can be asked about each method."""
    questions: dict[str, tuple[Question, ...]] = {}
    if has_library("pyfixest"):
        questions |= {"twfe": (fit_pyfixest,), "ppml": (fit_pyfixest,)}
    if has_library("diff_diff"):
        questions |= {"imputation": (fit_imputation_did,), "callaway_santanna": (fit_callaway_santanna,)}
        questions["synthetic_did"] = (fit_synthetic_did,)
    return questions


def fit_pyfixest(column: StoredColumn) -> Reply:
    """Return the static effect of least squares or a Poisson regression by pyfixest."""
    import pyfixest

    options: dict[str, Any] = {"fixef_tol": 1e-12}
    if column.estimator == "ppml":
        require_options(column, measure=("coefficient",), shape=("event", "static"), bins=(False,))
        fit, options = pyfixest.fepois, options | {"iwls_tol": 1e-12}
    else:
        fit, static = pyfixest.feols, {"shape": ("event", "static"), "bins": (False,)}
        require_options(column, second_reference=(None,), unit_trends=(False,), **static)
    if len(column.clusters) > 2:
        raise NotComparedError(Text("proof.no-convention"))
    effects = {f"effect{i}": column.factor(effect) for i, effect in enumerate(column.effects)}
    clusters = {f"cluster{i}": column.factor(cluster) for i, cluster in enumerate(column.clusters)}
    frame = pd.DataFrame({"y": column.rows["y"], "treated": column.rows["is_treated"].astype(float)})
    frame = frame.assign(**effects, **clusters)
    convention = pyfixest.ssc(k_adj=False, G_adj=True, G_df="min")
    with keep_quiet():
        options |= {"vcov": {"CRV1": " + ".join(clusters)}, "ssc": convention}
        fitted = fit(f"y ~ treated | {' + '.join(effects)}", frame, **options)
        estimate, error = float(fitted.coef()["treated"]), float(fitted.se()["treated"])
        return Reply(" ".join(("pyfixest", fit.__name__)), estimate, error)


def fit_imputation_did(column: StoredColumn) -> Reply:
    """Return the average of imputed effects by diff-diff; it has two-way effects alone."""
    import diff_diff

    if not column.is_two_way or column.options.get("family") == "poisson":
        raise NotComparedError(Text("proof.no-software"))
    return _ask_diff_diff(column, diff_diff.ImputationDiD())


def fit_callaway_santanna(column: StoredColumn) -> Reply:
    """Return the average effect of treated rows by diff-diff."""
    import diff_diff

    group = "never_treated" if column.comparison == "never_treated" else "not_yet_treated"
    return _ask_diff_diff(column, diff_diff.CallawaySantAnna(control_group=group, base_period="universal"))


def _ask_diff_diff(column: StoredColumn, model: Any) -> Reply:
    first = np.where(np.isfinite(column.rows["onset"]), column.rows["onset"], 0).astype(int)
    with keep_quiet():
        rows = column.rows[["unit", "period", "y"]].assign(first=first)
        fit = model.fit(rows, "y", "unit", "period", "first")
    return Reply(" ".join(("diff-diff", type(model).__name__)), float(fit.overall_att))


def fit_synthetic_did(column: StoredColumn) -> Reply:
    """Return the effect of one onset by diff-diff's synthetic difference-in-differences."""
    import diff_diff

    require_options(column, kind=("sdid",))
    if len(column.rows.loc[np.isfinite(column.rows["onset"]), "onset"].unique()) > 1 or not column.is_case:
        raise NotComparedError(Text("proof.no-software"))
    series, before, _, _ = regressions.align_series(column)
    n, t = series.shape
    frame = pd.DataFrame({"y": series.ravel(), "unit": np.repeat(np.arange(n), t), "time": np.tile(np.arange(t), n)})
    frame["treated"] = (frame["unit"] == 0).astype(int)
    after = [int(k) for k in np.flatnonzero(~before)]
    with keep_quiet():
        model = diff_diff.SyntheticDiD(variance_method="placebo", n_bootstrap=2, seed=1)
        fit = model.fit(frame, "y", "treated", "unit", "time", post_periods=after)
    return Reply("diff-diff SyntheticDiD", float(fit.att), estimand="other", note=Text("proof.early-stop"))


DIGITS = 10
KEY = ["estimator", "specification", "software", "verdict"]


def check_results(results: ResultSet) -> tuple[list[str], int, tuple[CrossCheck, ...]]:
    """Estimate every column of stored results again by all other software that is installed.

    Return what the terminal says, how many numbers differ, and checks of a plain install that are not stored yet.
    """
    columns = read_columns(results)
    checks = tuple(check_columns(columns))
    asked = (*checks, *tuple(c for c in check_columns(columns, list_further_questions()) if c.software))
    apart = [check for check in asked if check.verdict == "differs"]
    counts = {"agree": sum(check.verdict == "agrees" for check in asked), "n": len(asked), "apart": len(apart)}
    summary = Text("proof.summary", name=results.name, tolerance=TOLERANCE, **counts)
    lines = [*map(format_check, asked), str(summary)]
    # The last digits of differences are not looked at.
    stored, new = results.payloads.get(CROSS_CHECKS), build_cross_checks_frame(checks)
    is_there = new.empty or (stored is not None and bool(stored[KEY].fillna("").equals(new[KEY].fillna(""))))
    return lines, len(apart), () if is_there else checks


def format_check(check: CrossCheck) -> str:
    """Return a check as a line: the column, the software, both numbers, both errors, what they say of each other."""
    pairs = [Text("proof.both", what="estimate", stored=_write(check.stored), other=_write(check.estimate))]
    if check.stored_error == check.stored_error:
        errors = {"stored": _write(check.stored_error), "other": _write(check.error)}
        pairs.append(Text("proof.both", what="error", **errors))
    names = {"column": f"{check.estimator}/{check.specification}", "software": check.software or "none"}
    verdict, shown = find_fact("proof.verdict-", check.verdict.replace(" ", "-")), Listed(tuple(pairs), "semicolon")
    return str(Text("proof.line", numbers=shown, verdict=verdict, note=check.note or "none", **names))


def _write(number: float) -> str:
    return numbers.format_compact(number, DIGITS) or "–"

"""Every column of stored results, estimated again by independent software from data.csv alone."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy

from twintrade.effects import Message, ResultSet
from twintrade.effects.messages import CROSS_CHECKS, CrossCheck, build_cross_checks_frame, build_messages_frame
from twintrade.study.proof import twins
from twintrade.study.proof.columns import StoredColumn, read_columns
from twintrade.study.proof.regressions import (
    TWIN,
    NotComparedError,
    Reply,
    answer_double_ratio,
    answer_imputation,
    answer_synthetic_control,
    build_clusters,
    fit_cells,
    fit_poisson_static,
    fit_segments,
    fit_static,
    impute,
    keep_quiet,
    measure_work,
    prepare_rows,
    require_options,
)
from twintrade.study.proof.twins import TWINS
from twintrade.text import Text

# Other estimands that read a two-way column: first differences, random effects, and the tests between them.


def list_neighbors(column: StoredColumn) -> list[Reply]:
    """Return what linearmodels says of a two-way column by other estimators; nothing of any other column."""
    if not column.is_two_way:
        return []
    require_options(column, shape=("event", "static"), bins=(False,), second_reference=(None,), unit_trends=(False,))
    frame = prepare_rows(column)
    codes, factor = build_clusters(column)
    clusters = pd.DataFrame(codes, index=frame.index)
    periods = pd.get_dummies(column.factor("period"), drop_first=True, dtype=float).set_axis(frame.index)
    with keep_quiet():
        return [_fit_differences(frame, periods), *_fit_random_effects(frame, periods, clusters, factor)]


def _fit_differences(frame: pd.DataFrame, periods: pd.DataFrame) -> Reply:
    from linearmodels.panel import FirstDifferenceOLS

    x = pd.concat([frame[["treated"]], periods], axis=1)
    fit = FirstDifferenceOLS(frame["y"], x).fit(cov_type="clustered", cluster_entity=True)
    note = Text("proof.first-differences")
    return Reply("linearmodels FirstDifferenceOLS", float(fit.params["treated"]), _get(fit, "treated"), "other", note)


def _fit_random_effects(
    frame: pd.DataFrame, periods: pd.DataFrame, clusters: pd.DataFrame, factor: float
) -> list[Reply]:
    from linearmodels.panel import PanelOLS, RandomEffects

    name = "linearmodels RandomEffects"
    x = pd.concat([frame[["treated"]].assign(one=1.0), periods], axis=1)
    plain, within = RandomEffects(frame["y"], x).fit(), _fit_within(PanelOLS, frame)
    robust = RandomEffects(frame["y"], x).fit(cov_type="clustered", clusters=clusters, group_debias=False)
    share = frame["treated"].groupby(frame["unit"].to_numpy()).transform("mean").to_numpy()
    mundlak = RandomEffects(frame["y"], x.assign(share=share)).fit(
        cov_type="clustered", clusters=clusters, group_debias=False
    )
    apart = float(within.params["treated"] - plain.params["treated"])
    spread = float(within.std_errors["treated"] ** 2 - plain.std_errors["treated"] ** 2)
    hausman = float(scipy.special.chdtrc(1, apart**2 / spread)) if spread > 0 else float("nan")
    slope = float(mundlak.params["share"])
    p = float(scipy.special.chdtrc(1, (slope / (factor * _get(mundlak, "share"))) ** 2))
    of_random = Text("proof.random-effects", is_defined="yes" if np.isfinite(hausman) else "no", p=hausman)
    return [
        Reply(name, float(robust.params["treated"]), factor * _get(robust, "treated"), "other", of_random),
        Reply(
            f"{name} (Mundlak)", float(mundlak.params["treated"]), factor * _get(mundlak, "treated"), "other",
            Text("proof.mundlak", slope=slope, p=p),
        ),
    ]  # fmt: skip


def _fit_within(model: type, frame: pd.DataFrame):  # type: ignore[no-untyped-def]
    return model(frame["y"], frame[["treated"]], entity_effects=True, time_effects=True).fit()


def _get(fit, name: str) -> float:  # type: ignore[no-untyped-def]
    return float(fit.std_errors[name])


CHEAP = 2.5e8  # work of one regression on dummies up to which every run makes the checks: a few seconds in all

DIFFERS = "other-software-differs"  # code of the warning of a number that other software does not confirm

TWIN_SOURCE = "twins"  # section of the results that holds the twins' lines

Question = Callable[[StoredColumn], Reply | Sequence[Reply]]
QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "twfe": (fit_static, list_neighbors),
    "ppml": (fit_poisson_static,),
    "imputation": (impute, answer_imputation),
    "etwfe": (fit_cells,),
    "double_ratio": (answer_double_ratio,),
    "synthetic_control": (answer_synthetic_control,),
    "interrupted_series": (fit_segments,),
}
"""What a plain install can ask about each method."""


def add_cross_checks(results: ResultSet) -> ResultSet:
    """Return the results of a run with the table of other software, where that costs a few seconds at most."""
    columns = read_columns(results)
    is_dear = max((measure_work(c) for c in columns if not c.obstacle), default=0.0) > CHEAP
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
    has_error = "yes" if check.stored_error == check.stored_error else "no"
    text = Text("proof.differs", column=check.label, software=check.software, has_error=has_error, **both)
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
        note = Text("proof.broke", error=f"{type(error).__name__}: {error}")
        return (Reply("", float("nan"), note=note),)
    return (answers,) if isinstance(answers, Reply) else answers


def _build(column: StoredColumn, answer: Reply) -> CrossCheck:
    has_error = answer.estimand == "same" and np.isfinite(answer.error)
    return CrossCheck(
        estimator=column.estimator,
        specification=column.specification,
        label=column.label,
        software=answer.software,
        estimand=answer.estimand,
        stored=column.estimate,
        estimate=answer.estimate,
        stored_error=column.error if has_error else float("nan"),
        error=answer.error,
        scale=column.scale,
        note=answer.note,
    )


def write_twins(checks: Sequence[CrossCheck]) -> str:
    """Return the lines of the twins that answered, in the order of their methods."""
    names = {check.estimator for check in checks if check.software.startswith(TWIN)}
    sources = [inspect.getsource(twin).strip() for name, twin in TWINS.items() if name in names]
    imports = [line for line in inspect.getsource(twins).splitlines() if line.startswith("import ")]
    return "\n\n".join([*imports, *sources]) if sources else ""

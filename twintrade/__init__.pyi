# Written by .ci/stub.py; `make check` says when it is no longer current.
# ruff: noqa
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

from twintrade import diagnostics as diagnostics
from twintrade import estimators as estimators
from twintrade import inference as inference
from twintrade.design import Donors as Donors, NeverTreated as NeverTreated, NotYetTreated as NotYetTreated
from twintrade.design import CohortStatistics as CohortStatistics, Comparison, Design as Design, Panel as Panel
from twintrade.design import Treatment as Treatment
from twintrade.design.rules import TreatmentRule as TreatmentRule
from twintrade.diagnostics.base import DIAGNOSTICS as DIAGNOSTICS
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import CohortEffects as CohortEffects, Estimate as Estimate, EventStudy as EventStudy
from twintrade.effects import Finding as Finding
from twintrade.errors import TwintradeError as TwintradeError
from twintrade.estimators.base import ESTIMATORS as ESTIMATORS
from twintrade.estimators.base import Estimator, View
from twintrade.inference.base import INFERENCES as INFERENCES
from twintrade.inference.base import Inference
from twintrade.python.fitted import FitResult
from twintrade.python.showing import coefplot as coefplot, etable as etable, eventplot as eventplot
from twintrade.python.showing import read as read, run as run, to_toml as to_toml
from twintrade.python.summary import Intervals
from twintrade.python.treated import cohort_statistics as cohort_statistics
from twintrade.python.verbs import example as example, panel as panel
from twintrade.version import __version__ as __version__

Bands = Intervals
Fit = FitResult
_K = TypeVar("_K")
_Made = Estimator | type[Estimator] | ModuleType

def compare(
    panel: Panel,
    agreements: Any = ...,
    outcome: str = ...,
    *,
    treated: str | None = ...,
    dose: str | None = ...,
    rule: TreatmentRule | None = ...,
    undated: Literal["error", "exclude"] = ...,
    comparison: str | Comparison = ...,
    fixed_effects: str | Sequence[str | Sequence[str]] = ...,
    covariates: str | Sequence[str] = ...,
    clusters: str | Sequence[str] | None = ...,
    cluster: str | Sequence[str] | None = ...,
    transform: Literal["level", "log", "share_of_partner", "share_of_city", "index"] = ...,
    window: tuple[int, int] = ...,
    reference: int = ...,
    anticipation: int = ...,
    weights: str | None = ...,
    always_treated: Literal["exclude", "keep", "compare"] = ...,
    totals_only: tuple[str, ...] = ...,
    index_base: int | None = ...,
) -> Design: ...
@overload
def fit(
    estimator: Literal["augmented_synthetic_control", "augsynth"],
    design: Design,
    *,
    penalty: float | None = ...,
    one_se: bool = ...,
    demeaned: bool = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["callaway_santanna", "csdid", "att_gt"],
    design: Design,
    *,
    method: Literal["regression", "ipw", "ipw_unnormalized", "doubly_robust", "doubly_robust_improved"] = ...,
    base: Literal["varying", "universal"] = ...,
    rows: Literal["panel", "cross_sections"] = ...,
    convention: Literal["exact", "drdid"] = ...,
    shares: Literal["estimated", "fixed"] = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["chaisemartin_dhaultfoeuille", "did_multiplegt_dyn"],
    design: Design,
    *,
    normalized: bool = ...,
    same_switchers: bool = ...,
    singletons: Literal["pooled", "dropped"] = ...,
    effects: int | None = ...,
    placebos: int | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["double_ratio"],
    design: Design,
    *,
    relative_to: Literal["pre_mean", "reference"] = ...,
    base_period: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["elastic_net_synthetic_control"],
    design: Design,
    *,
    penalty: float | None = ...,
    mix: float = ...,
    mixes: tuple[float, ...] = ...,
    n_blocks: int = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["etwfe", "jwdid", "wooldid"],
    design: Design,
    *,
    family: Literal["linear", "poisson"] = ...,
    measure: Literal["coefficient", "difference", "percent"] = ...,
    moderator: str | None = ...,
    at: float = ...,
    covariates_enter: Literal["added", "by_cell"] | None = ...,
    n_splits: int = ...,
    seed: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["imputation", "did_imputation", "didimputation"],
    design: Design,
    *,
    family: Literal["linear", "poisson"] = ...,
    measure: Literal["difference", "log_ratio", "percent"] | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["interactive_effects", "gsynth"],
    design: Design,
    *,
    seed: int = ...,
    rank: int | None = ...,
    max_rank: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["interrupted_series"],
    design: Design,
    *,
    slope_change: bool = ...,
    arma: tuple[int, int] | None = ...,
    min_before: int = ...,
    min_after: int = ...,
    n_draws: int = ...,
    seed: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["local_projections", "lpdid"],
    design: Design,
    *,
    weighting: Literal["variance", "equal"] = ...,
    base: Literal["last", "mean"] = ...,
    lags: int = ...,
    pooled: int | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["matrix_completion"], design: Design, *, seed: int = ..., penalty: float | None = ...
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["partially_pooled_synthetic_control"],
    design: Design,
    *,
    pooling: float | None = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["ppml", "fepois", "ppmlhdfe"],
    design: Design,
    *,
    shape: Literal["event", "static", "dose", "covariates"] = ...,
    measure: Literal["coefficient", "difference"] = ...,
    bins: bool = ...,
    second_reference: int | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["ppml_corrected"],
    design: Design,
    *,
    shape: Literal["event", "static"] = ...,
    bins: bool = ...,
    second_reference: int | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["stacked"],
    design: Design,
    *,
    weights: Literal["corrective", "variance"] = ...,
    trimmed: bool = ...,
    span: tuple[int, int] = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["staggered_efficient"],
    design: Design,
    *,
    beta: Literal["efficient", "one"] = ...,
    headline: Literal["simple", "cohort", "calendar"] = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["structural_series"],
    design: Design,
    *,
    level: Literal["local level", "local linear trend", "random walk with drift"] = ...,
    n_components: int = ...,
    variance_factor: float = ...,
    n_draws: int = ...,
    seed: int = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["sun_abraham", "sunab", "eventstudyinteract"],
    design: Design,
    *,
    family: Literal["linear", "poisson"] = ...,
    shares: Literal["estimated", "fixed"] = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["synthetic_control", "synth"],
    design: Design,
    *,
    v: Literal["nested", "equal"] = ...,
    outcomes: Literal["mean", "all"] = ...,
    demeaned: bool = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["synthetic_did", "sdid", "synthdid"],
    design: Design,
    *,
    kind: Literal["sdid", "sc", "did"] = ...,
    solver: Literal["exact", "published"] = ...,
    min_before: int = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["triple_difference"],
    design: Design,
    *,
    affected: str = ...,
    base: Literal["universal", "varying"] = ...,
    method: Literal["regression", "ipw", "ipw_unnormalized", "doubly_robust", "doubly_robust_improved"] = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["twfe", "feols", "reghdfe", "xtreg", "xtevent"],
    design: Design,
    *,
    shape: Literal["event", "static", "dose", "covariates"] = ...,
    unit_trends: bool = ...,
    bins: bool = ...,
    second_reference: int | None = ...,
) -> FitResult: ...
@overload
def fit(
    estimator: Literal["two_stage", "did2s"], design: Design, *, shape: Literal["event", "static"] = ...
) -> FitResult: ...
@overload
def fit(estimator: _Made, design: Design, **options: Any) -> FitResult: ...
@overload
def fit(estimator: str, design: Design) -> FitResult: ...
@overload
def fit(estimator: str | _Made, design: Mapping[_K, Design], **options: Any) -> dict[_K, FitResult]: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["auto"],
    *,
    view: View | None = ...,
    seed: int = ...,
    about: Literal["these", "like these"] = ...,
    draws: int = ...,
    permutations: int | None = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["autoregressive"],
    *,
    view: View | None = ...,
    seed: int = ...,
    lags: int | None = ...,
    draws: int = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["clustered", "CRV1", "cluster", "cr1", "hetero", "robust", "HC1"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    correction: str = ...,
    level: float = ...,
    draws: int = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["conformal"],
    *,
    view: View | None = ...,
    seed: int = ...,
    order: float = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["conley"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
    latitude: str = ...,
    longitude: str = ...,
    cutoff: float = ...,
    kernel: Literal["uniform", "bartlett"] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["conley_taber"],
    *,
    view: View | None = ...,
    seed: int = ...,
    group: Literal["unit", "city", "partner"] = ...,
    null: Literal["imposed", "free"] = ...,
    draws: int = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["crv2", "CRV2"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    level: float = ...,
    draws: int = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["driscoll_kraay", "DK"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
    lags: int | None = ...,
    correction: str = ...,
    is_prewhitened: bool = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["dyadic"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["ferman_pinto"],
    *,
    view: View | None = ...,
    seed: int = ...,
    group: Literal["unit", "city", "partner"] = ...,
    null: Literal["imposed", "free"] = ...,
    draws: int = ...,
    level: float = ...,
    size: str | None = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["hac"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
    lags: int | None = ...,
    correction: str = ...,
    is_prewhitened: bool = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["iid", "unadjusted"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
    correction: str = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["jackknife", "CRV3"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    centre: Literal["estimate", "mean"] = ...,
    level: float = ...,
    draws: int = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["multiplier"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    correction: str = ...,
    level: float = ...,
    draws: int = ...,
    weights: Literal["rademacher", "mammen", "normal"] = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["newey_west", "NW"],
    *,
    view: View | None = ...,
    seed: int = ...,
    level: float = ...,
    draws: int = ...,
    lags: int | None = ...,
    correction: str = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["placebo"],
    *,
    view: View | None = ...,
    seed: int = ...,
    keeps_treated: bool = ...,
    noise: Literal["by_size", "equal"] = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult, inference: Literal["posterior"], *, view: View | None = ..., seed: int = ..., level: float = ...
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["prediction_intervals"],
    *,
    view: View | None = ...,
    seed: int = ...,
    draws: int = ...,
    noise: Literal["subgaussian", "normal"] = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["randomization", "ritest", "permutation"],
    *,
    view: View | None = ...,
    seed: int = ...,
    across: Literal["units", "strata", "labels", "cities", "partners", "dates", "hazard"] | Literal["assigned"] = ...,
    draws: int = ...,
    statistic: Literal["default", "coefficient", "t", "score"] = ...,
    noise: Literal["by_size", "by_row", "equal"] = ...,
    intervals: bool = ...,
    strata: tuple[str, ...] = ...,
    signers: tuple[str, ...] = ...,
    hazard: tuple[str, ...] = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["scaled"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    level: float = ...,
    draws: int = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["synthetic_did_variance"],
    *,
    view: View | None = ...,
    seed: int = ...,
    method: Literal["placebo", "bootstrap", "jackknife"] = ...,
    draws: int = ...,
    level: float = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["weidner_zylkin"],
    *,
    view: View | None = ...,
    seed: int = ...,
    adjusted: Literal["one_side", "both_sides"] = ...,
    level: float = ...,
    draws: int = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult,
    inference: Literal["wild", "wild_bootstrap", "wildboottest", "boottest", "bootstrap"],
    *,
    view: View | None = ...,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    draw_by: str = ...,
    draws: int = ...,
    weights: Literal["rademacher", "webb", "mammen", "normal"] = ...,
    scores: Literal["plain", "jackknife"] = ...,
    variance: Literal["cv1", "cv3"] = ...,
    imposes_null: bool = ...,
    correction: str = ...,
    level: float = ...,
    cluster: str | Sequence[str] = ...,
) -> Intervals: ...
@overload
def infer(
    fit: FitResult, inference: Inference | None = ..., *, view: View | None = ..., seed: int = ...
) -> Intervals: ...
@overload
def infer(
    fit: FitResult, inference: str | Mapping[str, str], *, view: View | None = ..., seed: int = ...
) -> Intervals: ...
@overload
def infer(
    fit: FitResult, *, view: View | None = ..., seed: int = ..., cluster: str | Sequence[str], level: float = ...
) -> Intervals: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["adoption"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["always_treated"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["anticipation"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    up_to: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["bacon"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["balance"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    lags: int = ...,
    variables: tuple[str, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["case_tests"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    min_before: int = ...,
    level: float = ...,
    draws: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["case_verdict"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["cluster_leverage"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["clusters"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["comparison"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["concentration"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["conditional_trends"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["date_sets"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    dates: tuple[int, ...] = ...,
    min_before: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["dates"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["donor_sets"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    min_positive: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["donor_weights"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["estimators"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    names: tuple[str, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["evidence"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    draws: int = ...,
    matters: float = ...,
    others: tuple[str, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["heterogeneity"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    breaks: tuple[int, ...] = ...,
    min_units: int = ...,
    draws: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["hidden_agreements"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    shares: tuple[float, ...] = ...,
    coverage: float | None = ...,
    most: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["honest"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    restriction: Literal["smoothness", "relative_magnitudes", "relative_smoothness"] = ...,
    bounds: tuple[float, ...] = ...,
    target: Literal["average", "first"] = ...,
    method: Literal["fixed_length", "conditional", "least_favorable", "conditional_fixed_length"]
    | Literal["recommended"] = ...,
    bias: Literal["positive", "negative"] | None = ...,
    monotone: Literal["increasing", "decreasing"] | None = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["influence"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    most: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["known_shocks"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    shocks: tuple[Any, ...] = ...,
    further: tuple[Any, ...] = ...,
    near: int = ...,
    country: str = ...,
    countries: Any = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["leave_one_donor_out"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["leave_one_out"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    by: str | Sequence[str] = ...,
    most: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["levelling_off"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    n_last: int = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["leverage"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["margins"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    columns: tuple[str, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["outcomes"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    others: tuple[str, ...] = ...,
    untouched: tuple[str, ...] = ...,
    reason: str = ...,
    transform: Literal["level", "log", "share_of_partner", "share_of_city", "index"] | None = ...,
    draws: int = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["paths"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["percent_effects"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["placebo_dates"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    periods: tuple[int, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["placebo_space"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    cutoffs: tuple[float, ...] = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["placebo_time"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    min_before: int = ...,
    min_after: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["pooled_cases"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    estimator: Literal["double_ratio", "synthetic_control", "synthetic_did", "augmented_synthetic_control"] = ...,
    out_of: int | None = ...,
    best: int = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["power"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    draws: int = ...,
    power: float = ...,
    level: float = ...,
    sizes: tuple[float, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["pretrend_power"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    powers: tuple[float, ...] = ...,
    draws: int = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["pretrends"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    draws: int = ...,
    reference: Literal["hotelling", "fixest"] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["raw_series"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    units: tuple[str, ...] = ...,
    most: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["reference_year"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["regions"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    level: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["remainder"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["rescaling"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    factors: tuple[float, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["reset"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    level: float = ...,
    by: str | Sequence[str] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["selection"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    lags: int = ...,
    covariates: tuple[str, ...] = ...,
    draws: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["specification_curve"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    estimators: tuple[str, ...] = ...,
    fixed_effects: tuple[str, ...] = ...,
    comparisons: tuple[str, ...] = ...,
    anticipation: tuple[int, ...] = ...,
    outcomes: tuple[str, ...] = ...,
    windows: tuple[tuple[int, int], ...] = ...,
    weights: tuple[str, ...] = ...,
    has_dates: bool = ...,
    covariates: tuple[str, ...] = ...,
    draws: int = ...,
    most: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["spillovers"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    edges: tuple[float, ...] = ...,
    rings: int = ...,
    city_columns: tuple[str, str] = ...,
    partner_columns: tuple[str, str] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["structural_sensitivity"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    factors: tuple[float, ...] = ...,
    components: tuple[int, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["twfe_weights"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["undated_agreements"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["unknown_break"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    trim: float = ...,
    min_periods: int = ...,
    draws: int = ...,
    level: float = ...,
    shift: float = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Literal["window"],
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
    steps: tuple[int, ...] = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult,
    diagnostic: Diagnostic | type[Diagnostic] | ModuleType,
    inference: str | Inference | Mapping[str, str] = ...,
    *,
    seed: int = ...,
) -> Finding: ...
@overload
def check(
    fit: FitResult, diagnostic: str, inference: str | Inference | Mapping[str, str] = ..., *, seed: int = ...
) -> Finding: ...

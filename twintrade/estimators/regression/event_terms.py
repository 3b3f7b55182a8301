"""Event-time dummies and the treatment dummy, shared by the estimators that regress on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Dropped, Estimate, EventStudy
from twintrade.effects.estimate import Kind
from twintrade.errors import DesignError, EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text, Value, Words

# Effects against a reference need units that are observed there and elsewhere: which rows such units join to it.


def find_joined_rows(holder: IntArray, node: IntArray, is_reference: BoolArray) -> BoolArray:
    """Return which rows (n_rows,) a chain of holders, each a level of its own, joins to the reference."""
    n_holders, n_nodes = (int(codes.max(initial=-1)) + 1 for codes in (holder, node))
    nodes = np.bincount(node[is_reference], minlength=n_nodes) > 0
    while True:
        rows = (np.bincount(holder[nodes[node]], minlength=n_holders) > 0)[holder]
        grown = np.bincount(node[rows], minlength=n_nodes) > 0
        if (grown == nodes).all():
            return np.asarray(rows)
        nodes = grown


def find_holders(o: Observations) -> IntArray:
    """Return the levels that the treated rows' own effect gives them: units, or cohorts, or one for all."""
    names = o.effect_names
    if "unit" in names:
        return o.unit
    return o.codes("cohort") if "cohort" in names else np.zeros(o.n_rows, dtype=np.int64)


def require_reference(observed: IntArray, joined: IntArray, reference: int) -> None:
    """Refuse an event study whose reference nobody is observed at who is observed elsewhere too."""
    before = [str(e) for e in np.unique(observed) if e < 0]
    values: dict[str, Value] = {
        "reference": str(reference),
        "n": len(before),
        "before": Listed(tuple(before), "comma"),
    }
    if reference not in observed:
        raise EstimationError(Text("estimators.reference-unobserved", **values))
    if not (joined != reference).any():
        raise EstimationError(Text("estimators.reference-alone", **values))


Shape = Literal["event", "static"]
FitShape = Literal["event", "static", "dose", "covariates"]
"""Beside a path and one effect after onset: the treatment's own column, 0/1 or a dose, and the covariates alone."""

EQUATIONS: dict[str, str] = {"static": "β·1[t ≥ g]", "dose": "β·d", "covariates": "0"}
"""How the equation of a shape begins."""

Later = Literal["comparison", "leads"]
"""What rows of units treated after the last period are: comparison alone, or with a lead of their own as well."""


@dataclass(frozen=True, slots=True)
class Model:
    """A regression."""

    # One dummy an event time, one treatment dummy, event-time dummies with binned ends, the treatment's own column,
    # or the covariates alone
    kind: Literal["event", "static", "binned", "dose", "covariates"]
    second_reference: int | None = None  # event time without a dummy beside the design's reference
    later: Later = "comparison"


def list_models(
    shape: FitShape, bins: bool, second_reference: int | None = None, later: Later = "comparison"
) -> tuple[Model, ...]:
    """Return the regressions that a shape is reported from, the one shown first, the static one last."""
    if shape != "event":
        return (Model(shape),)
    paths = (Model("binned", second_reference, later),) * bins + (Model("event", second_reference, later),)
    return (*paths, Model("static"))


def join_models(estimates: Sequence[Estimate]) -> Estimate:
    """Return the estimates of ``list_models`` as one: the path shown, the static effect as its overall effect."""
    if len(estimates) == 1:
        return estimates[0]
    shown, *others, static = estimates
    assert isinstance(shown, EventStudy)
    unbinned = others[0] if others else None
    path = unbinned.average_path() if isinstance(unbinned, EventStudy) else None
    return replace(shown, overall=static, path=path)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The regressors of a model: the effects that are reported first, nuisance terms and covariates after them."""

    # (n_rows, n_terms): in the order in which collinear terms are kept: from onset on, then leads, the earliest last
    columns: FloatArray
    names: tuple[Words, ...]
    event_times: IntArray | None  # (n_reported,): event time of each reported term; None for the static model
    n_reported: int  # how many of the columns are effects
    # (n_rows,): event time of each row with the ends binned; of rows without any dummy, below every event time
    clipped: IntArray
    # Whether the first and the last event time (the reference among them) collect rows beyond them
    binned: tuple[bool, bool] = (False, False)
    # Names of the event times that no unit joins to the reference: nuisance terms, for which no effect is given
    apart: tuple[Words, ...] = ()
    second_reference: int | None = None  # event time that counts as zero beside the reference
    kind: Kind = "overall"  # what reported terms without event times are

    def find_dummies(self) -> IntArray:
        """Return the column of each row's dummy, of which it has one at most, and -1 where it has none, (n_rows,)."""
        column = self.columns.argmax(axis=1)
        return np.where(self.columns[np.arange(column.size), column] > 0, column, -1)


NO_TERM = np.iinfo(np.int64).min  # clipped event time of a row that takes part without any dummy


def build_terms(o: Observations, model: Model) -> Terms:
    """Build the regressors of an event study or of the static model, covariates included."""
    if model.kind == "covariates":
        if not o.covariate_names:
            raise DesignError("the regression has no covariate; set covariates")
        every = np.zeros(o.n_rows, dtype=np.int64)
        return Terms(o.covariates, o.covariate_names, None, len(o.covariate_names), every, kind="coefficient")
    if model.kind == "dose" and o.dose is not None:
        panel = o.panel
        changed = o.dose != o.dose[panel.starts][panel.unit]
        onset = np.full(panel.n_units, np.inf)
        np.minimum.at(onset, panel.unit[changed], panel.period[changed].astype(np.float64))
        if not np.array_equal(onset[o.unit_rows], o.unit_onset):
            raise DesignError("a dose cannot be given to other units or moved in time; use clustered errors")
        values = o.dose[o.rows]
        clipped = np.where(values != 0, 0, NO_TERM).astype(np.int64)
        terms = Terms(values[:, None], (Text("estimators.effect-per-dose"),), None, 1, clipped)
    else:
        terms = _static_terms(o) if model.kind in ("static", "dose") else _event_terms(o, model)
    if not o.covariate_names:
        return terms
    return replace(terms, columns=np.hstack([terms.columns, o.covariates]), names=(*terms.names, *o.covariate_names))


def find_affected_rows(o: Observations) -> BoolArray:
    """Return which rows (n_rows,) belong to units affected within the sample, not after its last period."""
    return np.asarray((o.unit_onset - o.anticipation <= o.periods[-1])[o.unit])


def cut_before_last_onset(design: Design) -> Design:
    """Return the design as it is, or, where every unit is affected in the end, up to the last cohort's onset."""
    o = design.observations
    if not find_affected_rows(o).all():
        return design
    end = o.unit_onset.max() - design.anticipation
    why = Dropped("after-last-onset", Text("estimators.after-last-onset"), int((o.period >= end).sum()))
    return design.restricted(design.panel.period < end, why)


def _event_terms(o: Observations, model: Model) -> Terms:
    """One dummy per event time, its ends collecting rows beyond where binned; no dummy mixes both sides of onset."""
    treated = find_affected_rows(o) | (model.later == "leads") & np.isfinite(o.unit_onset)[o.unit]
    observed = o.event_time[treated]
    if model.kind == "binned":
        low, high = min(o.window[0], o.reference), max(o.window[1], 0)
    else:
        low, high = (int(observed.min()), int(observed.max())) if observed.size else (0, 0)
    clipped = np.where(treated, np.minimum(np.maximum(o.event_time, low), high), NO_TERM)
    followed = clipped[treated]
    times = _distinct(followed, low, high)
    references = list_references(o, model.second_reference)
    is_joined = find_joined_rows(find_holders(o)[treated], followed - low, np.isin(followed, references))
    joined = _distinct(followed[is_joined], low, high)
    require_reference(times, joined, o.reference)
    if model.second_reference is not None:
        require_reference(times, joined, model.second_reference)
    times, joined = times[~np.isin(times, references)], joined[~np.isin(joined, references)]
    times = times[np.lexsort((np.abs(times), times < 0, ~np.isin(times, joined)))]
    names = tuple(Text("estimators.effect-event-time", time=f"{e:+d}") for e in times)
    n_reported = joined.size
    return Terms(
        columns=(clipped[:, None] == times).astype(np.float64),
        names=names,
        event_times=times[:n_reported],
        n_reported=n_reported,
        clipped=clipped,
        binned=(bool((observed < low).any()), bool((observed > high).any())),
        apart=names[n_reported:],
        second_reference=model.second_reference,
    )


def list_references(design: Design | Observations, second: int | None) -> list[int]:
    """Return the event times that count as zero."""
    if second is None:
        return [design.reference]
    if second == design.reference or second >= -design.anticipation:
        raise DesignError(
            f"second_reference = {second}: set an event time before {-design.anticipation}, when effects may begin, "
            f"other than {design.reference}, the reference"
        )
    return [design.reference, second]


def _distinct(values: IntArray, low: int, high: int) -> IntArray:
    """Return the distinct values, ascending, of some that lie between two bounds."""
    return np.flatnonzero(np.bincount(values - low, minlength=high - low + 1) > 0) + low


def _static_terms(o: Observations) -> Terms:
    """The treatment dummy, and a nuisance dummy for periods of anticipation."""
    treated = o.is_treated
    early = o.is_affected & ~treated
    columns: list[BoolArray] = [treated]
    names: list[Words] = [Text("estimators.effect-after-onset")]
    if early.any():
        columns.append(early)
        names.append("anticipation")
    clipped = np.where(treated, 0, NO_TERM).astype(np.int64)
    return Terms(np.column_stack(columns).astype(np.float64), tuple(names), None, 1, clipped)

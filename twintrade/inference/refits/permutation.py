"""An estimate under re-assigned onsets: one refit a draw, every failure kept with its reason."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from math import perm
from typing import Literal, TypeAlias

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Estimate, EventStudy, Influence, RefitOnly
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import LinearNull
from twintrade.fanout import Arrays, report_loop, run_jobs, split_succeeded
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.conventions import is_reference
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text, Words

# Cities and partners that change labels: the agreements move with both and stay clustered as they are.

MOST_TRIES = 400_000
AT_ONCE = 20_000
MOST_LISTED = 20_000
MOST_STEPS = 5_000
STEPS_PER_LABEL = 20
FIRST_LOOKED_UP = 6  # agreements of each label that are looked up first


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A table of cities by partners with the agreements in it, and where each may fall."""

    place: IntArray  # (n_cities, n_partners): position of the pair's unit, -1 where there is none
    # row, column: (n_agreements,): city and partner of each agreement
    row: IntArray
    column: IntArray
    cohort: IntArray  # (n_agreements,)
    allowed: BoolArray  # (n_cohorts, n_cities, n_partners): whether an agreement of the cohort may fall on the pair

    def collect(self, n: int, rng: np.random.Generator) -> IntArray:
        """Return the places of the agreements in so many relabellings, shape (n_draws, n_agreements).

        Independent draws from all admissible relabellings where enough are found, else ``walk``.
        """
        blocks: list[IntArray] = []
        n_found = 0
        block, tried = min(2 * n, AT_ONCE), 0
        while tried < MOST_TRIES:
            cities, partners = (
                rng.permuted(np.tile(np.arange(size), (block, 1)), axis=1).T for size in self.place.shape
            )
            is_fine = self._is_admissible(cities, partners)
            blocks.append(self._places(cities[:, is_fine], partners[:, is_fine]))
            n_found += int(is_fine.sum())
            tried += block
            if n_found >= n:
                return np.concatenate(blocks)[:n]
            if tried >= AT_ONCE and n_found * MOST_TRIES < n * tried:
                break
            block = AT_ONCE
        return self.walk(n, rng)

    def walk(self, n: int, rng: np.random.Generator) -> IntArray:
        """Return the places of the agreements in relabellings reached by random walks, shape (n, n_agreements).

        A step exchanges two labels of one side if that is admissible and stays otherwise, so it is as likely as the
        step back and every admissible relabelling is equally likely in the long run. One walk leads from the real
        labels to a start, from which all draws walk as far: were the real labels drawn like the rest, they and the
        draws are exchangeable, however short the walks (Besag and Clifford 1989). Real labels that are themselves not
        admissible, with pairs treated throughout, are left by no step.
        """
        cities, partners = (np.arange(size)[:, None] for size in self.place.shape)
        is_fine = bool(self._is_admissible(cities, partners).all())
        n_steps = min(STEPS_PER_LABEL * sum(self.place.shape), MOST_STEPS) if is_fine else 0
        cities, partners = self._walked(cities, partners, n_steps, rng)
        cities, partners = (np.repeat(labels, n, axis=1) for labels in (cities, partners))
        return self._places(*self._walked(cities, partners, n_steps, rng))

    def is_listable(self) -> bool:
        """Whether the relabellings that differ in where agreements fall are few enough to try each."""
        used = np.unique(self.row).size, np.unique(self.column).size
        n_cities, n_partners = self.place.shape
        return perm(n_cities, used[0]) * perm(n_partners, used[1]) <= MOST_LISTED

    def everything(self) -> Iterator[IntArray]:
        """Yield the places of the agreements in every admissible relabelling, the same ones several times."""
        rows, row = np.unique(self.row, return_inverse=True)
        columns, column = np.unique(self.column, return_inverse=True)
        n_cities, n_partners = self.place.shape
        for cities in permutations(range(n_cities), rows.size):
            at = np.array(cities)[row]
            for partners in permutations(range(n_partners), columns.size):
                to = np.array(partners)[column]
                if self.allowed[self.cohort, at, to].all():
                    yield self.place[at, to]

    def _walked(
        self, cities: IntArray, partners: IntArray, n_steps: int, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray]:
        """Return labels of shape (n_labels, n_walkers) after so many steps from admissible ones.

        Of an exchange only the agreements of both labels are looked up.
        """
        cities, partners = cities.copy(), partners.copy()
        walkers, n_partners = np.arange(cities.shape[1]), self.place.shape[1]
        begins, allowed = self.cohort * self.place.size, np.append(self.allowed, True)
        sides = (
            _Side.of((cities, partners), (n_partners, 1), (self.row, self.column), begins, self.allowed.size),
            _Side.of((partners, cities), (1, n_partners), (self.column, self.row), begins, self.allowed.size),
        )
        for _ in range(n_steps):
            side = sides[0 if rng.random() < 0.5 else 1]
            exchanged = rng.integers(side.met.shape[1], size=(2, walkers.size))
            pair = exchanged * walkers.size + walkers
            before = side.labels.take(pair)
            moves = side.find_moving(exchanged, before[::-1], allowed)
            side.labels[pair[:, moves]] = before[::-1, moves]
        return cities, partners

    def _is_admissible(self, cities: IntArray, partners: IntArray) -> BoolArray:
        at = (cities * self.place.shape[1]).take(self.row, axis=0)
        at += partners.take(self.column, axis=0)
        at += self.cohort[:, None] * self.place.size
        return np.asarray(self.allowed.take(at).all(axis=0))

    def _places(self, cities: IntArray, partners: IntArray) -> IntArray:
        return np.asarray(self.place[cities[self.row], partners[self.column]].T)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The labels of cities or of partners in all walks, and what their agreements meet on the other side."""

    # labels, others: (n_labels * n_walkers,): of this side, and of the other
    labels: IntArray
    others: IntArray
    strides: tuple[int, int]  # how far apart labels of this side, and of the other, lie in a cohort's table
    met: IntArray  # (most_agreements, n_labels): where in `others` the walks of what each agreement meets begin
    # (most_agreements, n_labels): where the table of each agreement's cohort begins; behind all tables where a label
    # has no more agreements
    begins: IntArray

    @classmethod
    def of(
        cls,
        labels: tuple[IntArray, IntArray],
        strides: tuple[int, int],
        ends: tuple[IntArray, IntArray],
        begins: IntArray,
        behind: int,
    ) -> "_Side":
        """List the agreements of each label."""
        (side, others), n_walkers = labels, labels[0].shape[1]
        order, counts = np.argsort(ends[0], kind="stable"), np.bincount(ends[0], minlength=side.shape[0])
        at = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts), ends[0][order]
        met = np.zeros((int(counts.max()), side.shape[0]), dtype=np.int64)
        tables = np.full(met.shape, behind)
        met[at], tables[at] = ends[1][order] * n_walkers, begins[order]
        return cls(side.reshape(-1), others.reshape(-1), strides, met, tables)

    def find_moving(self, some: IntArray, to: IntArray, allowed: BoolArray) -> IntArray:
        """Return the walks in which all agreements of some labels may stand where they do once these are others.

        Most exchanges fail at one of the first agreements: the others are looked up where none of these did.

        ``some``, ``to`` (2, n_walkers); ``allowed`` (n_tables + 1,): the last for labels without so many agreements.
        """
        walks, start = np.arange(some.shape[1]), 0
        while start < self.met.shape[0] and walks.size:
            run = slice(start, 2 * start + FIRST_LOOKED_UP)
            at = self.met[run].take(some, axis=1)
            at += walks
            at = self.others.take(at)
            at *= self.strides[1]
            at += self.begins[run].take(some, axis=1)
            at += to * self.strides[0]
            fits = np.flatnonzero(allowed.take(at, mode="clip").all(axis=(0, 1)))
            walks, some, to, start = walks[fits], some[:, fits], to[:, fits], run.stop
        return walks


def build_labels(
    city: IntArray, partner: IntArray, onset: FloatArray, can_begin: BoolArray, cohorts: FloatArray
) -> Labels:
    """Return the table of eligible units.

    ``city``, ``partner`` (n_eligible,); ``onset`` (n_eligible,); ``can_begin`` (n_eligible, n_cohorts): whether a
    unit could have had that onset; ``cohorts`` (n_cohorts,).
    """
    shape = int(city.max()) + 1, int(partner.max()) + 1
    place = np.full(shape, -1, dtype=np.int64)
    place[city, partner] = np.arange(city.size)
    allowed = np.zeros((cohorts.size, *shape), dtype=bool)
    allowed[:, city, partner] = can_begin.T
    treated = np.flatnonzero(np.isfinite(onset))
    return Labels(place, city[treated], partner[treated], np.searchsorted(cohorts, onset[treated]), allowed)


Draws: TypeAlias = "tuple[dict[int, dict[View, FloatArray]], Counter[Words]]"
SHIFTED: Literal["outcome of the estimator's scale"] = "outcome of the estimator's scale"
"""Column that holds a transformed or made-up outcome; no data file can have a column of this name."""


@dataclass(frozen=True, slots=True, eq=False)
class Permuted:
    """Statistics of one view over the draws; NaN where a draw did not yield an effect."""

    estimate: Estimate  # the real one
    observed: FloatArray  # (n_effects,): the real effects as draws' are made: by a refit, or in one step
    effects: FloatArray  # (n_draws, n_effects)
    # (n_draws, n_effects): effects over their clustered standard errors; NaN throughout where these were not asked
    # for
    statistics: FloatArray
    # post_slopes, pre_slopes: (n_draws + 1, n_effects): estimates with the real treated rows, and the real treated
    # units' rows before the reference, as the outcome; the real assignment in the last row. NaN throughout where
    # intervals were not asked for.
    post_slopes: FloatArray
    pre_slopes: FloatArray
    # (n_effects,): the effect after onset, in log points, that was taken out of the real treated rows
    after: FloatArray
    # (n_draws + 1, n_effects): another such effect, near the estimate, and all effects with it taken out; the real
    # ones last
    near: tuple[float, FloatArray] | None = None
    is_recentered: bool = False  # whether statistics are less their mean over all assignments


@dataclass(frozen=True, slots=True, eq=False)
class Permutations:
    """All views of all draws, and what went wrong."""

    views: dict[View, Permuted]
    failures: dict[Words, int]  # reasons of refits that failed, with their number
    n_draws: int
    kept: IntArray  # which draws did not fail, in the order of the statistics


def is_linear(fit: Fit) -> bool:
    """Whether the effects are linear in the design's outcome: then they come on its scale.

    Weights or factors that are chosen from the outcome are not: such estimates say that only a refit can tell.
    """
    is_chosen = isinstance(fit.estimate.uncertainty, RefitOnly)
    return fit.estimate.scale == fit.design.scale and not fit.estimator.is_poisson and not is_chosen


def replace_outcome(design: Design, values: FloatArray) -> Design:
    """Return the design with an outcome given for the rows of its observations, shape (n_rows,)."""
    column = np.full(design.panel.n_rows, np.nan)
    column[design.observations.rows] = values
    panel = replace(design.panel, columns={**design.panel.columns, SHIFTED: column})
    return replace(design, panel=panel).with_outcome(SHIFTED, "level")


def permute(
    fit: Fit, views: Sequence[View], onsets: Iterable[FloatArray], has_intervals: bool, is_studentized: bool
) -> Permutations:
    """Re-estimate under every assignment."""
    real = {view: fit.view(view) for view in views}
    needs_slopes = has_intervals and is_linear(fit)
    outcomes = find_shifted_rows(fit) if needs_slopes else np.empty((fit.design.observations.n_rows, 0))
    null = None
    if not is_studentized:
        null = fit.estimator.linear_null(fit.design, np.column_stack([fit.design.observations.y, outcomes]), views)
    dealt = list(onsets)
    n_draws = len(dealt)
    how = _DrawContext(fit, real, [*dealt, fit.design.onset], outcomes, is_studentized)
    rows = {} if null is None else how.tabulate(null)
    refits, failures = how.refit_each([k for k in range(n_draws) if k not in rows])
    actual = rows.pop(n_draws, None) or _one(fit, real, fit.design, outcomes, False)
    rows = dict(sorted((rows | refits).items()))
    if not rows:
        reason = failures.most_common(1)[0][0] if failures else Text("inference.no-assignment")
        raise InferenceError(Text("inference.no-draw", draws=n_draws, reason=reason))
    packed = {view: _packed(real[view], [row[view] for row in rows.values()], actual[view]) for view in views}
    return Permutations(packed, dict(failures), n_draws, np.array(list(rows), dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _DrawContext:
    """What every draw of one call shares."""

    fit: Fit
    real: dict[View, Estimate]
    onsets: list[FloatArray]  # of the draws and, last, the real ones
    outcomes: FloatArray
    is_studentized: bool

    def of(self, onset: FloatArray) -> dict[View, FloatArray]:
        """Return the statistics of one draw."""
        return _one(self.fit, self.real, self.fit.design.reassigned(onset), self.outcomes, self.is_studentized)

    def tabulate(self, null: LinearNull) -> dict[int, dict[View, FloatArray]]:
        """Return the statistics of the draws that need no refit."""
        kept, effects = tabulate_designs(
            null, self.real, len(self.onsets), lambda k: self.fit.design.reassigned(self.onsets[k])
        )
        out: dict[int, dict[View, FloatArray]] = {}
        for place, k in enumerate(kept.tolist()):
            out[k] = {view: np.full((4, one.n_effects), np.nan) for view, one in self.real.items()}
            for view, values in effects.items():
                out[k][view][[0, 2, 3][: values.shape[2]]] = values[place].T
        return out

    def refit_each(self, draws: list[int]) -> Draws:
        """Refit under some draws, over workers where there are any."""
        jobs = {str(k): k for k in draws}
        good, bad = split_succeeded(run_jobs("randomization", _refitted, jobs, shared=self)) if jobs else ([], [])
        rows = {
            int(done.job): {view: done.values[view] for view in self.real} for done in good if done.values is not None
        }
        return rows, Counter(reason for _, reason in bad)


BLOCKS_AT_ONCE = 32


def tabulate_designs(
    null: LinearNull,
    views: Mapping[View, Estimate],
    n_designs: int,
    get_design: Callable[[int], Design],
    name: str = "randomization",
) -> tuple[IntArray, dict[View, FloatArray]]:
    """Return which designs need no refit, and their effects by view, (n_kept, n_effects, n_outcomes).

    A refit is needed where rows are others than those of the null, and where a view has no effect: it says why.
    ``get_design``: makes each design when its turn comes; ``name``: of the loop.
    """
    kept, tables = [np.empty(0, dtype=np.int64)], [null.estimate([], views)]
    for run in report_loop(name, np.array_split(np.arange(n_designs), -(-n_designs // BLOCKS_AT_ONCE))):
        pairs = [(k, null.build_blocks(get_design(k))) for k in run.tolist()]
        blocks = {k: one for k, one in pairs if one is not None}
        effects = null.estimate(list(blocks.values()), views)
        is_kept = np.ones(len(blocks), dtype=bool)
        for view, estimate in views.items():
            is_kept &= np.isfinite(effects[view][:, ~is_reference(estimate), 0]).any(axis=1)
        kept.append(np.array(list(blocks), dtype=np.int64)[is_kept])
        tables.append({view: values[is_kept] for view, values in effects.items()})
    return np.concatenate(kept), {view: np.concatenate([one[view] for one in tables]) for view in views}


def estimate_overall(
    fit: Fit, null: LinearNull | None, n_designs: int, get_design: Callable[[int], Design], name: str
) -> tuple[FloatArray, list[Words]]:
    """Return the overall effect of each design, NaN where there is none, and why there is none."""
    out, reasons = np.full(n_designs, np.nan), list[Words]()
    if null is not None:
        kept, effects = tabulate_designs(null, {"overall": fit.view("overall")}, n_designs, get_design, name)
        out[kept] = effects["overall"][:, 0, 0]
    left = np.flatnonzero(np.isnan(out)).tolist()
    jobs = {str(k): get_design(k) for k in left}
    for k, done in zip(left, run_jobs(name, _refit_overall, jobs, shared=fit) if jobs else (), strict=True):
        if done.values is None:
            reasons.append(done.text)
        else:
            out[k] = done.values["effect"][0]
    return out, reasons


def _refit_overall(fit: Fit, design: Design, rng: np.random.Generator) -> Arrays:
    return {"effect": fit.refit(design, "overall").view("overall").effects[:1]}


def _refitted(shared: _DrawContext, draw: int, rng: np.random.Generator) -> Arrays:
    return {str(view): estimates for view, estimates in shared.of(shared.onsets[draw]).items()}


def _packed(estimate: Estimate, rows: list[FloatArray], actual: FloatArray) -> Permuted:
    stacked = np.stack(rows)
    return Permuted(
        estimate,
        estimate.effects,
        effects=stacked[:, 0],
        statistics=stacked[:, 1],
        post_slopes=np.vstack([stacked[:, 2], actual[2]]),
        pre_slopes=np.vstack([stacked[:, 3], actual[3]]),
        after=np.zeros(estimate.n_effects),
    )


def find_shifted_rows(fit: Fit) -> FloatArray:
    """Return the real treated rows, and the treated units' rows that have a pre-period effect, shape (n_rows, 2)."""
    o = fit.design.observations
    early = np.zeros(o.n_rows, dtype=bool)
    estimate = fit.estimate
    if isinstance(estimate, EventStudy | CohortEffects):
        times = estimate.event_times[estimate.event_times < -estimate.anticipation]
        times = times[times != estimate.reference] if estimate.reference is not None else times
        early = np.isin(o.event_time, times)
        if isinstance(estimate, EventStudy) and estimate.binned[0] and times.size:
            early |= o.event_time < times.min()
    early &= o.is_ever_treated[o.unit]
    return np.column_stack([o.is_treated, early]).astype(np.float64)


def _one(
    fit: Fit, real: dict[View, Estimate], design: Design, outcomes: FloatArray, is_studentized: bool
) -> dict[View, FloatArray]:
    """Return effects, statistics, and the two slopes for every view, each of shape (4, n_effects)."""
    again = _RefitOnDraw(fit, tuple(real), design, outcomes)
    out = {}
    for view, estimate in real.items():
        row = np.full((4, estimate.n_effects), np.nan)
        refitted = again.fits[0].view(view)
        row[0] = align_values(estimate, refitted)
        if is_studentized and isinstance(refitted.uncertainty, Influence):
            se = Clustered().sandwich(again.fits[0], refitted).se
            with np.errstate(divide="ignore", invalid="ignore"):
                row[1] = align_values(estimate, refitted, np.where(se > 0, refitted.effects / se, np.nan))
        for k, made_up in enumerate(again.slopes(view, refitted)):
            row[2 + k] = align_values(estimate, *made_up)
        out[view] = row
    return out


class _RefitOnDraw:
    """A re-assigned design estimated on its outcome and on made-up ones, by the cheapest way its estimate offers."""

    def __init__(self, fit: Fit, views: Collection[View], design: Design, outcomes: FloatArray) -> None:
        self.fits = [fit.refit(design, *views)]
        design = self.fits[0].design
        o, original = design.observations, fit.design.observations
        if o.n_rows != original.n_rows:
            outcomes = outcomes[np.isin(original.rows, o.rows)]
        uncertainty = self.fits[0].estimate.uncertainty
        self._outcomes = outcomes
        if not isinstance(uncertainty, Influence) or uncertainty.regression is None:
            self.fits += [fit.refit(replace_outcome(design, y), *views) for y in outcomes.T]

    def slopes(self, view: View, estimate: Estimate) -> list[tuple[Estimate, FloatArray]]:
        """Return a view's effects on the made-up outcomes: from the regression's own weights where there is one."""
        if len(self.fits) > 1:
            return [(one, one.effects) for one in [made_up.view(view) for made_up in self.fits[1:]]]
        uncertainty = estimate.uncertainty
        source = uncertainty.regression if isinstance(uncertainty, Influence) else None
        if source is None:
            return []
        weights = source.outcome_weights().matrix()
        return [(estimate, weights.T @ y[source.rows]) for y in self._outcomes.T]


def align_values(estimate: Estimate, refitted: Estimate, values: FloatArray | None = None) -> FloatArray:
    """Return values of another estimate (its effects by default) in the order of this one, NaN where it has none."""
    values = refitted.effects if values is None else values
    index = {name: k for k, name in enumerate(refitted.names)}
    return np.array([values[index[name]] if name in index else np.nan for name in estimate.names], dtype=np.float64)

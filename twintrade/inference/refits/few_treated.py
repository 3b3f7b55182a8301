"""What a regression's error would be with the residuals of other groups in each group's place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from twintrade.effects import Influence, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

# Intervals that collect the constant effects which a randomization test does not reject, and their ends' errors.

TIE = 1e-9
MOST_ROUNDS = 12
SETTLED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class DrawnEnds:
    """Ends of the intervals of some effects."""

    # low, high: (n_effects,)
    low: FloatArray
    high: FloatArray
    # low_error, high_error: (n_effects,): monte Carlo standard errors: how far other draws would move an end; NaN
    # where there is none, or no bound
    low_error: FloatArray
    high_error: FloatArray

    @classmethod
    def absent(cls, n_effects: int) -> "DrawnEnds":
        """Return ends that are all NaN."""
        return cls(*(np.full(n_effects, np.nan) for _ in range(4)))

    def put(self, k: int, ends: tuple[float, float, float, float]) -> None:
        """Put the ends of one effect and their errors in their places."""
        self.low[k], self.high[k], self.low_error[k], self.high_error[k] = ends


def find_ends(
    find: Callable[[int], tuple[float, float]], n_draws: int, level: float
) -> tuple[float, float, float, float]:
    """Return both ends and their Monte Carlo errors.

    An end is where the order statistic that a share of 1 - level of the draws exceeds equals the real one. How many
    draws exceed a number is binomial, and the error is how far away the ends are of order statistics that lie one
    standard deviation of that count away: the error of the p-value over its slope.

    ``find``: from a shift of the order statistic, positive inward, to the ends.
    """
    spread = float(np.sqrt(n_draws * level * (1 - level)))
    step = max(1, round(spread))
    ends, *shifted = (find(shift) for shift in (0, step, -step))
    errors = [np.abs([other[side] - ends[side] for other in shifted]) for side in (0, 1)]
    known = [moves[np.isfinite(moves)] for moves in errors]
    low, high = (float(moves.mean()) * spread / step if moves.size else float("nan") for moves in known)
    return ends[0], ends[1], low, high


def compute_two_sided_share(observed: float, drawn: FloatArray) -> float:
    """Return (1 + draws at least as large in absolute value) / (1 + draws); ties count against the effect.

    A draw that falls short by rounding, a share of the largest statistic, is one.
    """
    sizes = np.abs(drawn)
    largest = max(abs(observed), float(sizes[np.isfinite(sizes)].max(initial=0.0)))
    slack = TIE * largest if np.isfinite(observed) else 0.0
    return float((1 + (sizes >= abs(observed) - slack).sum()) / (1 + drawn.size))


FIRST_DRAWS = 39


def compare_in_turn(
    draw: Callable[[range], tuple[float, FloatArray]], n_draws: int, level: float, *, ends_early: bool
) -> tuple[float, FloatArray, float]:
    """Return the real statistic, the drawn ones, and p by all draws, or by the first where it is above a limit.

    Such a p is valid: up to the limit it is no smaller than by all draws, and above it no smaller than by the first.

    ``draw``: from a run of draws to the real statistic and theirs, some of which may be missing.
    """
    cuts = [0, FIRST_DRAWS, n_draws] if ends_early and n_draws > FIRST_DRAWS else [0, n_draws]
    observed, drawn, p = np.nan, np.empty(0), np.nan
    for run in map(range, cuts, cuts[1:]):
        observed, new = draw(run)
        drawn = np.append(drawn, new)
        p = compute_two_sided_share(observed, drawn)
        if p > find_limit(n_draws, level) and (1 - level) * (drawn.size + 1) > 1 - TIE:
            break
    return observed, drawn, p


def find_limit(n_draws: int, level: float) -> float:
    """Return p by the first draws beyond which it cannot come down to 1 - level: too many are as large already.

    After Besag and Clifford (1991), looking once.
    """
    return float(np.ceil((1 - level) * (n_draws + 1) - TIE)) / (FIRST_DRAWS + 1)


def invert_randomization(
    observed: float, observed_slope: float, drawn: FloatArray, drawn_slope: FloatArray, level: float, shift: int = 0
) -> tuple[float, float]:
    """Return the hull of all constant effects d whose randomization p-value exceeds 1 - level.

    Under effect d the statistic of an assignment is its estimate on the outcome less d times the real treatment:
    ``drawn - d * drawn_slope``; of the real assignment ``observed - d * observed_slope``. Draw by draw the set of d
    for which the drawn statistic is at least as large in absolute value is an interval between two roots, or, where
    the drawn slope is the larger one, the outside of it (taken as everything, which is cautious). So the p-value is a
    step function and its level set is exact.

    ``drawn``, ``drawn_slope`` (n_draws,); ``shift``: draws more than the level asks for that must be as large.
    Returns infinite ends where arbitrarily large effects are not rejected; NaN where the statistic does not depend on
    d.
    """
    if abs(observed_slope) < TIE or drawn.size == 0:
        return float("nan"), float("nan")
    # p > 1 - level needs at least this many draws
    needed = min(int(np.floor((1 - level) * (drawn.size + 1) + TIE)) + shift, drawn.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (drawn - observed) / (drawn_slope - observed_slope)
        second = (drawn + observed) / (drawn_slope + observed_slope)
    is_inside = np.abs(drawn_slope) < abs(observed_slope) * (1 - TIE)
    low = np.where(is_inside, np.minimum(first, second), -np.inf)
    high = np.where(is_inside, np.maximum(first, second), np.inf)
    centre = observed / observed_slope
    below = np.sort(low)
    above = np.sort(high)[::-1]
    if needed <= 0:
        return float("-inf"), float("inf")
    # The centre's statistic is zero, so every draw's set holds it: on either side the sets end one by one.
    return min(float(below[needed - 1]), centre), max(float(above[needed - 1]), centre)


def invert_near(at: FloatArray, values: FloatArray, below: FloatArray, above: FloatArray) -> tuple[float, float]:
    """Return the first effects at which an estimate leaves its bounds, from a fit or two.

    Between two effects that are taken out, the estimate less its bounds lies on a line; beyond them the estimate
    alone moves, one for one. Zero is outside exactly if the estimate leaves its bounds there.

    ``at`` (n_fits,): effects taken out: zero, and perhaps another; ``values``, ``below``, ``above`` (n_fits,): the
    estimate then, and its bounds.
    """
    return _cross(at, values - above), -_cross(-at, below - values)


def _cross(at: FloatArray, excess: FloatArray) -> float:
    """Return where an excess that falls with the effect is zero; on the side of zero where that at zero puts it."""
    here = float(excess[0])
    if at.size == 1 or (here > 0) != (at[1] > 0):
        return here
    there, end = float(excess[1]), float(at[1])
    if (there > 0) == (here > 0):
        return end + there
    return end * here / (here - there) if np.isfinite(here) else end


def invert_studentized(
    observed: float,
    observed_slope: float,
    drawn: FloatArray,
    drawn_slope: FloatArray,
    scale_at: Callable[[float], FloatArray],
    level: float,
) -> tuple[float, float, float, float]:
    """Return the hull of constant effects not rejected, where statistics are over scales that move with the effect.

    With scales held as they are at an end the interval is exact; each end is found anew until it stays. The ends'
    Monte Carlo errors, which follow, are those under the last scales.

    ``observed``, ``observed_slope``, ``drawn``, ``drawn_slope``: as in ``invert_randomization``; ``scale_at``: from
    an effect to the scale of each draw and, last, of the real assignment, shape (n_draws + 1,).
    """
    if abs(observed_slope) < TIE or drawn.size == 0:
        return (float("nan"),) * 4
    centre = observed / observed_slope
    ends, errors = [], []
    for side in (0, 1):
        end = centre
        for _ in range(MOST_ROUNDS):
            scale = scale_at(end)
            drawn_scale, real_scale = scale[:-1], float(scale[-1])
            real = observed / real_scale, observed_slope / real_scale
            invert = partial(invert_randomization, *real, drawn / drawn_scale, drawn_slope / drawn_scale, level)
            again = invert()[side]
            is_settled = np.isinf(again) or abs(again - end) <= SETTLED * abs(again - centre)
            end = again
            if is_settled:
                break
        ends.append(end)
        errors.append(find_ends(invert, drawn.size, level)[2 + side])
    return ends[0], ends[1], errors[0], errors[1]


Group = Literal["unit", "city", "partner"]
MOST_AT_ONCE = 4_000_000  # numbers held at once while residuals are moved about


@dataclass(frozen=True, slots=True, eq=False)
class GroupResiduals:
    """A regression by group and period, the treated groups first, then the untreated ones seen in every period."""

    multipliers: FloatArray  # (n_groups, n_periods, n_effects): what a residual of one adds to each effect
    residuals: FloatArray  # (n_groups, n_periods): mean residual; NaN where a treated group is not seen
    # (n_groups, n_periods, n_effects): by how much the mean residual rises where an effect is held one unit below its
    # estimate
    slopes: FloatArray
    is_treated: BoolArray  # (n_groups,)
    sizes: FloatArray  # (n_groups,)

    @property
    def n_treated(self) -> int:
        """Number of treated groups."""
        return int(self.is_treated.sum())

    @property
    def n_controls(self) -> int:
        """Number of untreated groups that are used."""
        return int((~self.is_treated).sum())

    @property
    def sources(self) -> IntArray:
        """Groups seen in every period: only their residuals can stand in another group's place."""
        return np.flatnonzero(np.isfinite(self.residuals).all(axis=1))

    def errors(self) -> "GroupErrors":
        """Return what each untreated group's residuals would cause in each treated group's place."""
        return GroupErrors(
            values=np.einsum("gtk,ct->gck", self.multipliers[self.is_treated], self.residuals[~self.is_treated]),
            treated_sizes=self.sizes[self.is_treated],
            control_sizes=self.sizes[~self.is_treated],
        )


@dataclass(frozen=True, slots=True, eq=False)
class GroupErrors:
    """Linear combinations of group residuals with the treated groups' regressors."""

    # (n_treated, n_controls, n_effects): error that each control group's residuals would cause in each treated
    # group's place
    values: FloatArray
    treated_sizes: FloatArray  # (n_treated,)
    control_sizes: FloatArray  # (n_controls,)


def group_residuals(fit: Fit, view: View, group: Group, size: str | None) -> GroupResiduals:
    """Sum the regression behind an estimate by group and period.

    ``group``: the level at which treatment is assigned; ``size``: column whose mean is a group's size; None counts a
    group's rows.
    """
    uncertainty = fit.view(view).uncertainty
    if not isinstance(uncertainty, Influence) or uncertainty.regression is None:
        raise InferenceError(f"{fit.estimator.name} carries no regression; use it with a regression such as twfe")
    regression, o = uncertainty.regression, fit.design.observations
    groups = o.unit_clusters(group)[o.unit[regression.rows]]
    ever = np.zeros(int(groups.max()) + 1, dtype=bool)
    ever[groups[o.is_ever_treated[o.unit[regression.rows]]]] = True
    present = np.unique(groups)
    treated, controls = present[ever[present]], present[~ever[present]]
    if controls.size < 2 or treated.size == 0:
        raise InferenceError(f"there are {treated.size} treated and {controls.size} untreated groups by {group}")
    sums, means, slopes = _by_group_period(regression, groups, o.period[regression.rows])
    complete = controls[np.isfinite(means[controls]).all(axis=1)]
    if complete.size < 2:
        raise InferenceError("fewer than two untreated groups are observed in every period")
    used = np.concatenate([treated, complete])
    return GroupResiduals(
        multipliers=sums[used],
        residuals=means[used],
        slopes=slopes[used],
        is_treated=np.arange(used.size) < treated.size,
        sizes=_sizes(fit, regression, groups, size)[used],
    )


def _by_group_period(
    regression: Regression, groups: IntArray, periods: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return multipliers summed, and mean residuals and their slopes, by group and period."""
    labels, column = np.unique(periods, return_inverse=True)
    shape = (int(groups.max()) + 1, labels.size)
    per_row = regression.along(regression.bread @ regression.selector)
    sums = np.zeros((*shape, per_row.shape[1]))
    np.add.at(sums, (groups, column), per_row * regression.weights[:, None])
    count = np.zeros(shape)
    np.add.at(count, (groups, column), 1.0)
    residuals, slopes = np.zeros(shape), np.zeros(sums.shape)
    np.add.at(residuals, (groups, column), regression.residuals)
    variance = np.einsum("sk,st,tk->k", regression.selector, regression.bread, regression.selector)
    np.add.at(slopes, (groups, column), per_row / np.where(variance > 0, variance, 1.0))
    seen = np.maximum(count, 1)
    return sums, np.where(count > 0, residuals / seen, np.nan), slopes / seen[:, :, None]


def _sizes(fit: Fit, regression: Regression, groups: IntArray, size: str | None) -> FloatArray:
    count = np.bincount(groups).astype(np.float64)
    if size is None:
        return count
    o = fit.design.observations
    values = fit.design.panel.values(size)[o.rows[regression.rows]]
    mean = np.bincount(groups, weights=values) / np.maximum(count, 1)
    if not (mean[count > 0] > 0).all():
        raise InferenceError(f"group sizes from {size!r} must be positive")
    return np.asarray(mean)


def draw_errors(values: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return errors of the estimate, shape (n_draws, n_effects): one control group for each treated group.

    With one treated group every control group is used once; with several, each draws its own, as their errors are
    independent.
    """
    n_treated, n_controls, _ = values.shape
    if n_treated == 1:
        return np.asarray(values[0])
    if n_controls < n_treated:
        raise InferenceError(f"{n_treated} treated groups need as many untreated ones; there are {n_controls}")
    return np.asarray(values[np.arange(n_treated), rng.integers(n_controls, size=(draws, n_treated))].sum(axis=1))


def draw_reassignments(residuals: GroupResiduals, draws: int, rng: np.random.Generator, every: bool) -> IntArray:
    """Return which group's residuals stand in each group's place, shape (n_draws, n_groups).

    ``every``: with one treated group: let it change places with every other one in turn, and draw nothing.
    """
    sources, n_groups = residuals.sources, residuals.sizes.size
    if every and residuals.n_treated == 1:
        orders = np.tile(np.arange(n_groups), (n_groups - 1, 1))
        others = np.arange(1, n_groups)
        orders[:, 0] = others
        if sources[0] == 0:
            orders[others - 1, others] = 0
        return orders
    orders = rng.permuted(np.tile(sources, (draws, 1)), axis=1)
    lacking = n_groups - sources.size
    if lacking == 0:
        return orders
    return np.concatenate([orders, rng.choice(sources, size=(draws, lacking))], axis=1)


def compute_reassigned_effects(
    group: GroupResiduals, orders: IntArray, variances: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the effects that moved residuals would give, and how they rise with the effect that the null takes away.

    Under a null c the residuals are those of the regression that holds the effect at c: ``residuals + (effect - c) *
    slopes``. Both parts are linear in them.

    ``orders`` (n_draws, n_groups): from ``draw_reassignments``; ``variances`` (n_groups, n_effects, 2): constant and
    coefficient of 1 / size of the variance in each group's place: residuals are rescaled to it. Returns (n_draws,
    n_effects).
    """
    n_groups, _, n_effects = group.multipliers.shape
    parts = np.zeros((2, orders.shape[0], n_effects))
    residuals = np.nan_to_num(group.residuals)
    step = max(1, MOST_AT_ONCE // max(n_groups, orders.shape[0]))
    for k in range(n_effects):
        for first in range(0, n_groups, step):
            block = np.arange(first, min(first + step, n_groups))
            scale = 1.0 if variances is None else _rescaling(variances[block, k], group.sizes, block)
            for part, moved in zip(parts, (residuals, group.slopes[:, :, k]), strict=True):
                caused = scale * (group.multipliers[block, :, k] @ moved.T)
                part[:, k] += caused[np.arange(block.size), orders[:, block]].sum(axis=1)
    return parts[0], parts[1]


def _rescaling(variances: FloatArray, sizes: FloatArray, block: IntArray) -> FloatArray:
    """Return the standard deviation of each group of a block over that of every group in its place."""
    constant, by_size = variances[:, :1], variances[:, 1:]
    place_variance = constant + by_size / sizes[block, None]
    return np.asarray(np.sqrt(place_variance / (constant + by_size / sizes)))

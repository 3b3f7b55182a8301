"""Which predictors matter in a synthetic control: weights V chosen so that the outcome before the onset fits."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray

# Simplex weights by conditional gradients, stopped as the reference software of synthetic DiD stops.

FIRST_STEPS, STEPS = 100, 10_000
KEPT_SHARE = 0.25  # between the two passes, weights up to this share of the largest are set to zero


def fit_frank_wolfe_weights(columns: FloatArray, target: FloatArray, zeta: float, least_gain: float) -> FloatArray:
    """Approximate ``fit_simplex_weights`` as the software of Arkhangelsky et al. (2021), for published numbers."""
    start = np.full(columns.shape[1], 1.0 / columns.shape[1])
    rough = _descend(columns, target, start, zeta, least_gain, FIRST_STEPS)
    thinned = np.where(rough <= KEPT_SHARE * rough.max(), 0.0, rough)
    return _descend(columns, target, thinned / thinned.sum(), zeta, least_gain, STEPS)


def _descend(
    columns: FloatArray, target: FloatArray, weights: FloatArray, zeta: float, least_gain: float, n_steps: int
) -> FloatArray:
    n_rows = columns.shape[0]
    eta = n_rows * zeta**2
    fitted, before = columns @ weights, np.inf
    for step in range(n_steps):
        slope = (fitted - target) @ columns + eta * weights
        best = int(np.argmin(slope))
        move = -weights
        move[best] += 1.0
        moved = columns[:, best] - fitted
        curvature = moved @ moved + eta * (move @ move)
        if curvature == 0:
            break
        length = min(1.0, max(0.0, float(-(slope @ move) / curvature)))
        weights = weights + length * move
        fitted = fitted + length * moved
        value = float(zeta**2 * (weights @ weights) + ((fitted - target) ** 2).sum() / n_rows)
        if step > 0 and before - value <= least_gain**2:
            break
        before = value
    return weights


# Least squares over the simplex: non-negative weights that sum to one.

RELATIVE_ZERO = 1e-12  # weights below this share of the largest are rounding of the solver
LARGE_RIDGE = 1e-5  # against the mean squared distance: below it the dual would lose digits
MOST_ROUNDS = 50


def fit_simplex_weights(columns: FloatArray, target: FloatArray, ridge: float = 0.0) -> FloatArray:
    """Minimize ``|columns @ w - target|^2 + ridge * |w|^2`` over w >= 0 with sum one.

    On the simplex that is ``D @ w`` with D the columns less the target. Non-negative least squares of ``[D; 1']`` on
    ``[0; 1]`` has the same direction: along any ray w = s v its value at the best s grows with ``|D v|`` alone, so
    normalizing is exact. The ridge is further rows of D; unless it is tiny, more weights than rows go by the far
    smaller dual first.
    """
    n_weights = columns.shape[1]
    if n_weights == 0:
        raise EstimationError("there is no donor to weigh")
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise EstimationError("weights need finite outcomes before the onset; look for zeros under logs")
    if n_weights == 1:
        return np.ones(1)
    distances = columns - target[:, None]
    if n_weights > target.size and ridge >= LARGE_RIDGE * float((distances**2).sum(axis=0).mean()) > 0:
        by_dual = _by_dual(distances, ridge)
        if by_dual is not None:
            return by_dual
    if ridge > 0:
        distances = np.vstack([distances, np.sqrt(ridge) * np.eye(n_weights)])
    scale = float(np.sqrt((distances**2).sum(axis=0)).min())
    if scale == 0:
        # All weight on the first column that equals the target.
        return np.asarray(np.eye(n_weights)[int(np.argmin((distances**2).sum(axis=0)))], dtype=np.float64)
    stacked = np.vstack([distances / scale, np.ones((1, n_weights))])
    try:
        solution = scipy.optimize.nnls(
            stacked, np.append(np.zeros(distances.shape[0]), 1.0), maxiter=50 * n_weights + 1000
        )[0]
    except RuntimeError as error:
        raise EstimationError(f"simplex weights over {n_weights} donors did not converge: {error}") from None
    solution[solution < RELATIVE_ZERO * solution.max()] = 0.0
    return np.asarray(solution / solution.sum(), dtype=np.float64)


def _by_dual(distances: FloatArray, ridge: float) -> FloatArray | None:
    """Return the minimizer of ``|D w|^2 + ridge |w|^2`` on the simplex, None where the iteration circles.

    Up to scale ``v = max(1 - D'x, 0) / ridge`` with ``x = D v``; with the positive ones known x solves ``(ridge I +
    D_P D_P') x = D_P 1``, a system of as many rows as D; x says which are positive (principal pivoting in blocks).
    """
    n_rows, n_weights = distances.shape
    positive = np.ones(n_weights, dtype=bool)
    for _ in range(MOST_ROUNDS):
        chosen = distances[:, positive]
        x = np.linalg.solve(chosen @ chosen.T + ridge * np.eye(n_rows), chosen.sum(axis=1))
        slack = 1.0 - x @ distances
        now = slack > 0
        if not now.any():
            return None
        if (now == positive).all():
            weights = np.where(now, slack, 0.0)
            return np.asarray(weights / weights.sum(), dtype=np.float64)
        positive = now
    return None


# Unit and period weights of synthetic difference-in-differences, with both special cases by pinned weights.

Pinned = Literal["sdid", "sc", "did"]
Solver = Literal["exact", "published"]
NEARLY_NONE = 1e-6
"""Ridge where none is wanted, in noise levels: makes the weights unique (eta of the reference software)."""
LEAST_GAIN = 1e-5  # where the published solver stops, in noise levels


@dataclass(frozen=True, slots=True, eq=False)
class DidWeights:
    """Weights of one block of treated units that share an onset."""

    omega: FloatArray  # (n_donors,)
    lambda_: FloatArray  # (n_before,)


def compute_did_weights(
    treated: FloatArray,
    donors: FloatArray,
    before: BoolArray,
    after: BoolArray,
    *,
    n_treated: int = 1,
    kind: Pinned = "sdid",
    solver: Solver = "exact",
) -> DidWeights:
    """Return weights of Algorithm 1, or pinned to a ``kind``, by the optimum or where their software stops."""
    n_before, n_after = int(before.sum()), int(after.sum())
    steps = np.diff(donors[:, before], axis=1)
    level = float(steps.std(ddof=1)) if steps.size > 1 else 0.0  # their equation 5
    zeta = (n_treated * n_after) ** 0.25 * level
    if kind == "did":
        return DidWeights(np.full(donors.shape[0], 1.0 / donors.shape[0]), np.full(n_before, 1.0 / n_before))
    if kind == "sc":
        zeta = NEARLY_NONE * level
        omega = _solve(donors[:, before].T, treated[before], zeta, level, solver)
        return DidWeights(omega, np.zeros(n_before))
    omega = _solve(*_free_level(donors[:, before].T, treated[before]), zeta, level, solver)
    later = donors[:, after].mean(axis=1)
    lambda_ = _solve(*_free_level(donors[:, before], later), NEARLY_NONE * level, level, solver)
    return DidWeights(omega, lambda_)


def _free_level(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both sides less their mean over rows: the fit with an intercept."""
    return columns - columns.mean(axis=0), target - target.mean()


def _solve(columns: FloatArray, target: FloatArray, zeta: float, level: float, solver: Solver) -> FloatArray:
    if solver == "published" and level > 0:
        return fit_frank_wolfe_weights(columns, target, zeta, LEAST_GAIN * level)
    return fit_simplex_weights(columns, target, ridge=zeta**2 * columns.shape[0])


DRAWN = 200
SEED = 1931
SEARCHED = 8  # of the V looked at besides equal and regression weights, how many are searched from
FIRST_SEARCH, LAST_SEARCH = 80, 400  # looks per predictor
MOST_RESTARTS = 6
NO_GAIN = 1e-4
NO_MISFIT = 1e-12  # of the squared gap to the donors' mean: differences below are none
SMALLEST = -8.0  # power of ten of the smallest predictor weight


@dataclass(frozen=True, slots=True, eq=False)
class PredictorFit:
    """Donor weights under given or chosen predictor weights."""

    weights: FloatArray  # (n_donors,)
    importance: FloatArray  # (n_predictors,): diagonal of V, summing to one
    loss: float  # mean squared gap of the outcome before the onset
    # (n_starts,): the same where the search from each start ended: equal, regression, then the best of those drawn;
    # empty where V was given
    start_losses: FloatArray = field(default_factory=lambda: np.zeros(0))


def standardize_predictors(predictors: FloatArray) -> FloatArray:
    """Divide each predictor by its standard deviation over all units, shape (n_units, n_predictors)."""
    spread = predictors.std(axis=0, ddof=1)
    return predictors / np.where(spread > 0, spread, 1.0)


def weigh(predictors: FloatArray, outcomes: FloatArray, importance: FloatArray) -> PredictorFit:
    """Return donor weights given V (Abadie et al. 2010, eq. 5) of standardized predictors, the treated unit first."""
    share = importance / importance.sum()
    root = np.sqrt(share)
    weights = fit_simplex_weights((predictors[1:] * root).T, predictors[0] * root)
    gaps = outcomes[0] - weights @ outcomes[1:]
    return PredictorFit(weights, share, float(np.mean(gaps**2)))


def fit_predictor_weights(predictors: FloatArray, outcomes: FloatArray) -> PredictorFit:
    """Search V that minimizes the outcome's misfit before the onset.

    The misfit has flat regions, kinks and poor optima: equal V, regression weights, each predictor almost alone and
    `DRAWN` drawn V are looked at; over logarithms, without derivatives, the first two and the best other start
    searches, restarted until there is no gain. V itself is not unique; the fit is what counts.
    """
    looked_at = [weigh(predictors, outcomes, v) for v in _starts(predictors, outcomes)]
    order = np.argsort([fit.loss for fit in looked_at[2:]], kind="stable")[:SEARCHED]
    floor = NO_MISFIT * float(np.mean((outcomes[0] - outcomes[1:].mean(axis=0)) ** 2))
    n_predictors = predictors.shape[1]
    ends = [
        _search(predictors, outcomes, looked_at[k], FIRST_SEARCH * n_predictors, floor) for k in (0, 1, *(order + 2))
    ]
    best = min(ends, key=lambda fit: fit.loss)
    for _ in range(MOST_RESTARTS):
        again = _search(predictors, outcomes, best, LAST_SEARCH * n_predictors, floor)
        gain, best = best.loss - again.loss, again
        if gain <= NO_GAIN * max(best.loss, floor):
            break
    return replace(best, start_losses=np.array([fit.loss for fit in ends]))


def _starts(predictors: FloatArray, outcomes: FloatArray) -> list[FloatArray]:
    n_predictors = predictors.shape[1]
    generator = np.random.default_rng(SEED)
    alone = np.where(np.eye(n_predictors, dtype=bool), 1.0, 1e-3)
    even = generator.dirichlet(np.ones(n_predictors), DRAWN // 2)
    uneven = 10.0 ** generator.uniform(-4, 0, size=(DRAWN - DRAWN // 2, n_predictors))
    x = np.column_stack([np.ones(predictors.shape[0]), predictors])
    slopes = (np.linalg.lstsq(x, outcomes, rcond=None)[0][1:] ** 2).sum(axis=1)  # squared, summed over periods
    return [np.ones(n_predictors), slopes if slopes.sum() > 0 else np.ones(n_predictors), *alone, *even, *uneven]


def _search(
    predictors: FloatArray, outcomes: FloatArray, start: PredictorFit, most_looks: int, floor: float
) -> PredictorFit:
    """Return the better of the start and what Nelder and Mead's simplex finds from it."""

    def weights_at(x: FloatArray) -> FloatArray:
        return np.asarray(10.0 ** np.maximum(x - x.max(), SMALLEST), dtype=np.float64)

    def loss(x: FloatArray) -> float:
        return weigh(predictors, outcomes, weights_at(x)).loss

    at = np.asarray(np.log10(np.maximum(start.importance / start.importance.max(), 1e-6)), dtype=np.float64)
    corners: FloatArray = np.vstack([at, at + np.diag(np.where(at < -1.5, 1.0, -1.0))])
    end = scipy.optimize.minimize(
        loss,
        at,
        method="Nelder-Mead",
        options={
            "maxfev": most_looks,
            "xatol": 1e-3,
            "fatol": 1e-7 * max(start.loss, floor),
            "adaptive": True,
            "initial_simplex": corners,
        },
    )
    return min(start, weigh(predictors, outcomes, weights_at(end.x)), key=lambda fit: fit.loss)

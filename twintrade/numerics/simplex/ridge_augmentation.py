"""Ridge augmentation of synthetic-control weights (Ben-Michael, Feller and Rothstein 2021)."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights

# Elastic-net weights, solved exactly as non-negative least squares, and their penalty by blocks of periods.

N_PENALTIES = 8
SMALLEST_PENALTY = 1e-3  # smallest penalty tried, as a share of the one that empties the weights


@dataclass(frozen=True, slots=True, eq=False)
class NetFit:
    """Weights and intercept under one penalty."""

    weights: FloatArray  # (n_weights,)
    intercept: float
    penalty: float
    mix: float


def fit_elastic_net(columns: FloatArray, target: FloatArray, penalty: float, mix: float) -> NetFit:
    """Minimize ``|y - m - X w|^2 / 2n + penalty (mix |w|_1 + (1 - mix) |w|^2 / 2)``, with ``mix < 1``.

    Positive and negative parts of w are separate unknowns; the ridge rows' target carries the linear term by
    completing the square, so the problem is one NNLS.
    """
    if not (penalty > 0 and 0 <= mix < 1):
        raise EstimationError(f"an elastic net needs penalty > 0 and mix in [0, 1), not {penalty} and {mix}")
    n_rows, n_weights = columns.shape
    middle = columns.mean(axis=0)
    x, y = columns - middle, target - target.mean()
    # In units of the ridge, so that the second block has the scale of the first.
    ridge, absolute = n_rows * penalty * (1 - mix), n_rows * penalty * mix
    stacked = np.vstack([np.hstack([x, -x]), np.sqrt(ridge) * np.eye(2 * n_weights)])
    aimed = np.concatenate([y, np.full(2 * n_weights, -absolute / np.sqrt(ridge))])
    try:
        parts = scipy.optimize.nnls(stacked, aimed, maxiter=100 * n_weights + 1000)[0]
    except RuntimeError as error:
        raise EstimationError(f"elastic-net weights over {n_weights} donors did not converge: {error}") from None
    weights = parts[:n_weights] - parts[n_weights:]
    return NetFit(weights, float(target.mean() - weights @ middle), penalty, mix)


def choose_net(columns: FloatArray, target: FloatArray, mixes: tuple[float, ...], n_blocks: int) -> NetFit:
    """Choose penalty and mix by leaving out consecutive blocks of rows, and refit on all of them."""
    blocks = np.array_split(np.arange(target.size), min(n_blocks, target.size))
    best, least = None, np.inf
    steepest = np.abs((columns - columns.mean(axis=0)).T @ (target - target.mean())).max()
    for mix in mixes:
        top = float(steepest / (target.size * max(mix, 0.05)))
        if top == 0:
            raise EstimationError("the treated unit or its donors do not vary before the onset: nothing to fit")
        for penalty in top * SMALLEST_PENALTY ** (np.arange(N_PENALTIES) / (N_PENALTIES - 1)):
            error = 0.0
            for block in blocks:
                rest = np.setdiff1d(np.arange(target.size), block)
                net = fit_elastic_net(columns[rest], target[rest], float(penalty), mix)
                error += float(((target[block] - net.intercept - columns[block] @ net.weights) ** 2).sum())
            if error < least:
                best, least = (float(penalty), mix), error
    if best is None:
        raise EstimationError("no penalty could be evaluated; give penalty and mix")
    return fit_elastic_net(columns, target, *best)


# Weights of several synthetic controls that balance each case and their average at once.

SUM_ROW = 1e4  # weight of the rows that make each case's weights sum to one, in units of the data's root mean square


def fit_partially_pooled_weights(
    treated: list[FloatArray], donors: list[FloatArray], pooling: float
) -> list[FloatArray]:
    """Minimize pooled and separate imbalances, aligned by event time (Ben-Michael et al. 2022)."""
    if not 0 <= pooling <= 1:
        raise EstimationError(f"pooling lies between 0 and 1, not {pooling}")
    sizes, longest = [d.shape[0] for d in donors], max(outcomes.size for outcomes in treated)
    n_weights = sum(sizes)
    separate = [np.sqrt((1 - pooling) / (len(treated) * outcomes.size)) for outcomes in treated]
    counts = np.array([sum(outcomes.size > lag for outcomes in treated) for lag in range(longest)], dtype=np.float64)
    average, mean_target = np.sqrt(pooling / longest) / counts, np.zeros(longest)
    for outcomes in treated:
        mean_target[: outcomes.size] += average[: outcomes.size] * outcomes
    mean_rows = [average[:, None] * np.pad(d.T, ((0, longest - d.shape[1]), (0, 0))) for d in donors]
    each = scipy.linalg.block_diag(*(root * d.T for root, d in zip(separate, donors, strict=True)))
    data = np.vstack([each, np.hstack(mean_rows)])
    goal = np.concatenate([*(root * y for root, y in zip(separate, treated, strict=True)), mean_target])
    scale = float(np.sqrt(np.mean(data**2))) or 1.0
    sums = scipy.linalg.block_diag(*(np.full((1, size), SUM_ROW * scale) for size in sizes))
    data, goal = np.vstack([data, sums]), np.concatenate([goal, np.full(len(sizes), SUM_ROW * scale)])
    if pooling == 1:
        # Only the average is balanced: a little ridge picks one of many solutions.
        data = np.vstack([data, np.sqrt(1e-8 * scale**2) * np.eye(n_weights)])
        goal = np.concatenate([goal, np.zeros(n_weights)])
    try:
        solution = scipy.optimize.nnls(data, goal, maxiter=50 * n_weights + 1000)[0]
    except RuntimeError as error:
        raise EstimationError(f"partially pooled weights did not converge: {error}") from None
    return [w / w.sum() for w in np.split(solution, np.cumsum(sizes)[:-1])]


def compute_imbalances(
    treated: list[FloatArray], donors: list[FloatArray], weights: list[FloatArray]
) -> tuple[float, float]:
    """Return the root mean square of the average imbalance and of the separate ones."""
    gaps = [target - w @ others for target, others, w in zip(treated, donors, weights, strict=True)]
    average = [np.mean([g[lag] for g in gaps if g.size > lag]) for lag in range(max(g.size for g in gaps))]
    separate = np.mean([np.mean(g**2) for g in gaps])
    return float(np.sqrt(np.mean(np.square(average)))), float(np.sqrt(separate))


# How far a path lies outside what its donors can reproduce.


def compute_distance_outside(target: FloatArray, donors: FloatArray) -> tuple[float, int]:
    """Return the largest distance outside the donors' range in a period, in their deviations, and in how many."""
    spread = donors.std(axis=0)
    beyond = np.maximum(target - donors.max(axis=0), donors.min(axis=0) - target)
    outside = beyond > 1e-12 * np.maximum(np.abs(target), 1e-300)
    if not outside.any():
        return 0.0, 0
    scaled = np.where(spread > 0, beyond / np.where(spread > 0, spread, 1.0), np.inf)
    return float(scaled[outside].max()), int(outside.sum())


N_RIDGE_PENALTIES = 20
SMALLEST_RIDGE_PENALTY = 1e-8  # smallest penalty tried, as a share of the largest squared singular value


def augment_weights(donors: FloatArray, treated: FloatArray, penalty: float, base: FloatArray) -> FloatArray:
    """Return simplex weights plus the ridge correction of imbalance (eq. 12), outcomes less the donors' means."""
    imbalance = treated - base @ donors
    gram = donors.T @ donors + penalty * np.eye(donors.shape[1])
    return np.asarray(base + donors @ np.linalg.solve(gram, imbalance), dtype=np.float64)


def center_on_donors(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return donors and treated unit less the donors' mean in each period; the treated unit is the first row."""
    mean = values[1:].mean(axis=0)
    return values[1:] - mean, values[0] - mean


def standardize_covariates(predictors: FloatArray) -> FloatArray:
    """Return covariates, treated unit first, less the donors' mean, in deviations; constant ones are left out."""
    spread = predictors[1:].std(axis=0)
    kept = spread > 0
    standardized = np.asarray((predictors[:, kept] - predictors[1:, kept].mean(axis=0)) / spread[kept])
    n_donors, n_covariates = standardized.shape[0] - 1, standardized.shape[1]
    if n_covariates >= n_donors - 1 or np.linalg.matrix_rank(standardized[1:]) < n_covariates:
        raise EstimationError(
            f"{n_covariates} covariates cannot be distinguished from {n_donors} donors; take fewer covariates"
        )
    return standardized


def remove_covariates(values: FloatArray, covariates: FloatArray) -> FloatArray:
    """Return outcomes less the donors' regression on covariates (Ben-Michael et al. 2021, section 5)."""
    return np.asarray(values - covariates @ np.linalg.lstsq(covariates[1:], values[1:], rcond=None)[0])


def balance_weights(weights: FloatArray, covariates: FloatArray) -> FloatArray:
    """Return the weights nearest to these under which donors have the treated unit's covariates, same sum."""
    donors = covariates[1:]
    return np.asarray(weights + donors @ np.linalg.solve(donors.T @ donors, covariates[0] - weights @ donors))


def choose_penalty(donors: FloatArray, treated: FloatArray, *, one_se: bool) -> float:
    """Choose the largest penalty within one error of the smallest leave-one-period-out error, or that one itself."""
    penalties, errors = compute_left_out_errors(donors, treated)
    squares = errors**2
    mean = squares.mean(axis=0)
    best = int(np.argmin(mean))
    if not one_se:
        return float(penalties[best])
    limit = mean[best] + squares[:, best].std(ddof=1) / np.sqrt(treated.size)
    return float(penalties[mean <= limit].max())


def compute_left_out_errors(donors: FloatArray, treated: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the penalties tried and each period's error when it is left out, (n_before, n_penalties).

    With d the imbalance of weights fitted without t, and K the donors' Gram matrix plus the penalty, the ridge
    without t errs by ``d'K^-1 e_t / (e_t'K^-1 e_t)``: one singular value decomposition serves every period and
    penalty.
    """
    n_donors, n_before = donors.shape
    square = np.linalg.qr(donors, mode="r") if n_donors > n_before else donors
    _, singular, across = np.linalg.svd(square)
    variances = np.zeros(n_before)
    variances[: singular.size] = singular**2
    penalties = variances[0] * SMALLEST_RIDGE_PENALTY ** (np.arange(N_RIDGE_PENALTIES + 1) / N_RIDGE_PENALTIES)
    inverse = 1.0 / (variances[:, None] + penalties)
    kept = ~np.eye(n_before, dtype=bool)
    weights = np.array([fit_simplex_weights(donors[:, rows].T, treated[rows]) for rows in kept])
    imbalance = treated - weights @ donors
    errors = ((imbalance @ across.T) * across.T) @ inverse / (across.T**2 @ inverse)
    return penalties, np.asarray(errors)

"""Which predictors matter in a synthetic control: weights V chosen so that the outcome before the onset fits."""

from dataclasses import dataclass, field, replace

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex.weights import fit_simplex_weights

DRAWN = 200
SEED = 1931
SEARCHED = 8
"""Of the V looked at besides equal and regression weights, how many are searched from."""
FIRST_SEARCH, LAST_SEARCH = 80, 400
"""Looks per predictor."""
MOST_RESTARTS = 6
NO_GAIN = 1e-4
NO_MISFIT = 1e-12
"""Of the squared gap to the donors' mean: differences below are none."""
SMALLEST = -8.0
"""Power of ten of the smallest predictor weight."""


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
    """Return donor weights for given V (Abadie, Diamond and Hainmueller 2010, eq. 5).

    ``predictors`` (1 + n_donors, n_predictors): standardized; the treated unit first; ``outcomes`` (1 + n_donors,
    n_before); ``importance`` (n_predictors,): non-negative.
    """
    share = importance / importance.sum()
    root = np.sqrt(share)
    weights = fit_simplex_weights((predictors[1:] * root).T, predictors[0] * root)
    gaps = outcomes[0] - weights @ outcomes[1:]
    return PredictorFit(weights, share, float(np.mean(gaps**2)))


def fit_predictor_weights(predictors: FloatArray, outcomes: FloatArray) -> PredictorFit:
    """Search V that minimizes the outcome's misfit before the onset.

    The misfit has flat regions, kinks and poor local optima. It is looked at for equal V (of standardized
    predictors: inverse variance), for regression weights, for each predictor almost alone and for `DRAWN` drawn V;
    searched without derivatives, over logarithms of V, from the first two and from the best of the rest; and
    searched on from the best end until a restart brings no gain. V itself is not unique; the fit is what counts.
    """
    starts = _starts(predictors, outcomes)
    looked_at = [weigh(predictors, outcomes, v) for v in starts]
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
    return [np.ones(n_predictors), _regression_start(predictors, outcomes), *alone, *even, *uneven]


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


def _regression_start(predictors: FloatArray, outcomes: FloatArray) -> FloatArray:
    """Squared coefficients of the outcomes on the predictors, summed over periods."""
    x = np.column_stack([np.ones(predictors.shape[0]), predictors])
    coefficients = np.linalg.lstsq(x, outcomes, rcond=None)[0][1:]
    size = (coefficients**2).sum(axis=1)
    return size if size.sum() > 0 else np.ones(predictors.shape[1])

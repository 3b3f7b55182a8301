"""Sums of coefficients with their errors."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from twintrade.errors import InferenceError
from twintrade.inference.clustering import compute_t_quantiles, compute_two_sided_p


def combine_terms(
    estimates: pd.Series,
    covariance: pd.DataFrame,
    weights: Mapping[str, float] | Sequence[str],
    level: float,
    degrees: float,
) -> pd.DataFrame:
    """Return the tidy row of a weighted sum of coefficients.

    Parameters
    ----------
    estimates : Series
        By name.
    covariance : DataFrame
        Of the same names.
    weights : mapping of str to float, or sequence of str
        Names to be added up, or weights by name.
    level : float
        Of the interval.
    degrees : float
        Degrees of freedom, ``inf`` for the normal.

    Raises
    ------
    InferenceError
        A name is no coefficient, or there is no covariance.
    """
    given = dict(weights) if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
    unknown = [name for name in given if name not in estimates.index]
    if unknown:
        raise InferenceError(f"no coefficient is called {unknown[0]!r}; known: {', '.join(estimates.index)}")
    names, w = list(given), np.array(list(given.values()), dtype=np.float64)
    estimate = float(w @ estimates[names].to_numpy())
    error = float(np.sqrt(w @ covariance.loc[names, names].to_numpy() @ w))
    if not np.isfinite(error):
        raise InferenceError('this inference gives no covariance of the coefficients; set inference to "clustered"')
    statistic, df = np.array([estimate / error]), np.array([degrees])
    half = float(compute_t_quantiles((1 + level) / 2, df)[0]) * error
    row = {
        "term": " + ".join(name if weight == 1 else f"{weight:g}*{name}" for name, weight in given.items()),
        "estimate": estimate,
        "std.error": error,
        "statistic": estimate / error,
        "p.value": float(compute_two_sided_p(statistic, df)[0]),
        "conf.low": estimate - half,
        "conf.high": estimate + half,
    }
    return pd.DataFrame([row])

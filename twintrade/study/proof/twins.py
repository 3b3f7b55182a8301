"""Three methods again, each in a dozen lines of numpy, as the technical note prints them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# To import scipy.optimize takes a quarter of a second: the one twin that needs it does.


def repeat_double_ratio(flows: Array, city: Array, partner: Array, before: Array) -> Array:
    """Return the log double ratio of the first flow, less its mean before the agreement."""
    same_city, same_partner = city == city[0], partner == partner[0]
    other = np.arange(len(city)) > 0
    ratio = np.log(flows[0])
    for members, sign in ((other & same_city, -1), (other & same_partner, -1), (~same_city & ~same_partner, 1)):
        if members.any():
            ratio = ratio + sign * np.log(flows[members].sum(axis=0))
    return np.asarray(ratio - ratio[before].mean())


def repeat_imputation(y: Array, treated: Array, effects: Sequence[Array], poisson: bool) -> Array:
    """Return what treated rows would be by effects fitted on the others, one effect after another until all hold."""
    levels = [np.unique(effect, return_inverse=True)[1] for effect in effects]
    fitted = np.full(len(y), 1.0 if poisson else 0.0)
    for _ in range(200_000):
        last = fitted.copy()
        for level in levels:
            total, rows = (np.bincount(level, v * ~treated) for v in (y, fitted if poisson else np.ones(len(y))))
            if poisson:
                fitted = fitted * np.divide(total, rows, np.ones(len(rows)), where=rows > 0)[level]
            else:
                missing = total - np.bincount(level, fitted * ~treated)
                fitted = fitted + np.divide(missing, rows, np.zeros(len(rows)), where=rows > 0)[level]
        if np.abs(fitted - last).max() <= 1e-14 * np.abs(fitted).max():
            break
    return fitted[treated]


def repeat_synthetic_control(series: Array, before: Array, demeaned: bool) -> Array:
    """Return the gap of the first series to the mix of the others, weights from 0 to 1, closest before."""
    from scipy.optimize import nnls

    if demeaned:
        series = series - series[:, before].mean(axis=1, keepdims=True)
    gaps = (series[1:, before] - series[0, before]).T
    scale = np.abs(gaps).max()
    weights, _ = nnls(np.vstack([gaps / scale, np.ones(gaps.shape[1])]), np.append(np.zeros(gaps.shape[0]), 1.0))
    return np.asarray(series[0] - weights / weights.sum() @ series[1:])


TWINS: dict[str, Callable[..., Array]] = {
    "double_ratio": repeat_double_ratio,
    "imputation": repeat_imputation,
    "synthetic_control": repeat_synthetic_control,
}
"""By the name of the method."""

"""What scaled errors and randomization say of many outcomes under one assignment of agreements, at the cost of one.

For linear estimators on complete panels: weights of rows, expected variances, degrees of freedom and re-assigned
onsets are the program's own and turn on the assignment alone; outcomes are columns. Size studies hold some of these
p-values against those of the inferences themselves.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from twintrade.design import Design
from twintrade.estimators.base import Fit, fit
from twintrade.inference.clustering.clusters import find_row_weights
from twintrade.inference.clustering.constant_effect import compute_scaled_variances
from twintrade.inference.refits.dealing import FEWEST, deal_onsets
from twintrade.inference.refits.few_treated import compute_two_sided_share
from twintrade.inference.refits.noise import Residuals, compute_linear_residuals
from twintrade.inference.refits.reassignment import find_units_with_trade, measure_sizes
from twintrade.inference.refits.studentizing import build_studentizer
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, compact, intersect_codes, list_signed_subsets, sum_by_group
from twintrade.numerics.testing import score_sizes


def weigh_rows(one: Fit) -> FloatArray:
    """Return the weights of all rows in the headline, shape (n_rows,)."""
    found = find_row_weights(one, one.view("overall"))
    assert found is not None
    out = np.zeros(one.design.observations.n_rows)
    out[found.rows] = found.values[:, 0]
    return out


def test_scaled(one: Fit, designs: Sequence[Design]) -> FloatArray:
    """Return the p-values of ``Scaled`` for the outcomes of several designs, shape (n_designs,)."""
    o, names = one.design.observations, one.design.clusters
    known = next(compute_scaled_variances(one, [one.view("overall")], names))
    if known.df[0] < 1:
        return np.full(len(designs), np.nan)
    outcomes = np.column_stack([design.observations.y for design in designs])
    v, d = weigh_rows(one), o.is_treated.astype(np.float64)
    net = build_absorber(o.effect_codes(), o.weights).residualize(np.column_stack([outcomes, d]))
    effects = v @ outcomes
    scores = v[:, None] * (net[:, :-1] - net[:, -1:] * effects / (v @ d))
    variance, largest = np.zeros(effects.size), np.zeros(effects.size)
    for sign, chosen in list_signed_subsets([compact(o.codes(name)) for name in names]):
        squares = (sum_by_group(scores, intersect_codes(chosen)) ** 2).sum(axis=0)
        variance += sign * squares
        largest = np.maximum(largest, squares) if len(chosen) == 1 else largest
    se = np.sqrt(np.where(variance > 0, variance, largest) * known.factor[0])
    return np.asarray(2 * student.sf(np.abs(effects) / se, known.df[0]))


def test_randomized(
    one: Fit, designs: Sequence[Design], draws: int, rng: np.random.Generator, *, by_row: bool
) -> FloatArray:
    """Return the p-values of ``Randomization`` for the outcomes of several designs, from the same re-assignments."""
    dealing = deal_onsets(one, "assigned", draws, np.random.default_rng(int(rng.integers(2**31))))
    if dealing.scheme.n_assignments < FEWEST:
        return np.full(len(designs), np.nan)
    o, outcomes = one.design.observations, np.column_stack([design.observations.y for design in designs])
    estimates = _estimate_again(one, outcomes, [*dealing.onsets, one.design.onset])
    residuals, ones = compute_linear_residuals(o, outcomes), np.ones(o.n_rows)
    studentizer = build_studentizer(one, ["overall"], dealing.onsets, by_row=by_row)
    pool = find_units_with_trade(one)
    assert studentizer.shares is not None
    p = np.empty(len(designs))
    for k, design in enumerate(designs):
        size = np.zeros(o.n_units)
        size[pool] = score_sizes(measure_sizes(design)[pool])
        variances = replace(studentizer.noise, size=size).variances(Residuals(residuals[:, k], ones, False))
        if (rows := studentizer.find_known(0.0, 0.0).by_row) is not None:
            scale = rows.scale(variances)
        else:
            scale = studentizer.shares.scale(variances, studentizer.dealt, slice(0, 1), is_ratio=True)[:, 0]
        compared = estimates[:, k] / scale
        p[k] = compute_two_sided_share(float(compared[-1]), compared[:-1])
    return p


def _estimate_again(one: Fit, outcomes: FloatArray, onsets: Sequence[FloatArray]) -> FloatArray:
    """Return the headlines of all outcomes under other onsets, shape (n_onsets, n_outcomes)."""
    null = one.estimator.linear_null(one.design, one.design.observations.y[:, None], ["overall"])
    out = np.empty((len(onsets), outcomes.shape[1]))
    for k, onset in enumerate(onsets):
        design = one.design.reassigned(onset)
        blocks = None if null is None else null.build_blocks(design, is_summed=False)
        if null is not None and blocks is not None:
            out[k] = next(null.weigh_rows([blocks])) @ outcomes
        else:
            out[k] = weigh_rows(fit(one.estimator, design)) @ outcomes
    return out

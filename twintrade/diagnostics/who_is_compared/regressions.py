"""A regression held against imputation on the same rows, whose comparisons are all untreated."""

from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.diagnostics.paired import compare_paired
from twintrade.diagnostics.variants import NUMBERS, describe_judged, format_effect, judge_table, measure_headline
from twintrade.effects import Estimate, Finding, Influence, UnitInfluence
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.estimators.base import fit as estimate
from twintrade.inference.base import Inference
from twintrade.inference.reported import resolve_method
from twintrade.text import Listed, Text


def judge_regression(finding: Finding, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
    """Return the finding with a verdict on the regression: its difference from imputation, added to the text.

    The finding stays as it is for methods that take no treated row for a comparison, and where imputation cannot be
    made.

    ``finding``: what the check found, without a verdict.
    """
    if finding.reason or not fit.estimator.takes_treated or fit.estimator.options().get("unit_trends"):
        return finding
    try:
        robust = estimate_beside("imputation", fit)
        paired = compare_paired(fit, robust, resolve_method(fit, inference), rng)
    except TwintradeError:
        return finding
    numbers = (paired.effect, paired.low, paired.high, paired.p)
    row = {"effect": float(robust.view("overall").effects[0])} | dict(zip(NUMBERS[4:], numbers, strict=True))
    judged = judge_table(pd.DataFrame([row]), measure_headline(fit, inference, rng))
    scale = fit.estimate.scale
    added = Text(
        "checks.robust", difference=format_effect(paired.effect, scale), verdict=describe_judged(judged, scale)
    )
    return replace(
        finding,
        verdict=judged.verdict,
        text=Listed((finding.text, added), "sentences"),
        bound=judged.bound,
        tolerance=judged.tolerance,
    )


def estimate_beside(name: str, fit: Fit) -> Fit:
    """Return another method's effect on the fit's design: beside a Poisson regression the total's, in log points."""
    method = ESTIMATORS[name]()
    options = {"family": "poisson", "measure": "percent"}
    if not fit.estimator.is_poisson or not options.keys() <= method.options().keys():
        return estimate(method, fit.design)
    total = estimate(ESTIMATORS[name](**options), fit.design)
    percent = total.view("overall")
    if not isinstance(percent.uncertainty, Influence):
        return total
    ratio = 1 + percent.effects / 100
    logs = Estimate(
        effects=np.log(ratio),
        uncertainty=UnitInfluence(percent.uncertainty.units, percent.uncertainty.matrix() / (100 * ratio)),
        scale="log points",
        sample=percent.sample,
        names=percent.names,
        n_units=percent.n_units,
        n_cells=percent.n_cells,
    )
    return replace(total, estimate=logs)

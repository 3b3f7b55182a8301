"""Which combinations of estimator, inference and fixed effects have had their size studied by simulation."""

from twintrade.estimators.base import Fit
from twintrade.inference.choosing.cluster_shares import measure_cluster_shares

STUDIED = {
    ("augmented_synthetic_control", "placebo", "two_way"),
    ("callaway_santanna", "randomization", "two_way"),
    ("callaway_santanna", "scaled", "two_way"),
    ("chaisemartin_dhaultfoeuille", "randomization", "two_way"),
    ("double_ratio", "placebo", "two_way"),
    ("imputation", "clustered", "gravity"),
    ("imputation", "randomization", "gravity"),
    ("imputation", "randomization", "two_way"),
    ("imputation", "scaled", "gravity"),
    ("imputation", "scaled", "two_way"),
    ("interrupted_series", "autoregressive", "two_way"),
    ("local_projections", "randomization", "two_way"),
    ("partially_pooled_synthetic_control", "randomization", "two_way"),
    ("poisson_etwfe", "randomization", "gravity"),
    ("poisson_etwfe", "randomization", "gravity_border"),
    ("poisson_etwfe", "randomization", "two_way"),
    ("poisson_etwfe", "scaled", "gravity"),
    ("poisson_imputation", "randomization", "gravity"),
    ("poisson_imputation", "randomization", "gravity_border"),
    ("poisson_imputation", "randomization", "two_way"),
    ("poisson_imputation", "scaled", "gravity"),
    ("ppml", "randomization", "gravity"),
    ("ppml", "randomization", "gravity_border"),
    ("ppml", "randomization", "two_way"),
    ("ppml", "scaled", "gravity"),
    ("ppml_corrected", "weidner_zylkin", "gravity"),
    ("stacked", "randomization", "two_way"),
    ("staggered_efficient", "randomization", "two_way"),
    ("sun_abraham", "randomization", "gravity"),
    ("sun_abraham", "randomization", "two_way"),
    ("synthetic_control", "placebo", "two_way"),
    ("synthetic_did", "placebo", "two_way"),
    ("synthetic_did", "randomization", "two_way"),
    ("twfe", "clustered", "gravity"),
    ("twfe", "clustered", "two_way"),
    ("twfe", "conley_taber", "two_way"),
    ("twfe", "crv2", "two_way"),
    ("twfe", "jackknife", "two_way"),
    ("twfe", "multiplier", "two_way"),
    ("twfe", "randomization", "gravity"),
    ("twfe", "randomization", "two_way"),
    ("twfe", "scaled", "gravity"),
    ("twfe", "scaled", "two_way"),
    ("twfe", "wild", "two_way"),
    ("two_stage", "randomization", "gravity"),
    ("two_stage", "randomization", "two_way"),
}
"""Combinations of which the studies of size and coverage in docs/lab hold fifty panels or more."""

HOLDS_FROM = {"clustered": 12.0, "multiplier": 12.0, "jackknife": 8.0}
"""Equal clusters, as they count in the estimate, from which these errors keep their size; below, they do not."""


def is_size_studied(fit: Fit, inference: str) -> bool:
    """Whether a simulation shows that this test keeps its size in a design like this one.

    Parameters
    ----------
    fit : Fit
    inference : str
        The method that gave the p-value.
    """
    family = fit.estimator.options().get("family", "linear")
    name = fit.estimator.name if family == "linear" else f"{family}_{fit.estimator.name}"
    if (name, inference, fit.design.fixed_effects) not in STUDIED:
        return False
    if inference not in HOLDS_FROM:
        return True
    counts = measure_cluster_shares(fit, fit.view("overall"), fit.design.clusters).effective
    return min(counts.values(), default=0.0) >= HOLDS_FROM[inference]

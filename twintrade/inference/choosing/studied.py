"""Which combinations of estimator, inference and fixed effects have had their size studied by simulation."""

from twintrade.effects import Bands
from twintrade.estimators.base import Fit
from twintrade.inference.choosing.cluster_shares import measure_cluster_shares
from twintrade.inference.choosing.decision import MOST_ON_LEVERAGE_ONE
from twintrade.inference.choosing.leverage_one import measure_leverage_one

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


def is_size_studied(fit: Fit, bands: Bands) -> bool:
    """Whether a simulation shows that a test keeps its size in a design like this one.

    ``bands``: what gave the p-value.
    """
    family = fit.estimator.options().get("family", "linear")
    name = fit.estimator.name if family == "linear" else f"{family}_{fit.estimator.name}"
    if (name, bands.inference, fit.design.fixed_effects) not in STUDIED:
        return False
    if bands.inference == "randomization":
        return _holds_noise(fit, bands)
    if bands.inference not in HOLDS_FROM:
        return True
    counts = measure_cluster_shares(fit, fit.view("overall"), fit.design.clusters).effective
    return min(counts.values(), default=0.0) >= HOLDS_FROM[bands.inference]


def _holds_noise(fit: Fit, bands: Bands) -> bool:
    """Whether effects were compared over a noise that was studied, which `auto` sees to by itself.

    Effects as they are reject too often where small pairs are noisier, and so do those over the noise of treated
    pairs alone where single comparison rows decide.
    """
    if "decided_by" in bands.facts or bands.facts.get("noise") == "by_row" or bands.facts.get("statistic") == "t":
        return True
    overall = fit.view("overall")
    is_by_size = bands.facts.get("noise") == "by_size"
    return is_by_size and measure_leverage_one(fit, overall).share <= MOST_ON_LEVERAGE_ONE

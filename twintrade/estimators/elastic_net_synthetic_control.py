"""Elastic-net synthetic control: an intercept and free weights, shrunk, instead of weights on the simplex."""

from dataclasses import dataclass

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.estimators.base import Requires
from twintrade.estimators.cases.weighted_case import DonorWeights, WeightedCase, refuse_few_periods
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.simplex import choose_net, fit_elastic_net
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class ElasticNetSyntheticControl(WeightedCase):
    """Doudchenko and Imbens (2016).

    Penalty and mix are chosen by leaving out blocks of periods before the onset (the paper predicts donors instead),
    which costs the same for every placebo.

    Attributes
    ----------
    penalty : float or None
        None chooses it, and the mix among ``mixes``.
    mix : float
        Share of the absolute penalty when the penalty is given.
    mixes : tuple of float
    n_blocks : int
        Blocks of consecutive periods left out in turn.
    min_before : int
        Fewest periods before the onset.
    """

    penalty: float | None = None
    mix: float = 0.5
    mixes: tuple[float, ...] = (0.1, 0.5, 0.9)
    n_blocks: int = 5
    min_before: int = 6
    name = "elastic_net_synthetic_control"
    title = Text("labels.estimator-elastic-net-synthetic-control")
    citation = "doudchenko2016"
    requires = Requires(single_treated_unit=True, covariates=False, weights=False, has_influence=False)

    def weigh(self, case: Case) -> DonorWeights:
        """Return weights of any sign and the intercept."""
        refuse_few_periods(case, self.min_before, self.name)
        columns, target = case.donors[:, case.is_before].T, case.treated[case.is_before]
        if self.penalty is None:
            net = choose_net(columns, target, self.mixes, self.n_blocks)
        else:
            net = fit_elastic_net(columns, target, self.penalty, self.mix)
        return DonorWeights(net.weights, net.intercept)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.elastic-net-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.elastic-net-averages", **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "τₜ = Y₁ₜ − μ − Σⱼ wⱼ Yⱼₜ,  (μ, w) = argmin Σ (Y₁ₜ − μ − Σⱼ wⱼ Yⱼₜ)²/2T₀ + λ(α|w|₁ + (1−α)|w|²/2)"

"""Inference with few treated groups: the untreated groups' residuals stand for the treated groups' errors."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Estimate, Message
from twintrade.effects.bands import absent
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.few_treated import Group, drawn_errors, group_errors
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ConleyTaber(Inference):
    """Conley and Taber (2011), for the coefficients of a regression.

    Valid when errors are alike in distribution across groups and the untreated groups are many, however few are
    treated.

    Attributes
    ----------
    group : {"unit", "city", "partner"}
        Level at which treatment is assigned.
    draws : int
        With several treated groups; with one every untreated group is used once.
    level : float
    """

    group: Group = "unit"
    draws: int = 4999
    level: float = 0.95
    name: ClassVar[str] = "conley_taber"
    citation: ClassVar[str] = "conley2011"
    works_on: ClassVar[Literal["influence", "draws", "refit", "any"]] = "influence"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals by inversion.

        Raises
        ------
        InferenceError
            No regression behind the estimate, or too few untreated groups.
        """
        errors = group_errors(fit, view, self.group, None)
        drawn = drawn_errors(errors.values, self.draws, rng)
        n_treated, n_controls = errors.treated_sizes.size, errors.control_sizes.size
        note = (
            f"Conley-Taber: {n_treated} treated {self.group} groups, errors from {n_controls} untreated ones, "
            "taken to be alike in distribution"
        )
        return residual_bands(self.name, fit.view(view), drawn, self.level, note, n_treated, n_controls)


def residual_bands(
    name: str, estimate: Estimate, drawn: FloatArray, level: float, note: str, n_treated: int, n_controls: int
) -> Bands:
    """Return p-values and equal-tailed intervals from the distribution of the error, shape (n_draws, n_effects).

    The estimate's own error is counted as one more draw of unknown place, so that no p-value falls below
    1 / (draws + 1) and the interval's ends are order statistics that keep the level.
    """
    n_draws = drawn.shape[0]
    fixed = (np.abs(drawn) < 1e-14 * np.maximum(1.0, np.abs(estimate.effects))).all(axis=0)
    slack = 1e-10 * np.abs(estimate.effects)
    p = (1 + (np.abs(drawn) >= np.abs(estimate.effects) - slack).sum(axis=0)) / (n_draws + 1)
    rank = int(np.floor((1 - level) / 2 * (n_draws + 1)))
    low, high = absent(estimate.n_effects), absent(estimate.n_effects)
    messages: tuple[Message, ...] = ()
    if rank >= 1:
        ordered = np.sort(drawn, axis=0)
        low, high = estimate.effects - ordered[-rank], estimate.effects - ordered[rank - 1]
    else:
        text = f"{n_draws} untreated groups are too few for a {100 * level:g} % interval"
        messages = (Message("warning", "no-interval", text),)
    return Bands(
        estimate=estimate,
        inference=name,
        level=level,
        se=np.where(fixed, np.nan, drawn.std(axis=0)),
        low=np.where(fixed, estimate.effects, low),
        high=np.where(fixed, estimate.effects, high),
        p=np.where(fixed, np.nan, p),
        df=absent(estimate.n_effects),
        simultaneous_low=absent(estimate.n_effects),
        simultaneous_high=absent(estimate.n_effects),
        note=note,
        facts={
            "draws": n_draws,
            "floor": 1 / (n_draws + 1),
            "treated_groups": n_treated,
            "untreated_groups": n_controls,
        },
        messages=messages,
    )

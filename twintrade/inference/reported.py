"""An inference that has already spoken about an estimate, for checks that print the estimate again."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twintrade.effects import Bands, Estimate
from twintrade.estimators.base import Fit, View
from twintrade.inference.auto import Auto
from twintrade.inference.base import Inference

ROUNDING = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reported(Inference):
    """Returns the bands reported for an estimate wherever it comes up again, and infers about every other.

    Attributes
    ----------
    method : Inference
        For estimates that have no bands yet.
    bands : mapping of View to Bands
        As reported.
    elsewhere : tuple of Bands
        By the same method, of other columns: the leads of one are the event times of another.
    """

    method: Inference
    bands: Mapping[View, Bands]
    elsewhere: tuple[Bands, ...] = ()

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return the reported bands of the same estimate, else those of the method."""
        reported = self.bands.get(view)
        for known in (*([] if reported is None else [reported]), *self.elsewhere):
            if _is_same(known.estimate, fit.view(view)):
                return known
        return self.method.infer(fit, view, rng)


def _is_same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates agree in the rows used and in every effect, but for rounding."""
    if one is other:
        return True
    if (one.kind, one.scale, one.names) != (other.kind, other.scale, other.names):
        return False
    within = ROUNDING * float(np.nanmax(np.abs(one.effects), initial=0.0))
    return np.allclose(one.effects, other.effects, rtol=0.0, atol=within, equal_nan=True) and np.array_equal(
        one.sample.rows, other.sample.rows
    )


def resolve_method(fit: Fit, inference: Inference) -> Inference:
    """Return the method behind an inference: what ``auto`` takes for the fit, without reported bands."""
    if isinstance(inference, Reported):
        return resolve_method(fit, inference.method)
    return inference.resolved(fit) if isinstance(inference, Auto) else inference

"""How far a structural series' answer depends on what was assumed about its level."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.structural_series import StructuralSeries
from twintrade.inference.base import Inference
from twintrade.inference.posterior import Posterior


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralSensitivity(Diagnostic):
    """The structural series with a stiffer and a freer level, other trends, and other numbers of donor components.

    Attributes
    ----------
    factors : tuple of float
        Multiples of the level's innovation variance.
    components : tuple of int
    """

    factors: tuple[float, ...] = (0.01, 0.1, 10.0, 100.0)
    components: tuple[int, ...] = (0, 1, 2)
    name: ClassVar[str] = "structural_sensitivity"
    citation: ClassVar[str] = "brodersen2015"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variant with its interval; payload ``structural_sensitivity``."""
        if not isinstance(fit.estimator, StructuralSeries):
            return self.unavailable(f"{fit.estimator.name} is no structural series")
        rows = [self._row(fit, label, variant) for label, variant in self._variants(fit.estimator)]
        table = pd.DataFrame(rows, columns=["variant", "effect", "low", "high", "reason"])
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable("no variant could be fitted")
        excludes = (known["low"] > 0) | (known["high"] < 0)
        agrees = bool(excludes.all() or not excludes.any())
        return Finding(
            diagnostic=self.name,
            verdict="does not object" if agrees else "objects",
            text=(
                f"Over {len(known)} variants of the level, the trend and the donors the mean gap lies between "
                f"{known['effect'].min():+.3g} and {known['effect'].max():+.3g}; its interval excludes zero in "
                f"{int(excludes.sum())} of them."
            ),
            value=float(excludes.mean()),
            unit="share",
            table=table,
            payloads={"structural_sensitivity": table},
        )

    def _variants(self, estimator: StructuralSeries) -> list[tuple[str, StructuralSeries]]:
        out = [("as chosen", estimator)]
        out += [(f"level variance × {f:g}", replace(estimator, variance_factor=f)) for f in self.factors]
        out += [
            (level, replace(estimator, level=level))
            for level in ("local level", "local linear trend", "random walk with drift")
            if level != estimator.level
        ]
        out += [
            (f"{n} donor components", replace(estimator, n_components=n))
            for n in self.components
            if n != estimator.n_components
        ]
        return out

    def _row(self, fit: Fit, label: str, variant: StructuralSeries) -> tuple[str, float, float, float, str]:
        try:
            found = Fit(variant, fit.design, variant.estimate(fit.design))
            bands = Posterior().infer(found, "overall", np.random.default_rng(variant.seed))
        except TwintradeError as error:
            return label, np.nan, np.nan, np.nan, str(error)
        return label, float(bands.estimate.effects[0]), float(bands.low[0]), float(bands.high[0]), ""

"""Whether the effect has settled at the end of the window: equality of the last effects."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.pretrends import fill_missing_df
from twintrade.diagnostics.variants import compute_event_bands
from twintrade.effects import EventStudy, Finding
from twintrade.effects.labels import label_event_times
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_joint_test, read_fewest_clusters, select_block
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class LevellingOff(Diagnostic):
    """Whether the effect has settled at the end of the window: equality of the last effects.

    Attributes
    ----------
    n_last : int
        How many of the last effects are compared.
    """

    n_last: int = 2
    level: float = 0.95
    name: ClassVar[str] = "levelling_off"
    citation: ClassVar[str] = "freyaldenhoven2021"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the p-value of equality of the last effects."""
        if "event" not in fit.views:
            return self.unavailable(Text("checks.no-event-times", method=fit.estimator.title))
        estimate = fit.view("event")
        assert isinstance(estimate, EventStudy)
        after = np.flatnonzero(estimate.event_times >= 0)
        if after.size < self.n_last or self.n_last < 2:
            return self.unavailable(Text("checks.levelling-off-few", n=after.size, compared=self.n_last))
        last = after[-self.n_last :]
        try:
            bands, covariance = compute_event_bands(fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        contrast = np.diff(np.eye(last.size), axis=0)
        block = contrast @ select_block(covariance, last) @ contrast.T
        df, fewest = fill_missing_df(bands.df[last[0]]), read_fewest_clusters(bands.facts)
        try:
            test = compute_joint_test(contrast @ estimate.effects[last], block, df, fewest)
        except TwintradeError as error:
            return self.unavailable(error.text)
        moves = test.p < 1 - self.level
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.levelling-off",
                times=Listed(label_event_times(estimate.event_times[last]), "comma"),
                moves="yes" if moves else "no",
                test=test.name,
                p=test.p,
            ),
            value=test.p,
            unit="p",
        )

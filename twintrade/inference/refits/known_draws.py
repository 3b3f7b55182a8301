"""What a randomization has estimated, kept with the design for the checks that ask under the same assignments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twintrade.estimators.base import Fit
from twintrade.inference.refits.permutation import Permuted, is_linear
from twintrade.inference.refits.reassignment import Dealing
from twintrade.numerics.arrays import FloatArray, IntArray

DEALT_BY = ("across", "strata", "signers", "hazard", "statistic")
"""Options by which assignments are dealt, and the overall effect is estimated under them."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownDraws:
    """The overall effect under the assignments of one randomization."""

    options: dict[str, Any]  # of the randomization
    seed: int  # of the assignments
    dealing: Dealing
    kept: IntArray  # draws that gave an estimate
    overall: Permuted

    def deal(self, options: dict[str, Any], most: int, rng: np.random.Generator) -> Dealing | None:
        """Return so many of the assignments, or all there are; None for other options, or where they are too few."""
        onsets, is_complete = self.dealing.onsets, self.dealing.is_complete
        if any(self.options[name] != options[name] for name in DEALT_BY) or (len(onsets) < most and not is_complete):
            return None
        if len(onsets) <= most:
            return self.dealing
        chosen = rng.permutation(len(onsets))[:most] if is_complete else range(most)
        return replace(self.dealing, onsets=tuple(onsets[k] for k in chosen), is_complete=False)

    def estimate_left(self, fit: Fit, onsets: Sequence[FloatArray], effect: float) -> FloatArray | None:
        """Return the effect under some first draws, and in one step the real one, where an effect is taken out.

        ``effect``: in log points or, for a linear estimate, as it is. Returns (n_draws + 1,): naN where there is
        none; None where these draws or this effect are not known.
        """
        pairs = zip(onsets, self.dealing.onsets, strict=False)
        if len(onsets) > len(self.dealing.onsets) or not all(np.array_equal(*pair) for pair in pairs):
            return None
        out, real = np.full(len(self.dealing.onsets) + 1, np.nan), np.nan
        if is_linear(fit):
            out[self.kept] = self.overall.effects[:, 0] - effect * self.overall.post_slopes[:-1, 0]
        elif self.overall.near is not None and self.overall.near[0] == effect and self.options["noise"] != "by_row":
            *drawn, real = self.overall.near[1][:, 0]
            out[self.kept] = drawn
        return None if np.isnan(out).all() else np.append(out[: len(onsets)], real)


def keep_draws(fit: Fit, known: KnownDraws) -> None:
    """Keep the draws of an estimate, unless more are kept: what checks compare with does not hang on their order."""
    kept = find_draws(fit)
    if kept is None or len(kept.dealing.onsets) <= len(known.dealing.onsets):
        fit.design.workings["draws", fit.estimator] = known


def find_draws(fit: Fit) -> KnownDraws | None:
    """Return the draws of an estimate if they were kept."""
    known: KnownDraws | None = fit.design.workings.get(("draws", fit.estimator))
    return known

"""What a randomization has estimated, kept with the design for the checks that ask under the same assignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twintrade.estimators.base import Fit
from twintrade.inference.refits.permutation import Permuted, is_linear
from twintrade.inference.refits.reassignment import Dealing
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class KnownDraws:
    """The overall effect under the assignments of one randomization.

    Attributes
    ----------
    options : dict
        Of the randomization.
    seed : int
        Of the assignments.
    dealing : Dealing
    kept : IntArray
        Draws that gave an estimate.
    overall : Permuted
    """

    options: dict[str, Any]
    seed: int
    dealing: Dealing
    kept: IntArray
    overall: Permuted

    def estimate_left(self, fit: Fit, onsets: Sequence[FloatArray], effect: float) -> FloatArray | None:
        """Return the effect under some first draws, and in one step the real one, where an effect is taken out.

        Parameters
        ----------
        fit : Fit
        onsets : sequence of FloatArray
        effect : float
            In log points or, for a linear estimate, as it is.

        Returns
        -------
        FloatArray, shape (n_draws + 1,), or None
            NaN where there is none; None where these draws or this effect are not known.
        """
        pairs = zip(onsets, self.dealing.onsets, strict=False)
        if len(onsets) > len(self.dealing.onsets) or not all(np.array_equal(*pair) for pair in pairs):
            return None
        out, real = np.full(len(self.dealing.onsets) + 1, np.nan), np.nan
        if is_linear(fit):
            out[self.kept] = self.overall.effects[:, 0] - effect * self.overall.post_slopes[:-1, 0]
        elif self.overall.near is not None and self.overall.near[0] == effect:
            *drawn, real = self.overall.near[1][:, 0]
            out[self.kept] = drawn
        return None if np.isnan(out).all() else np.append(out[: len(onsets)], real)


def keep_draws(fit: Fit, known: KnownDraws) -> None:
    """Keep the draws of an estimate."""
    fit.design.workings["draws", fit.estimator] = known


def find_draws(fit: Fit) -> KnownDraws | None:
    """Return the draws of an estimate if they were kept."""
    known: KnownDraws | None = fit.design.workings.get(("draws", fit.estimator))
    return known

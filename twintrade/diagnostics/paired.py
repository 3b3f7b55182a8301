"""How far an estimate under a changed choice lies from the headline, with the error of that difference itself."""

import math
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from twintrade.effects import Bands, Estimate, Influence, UnitInfluence
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import FEWEST, Dealing, DrawnHeadline, draw_headline, find_draws
from twintrade.numerics.arrays import FloatArray

MOST_DRAWS = 199


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One estimate less another, on the scale of both."""

    # effect, low, high, p: The difference, its 95 % interval and the p-value of none; NaN where the inference gives
    # no error
    effect: float
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan

    @property
    def bound(self) -> float:
        """Upper bound of the difference's size, NaN where there is no interval."""
        return max(abs(self.low), abs(self.high)) if math.isfinite(self.low + self.high) else math.nan


def compare_paired(
    fit: Fit, again: Fit, method: Inference, rng: np.random.Generator, drawn: DrawnHeadline | None = None
) -> PairedDifference:
    """Return the overall effect of another fit less that of the headline's.

    The error comes from the two estimates' influence, unit by unit, summed within the clusters of the headline: what
    they share cancels. By two dimensions at once the interval is never shorter than by one of them: a difference is
    mostly noise of single pairs, of which the two-way error is too small half of the time. Under randomization both
    are estimated under the same assignments. Placebos give no error.

    ``fit``, ``again``: the headline's, and the changed one; ``method``: that of the headline, resolved; ``drawn``:
    the headline under randomization, where it is compared with several estimates.
    """
    headline, other = fit.view("overall"), again.view("overall")
    if headline.scale != other.scale:
        raise InferenceError(f"an effect in {other.scale} cannot be compared with one in {headline.scale}")
    difference = float(other.effects[0] - headline.effects[0])
    if isinstance(method, Randomization):
        drawn = drawn or draw_paired(fit, method, rng)
        compared = drawn.compare(again, method.level) if drawn else None
        ends = (compared.low, compared.high, compared.p) if compared else ()
        return PairedDifference(difference, *ends)
    both = _subtract(fit, again, headline, other)
    if both is None or isinstance(method, Placebo):
        return PairedDifference(difference)
    names = tuple(getattr(method, "by", ())) or fit.design.clusters
    known: list[Bands] = []
    for by in dict.fromkeys([names, *((name,) for name in names)]):
        with suppress(InferenceError):
            known.append(Clustered(by=by, draws=1).infer(both, "overall", rng))
    known = [bands for bands in known if bands.se[0] > 0]
    if not known:
        return PairedDifference(difference)
    widest = max(known, key=lambda bands: float(bands.high[0] - bands.low[0]))
    return PairedDifference(difference, float(widest.low[0]), float(widest.high[0]), float(widest.p[0]))


def draw_paired(fit: Fit, method: Inference, rng: np.random.Generator) -> DrawnHeadline | None:
    """Return the headline under randomization, to be compared with others; None for any other inference.

    None as well where too few assignments exist, or no constant effect can be taken out.
    """
    if not isinstance(method, Randomization):
        return None
    dealing = deal_few(fit, method, MOST_DRAWS, rng)
    if dealing.scheme.n_assignments < FEWEST:
        return None
    return draw_headline(fit, dealing.onsets, rng, has_noise_by_size=method.noise != "equal")


def deal_few(fit: Fit, method: Randomization, most: int, rng: np.random.Generator) -> Dealing:
    """Return so many of the assignments that a fit has been compared under, or new ones where these are not known."""
    known, most = find_draws(fit), min(most, method.draws)
    shared = None if known is None else known.deal(asdict(method), most, rng)
    return shared or method.deal(fit, most, rng)


def _subtract(fit: Fit, again: Fit, headline: Estimate, other: Estimate) -> Fit | None:
    """Return the difference as an estimate with influence, None where one of the two has none by unit."""
    if not isinstance(headline.uncertainty, Influence) or not isinstance(other.uncertainty, Influence):
        return None
    whole = fit if headline.uncertainty.units.size >= other.uncertainty.units.size else again
    ids = max((headline.uncertainty.units, other.uncertainty.units), key=len)
    values = np.zeros(ids.size)
    for sign, influence in ((1.0, other.uncertainty), (-1.0, headline.uncertainty)):
        where = pd.Index(ids).get_indexer(pd.Index(influence.units))
        if (where < 0).any():
            return None
        np.add.at(values, where, sign * _column(influence))
    estimate = Estimate(
        effects=other.effects - headline.effects,
        uncertainty=UnitInfluence(ids, values[:, None]),
        scale=headline.scale,
        sample=whole.view("overall").sample,
        names=headline.names,
        n_units=headline.n_units,
        n_cells=headline.n_cells,
    )
    return replace(whole, estimate=estimate)


def _column(influence: Influence) -> FloatArray:
    return np.asarray(influence.matrix()[:, 0], dtype=np.float64)

"""Which rows of a design take part: everything left out is counted by its reason."""

from typing import TYPE_CHECKING

import numpy as np

from twintrade.design.observations import Observations
from twintrade.design.panel import Panel
from twintrade.design.transforms import TRANSFORMS
from twintrade.effects.sample import Dropped
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from twintrade.design.design import Design


class _Sieve:
    """Rows still in, and what was left out so far."""

    def __init__(self, panel: Panel, keep: BoolArray) -> None:
        self.panel = panel
        self.keep = keep
        self.dropped: list[Dropped] = []
        self.is_whole = bool(keep.all())

    def drop(self, mask: BoolArray, reason: str, sentence: str) -> None:
        if not mask.any():
            return
        gone = self.keep & mask
        if not gone.any():
            return
        self.keep[gone] = False
        self.is_whole = False
        touched = np.unique(self.panel.unit[gone])
        lost = np.setdiff1d(touched, np.unique(self.panel.unit[self.keep]))
        names = tuple(str(u) for u in self.panel.units[touched])
        self.dropped.append(Dropped(reason, sentence, int(gone.sum()), int(lost.size), names))


EXCLUSIONS = {
    "undated": "rows of units with an agreement whose date is not known: neither treated nor comparison",
    "unmatched": "rows of units with an agreement that could not be matched: neither treated nor comparison",
    "ambiguous": "rows of units whose agreements contradict each other: neither treated nor comparison",
}


def observe(design: "Design") -> Observations:
    """Select the rows of a design that can take part, and count the others by reason.

    Raises
    ------
    DesignError
        No row is left, or the outcome, a covariate or the weights are not numeric.
    """
    panel = design.panel
    sieve = _Sieve(panel, np.ones(panel.n_rows, dtype=bool) if design.kept is None else design.kept.copy())
    _drop_units(design, sieve)
    raw = panel.values(design.outcome)
    if not np.isfinite(raw.sum()):
        sieve.drop(np.isnan(raw), "missing-outcome", "rows without an outcome")
        sieve.drop(np.isinf(raw), "infinite-outcome", "rows with an infinite outcome")
    transform = TRANSFORMS[design.transform]
    for lost, reason, sentence in transform.losses(design, raw, sieve.keep):
        sieve.drop(lost, reason, sentence)
    covariates = np.empty((panel.n_rows, 0))
    if design.covariates:
        covariates = np.column_stack([panel.values(c) for c in design.covariates])
        lacking = np.asarray(~np.isfinite(covariates).all(axis=1))
        sieve.drop(lacking, "missing-covariate", "rows with a missing covariate")
    weights = None
    if design.weights is not None:
        weights = panel.values(design.weights)
        sieve.drop(np.asarray(~(weights > 0)), "no-weight", "rows whose weight is not positive")
    if sieve.dropped:
        _drop_always_treated(
            design,
            sieve,
            "no-figure-before",
            "rows of units with no usable figure before their onset: treated in every row that enters",
        )
    rows = panel.every_row if sieve.is_whole else np.flatnonzero(sieve.keep).astype(np.int64)
    if rows.size == 0:
        raise DesignError("no row is left: " + "; ".join(f"{d.n_rows} {d.sentence}" for d in sieve.dropped))
    y = transform.values(design, raw, rows)
    if rows.size < panel.n_rows:
        covariates = covariates[rows]
        weights = None if weights is None else weights[rows]
    return _assemble(design, rows, y, covariates, weights, sieve)


def _drop_units(design: "Design", sieve: _Sieve) -> None:
    panel = design.panel
    reasons = design.treatment.excluded
    for reason in sorted(set(reasons.values())):
        units = np.isin(panel.units, [u for u, r in reasons.items() if r == reason])
        sieve.drop(units[panel.unit], reason, EXCLUSIONS.get(reason, f"rows of units excluded: {reason}"))
    _drop_always_treated(
        design, sieve, "always-treated", "rows of units treated in or before their first period: no period before"
    )


def _drop_always_treated(design: "Design", sieve: _Sieve, reason: str, sentence: str) -> None:
    """Leave out units that are affected in all of the rows still in, unless the design keeps them."""
    if design.always_treated == "keep":
        return
    panel = design.panel
    first = np.full(panel.n_units, np.iinfo(np.int64).max)
    if sieve.is_whole:
        first[panel.unit[panel.starts]] = panel.period[panel.starts]
    else:
        unit, period = panel.unit[sieve.keep], panel.period[sieve.keep]
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        first[unit[starts]] = period[starts]
    always = np.asarray(design.onset - design.anticipation <= first)
    if always.any():
        sieve.drop(always[panel.unit], reason, sentence)


def _assemble(
    design: "Design",
    rows: IntArray,
    y: FloatArray,
    covariates: FloatArray,
    weights: FloatArray | None,
    sieve: _Sieve,
) -> Observations:
    panel = design.panel
    is_all = rows.size == panel.n_rows
    unit, period = (panel.unit, panel.period) if is_all else (panel.unit[rows], panel.period[rows])
    starts = panel.starts if is_all else np.flatnonzero(np.diff(unit, prepend=-1))
    unit_rows = unit[starts]
    if unit_rows.size < panel.n_units:
        is_first = np.zeros(rows.size, dtype=np.int64)
        is_first[starts] = 1
        unit = np.cumsum(is_first) - 1
    unit_onset = design.onset[unit_rows]
    return Observations(
        design=design,
        rows=rows,
        y=y,
        unit=unit,
        unit_ids=panel.units[unit_rows],
        unit_rows=unit_rows,
        period=period,
        unit_onset=unit_onset,
        covariates=covariates,
        weights=weights,
        dropped=(*design.left_out, *sieve.dropped),
    )


def describe_untreated(o: Observations) -> str:
    """Say that no unit is treated, and which units are left out because they are treated in all their rows."""
    always = [d for d in o.dropped if d.reason in ("always-treated", "no-figure-before")]
    without = "".join(f"; left out are {d.sentence} ({', '.join(d.names[:3])})" for d in always)
    return f"no unit is treated within the sample{without}"

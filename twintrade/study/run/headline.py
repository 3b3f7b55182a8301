"""The headline of a result set and its verdicts, as the manifest and the terminal tell them."""

from typing import Any

import numpy as np

from twintrade.effects import Bands
from twintrade.study.run.results import Ladder


def collect_headline_facts(ladder: Ladder) -> dict[str, Any]:
    """Return label, effect, interval, p-value and counts of verdicts; only the counts where nothing was estimated."""
    verdicts = [c.finding.verdict for c in ladder.concluded]
    facts: dict[str, Any] = {
        "does_not_object": verdicts.count("does not object"),
        "objects": verdicts.count("objects"),
        "cannot_tell": verdicts.count("cannot tell"),
        "objecting": sorted({c.finding.diagnostic for c in ladder.concluded if c.finding.verdict == "objects"}),
    }
    headline = ladder.headline
    if headline is None:
        return facts
    facts["label"] = str(headline.column.label)
    overall = [b for b in headline.bands if b.estimate.kind == "overall"]
    views = [v for v in headline.views if v.kind == "overall"]
    if views:
        facts |= {"effect": float(views[0].effects[0]), "scale": views[0].scale}
    return facts | (_interval(overall[0]) if overall else {})


def _interval(bands: Bands) -> dict[str, Any]:
    errors = {name: getattr(bands, name) for name in ("low_error", "high_error")}
    values = {"low": bands.low[0], "high": bands.high[0], "p": bands.p[0]}
    values |= {name: error[0] for name, error in errors.items() if error is not None}
    known = {key: float(value) for key, value in values.items() if np.isfinite(value)}
    return {"inference": bands.inference, "level": bands.level} | known

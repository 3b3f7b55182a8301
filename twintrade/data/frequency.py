"""Adds months up to quarters and years, and says which of them are not whole."""

import numpy as np
import pandas as pd

from twintrade.data.calendar.periods import Frequency
from twintrade.data.overlaps import KEY
from twintrade.data.schema.source import TradeSource
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.text import Text, list_some

_MAX_NAMED = 8


def aggregate(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return trade summed to the declared frequency.

    A long period at either end that the files do not cover whole is left out, and said. Inside, a long period counts
    when at least the share ``coverage`` of its short periods has a figure; otherwise it is missing, because a partial
    sum looks like a fall. Where an absent row is declared a zero, it is a figure.

    ``frame``: columns city, partner, period, value, flag, file, row; unique; ``source``: declares ``frequency``,
    ``to_frequency``, ``coverage`` and ``absent``.
    """
    wanted = source.to_frequency
    if wanted is None or wanted is source.frequency or frame.empty:
        return frame
    ratio, remainder = divmod(source.frequency.per_year, wanted.per_year)
    if remainder or ratio < 1:
        raise DataError(f"{source.file}: {source.frequency.value} figures cannot be divided into {wanted.value}s")
    long = frame.assign(period=frame["period"] // ratio)
    first, last = int(frame["period"].min()), int(frame["period"].max())
    whole = (long["period"] * ratio >= first) & (long["period"] * ratio + ratio - 1 <= last)
    _report_ends(long.loc[~whole, "period"], wanted, source.file, faults)
    long = long[whole]
    if long.empty:
        raise DataError(f"{source.file}: no {wanted.value} is covered whole by its {source.frequency.value}s")
    return _summed(long, source, wanted, ratio, faults)


def _summed(long: pd.DataFrame, source: TradeSource, wanted: Frequency, ratio: int, faults: Faults) -> pd.DataFrame:
    grouped = long.groupby(KEY, sort=False)
    summed = grouped.agg({"value": "sum", "flag": "max", "file": "first", "row": "first"})
    n_rows, n_figures = grouped.size(), grouped["value"].count()
    missing = n_rows - n_figures if source.absent == "zero" else ratio - n_figures
    if source.absent == "error" and (n_rows < ratio).any():
        city, partner, period = n_rows.index[int(np.argmax(n_rows.to_numpy() < ratio))]
        raise DataError(
            f"{source.file}: {int((n_rows < ratio).sum())} {wanted.value}s lack rows (first: {city}-{partner}, "
            f"{wanted.label(int(period))}), and absent rows are declared an error"
        )
    too_thin = missing > (1 - source.coverage) * ratio + 1e-9
    is_partial = (missing > 0) & ~too_thin
    summed["value"] = summed["value"].mask(too_thin)
    summed["flag"] = summed["flag"].mask(too_thin, "missing").mask(is_partial, "partial")
    if too_thin.any() or is_partial.any():
        text = Text(
            "data.part-periods",
            n_missing=int(too_thin.sum()),
            n_partial=int(is_partial.sum()),
            coverage=source.coverage,
            wanted=wanted.value,
            period_name=source.frequency.value,
        )
        faults.warn("part-periods", text, source.file)
    text = Text("data.summed-to-frequency", wanted=wanted.value, period_name=source.frequency.value)
    faults.inform("frequency", text, source.file)
    return summed.reset_index()


def _report_ends(periods: pd.Series, wanted: Frequency, file: str, faults: Faults) -> None:
    if periods.empty:
        return
    named = list_some([wanted.label(int(p)) for p in sorted(set(periods))], _MAX_NAMED)
    text = Text("data.part-periods-at-the-ends", periods=named, n=len(periods), period_name=wanted.value)
    faults.warn("part-periods", text, file)

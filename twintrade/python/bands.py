"""Intervals as a user handles them: a table, a picture, and a view in a notebook."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twintrade.effects import Bands
from twintrade.python.terms import build_tidy, compute_percent
from twintrade.text import Text, Words, find_fact

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Intervals(Bands):
    """Intervals for every effect of a view of a fit, with the name of each.

    Attributes
    ----------
    terms : tuple of str
        What each effect is called in a coefficient table.
    period_name : str
        "year", "quarter" or "month".

    Examples
    --------
    >>> bands = tt.infer(fit, "clustered", view="overall")
    >>> bands.tidy()["term"].tolist()
    ['treated']
    """

    terms: tuple[str, ...] = ()
    period_name: str = "period"

    @classmethod
    def of(cls, bands: Bands, terms: list[str], period_name: str) -> "Intervals":
        """Return bands with the names of their effects."""
        given = {f.name: getattr(bands, f.name) for f in fields(Bands)}
        return cls(**given, terms=tuple(terms), period_name=period_name)

    def tidy(self) -> pd.DataFrame:
        """Return one row a term: term, estimate, std.error, statistic, p.value, conf.low, conf.high."""
        return build_tidy(list(self.terms), self)

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of the effects, NaN where this inference gives none."""
        empty = np.full((len(self.terms), len(self.terms)), np.nan)
        values = empty if self.covariance is None else self.covariance
        return pd.DataFrame(values, index=list(self.terms), columns=list(self.terms))

    @property
    def no_errors(self) -> Words:
        """What this inference gives in the place of standard errors, empty where it gives them."""
        has_p, has_interval = bool(np.isfinite(self.p).any()), bool(np.isfinite(self.low).any())
        if (self.se > 0).any() or not (has_p or has_interval):
            return ""
        given = "both" if has_p and has_interval else "p" if has_p else "interval"
        return Text("python.no-errors", inference=find_fact("labels.inference-", self.inference), given=given)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the effects with their intervals, an event study by event time, others as lines."""
        from twintrade.python.pictures import draw_coefficients, draw_studies

        if self.estimate.kind == "event":
            return draw_studies({"": self}, self.period_name, ax)
        return draw_coefficients({"": self.tidy()}, [self.estimate.scale], ax)

    def _repr_html_(self) -> str:
        frame = self.tidy()
        percent = compute_percent(frame, self.estimate.scale)
        if percent.notna().any():
            frame.insert(2, "percent", percent)
        table = frame.to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")
        notes = "<br>".join(filter(None, (str(self.no_errors), str(self.note))))
        return f"{table}<p>{notes}</p>"

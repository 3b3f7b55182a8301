"""A finished analysis as a user handles it: every frame, every printed table, tables and pictures of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.errors import SpecError
from twintrade.python.pictures import draw_coefficients
from twintrade.python.printed import PrintedTable, Under, write_ladder
from twintrade.python.terms import OVERALL, PATH, TIDY_COLUMNS
from twintrade.render.appendix import build_document
from twintrade.render.block_parts import list_exhibits
from twintrade.render.blocks import Figure
from twintrade.render.fragments import spread_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FRAMES = ("data", "twinnings", "specifications", "effects", "bands", "findings", "messages", "payloads", "manifest")
_KEYS = ["estimator", "specification"]
_GLANCE = {
    "label": "label",
    "n_rows": "nobs",
    "n_units": "n.units",
    "n_treated_units": "n.treated",
    "scale": "scale",
    "fixed_effects": "fixed.effects",
    "clusters": "clusters",
    "statistic_name": "statistic.name",
    "statistic": "statistic.value",
    "is_headline": "is.headline",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnalysisResults:
    """What a run stored: its frames, its tables as they are printed, and accessors like those of a fit."""

    # The frames themselves: `specifications`, `effects`, `bands`, `findings`, `messages`, `data`, `twinnings` and
    # `payloads` are reached directly too
    stored: ResultSet

    def __getattr__(self, name: str) -> Any:
        if name in _FRAMES:
            return getattr(self.stored, name)
        raise AttributeError(f"results have no {name!r}")

    def __repr__(self) -> str:
        labels = ", ".join(map(str, self.stored.specifications["label"]))
        return f"{type(self).__name__}: {self.stored.title}; {labels}"

    def tidy(self, view: str = "overall") -> pd.DataFrame:
        """Return the effects of one view with the reported inference, one row a column of the ladder and effect."""
        bands = self.stored.bands
        chosen = bands[bands["kind"] == view]
        if chosen.empty:
            raise SpecError(f"no column has effects by {view!r}; known: {', '.join(sorted(set(bands['kind'])))}")
        reported = chosen.groupby(_KEYS, sort=False)["inference"].transform("first")
        chosen = chosen[chosen["inference"] == reported]
        se = chosen["se"].where(chosen["se"] > 0)
        columns = (
            [_name_term(row) for row in chosen.to_dict("records")],
            chosen["effect"], se, chosen["effect"] / se, chosen["p"], chosen["low"], chosen["high"],
        )  # fmt: skip
        frame = pd.DataFrame(dict(zip(TIDY_COLUMNS, columns, strict=True)))
        return pd.concat([chosen[[*_KEYS, "scale"]], frame], axis=1).reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """Return one row a column of the ladder: counts, fit, effects absorbed, clusters."""
        frame = self.stored.specifications[[*_KEYS, *_GLANCE]]
        return frame.set_axis([*_KEYS, *_GLANCE.values()], axis=1)

    def etable(self, to: Any = None, *, under: Under = "se", stars: bool = False) -> PrintedTable | str | bytes:
        """Return the ladder; see ``tt.etable``."""
        printed = write_ladder(self.stored, under, stars)
        return printed if to is None else printed.render(to)

    @property
    def printed(self) -> Mapping[str, pd.DataFrame]:
        """Every table of the page as text, and the numbers of every figure, by key."""
        exhibits = list_exhibits(build_document(self.stored).blocks)
        return {e.key: e.frame if isinstance(e, Figure) else spread_table(e) for e in exhibits}

    def coefplot(self, ax: "Axes | None" = None, view: str = "overall") -> "Axes":
        """Draw the effects of one view, grouped by column; return the axes."""
        labels = self.stored.specifications.set_index(_KEYS)["label"].to_dict()
        tidy = self.tidy(view)
        tables = {str(labels[key]): table for key, table in tidy.groupby(_KEYS, sort=False)}
        return draw_coefficients(tables, tidy["scale"], ax)


def _name_term(row: Mapping[Any, Any]) -> str:
    if row["kind"] in ("overall", "path"):
        return OVERALL if row["kind"] == "overall" else PATH
    parts = {"cohort": row["cohort"], "event_time": row["event_time"]}
    names = [f"{name}::{int(value)}" for name, value in parts.items() if not pd.isna(value)]
    return ":".join(names)

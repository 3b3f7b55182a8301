"""The cluster ladder: the same estimate, its error under every choice of clusters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect, has_influence, measure_headline
from twintrade.diagnostics.verdicts import judge_violation
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.text import Listed, Text, pack_text

DYADIC: tuple[tuple[str, ...], ...] = (("unit",), ("city",), ("partner",), ("city", "partner"), ("period",))
SINGLE: tuple[tuple[str, ...], ...] = (("unit",), ("period",))
COLUMNS = (
    "by",
    "label",
    "label_text",
    "clusters",
    "effect",
    "se",
    "low",
    "high",
    "p",
    "df",
    "is_design",
    "reason",
    "reason_text",
)


@dataclass(frozen=True, slots=True)
class ClusterLadder(Diagnostic):
    """Whether the conclusion hangs on who is taken to be independent of whom.

    The estimate is the same throughout, so that no choice objects. What may be wrong is the width of the headline's
    interval: by how much the widest of the others is longer on each side is held against the tolerance.
    """

    name: ClassVar[str] = "clusters"
    citation: ClassVar[str] = "mackinnon2023guide"
    payload_kinds: ClassVar = {"clusters": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a choice of clusters; payload ``clusters``."""
        if not has_influence(fit):
            return self.unavailable(Text("checks.clusters-no-influence"))
        ladder = DYADIC if fit.design.panel.is_dyadic else SINGLE
        table = pd.DataFrame([_rung(fit, by, rng) for by in ladder], columns=list(COLUMNS))
        known = table.dropna(subset=["se"])
        if known.empty:
            return self.unavailable(Text("checks.clusters-none"))
        narrow, wide = known.iloc[int(known["se"].argmin())], known.iloc[int(known["se"].argmax())]
        yardstick = measure_headline(fit, inference, rng)
        longest = float((known["high"] - known["low"]).max()) / 2
        more = max(0.0, longest - yardstick.half_width) if np.isfinite(yardstick.half_width) else float("nan")
        verdict = judge_violation(1.0, more, yardstick.tolerance)
        scale = fit.estimate.scale
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.clusters",
                n=len(known),
                low=float(narrow["se"]),
                narrow=name_clusters(str(narrow["by"])),
                high=float(wide["se"]),
                wide=name_clusters(str(wide["by"])),
                verdict=verdict.replace(" ", "-"),
                more=format_effect(more, scale),
                known="no" if np.isnan(more) else "yes",
                tolerance=format_effect(yardstick.tolerance, scale),
            ),
            bound=more,
            tolerance=yardstick.tolerance,
            value=float(wide["se"] / narrow["se"]),
            unit="ratio",
            table=table,
            payloads={"clusters": table},
        )


def name_clusters(by: str) -> Text:
    """Return what errors are clustered by, of dimensions joined by commas."""
    return Text("checks.clusters-by", by=Listed(tuple(Text(f"labels.dimension-{name}") for name in by.split(","))))


def _rung(fit: Fit, by: tuple[str, ...], rng: np.random.Generator) -> dict[str, object]:
    label = name_clusters(",".join(by))
    row: dict[str, object] = {"by": ",".join(by), "label": str(label), "label_text": pack_text(label)}
    row["is_design"] = set(by) == set(fit.design.clusters)
    try:
        bands = Clustered(by=by, draws=1).infer(fit, "overall", rng)
    except TwintradeError as error:
        return row | {"clusters": "", "reason": str(error), "reason_text": pack_text(error.text)}
    values = {name: float(getattr(bands, name)[0]) for name in ("se", "low", "high", "p", "df")}
    return (
        row | values | {"clusters": bands.facts["clusters"], "effect": float(bands.estimate.effects[0]), "reason": ""}
    )

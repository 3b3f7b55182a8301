"""The cluster ladder: the same estimate, its error under every choice of clusters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import has_influence
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered

DYADIC: tuple[tuple[str, ...], ...] = (("unit",), ("city",), ("partner",), ("city", "partner"), ("period",))
SINGLE: tuple[tuple[str, ...], ...] = (("unit",), ("period",))
COLUMNS = ("label", "clusters", "effect", "se", "low", "high", "p", "df", "is_design", "reason")


@dataclass(frozen=True, slots=True)
class ClusterLadder(Diagnostic):
    """Whether the conclusion hangs on who is taken to be independent of whom."""

    name: ClassVar[str] = "clusters"
    citation: ClassVar[str] = "mackinnon2023guide"
    payload_kinds: ClassVar = {"clusters": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a choice of clusters; payload ``clusters``."""
        if not has_influence(fit):
            return self.unavailable("the method has no influence function that could be clustered")
        ladder = DYADIC if fit.design.panel.is_dyadic else SINGLE
        table = pd.DataFrame([_rung(fit, by, rng) for by in ladder], columns=list(COLUMNS))
        known = table.dropna(subset=["se"])
        if known.empty:
            return self.unavailable("no choice of clusters gives an error")
        narrow, wide = known.iloc[int(known["se"].argmin())], known.iloc[int(known["se"].argmax())]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=(
                f"The standard error runs from {narrow['se']:.3g} ({narrow['label']}) to {wide['se']:.3g} "
                f"({wide['label']}) over {len(known)} choices of clusters."
            ),
            value=float(wide["se"] / narrow["se"]),
            unit="ratio of errors",
            table=table,
            payloads={"clusters": table},
        )


def _rung(fit: Fit, by: tuple[str, ...], rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = {"label": f"by {' and '.join(by)}", "is_design": set(by) == set(fit.design.clusters)}
    try:
        bands = Clustered(by=by, draws=1).infer(fit, "overall", rng)
    except TwintradeError as error:
        return row | {"clusters": "", "reason": str(error)}
    values = {name: float(getattr(bands, name)[0]) for name in ("se", "low", "high", "p", "df")}
    return (
        row | values | {"clusters": bands.facts["clusters"], "effect": float(bands.estimate.effects[0]), "reason": ""}
    )

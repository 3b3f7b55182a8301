"""Which clusters carry the estimate: leverage, partial leverage, and how many clusters there are in effect."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.sensitivity.clusters import name_clusters
from twintrade.effects import Finding, Regression
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.refits import (
    build_effects_projection,
    compute_partial_shares,
    count_effective_clusters,
    find_row_clusters,
    get_regression,
)
from twintrade.numerics.absorption import Annihilator
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Listed, Text

COLUMNS = ("dimension", "cluster", "n_rows", "leverage", "partial_leverage")


def compute_row_leverage(source: Regression, q: Annihilator) -> FloatArray:
    """Return the diagonal of the projection on effects and regressors, shape (n_rows,)."""
    slopes = np.einsum("ij,jk,ik->i", source.design, source.bread, source.design) * source.weights
    return np.asarray(slopes + q.compute_leverage())


@dataclass(frozen=True, slots=True)
class ClusterLeverage(Diagnostic):
    """Leverage by cluster for the design's clustering dimensions (MacKinnon, Nielsen and Webb 2023).

    It tests nothing and informs: whether errors bear such clusters is what ``auto`` decides.
    """

    name: ClassVar[str] = "cluster_leverage"
    citation: ClassVar[str] = "mackinnon2023"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a cluster, and the effective number of clusters; payload ``cluster_leverage``."""
        estimate = fit.view("overall")
        source = get_regression(estimate)
        if source is None:
            return self.unavailable(Text("checks.no-regression"))
        q = build_effects_projection(fit, estimate, source)
        leverage = compute_row_leverage(source, q)
        parts, texts, smallest = [], [], float("inf")
        for name in fit.design.clusters:
            codes = find_row_clusters(fit, name, source.rows)
            shares = compute_partial_shares(source, codes)
            effective = count_effective_clusters(shares)
            smallest = min(smallest, effective)
            labels = _labels(fit, name, source.rows, codes)
            top = int(np.argmax(shares))
            texts.append(
                Text(
                    "checks.cluster-leverage",
                    by=name_clusters(name),
                    n=int(shares.size),
                    effective=effective,
                    top=labels[top],
                    share=float(shares[top]),
                )
            )
            columns = {"dimension": name, "cluster": labels, "n_rows": np.bincount(codes)}
            frame = pd.DataFrame(columns | {"leverage": np.bincount(codes, leverage), "partial_leverage": shares})
            parts.append(frame.sort_values("partial_leverage", ascending=False))
        table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Listed(tuple(texts), "sentences"),
            value=smallest,
            unit="clusters",
            table=table,
            payloads={"cluster_leverage": table},
        )


def _labels(fit: Fit, name: str, rows: IntArray, codes: IntArray) -> list[str]:
    o, panel = fit.design.observations, fit.design.panel
    first = np.unique(codes, return_index=True)[1]
    unit = o.unit_rows[o.unit[rows[first]]]
    if name == "city":
        return [str(v) for v in panel.cities[panel.unit_city[unit]]]
    if name == "partner":
        return [str(v) for v in panel.partners[panel.unit_partner[unit]]]
    if name == "period":
        return [panel.label(int(p)) for p in o.period[rows[first]]]
    return [str(v) for v in panel.units[unit]]

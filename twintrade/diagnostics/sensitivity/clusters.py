"""The cluster ladder: the same estimate, its error under every choice of clusters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics.base import Diagnostic, Judged, judge_violation
from twintrade.diagnostics.pre_period.pretrends import fill_missing_df
from twintrade.diagnostics.variants import compute_event_bands, has_influence, measure_headline, show_effects
from twintrade.effects import Finding, Influence, Regression
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference import refits
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import compute_sup_t, compute_t_quantile
from twintrade.numerics.absorption import Annihilator
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text, pack_both

# The units that move the headline most.

INFLUENCE_COLUMNS = ("unit", "is_treated", "influence", "share", "effect_without", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInfluenceCheck(Diagnostic):
    """The ten dyads that move the headline most: first by influence, then by leaving each of them out."""

    most: int = 10
    name: ClassVar[str] = "influence"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a unit, the most influential first; payload ``influence``."""
        if not has_influence(fit):
            return self.unavailable(Text("checks.no-influence"))
        estimate = fit.view("overall")
        influence = estimate.uncertainty
        assert isinstance(influence, Influence)
        values = influence.matrix()[:, 0]
        order = np.argsort(-np.abs(values), kind="stable")[: self.most]
        o, headline = fit.design.observations, float(estimate.effects[0])
        treated = set(o.unit_ids[o.is_ever_treated])
        total = float((values**2).sum())
        rows = []
        jobs = {str(influence.units[k]): str(influence.units[k]) for k in order}
        for k, done in zip(order, run_jobs("influence", _without, jobs, shared=fit), strict=True):
            unit = influence.units[k]
            without = float("nan") if done.values is None else float(done.values["effect"])
            share = float(values[k] ** 2) / total if total else float("nan")
            rows.append((str(unit), unit in treated, float(values[k]), share, without, without - headline))
        table = pd.DataFrame(rows, columns=list(INFLUENCE_COLUMNS))
        top, scale = table.iloc[0], fit.estimate.scale
        after = float(top["effect_without"])
        text = Text(
            "checks.influence",
            unit=str(top["unit"]),
            known="no" if np.isnan(after) else "yes",
            n=len(table),
            share=float(table["share"].sum()),
            **show_effects(scale, without=after, effect=headline),
        )
        return self.conclude(text, table, value=float(top["share"]), unit="share")


def _without(fit: Fit, unit: str, rng: np.random.Generator) -> Arrays:
    return {"effect": fit.refit(fit.design.without([unit]), "overall").view("overall").effects[0]}


# Ways to speak about all effects at once, side by side: pointwise, sup-t, Sidak, Bonferroni, Wald.

DRAWS = 19_999


def compute_critical_values(
    covariance: FloatArray, usable: BoolArray, level: float, df: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return half-widths in errors: sup-t for the joint normal, Sidak's for independent effects, others for any."""
    n = int(usable.sum())
    wald = n * scipy.special.fdtri(n, df, level) if np.isfinite(df) else scipy.special.chdtri(n, 1 - level)
    return {
        "pointwise": compute_t_quantile((1 + level) / 2, df),
        "sup-t": compute_sup_t(covariance, usable, level, df, rng, DRAWS),
        "Sidak": compute_t_quantile((1 + level ** (1 / n)) / 2, df),
        "Bonferroni": compute_t_quantile(1 - (1 - level) / (2 * n), df),
        "Wald": float(np.sqrt(wald)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions(Diagnostic):
    """Simultaneous regions for the path of effects; they differ in width, never in the estimate."""

    level: float = 0.95
    name: ClassVar[str] = "regions"
    citation: ClassVar[str] = "montielolea2019"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the critical values; payload ``regions`` has one row an effect and region."""
        bands, covariance = compute_event_bands(fit, inference, rng)
        usable = np.nan_to_num(bands.se) > 0
        if not usable.any():
            return self.unavailable(Text("checks.no-joint-errors", inference=bands.inference))
        df = fill_missing_df(float(np.min(bands.df[usable])))
        critical = compute_critical_values(covariance, usable, self.level, df, rng)
        chosen = np.flatnonzero(usable)
        effects, se, names = bands.estimate.effects[chosen], bands.se[chosen], np.array(bands.estimate.names)[chosen]
        low, high = ({r: effects + sign * c * se for r, c in critical.items()} for sign in (-1, 1))
        parts = [
            pd.DataFrame({"event": names, "region": r, "effect": effects, "low": low[r], "high": high[r]})
            for r in critical
        ]
        holds = {region: int((np.abs(effects) > c * se).sum()) for region, c in critical.items()}
        table = pd.DataFrame({"region": list(critical), "critical_value": list(critical.values())})
        table["effects_without_zero"] = [holds[region] for region in critical]
        text = Text(
            "checks.regions",
            level=self.level,
            n=int(chosen.size),
            widths=Listed(
                tuple(Text("checks.regions-width", region=r, width=c) for r, c in critical.items()), "comma"
            ),
            pointwise=holds["pointwise"],
            joint=holds["sup-t"],
        )
        return self.conclude(
            text,
            table,
            payloads={"regions": pd.concat(parts, ignore_index=True)},
            value=critical["sup-t"],
            unit="errors",
        )


DYADIC: tuple[tuple[str, ...], ...] = (("unit",), ("city",), ("partner",), ("city", "partner"), ("period",))
SINGLE: tuple[tuple[str, ...], ...] = (("unit",), ("period",))
COLUMNS = (
    "by", "label", "label_text", "clusters", "effect", "se", "low", "high", "p", "df", "is_design", "reason",
    "reason_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClusterLadder(Diagnostic):
    """Whether the conclusion depends on the choice of clusters.

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
        text = Text(
            "checks.clusters",
            n=len(known),
            low=float(narrow["se"]),
            narrow=name_clusters(str(narrow["by"])),
            high=float(wide["se"]),
            wide=name_clusters(str(wide["by"])),
            verdict=verdict.replace(" ", "-"),
            known="no" if np.isnan(more) else "yes",
            **show_effects(scale, more=more, tolerance=yardstick.tolerance),
        )
        return self.conclude(
            text,
            table,
            Judged(verdict, more, yardstick.tolerance),
            value=float(wide["se"] / narrow["se"]),
            unit="ratio",
        )


def name_clusters(by: str) -> Text:
    """Return what errors are clustered by, of dimensions joined by commas."""
    return Text("checks.clusters-by", by=Listed(tuple(Text(f"labels.dimension-{name}") for name in by.split(","))))


def _rung(fit: Fit, by: tuple[str, ...], rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = {"by": ",".join(by), "is_design": set(by) == set(fit.design.clusters)}
    row |= pack_both("label", name_clusters(",".join(by)))
    try:
        bands = Clustered(by=by, draws=1).infer(fit, "overall", rng)
    except TwintradeError as error:
        return row | {"clusters": ""} | pack_both("reason", error.text)
    values = {name: float(getattr(bands, name)[0]) for name in ("se", "low", "high", "p", "df")}
    return (
        row | values | {"clusters": bands.facts["clusters"], "effect": float(bands.estimate.effects[0]), "reason": ""}
    )


# Which clusters carry the estimate: leverage, partial leverage, and how many clusters there are in effect.

LEVERAGE_COLUMNS = ("dimension", "cluster", "n_rows", "leverage", "partial_leverage")
COLUMNS_AT_ONCE = 8


def compute_row_leverage(source: Regression, q: Annihilator) -> FloatArray:
    """Return the diagonal of the projection on effects and regressors, shape (n_rows,)."""
    values, vectors = np.linalg.eigh(source.bread)
    root = vectors * np.sqrt(values.clip(0.0))
    leverage = q.compute_leverage()
    for start in range(0, values.size, COLUMNS_AT_ONCE):
        leverage += source.weights * (source.along(root[:, start : start + COLUMNS_AT_ONCE]) ** 2).sum(axis=1)
    return leverage


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
        source = refits.get_regression(estimate)
        if source is None:
            return self.unavailable(Text("checks.no-regression"))
        leverage = compute_row_leverage(source, refits.build_effects_projection(fit, estimate, source))
        parts, texts, smallest = [], [], float("inf")
        for name in fit.design.clusters:
            codes = refits.find_row_clusters(fit, name, source.rows)
            shares = refits.compute_partial_shares(source, codes)
            effective = refits.count_effective_clusters(shares)
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
        table = pd.concat(parts, ignore_index=True)[list(LEVERAGE_COLUMNS)]
        return self.conclude(Listed(tuple(texts), "sentences"), table, value=smallest, unit="clusters")


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

"""The error under every choice of clusters and what carries it, and RESET of the model's form."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, judge_bound, require
from twintrade.diagnostics.pre_period.pretrends import fill_missing_df
from twintrade.effects import Estimate, Finding, Influence, Regression, UnitInfluence
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.regression import build_terms, sum_influence_by_unit
from twintrade.fanout import run_jobs
from twintrade.inference import clustering, refits
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.numerics.absorption import Annihilator, build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import LeastSquares, fit_least_squares
from twintrade.numerics.poisson import PoissonFit, fit_poisson
from twintrade.text import Listed, Text, pack_both

# The units that move the headline most.


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInfluenceCheck(Diagnostic):
    """The ten dyads that move the headline most: first by influence, then by leaving each of them out."""

    most: int = 10
    name: ClassVar[str] = "influence"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a unit, the most influential first; payload ``influence``."""
        require(variants.has_influence(fit), Text("checks.no-influence"))
        estimate = fit.view("overall")
        influence = estimate.uncertainty
        assert isinstance(influence, Influence)
        values = influence.matrix()[:, 0]
        order = np.argsort(-np.abs(values), kind="stable")[: self.most]
        o, headline = fit.design.observations, float(estimate.effects[0])
        values, units = values[order], influence.units[order]
        total = float((influence.matrix()[:, 0] ** 2).sum())
        jobs = {str(unit): (str(unit),) for unit in units}
        results = run_jobs("influence", variants.estimate_without, jobs, shared=fit)
        table = pd.DataFrame({"unit": list(jobs), "is_treated": np.isin(units, o.unit_ids[o.is_ever_treated])})
        table["influence"], table["share"] = values, values**2 / total if total else np.nan
        without = [np.nan if done.values is None else float(done.values["effect"]) for done in results]
        table["effect_without"], table["change"] = without, np.array(without) - headline
        top, after = table.iloc[0], without[0]
        text = Text(
            "checks.influence",
            unit=str(top["unit"]),
            known="no" if np.isnan(after) else "yes",
            n=len(table),
            share=float(table["share"].sum()),
            **variants.format_effects(fit.estimate.scale, without=after, effect=headline),
        )
        return self.conclude(text, table, value=float(top["share"]), unit="share")


# Ways to speak about all effects at once, side by side: pointwise, sup-t, Sidak, Bonferroni, Wald.

DRAWS = 19_999


def compute_critical_values(
    covariance: FloatArray, usable: BoolArray, level: float, df: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return half-widths in errors: sup-t for the joint normal, Sidak's for independent effects, others for any."""
    n = int(usable.sum())
    wald = n * scipy.special.fdtri(n, df, level) if np.isfinite(df) else scipy.special.chdtri(n, 1 - level)
    return {
        "pointwise": clustering.compute_t_quantile((1 + level) / 2, df),
        "sup-t": clustering.compute_sup_t(covariance, usable, level, df, rng, DRAWS),
        "Sidak": clustering.compute_t_quantile((1 + level ** (1 / n)) / 2, df),
        "Bonferroni": clustering.compute_t_quantile(1 - (1 - level) / (2 * n), df),
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
        bands, covariance = variants.compute_event_bands(fit, inference, rng)
        usable = np.nan_to_num(bands.se) > 0
        require(usable.any(), Text("checks.no-joint-errors", inference=bands.inference))
        df = fill_missing_df(float(np.min(bands.df[usable])))
        critical = compute_critical_values(covariance, usable, self.level, df, rng)
        chosen = np.flatnonzero(usable)
        effects, se, names = bands.estimate.effects[chosen], bands.se[chosen], np.array(bands.estimate.names)[chosen]
        ends = {r: {"low": effects - c * se, "high": effects + c * se} for r, c in critical.items()}
        parts = [pd.DataFrame({"event": names, "region": r, "effect": effects, **both}) for r, both in ends.items()]
        holds = {region: int((np.abs(effects) > c * se).sum()) for region, c in critical.items()}
        table = pd.DataFrame({"region": list(critical), "critical_value": list(critical.values())})
        table["effects_without_zero"] = list(holds.values())
        widths = tuple(Text("checks.regions-width", region=r, width=c) for r, c in critical.items())
        text = Text(
            "checks.regions",
            level=self.level,
            n=int(chosen.size),
            widths=Listed(widths, "comma"),
            pointwise=holds["pointwise"],
            joint=holds["sup-t"],
        )
        drawn = {self.name: pd.concat(parts, ignore_index=True)}
        return self.conclude(text, table, payloads=drawn, value=critical["sup-t"], unit="errors")


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
        require(variants.has_influence(fit), Text("checks.clusters-no-influence"))
        ladder = DYADIC if fit.design.panel.is_dyadic else SINGLE
        table = pd.DataFrame([_rung(fit, by, rng) for by in ladder], columns=list(COLUMNS))
        known = table.dropna(subset=["se"])
        require(len(known) > 0, Text("checks.clusters-none"))
        narrow, wide = known.iloc[int(known["se"].argmin())], known.iloc[int(known["se"].argmax())]
        yardstick = variants.measure_headline(fit, inference, rng)
        longest = float((known["high"] - known["low"]).max()) / 2
        judged = judge_bound(1.0, float(np.maximum(0.0, longest - yardstick.half_width)), yardstick)
        text = Text(
            "checks.clusters",
            n=len(known),
            low=float(narrow["se"]),
            narrow=name_clusters(str(narrow["by"])),
            high=float(wide["se"]),
            wide=name_clusters(str(wide["by"])),
            verdict=judged.verdict.replace(" ", "-"),
            known="no" if np.isnan(judged.bound) else "yes",
            **variants.format_effects(fit.estimate.scale, more=judged.bound, tolerance=judged.tolerance),
        )
        return self.conclude(text, table, judged, value=float(wide["se"] / narrow["se"]), unit="ratio")


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
        table = pd.concat(parts, ignore_index=True)
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


PLAIN = {"unit", "period"}  # effects beside which the square of a Poisson model's predictor tests its form
ADDED: Literal["squared predictor"] = "squared predictor"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalForm(Diagnostic):
    """The square of the fitted predictor added to the model, its slope tested with scaled errors (``Scaled``).

    Few large pairs decide the square, so that plain clustered errors reject the right form in half of the panels.
    Beside effects of city-periods or partner-periods a Poisson model's predictor is itself so noisy that its square
    explains the outcome whatever the form: there the check cannot tell (docs/lab/size_of_checks.md).

    What a wrong form does to the effect is bounded by how far the effect moves when the square is added.

    Attributes
    ----------
    level : float
        The form is doubted where p is at most one less this level.
    by : tuple of str
        Clusters of the test; empty for the design's.
    """

    level: float = 0.95
    by: tuple[str, ...] = ()
    name: ClassVar[str] = "reset"
    citation: ClassVar[str] = "ramsey1969"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the slope, its error and p; the predictor is standardized, which changes neither t nor p."""
        models = fit.estimator.list_regressions()
        require(models, Text("checks.reset-methods"))
        if fit.estimator.is_poisson and not set(fit.design.observations.effect_names) <= PLAIN:
            return self.unavailable(Text("checks.reset-noisy"))
        added = _add_square(fit, 0)
        estimate = added.report(fit, added.n_terms)
        scaled = next(clustering.compute_scaled_variances(fit, [estimate], self.by or fit.design.clusters))
        slope, se = float(estimate.effects[0]), float(np.sqrt(scaled.covariance[0, 0]))
        require(se > 0, Text("checks.reset-no-variance"))
        p = float(clustering.compute_two_sided_p(np.array([slope / se]), scaled.df)[0])
        moved = _compare_with_square(fit, added if len(models) == 1 else None, inference, rng)
        judged = judge_bound(p, moved.bound, variants.measure_headline(fit, inference, rng))
        if p <= 1 - self.level:
            judged = replace(judged, verdict="objects")
        table = pd.DataFrame({"term": [ADDED], "slope": [slope], "se": [se], "t": [slope / se], "p": [p]})
        text = Text("checks.reset", t=slope / se, p=p, **variants.name_judged(judged, fit.estimate.scale))
        return self.conclude(text, table, judged, payloads={}, value=p, unit="p")


@dataclass(frozen=True, slots=True, eq=False)
class _Added:
    """A model with the squared predictor after its terms, fitted on some rows."""

    n_terms: int
    rows: IntArray
    fitted: PoissonFit | LeastSquares
    weights: FloatArray

    def report(self, fit: Fit, column: int) -> Estimate:
        """Return one coefficient as an estimate of its own."""
        o, again = fit.design.observations, self.fitted
        require({column, self.n_terms} <= set(again.kept.tolist()), Text("checks.reset-collinear"))
        place = int(np.flatnonzero(again.kept == column)[0])
        selector = np.zeros((again.kept.size, 1))
        selector[place, 0] = 1.0
        source = Regression(self.rows, again.x_tilde, again.residuals, self.weights, again.bread, selector)
        units, values = sum_influence_by_unit(o, self.rows, source.row_influence())
        return Estimate(
            effects=again.coefficients[place : place + 1],
            uncertainty=UnitInfluence(units, values, source),
            scale=fit.estimate.scale,
            sample=fit.estimate.sample,
            names=(ADDED,),
            n_units=np.array([units.size], dtype=np.int64),
            n_cells=np.array([self.rows.size], dtype=np.int64),
        )


def _compare_with_square(
    fit: Fit, added: _Added | None, inference: Inference, rng: np.random.Generator
) -> variants.PairedDifference:
    """Return how far the overall effect moves when the square is added, with the error of that difference."""
    try:
        again = replace(fit, estimate=(added or _add_square(fit, -1)).report(fit, 0))
        return variants.compare_paired(fit, again, resolve_method(fit, inference), rng)
    except TwintradeError:
        return variants.PairedDifference(np.nan)


def _add_square(fit: Fit, place: int) -> _Added:
    """Return one of the regressions behind a fit with the square of its predictor as a further term."""
    o = fit.design.observations
    x, codes = build_terms(o, fit.estimator.list_regressions()[place]).columns, o.effect_codes()
    if not fit.estimator.is_poisson:
        effects = build_absorber(codes, o.weights)
        predictor = o.y - fit_least_squares(o.y, x, effects).residuals
        squared = fit_least_squares(o.y, np.column_stack([x, _square(predictor)]), effects)
        return _Added(x.shape[1], np.arange(o.n_rows), squared, o.row_weights)
    first = fit_poisson(o.y, x, codes, o.weights)
    rows, columns = first.rows, np.column_stack([x[first.rows], _square(first.eta)])
    again = fit_poisson(o.y[rows], columns, [code[rows] for code in codes], o.weights_of(rows))
    return _Added(x.shape[1], rows[again.rows], again, again.mu * o.row_weights[rows][again.rows])


def _square(predictor: FloatArray) -> FloatArray:
    spread = float(predictor.std())
    standard = predictor - predictor.mean()
    return np.asarray((standard / spread if spread > 0 else standard) ** 2, dtype=np.float64)

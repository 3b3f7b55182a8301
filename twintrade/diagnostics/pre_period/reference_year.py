"""The estimate under every reference of its path, with anticipation, and at fake dates before the real ones."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
import scipy

from twintrade.design import Design
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import LEVEL, Diagnostic, require
from twintrade.diagnostics.pre_period.pretrends import fill_missing_df, run_pretests
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck
from twintrade.effects import CohortEffects, EventStudy, Finding, Influence, Uncertainty, UnitInfluence
from twintrade.effects.regression import label_event_times
from twintrade.errors import InferenceError
from twintrade.estimators.base import Estimator, Fit, fit
from twintrade.estimators.symmetric_path import CohortPath, draw_paths
from twintrade.inference import clustering
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Scaled
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.honest import EventPath
from twintrade.text import Listed, Text, Words, pack_both

# The headline and the years before it on one base: what bounds, a directional test and its power are made from.

DRAWS = 199


@dataclass(frozen=True, eq=False)
class CommonBase:
    """Leads and lags against the mean of the years before, jointly."""

    study: EventStudy  # in log points where a violation multiplies what would have been
    covariance: FloatArray  # (n_times, n_times)
    # shares, distances: (n_cells,): of treated cells: weight in the headline, and periods from the middle of the
    # years before
    shares: FloatArray
    distances: FloatArray
    is_percent: bool  # whether the headline is a ratio of totals
    is_first: bool  # whether the effect at onset stands in the place of the headline
    from_draws: bool  # whether the covariance is that of re-assigned agreements

    @property
    def scale(self) -> str:
        """Scale of the headline."""
        return "percent" if self.is_percent else self.study.scale

    @cached_property
    def n_before(self) -> int:
        """Number of leads, the last of which others are compared with."""
        return int((self.study.event_times < -self.study.anticipation).sum())

    @cached_property
    def weights(self) -> FloatArray:
        """What each event time weighs in the headline."""
        times = self.study.event_times
        return self.study.shares(times == 0 if self.is_first else times >= 0)

    @property
    def headline(self) -> float:
        """Headline, as a logarithm where it is a ratio of totals."""
        return float(self.weights @ self.study.effects)

    @property
    def standard_error(self) -> float:
        """Error of the headline."""
        return float(np.sqrt(self.weights @ self.covariance @ self.weights))

    @property
    def lever(self) -> float:
        """Periods over which a trend biases the headline."""
        return float(self.shares @ self.distances)

    @cached_property
    def steps(self) -> FloatArray:
        """Leads less the last of them, as rows over the path, shape (n_before - 1, n_times)."""
        rows = np.eye(self.study.n_effects)
        return np.asarray(rows[: self.n_before - 1] - rows[self.n_before - 1])

    @property
    def largest_step(self) -> float:
        """Largest move from one year before to the next."""
        return float(np.abs(np.diff(np.append(self.steps @ self.study.effects, 0.0))).max())

    def build_bounded(self) -> EventPath:
        """Return leads and headline by distance: moves of m a period bias the headline by at most m times it."""
        rows = np.vstack([self.steps, self.weights / self.lever])
        covariance = rows @ self.covariance @ rows.T
        return EventPath(rows @ self.study.effects, covariance, self.n_before - 1, np.array([self.lever]))

    def build_against_last(self) -> EventPath:
        """Return the path against the last year before, for restrictions on how slopes change."""
        require((np.diff(self.study.event_times) == 1).all(), Text("checks.honest-missing"))
        after = np.eye(self.study.n_effects)[self.n_before :]
        after[:, self.n_before - 1] -= 1
        rows = np.vstack([self.steps, after])
        target = self.weights[self.n_before :]
        return EventPath(rows @ self.study.effects, rows @ self.covariance @ rows.T, self.n_before - 1, target)

    def show(self, value: float) -> float:
        """Return a number of the path on the scale of the headline."""
        return float(100 * np.expm1(value)) if self.is_percent else value

    def compute_exact(self, step: float) -> float:
        """Return the headline where the violation moves by ``step`` a period, without the first-order step."""
        if not self.is_percent:
            return self.headline - step * self.lever
        return float(100 * np.expm1(self.headline - np.log(self.shares @ np.exp(step * self.distances))))

    def test_slope(self) -> "SlopeTest":
        """Test a straight line through the leads, with the power to find the one that would make the headline."""
        x = np.zeros(self.study.n_effects)
        times = self.study.event_times[: self.n_before].astype(np.float64)
        x[: self.n_before] = (times - times.mean()) / ((times - times.mean()) ** 2).sum()
        slope, error = float(x @ self.study.effects), float(np.sqrt(x @ self.covariance @ x))
        enough = self.headline / self.lever
        critical, shift = clustering.compute_t_quantile(1 - LEVEL / 2, np.inf), enough / error
        power = float(scipy.special.ndtr(shift - critical) + scipy.special.ndtr(-shift - critical))
        return SlopeTest(slope, float(2 * scipy.special.ndtr(-abs(slope / error))), enough, power)


@dataclass(frozen=True, slots=True)
class SlopeTest:
    """The directional test of the years before."""

    slope: float  # slope, p: A period
    p: float
    enough: float  # the slope that alone would make the headline
    power: float  # chance that the test finds that slope


def has_common_base(fit: Fit) -> bool:
    """Whether a fit's effects are imputed, so that its own leads have another base or do not exist."""
    is_cells = isinstance(fit.estimate, CohortEffects) and fit.estimate.reference is None
    return is_cells and type(fit.estimator).hold_out is not Estimator.hold_out


def build_common_base(
    fit: Fit, inference: Inference, rng: np.random.Generator, *, is_first: bool = False
) -> CommonBase:
    """Put leads and lags on one base, with the headline's errors by clusters, or those of re-assigned agreements."""
    path = CohortPath(fit.estimator, fit.design, fit.estimate)
    study = path.estimate()
    shares, distances = path.measure_distances(is_first=is_first)
    method = resolve_method(fit, inference)
    if from_draws := isinstance(method, Randomization):
        covariance = _draw_covariance(fit, path, method, rng)
    else:
        covariance = _cluster_covariance(fit, study, inference, rng)
    return CommonBase(study, covariance, shares, distances, path.is_percent, is_first, from_draws)


def _cluster_covariance(fit: Fit, study: EventStudy, inference: Inference, rng: np.random.Generator) -> FloatArray:
    method = resolve_method(fit, inference)
    chosen = method if isinstance(method, Clustered) else Clustered(by=getattr(method, "by", ()))
    window = (int(study.event_times.min()), int(study.event_times.max()))
    bands = chosen.infer(Fit(fit.estimator, replace(fit.design, window=window), study), "event", rng)
    assert bands.covariance is not None
    if isinstance(method, Clustered) or not variants.has_influence(fit):
        return bands.covariance
    error, taken = (one.infer(fit, "overall", rng).se[0] for one in (inference, chosen))
    factor = (error / taken) ** 2 if np.isfinite(error) and error > 0 and taken > 0 else 1.0
    return np.asarray(bands.covariance * factor)


def _draw_covariance(fit: Fit, path: CohortPath, method: Randomization, rng: np.random.Generator) -> FloatArray:
    drawn = draw_paths(path, variants.deal_few(fit, method, DRAWS, rng).onsets)
    complete = drawn[~np.isnan(drawn).any(axis=1)]
    if complete.shape[0] < 2 * complete.shape[1] + 2:
        raise InferenceError(Text("checks.honest-few-draws", n=complete.shape[0], needed=2 * complete.shape[1] + 2))
    return np.atleast_2d(np.cov(complete.T))


# Whether the effect has settled at the end of the window: equality of the last effects.


@dataclass(frozen=True, slots=True, kw_only=True)
class LevellingOff(Diagnostic):
    """Whether the effect has settled at the end of the window: equality of the last effects.

    Attributes
    ----------
    n_last : int
        How many of the last effects are compared.
    """

    n_last: int = 2
    level: float = 0.95
    name: ClassVar[str] = "levelling_off"
    citation: ClassVar[str] = "freyaldenhoven2021"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the p-value of equality of the last effects."""
        require("event" in fit.views, Text("checks.no-event-times", method=fit.estimator.title))
        estimate = fit.view("event")
        assert isinstance(estimate, EventStudy)
        after = np.flatnonzero(estimate.event_times >= 0)
        few = Text("checks.levelling-off-few", n=after.size, compared=self.n_last)
        require(after.size >= self.n_last >= 2, few)
        last = after[-self.n_last :]
        contrast = np.diff(np.eye(last.size), axis=0)
        bands, covariance = variants.compute_event_bands(fit, inference, rng)
        block = contrast @ clustering.select_block(covariance, last) @ contrast.T
        df, fewest = fill_missing_df(bands.df[last[0]]), clustering.read_fewest_clusters(bands.facts)
        test = clustering.compute_joint_test(contrast @ estimate.effects[last], block, df, fewest)
        moves = test.p < 1 - self.level
        text = Text(
            "checks.levelling-off",
            times=Listed(label_event_times(estimate.event_times[last]), "comma"),
            moves="yes" if moves else "no",
            test=test.name,
            p=test.p,
        )
        return self.conclude(text, value=test.p, unit="p")


COLUMNS = ("label", "label_text", "group", "reference", "effect", "low", "high", "n_rows", *variants.NUMBERS[4:])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceYear(Diagnostic):
    """How far the average of the path depends on its reference period.

    Its headline is the average of the path against the reported reference. An effect against all periods before has
    no reference and stands above for comparison.
    """

    name: ClassVar[str] = "reference_year"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"reference_year": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a reference, the overall effect above them; payload ``reference_year``."""
        require("path" in fit.views, Text("checks.reference-none"))
        options = fit.estimator.options()
        require(options.get("measure", "coefficient") == "coefficient", Text("checks.reference-coefficients"))
        require(options.get("second_reference") is None, Text("checks.reference-two"))
        shown = estimate_unbinned(fit)
        paths = list(compute_path_by_reference(shown))
        require(len(paths) >= 2, Text("checks.reference-only", at=paths[0].reference))
        overall, scale = shown.view("overall"), fit.estimate.scale
        method = resolve_method(fit, inference)
        rows = [_compare(shown, path, paths, fit.design.reference, method, rng) for path in paths]
        every = variants.measure_headline(shown, inference, rng)
        above = _row(Text("checks.reference-before"), "overall", every.effect, int(overall.n_cells[0]))
        above |= {"low": every.low, "high": every.high}
        table = pd.DataFrame([above, *rows], columns=list(COLUMNS)).astype({"reference": "Int64"})
        tested = _test_jointly(table[table["reference"].notna()], shown, inference, rng)
        yardstick = variants.measure_headline(fit, inference, rng, "path")
        # Without intervals nothing tells the differences from noise but their joint test.
        if tested["difference_low"].isna().all():
            yardstick = replace(yardstick, low=-np.inf, high=np.inf)
        # Their joint test decides, not the test of one difference.
        judged = replace(variants.judge_table(tested, yardstick), power=np.nan, best=np.nan)
        lowest, highest = (end(paths, key=lambda path: path.effect) for end in (min, max))
        text = Text(
            "checks.reference",
            n=len(paths),
            lowest=lowest.reference,
            highest=highest.reference,
            reported=fit.design.reference,
            verdict=variants.describe_judged(judged, scale),
            **variants.format_effects(scale, low=lowest.effect, high=highest.effect, overall=every.effect),
        )
        return self.conclude(text, table, judged, value=highest.effect - lowest.effect, unit=scale)


def _test_jointly(rows: pd.DataFrame, shown: Fit, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows with one p-value: the differences are effects before the agreement, whose joint test counts."""
    try:
        p = run_pretests(shown, variants.simplify_inference(shown, inference), rng, "hotelling").joint.p
    except InferenceError:
        p = np.nan
    rows = rows.assign(difference_p=np.nan)
    rows.loc[rows["difference"].abs().idxmax(), "difference_p"] = p
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The average of the path against one reference."""

    reference: int
    effect: float
    n_rows: int  # treated rows behind it
    weights: FloatArray  # (n_effects,): of the estimate's effects


def compute_path_by_reference(shown: Fit) -> Iterator[Path]:
    """Yield the path's average against each lead with an effect; cohorts without one there leave the average."""
    estimate = shown.estimate
    assert isinstance(estimate, EventStudy | CohortEffects)
    size = estimate.cell_weights if isinstance(estimate, CohortEffects) else estimate.row_weights
    after = estimate.event_times >= 0
    cohort = estimate.cohorts if isinstance(estimate, CohortEffects) else np.zeros_like(estimate.event_times)
    for e in np.unique(estimate.event_times[estimate.event_times < -estimate.anticipation]):
        base = {int(g): k for k, g in enumerate(cohort) if estimate.event_times[k] == e}
        used = np.flatnonzero(after & np.isin(cohort, list(base)))
        if size[used].sum() > 0:
            weights, shares = np.zeros(estimate.effects.size), size[used] / size[used].sum()
            np.add.at(weights, used, shares)
            np.add.at(weights, [base[int(g)] for g in cohort[used]], -shares)
            yield Path(int(e), float(weights @ estimate.effects), int(estimate.n_cells[used].sum()), weights)


def _compare(
    shown: Fit, path: Path, paths: list[Path], reported: int, method: Inference, rng: np.random.Generator
) -> dict[str, object]:
    """Return the path's interval and difference from the reported one by influence; re-assignment gives neither."""
    alone, mine = _weigh(shown, path), next((p for p in paths if p.reference == reported), None)
    row = _row(Text("checks.reference-label", at=path.reference), "reference", path.effect, path.n_rows)
    row["reference"] = path.reference
    is_drawn = isinstance(method, Randomization | Placebo)
    if not is_drawn:
        ends = variants.measure_headline(alone, Clustered(by=getattr(method, "by", ()), draws=1), rng)
        row |= {"low": ends.low, "high": ends.high}
    if mine is None or mine is path:
        return row | {"difference": np.nan if mine is None else 0.0}
    if is_drawn:
        return row | {"difference": path.effect - mine.effect}
    paired = variants.compare_paired(_weigh(shown, mine), alone, method, rng)
    return row | dict(zip(variants.NUMBERS[4:], astuple(paired), strict=True))


def _weigh(shown: Fit, path: Path) -> Fit:
    """Return the average as an estimate of its own, without an error where effects have no influence."""
    source: Uncertainty = shown.estimate.uncertainty
    if isinstance(source, Influence):
        source = UnitInfluence(source.units, (source.matrix() @ path.weights)[:, None])
    return replace(shown, estimate=replace(shown.view("path"), effects=np.array([path.effect]), uncertainty=source))


def estimate_unbinned(shown: Fit) -> Fit:
    """Return the fit with every event time estimated apart; binned ends are for the picture."""
    if not shown.estimator.options().get("bins", False):
        return shown
    return fit(replace(shown.estimator, bins=False), shown.design)  # type: ignore[type-var]


def _row(label: Text, group: str, effect: float, n_rows: int) -> dict[str, object]:
    numbers = {"reference": pd.NA, "effect": effect, "n_rows": n_rows}
    return pack_both("label", label) | {"group": group} | numbers


# The estimate when periods before the onset count as possibly affected.


def shift_reference(design: Design, periods: int) -> Variant:
    """Return the design with the reference moved before so many observed periods of anticipation."""
    step = design.panel.step
    periods *= step
    label, reference = Text("checks.anticipation-label", n=periods), min(design.reference, -periods - step)
    return Variant.attempt(label, "anticipation", lambda: replace(design, anticipation=periods, reference=reference))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipation(VariantCheck):
    """Whether courtship before the agreement hides part of the effect, or makes it.

    Attributes
    ----------
    up_to : int
        Largest number of observed periods.
    """

    up_to: int = 2
    name: ClassVar[str] = "anticipation"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"anticipation": "variants"}
    fewest: ClassVar[int] = 2

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design under each number of periods."""
        return [shift_reference(fit.design, k) for k in range(self.up_to + 1)]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.anticipation-few")

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the effect under each number of periods."""
        named = zip(variants.list_words(seen.known, "label"), seen.known["effect"], strict=True)
        listed = tuple(Text("common.named", name=n, value=seen.show(float(e))) for n, e in named)
        text = Text("checks.anticipation", effects=Listed(listed, "semicolon"), verdict=seen.describe())
        return self.report(seen, text, seen.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboDates(Diagnostic):
    """The estimate with every onset moved back, treated rows left out.

    Attributes
    ----------
    periods : tuple of int
        How many observed periods onsets are moved back.
    """

    periods: tuple[int, ...] = (2, 3)
    name: ClassVar[str] = "placebo_dates"
    citation: ClassVar[str] = "bertrand2004"
    payload_kinds: ClassVar = {"placebo_dates": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a fake date; payload ``placebo_dates``."""
        before, step = fit.design.before_treatment(), fit.design.panel.step
        alternatives = [
            Variant(Text("checks.placebo-dates-label", n=k * step), "placebo", before.backdated(k * step))
            for k in self.periods
        ]
        table = variants.compare_variants(fit, alternatives, _calibrate(fit, inference), rng, is_same_target=False)
        known, scale = table.dropna(subset=["p"]), fit.estimate.scale
        if known.empty:
            reasons = variants.list_reasons(table)
            failed = Text("checks.placebo-dates-failed", reasons=reasons)
            return self.unavailable(failed if reasons.items else Text("checks.placebo-dates-none"))
        p = adjust_holm(known["p"].to_numpy(dtype=np.float64))
        worst, adjusted = known.iloc[int(p.argmin())], float(p.min())
        judged = variants.judge_effects(known, variants.measure_headline(fit, inference, rng))
        text = Text(
            "checks.placebo-dates",
            effect=variants.format_effect(float(worst["effect"]), scale),
            label=str(worst["label"]),
            p=float(worst["p"]),
            adjusted=adjusted,
            n=len(known),
            verdict=Text("checks.placebo-verdict", **variants.name_judged(judged, scale)),
        )
        return self.conclude(
            text, table, judged, value=adjusted, unit="p", messages=variants.list_failures(self.name, table)
        )


def _calibrate(fit: Fit, inference: Inference) -> Inference:
    """Return the inference for fake dates: clustered errors, too small for few treated rows, are scaled."""
    method = resolve_method(fit, inference)
    if not isinstance(method, Clustered) or method.correction != Clustered().correction or "row" in method.by:
        return variants.simplify_inference(fit, inference, has_intervals=True)
    if clustering.find_row_weights(fit, fit.view("overall")) is None:
        return method
    return Scaled(by=method.by, level=method.level, draws=1)

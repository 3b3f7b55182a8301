"""Size and coverage with one treated pair, or few: ``python -m benchmarks.size_single_case`` prints the tables.

Flows of cities and partners move with city-years, partner-years, two factors with loadings of their own, and AR(1)
errors; one pair is tied and nothing happens to it. Conformal and prediction intervals are tried where their theory
holds: the treated flow is a weighted sum of donors plus stationary errors.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import toeplitz
from scipy.special import stdtr

from benchmarks.agreement_panels import draw_errors
from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import Case
from twintrade.diagnostics.single_case.placebo_space import build_case_sets, estimate_placebo_paths
from twintrade.estimators.base import fit
from twintrade.estimators.cases import SingleCase
from twintrade.estimators.interrupted_series import InterruptedSeries
from twintrade.estimators.synthetic_control import (
    AugmentedSyntheticControl,
    DoubleRatio,
    SyntheticControl,
    SyntheticDid,
)
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.conformal import PredictionIntervals, compute_null_residuals
from twintrade.inference.conley_taber import ConleyTaber, FermanPinto
from twintrade.inference.dependence import Autoregressive, Hac
from twintrade.inference.randomization import Randomization
from twintrade.numerics import series
from twintrade.numerics.arrays import FloatArray

N_CITIES, N_PARTNERS, N_BEFORE, N_AFTER = 6, 8, 15, 5
RHOS = (0.0, 0.5, 0.8)
LEVEL = 0.9
EFFECT = 1.0
SMOKE = (("--draws", "1"),)
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    label: str
    estimator: SingleCase
    is_log: bool
    sets: tuple[str, ...] = ("A", "B", "all")


METHODS = (
    Ranked("double ratio", DoubleRatio(), False),
    Ranked("synthetic control", SyntheticControl(demeaned=True), True),
    Ranked("synthetic DiD", SyntheticDid(min_before=4), True),
    Ranked("augmented synthetic control", AugmentedSyntheticControl(demeaned=True), True, ("A", "B")),
)


def ar1(rng: np.random.Generator, shape: tuple[int, ...], rho: float) -> FloatArray:
    """Stationary errors of variance 1 / (1 - rho^2) along the last axis."""
    errors = rng.normal(size=shape)
    errors[..., 0] /= np.sqrt(1 - rho**2)
    for t in range(1, shape[-1]):
        errors[..., t] += rho * errors[..., t - 1]
    return errors


def log_flows(rng: np.random.Generator, rho: float) -> FloatArray:
    """Log flows by city, partner and period; the pair in the corner is like every other."""
    n = N_BEFORE + N_AFTER
    shape = (N_CITIES, N_PARTNERS, n)
    city = rng.normal(0, 0.1, (N_CITIES, 1, n)).cumsum(axis=-1)
    partner = rng.normal(0, 0.1, (1, N_PARTNERS, n)).cumsum(axis=-1)
    factors = rng.normal(0, 0.2, (2, n)).cumsum(axis=-1)
    loadings = rng.normal(0, 0.5, (*shape[:2], 2))
    return rng.normal(3, 0.5, (*shape[:2], 1)) + city + partner + loadings @ factors + 0.2 * ar1(rng, shape, rho)


def as_case(
    values: FloatArray, onset: int, city: FloatArray | None = None, partner: FloatArray | None = None
) -> Case:
    n = values.shape[0]
    return Case(
        values=values,
        units=np.array([f"u{i:03d}" for i in range(n)], dtype=object),
        periods=np.arange(values.shape[1]),
        onset=onset,
        anticipation=0,
        city=np.zeros(n, dtype=np.int64) if city is None else city.astype(np.int64),
        partner=np.arange(n) if partner is None else partner.astype(np.int64),
        predictors=np.empty((n, 0)),
    )


def placebo_size(draws: int, methods: Sequence[Ranked] = METHODS) -> Iterator[Row]:
    """Share of null cases whose rank is among the smallest that reach about 0.1, exact size beside it."""
    city, partner = np.divmod(np.arange(N_CITIES * N_PARTNERS), N_PARTNERS)
    for rho in RHOS:
        rng = np.random.default_rng([1, int(10 * rho)])
        found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for _ in range(draws):
            logs = log_flows(rng, rho).reshape(city.size, -1)
            for method in methods:
                case = as_case(logs if method.is_log else np.exp(logs), N_BEFORE, city, partner)
                for key, chosen in build_case_sets(case).items():
                    if key not in method.sets:
                        continue
                    paths = estimate_placebo_paths(method.estimator, chosen)
                    rank = paths.rank()
                    size = max(np.floor(0.1 / rank.floor + 1e-9), 1) * rank.floor
                    ratio = paths.rmspe_rank().p if method.is_log else np.nan
                    found.setdefault((method.label, key), []).append((size, rank.p, ratio))
        for (label, key), rows in found.items():
            size, p, ratio = np.array(rows).T
            ratios = "" if np.isnan(ratio).all() else _percent((ratio <= size + 1e-9).mean())
            yield rho, label, key, _percent(size.mean()), _percent((p <= size + 1e-9).mean()), ratios


def conformal_coverage(draws: int) -> Iterator[Row]:
    """Share of draws in which the true effect is not rejected at 0.1: then the 90 % interval holds it."""
    for n_before in (15, 25, 40):
        for n_after in (1, 5):
            for rho in RHOS:
                rng = np.random.default_rng([2, n_before, n_after, int(10 * rho)])
                held = [_conformal_p(rng, n_before, n_after, rho) > 1 - LEVEL for _ in range(draws)]
                yield n_before, n_after, rho, _percent(np.mean(held))


def weighted_sum(rng: np.random.Generator, n: int, rho: float, n_after: int) -> FloatArray:
    """A treated flow that is a weighted sum of its ten donors, plus errors, plus an effect at the end."""
    donors = rng.normal(1, 0.5, (10, 2)) @ (0.5 * rng.normal(size=(2, n)).cumsum(axis=1))
    donors = 10 + donors + 0.5 * rng.normal(size=(10, n))
    own = np.array([0.5, 0.3, 0.2]) @ donors[:3] + 0.5 * ar1(rng, (n,), rho)
    own[n - n_after :] += EFFECT
    return np.vstack([own, donors])


def _conformal_p(rng: np.random.Generator, n_before: int, n_after: int, rho: float) -> float:
    n = n_before + n_after
    case = as_case(weighted_sum(rng, n, rho, n_after), n)
    residuals = compute_null_residuals(SyntheticControl(), case, np.arange(n) >= n_before, EFFECT)
    return series.compute_moving_block_p(residuals, n_after)


def frame_of(values: FloatArray, size: FloatArray | None = None) -> pd.DataFrame:
    n, n_periods = values.shape
    keys = {"unit": np.repeat([f"u{i:03d}" for i in range(n)], n_periods), "year": np.tile(np.arange(n_periods), n)}
    further = {} if size is None else {"size": np.repeat(size, n_periods)}
    return pd.DataFrame({**keys, "y": values.ravel(), **further})


def design_of(values: FloatArray, onset: int, n_treated: int = 1, size: FloatArray | None = None) -> Design:
    panel = Panel.from_frame(frame_of(values, size), unit="unit", period="year")
    onsets = np.where(np.arange(values.shape[0]) < n_treated, float(onset), np.inf)
    return Design(panel=panel, treatment=Treatment(units=panel.units, onset=onsets), outcome="y")


def prediction_coverage(draws: int) -> Iterator[Row]:
    """Share of 90 % prediction intervals of the mean effect that hold the true one."""
    for n_before in (15, 25):
        for rho in (0.0, 0.5):
            rng = np.random.default_rng([3, n_before, int(10 * rho)])
            held: dict[str, list[bool]] = {"normal": [], "subgaussian": []}
            for _ in range(draws):
                design = design_of(weighted_sum(rng, n_before + 3, rho, 3), n_before)
                fitted = fit(SyntheticControl(), design)
                for noise, found in held.items():
                    bands = PredictionIntervals(noise=noise, draws=50, level=LEVEL).infer(fitted, "overall", rng)  # type: ignore[arg-type]
                    found.append(bool(bands.low[0] <= EFFECT <= bands.high[0]))
            yield n_before, 3, rho, _percent(np.mean(held["normal"])), _percent(np.mean(held["subgaussian"]))


FEW = ((40, 1, "alike"), (40, 2, "alike"), (40, 5, "alike"), (60, 1, "small"), (60, 3, "small"), (60, 1, "large"))
"""Units, treated ones, and what the treated ones are: of one size with all, among the smallest, or the largest."""


def few_treated_size(draws: int) -> Iterator[Row]:
    """Rejections at 0.1 of a two-way regression on 12 periods with AR(1) errors, units alike or of unequal size."""
    methods: dict[str, Inference] = {
        "Conley-Taber": ConleyTaber(draws=999),
        "null free": ConleyTaber(null="free", draws=999),
        "Ferman-Pinto": FermanPinto(size="size", draws=999),
        "also null free": FermanPinto(size="size", null="free", draws=999),
        "randomization": Randomization(draws=199, intervals=False),
        "clustered": Clustered(draws=99),
    }
    for n_units, n_treated, kind in FEW:
        data = np.random.default_rng([4, n_units, n_treated])
        rngs = {name: np.random.default_rng([5, n_units, n_treated, i]) for i, name in enumerate(methods)}
        rejected: dict[str, list[bool]] = {name: [] for name in methods}
        for _ in range(draws):
            size = np.ones(n_units)
            if kind != "alike":
                size = np.exp(data.uniform(np.log(2), np.log(100), n_units))
                size[:n_treated] = 2.0 if kind == "small" else 100.0
            values = 0.5 * ar1(data, (n_units, 12), 0.5) / np.sqrt(size)[:, None]
            fitted = fit(TWFE(shape="static"), design_of(values, 6, n_treated, size))
            for name, method in methods.items():
                rejected[name].append(bool(method.infer(fitted, "overall", rngs[name]).p[0] <= 0.1 + 1e-9))
        yield n_units, n_treated, kind, *(_percent(np.mean(found)) for found in rejected.values())


def own_trend_size(draws: int) -> Iterator[Row]:
    """Rejections at 0.05 on the own trend of heavy-tailed AR(1) series, without and with an effect of 2.8 errors."""
    for n_before, n_after in ((8, 5), (10, 21), (16, 15), (21, 10)):
        n = n_before + n_after
        after, lags = np.arange(n) >= n_before, series.choose_lags(n)
        x = series.build_segmented_design(np.arange(n), n_before)
        a = np.linalg.pinv(x)[2] + (n_after - 1) / 2 * np.linalg.pinv(x)[3]
        test = series.RestrictedSeries.of(x, x[:, :2], lags, np.random.default_rng(7))
        for rho in (0.0, 0.6, 0.8):
            rng, found = np.random.default_rng([6, n_before, n_after, int(10 * rho)]), []
            effect = 2.8 * np.sqrt(a @ toeplitz(rho ** np.arange(n)) @ a)
            for k in range(draws):
                y = draw_errors(rng, (2, 1), rho, True, n)[:, 0]
                scores = (a * (y[0] - x @ np.linalg.lstsq(x, y[0], rcond=None)[0]))[:, None]
                p = [series.compute_long_run_covariance(scores, lags, is_prewhitened=w) for w in (False, True)]
                p = [2 * stdtr(n - 4, -abs(a @ y[0]) / np.sqrt(v[0, 0] * n / (n - 4))) for v in p]
                drawn = [test.draw_t(v, a[:, None], rng, 99) for v in (y[0], y[0] + effect * after)]
                p += [(1 + (one[1:] >= one[0]).sum()) / 100 for one in drawn]
                if k == 0:
                    fitted = fit(InterruptedSeries(), design_of(y, n_before))
                    np.testing.assert_allclose(Hac(draws=1).infer(fitted, "overall", rng).p, p[0])
                    np.testing.assert_allclose(Autoregressive().infer(fitted, "overall", rng).p, p[2], atol=0.2)
                found.append(np.array(p) <= 0.05)
            yield n_before, n_after, rho, draws, *map(_percent, np.mean(found, axis=0))


def _percent(share: float) -> str:
    return f"{100 * float(share):.1f}"


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: Callable[[int], Iterator[Row]]


CASES = {
    "placebo": Table(
        "Rank among placebos: rejections in percent, and the size the rank must have",
        ("rho", "method", "donor set", "exact size", "mean gap", "RMSPE ratio"),
        placebo_size,
    ),
    "conformal": Table(
        "Conformal 90 % interval: how often it holds the effect, in percent",
        ("periods before", "after", "rho", "holds"),
        conformal_coverage,
    ),
    "prediction": Table(
        "90 % prediction interval: how often it holds the effect, in percent",
        ("periods before", "after", "rho", "normal noise", "subgaussian bound"),
        prediction_coverage,
    ),
    "own_trend": Table(
        "One series alone: rejections of a true null at 5 %, in percent",
        ("before", "after", "rho", "draws", "HAC", "HAC, prewhitened", "autoregressive", "finds an effect"),
        own_trend_size,
    ),
    "few_treated": Table(
        "Few treated units: rejections of a true null at 10 %, in percent",
        (
            *("units", "treated", "sizes", "Conley-Taber", "null free"),
            *("Ferman-Pinto", "null free", "randomization", "clustered"),
        ),
        few_treated_size,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--tables", nargs="*", choices=list(CASES), default=list(CASES))
    options = parser.parse_args()
    error = 100 * (0.1 * 0.9 / options.draws) ** 0.5
    print(f"{options.draws} draws: a rate of 10 or 90 % has a simulation error of {error:.1f} points.")
    for name in options.tables:
        table = CASES[name]
        print(f"\n{table.title}\n\n| {' | '.join(table.columns)} |\n|{'---|' * len(table.columns)}")
        for row in table.rows(options.draws):
            print(f"| {' | '.join(str(cell) for cell in row)} |", flush=True)


if __name__ == "__main__":
    main()

"""One estimate under changed designs, side by side: a variant that fails is a row with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.effects import Bands, Influence, Message
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.fanout import Arrays, Done, run_jobs
from twintrade.inference.base import Inference
from twintrade.inference.randomization import Randomization
from twintrade.inference.reported import Reported, resolve_method
from twintrade.numerics.arrays import FloatArray

NUMBERS = ("effect", "low", "high", "p")
COUNTS = ("n_rows", "n_units", "n_treated_units")
COLUMNS = ("label", "group", "effect", "low", "high", "p", "n_rows", "n_units", "n_treated_units", "reason")


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A changed design under a name.

    Attributes
    ----------
    label, group : str
        As the table and the figure name it.
    design : Design or None
        None where it could not be made.
    reason : str
        Why not.
    """

    label: str
    group: str
    design: Design | None
    reason: str = ""


Shared: TypeAlias = tuple[Fit, tuple[Variant, ...], Inference | None]


def simplify_inference(fit: Fit, inference: Inference, draws: int = 199) -> Inference:
    """Return the inference with what a check of many variants cannot afford left out.

    Randomization keeps its p-values with fewer draws and drops the inversion. Bands already reported stay.
    """
    if isinstance(inference, Reported):
        return replace(inference, method=simplify_inference(fit, inference.method, draws))
    chosen = resolve_method(fit, inference)
    if not isinstance(chosen, Randomization):
        return chosen
    return Randomization(
        across=chosen.across,
        draws=min(draws, chosen.draws),
        statistic=chosen.statistic,
        intervals=False,
        level=chosen.level,
    )


def compute_event_bands(fit: Fit, inference: Inference, rng: np.random.Generator) -> tuple[Bands, FloatArray]:
    """Return bands by event time and the effects' joint covariance, with what many variants cannot afford left out.

    Raises
    ------
    InferenceError
        The method gives no effects by event time, or the inference no joint covariance.
    """
    if "event" not in fit.views:
        raise InferenceError(f"{fit.estimator.title or 'the method'} gives no effects by event time")
    bands = simplify_inference(fit, inference).infer(fit, "event", rng)
    if bands.covariance is None:
        raise InferenceError(f"{bands.inference} gives no joint covariance")
    return bands, bands.covariance


def compare_variants(
    fit: Fit, variants: Iterable[Variant], inference: Inference | None, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one row a variant, the overall effect and its interval, in the columns ``COLUMNS``.

    Parameters
    ----------
    fit : Fit
    variants : iterable of Variant
    inference : Inference or None
        None for effects alone.
    rng : Generator
    """
    listed = tuple(variants)
    jobs = {f"{k} {variant.label}": k for k, variant in enumerate(listed)}
    found = run_jobs("variants", _estimated, jobs, shared=(fit, listed, inference), rng=rng)
    rows = [_row(variant, done) for variant, done in zip(listed, found, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(variant: Variant, done: Done) -> dict[str, object]:
    row: dict[str, object] = {"label": variant.label, "group": variant.group}
    if done.values is None:
        return row | dict.fromkeys(NUMBERS, np.nan) | dict.fromkeys(COUNTS, 0) | {"reason": done.reason}
    numbers = zip(NUMBERS, done.values["numbers"].tolist(), strict=True)
    counts = zip(COUNTS, done.values["counts"].tolist(), strict=True)
    return row | dict(numbers) | dict(counts) | {"reason": str(done.values["reason"])}


def _estimated(shared: Shared, place: int, rng: np.random.Generator) -> Arrays:
    fit, variants, inference = shared
    row = _numbers(fit, variants[place], inference, rng)
    return {
        "numbers": np.array([row[name] for name in NUMBERS], dtype=np.float64),
        "counts": np.array([row[name] for name in COUNTS], dtype=np.int64),
        "reason": np.array(row["reason"]),
    }


def _numbers(fit: Fit, variant: Variant, inference: Inference | None, rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(NUMBERS, np.nan) | dict.fromkeys(COUNTS, 0) | {"reason": variant.reason}
    if variant.design is None:
        return row
    try:
        again = fit if variant.design is fit.design else fit.refit(variant.design)
        estimate = again.view("overall")
    except TwintradeError as error:
        return row | {"reason": str(error)}
    sample = estimate.sample
    row |= {"effect": float(estimate.effects[0]), "n_rows": sample.n_rows, "n_units": sample.n_units}
    row["n_treated_units"] = sample.n_treated_units
    if inference is None:
        return row
    try:
        bands = inference.infer(again, "overall", rng)
    except TwintradeError as error:
        return row | {"reason": f"no inference: {error}"}
    return row | {"low": float(bands.low[0]), "high": float(bands.high[0]), "p": float(bands.p[0])}


def find_extremes(known: pd.DataFrame) -> tuple[float, float, str]:
    """Return the smallest and the largest effect of some variants, and whether they agree in sign, in words."""
    low, high = float(known["effect"].min()), float(known["effect"].max())
    return low, high, "have the same sign" if low * high > 0 else "do not even agree in sign"


def list_failures(diagnostic: str, table: pd.DataFrame) -> tuple[Message, ...]:
    """Return one warning a variant that could not be estimated."""
    failed = table[table["reason"] != ""]
    return tuple(
        Message("warning", "refit-failed", f"{diagnostic}: {label} could not be estimated: {reason}")
        for label, reason in zip(failed["label"], failed["reason"], strict=True)
    )


def format_effect(value: float, scale: str) -> str:
    """Return an effect as a sentence quotes it: log points in percent as well."""
    if scale == "percent":
        return f"{value:+.1f} %"
    if scale == "log points":
        return f"{value:.3f} log points ({100 * np.expm1(value):+.1f} %)"
    return f"{value:,.3g}" if scale == "level" else f"{value:.3g} {scale}"


def format_p(p: float) -> str:
    """Return a p-value as a sentence quotes it: never as zero."""
    return "p < 0.001" if p < 0.0005 else f"p = {p:.3f}"


def has_intervals(bands: Bands) -> bool:
    """Whether bands have any finite interval."""
    return bool(np.isfinite(bands.low).any())


def has_influence(fit: Fit) -> bool:
    """Whether a fit's uncertainty is an influence function."""
    return isinstance(fit.estimate.uncertainty, Influence)

"""Finished inferences in the ledger of a run, so that one that was cut short does not make them again."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from twintrade.effects import Bands, Message, Remedy
from twintrade.estimators.base import Fit, View
from twintrade.fanout import Arrays, get_scope
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import KnownDraws, Permuted, find_draws, keep_draws
from twintrade.text import Words, pack_text, parse_text

LONG_SECONDS = 1.0
"""What takes no longer is made again."""

_DRAWN = ("observed", "effects", "statistics", "post_slopes", "pre_slopes", "after")
_OPTIONAL = ("covariance", "low_error", "high_error")
_ARRAYS = ("se", "low", "high", "p", "df", "simultaneous_low", "simultaneous_high")


def take_up_bands(job: str, fit: Fit, infer: Callable[[], dict[View, Bands]]) -> dict[View, Bands]:
    """Return the bands that an earlier run kept for a job, else those that are made now, and keep them.

    ``job``: name of the inference, unique in the run; ``fit``: which the bands are about; it is estimated again in
    every run; ``infer``: makes the bands.
    """
    ledger = get_scope().workers.ledger
    if ledger is None:
        return infer()
    kept = ledger.get(f"bands/{job}")
    if kept is not None and kept[0] is not None:
        if "draws/words" in kept[0]:
            keep_draws(fit, _unpack_draws(kept[0], fit))
        return _unpack_bands(kept[0], fit)
    started = time.monotonic()
    bands = infer()
    is_of_fit = all(_is_of_fit(band, fit, view) for view, band in bands.items())
    if is_of_fit and time.monotonic() - started > LONG_SECONDS:
        ledger.put(f"bands/{job}", {**_pack_bands(bands), **_pack_draws(find_draws(fit))}, "")
    return bands


def _is_of_fit(bands: Bands, fit: Fit, view: View) -> bool:
    """Whether bands are about the fit's own estimate, and not about one that the inference corrected."""
    return np.array_equal(bands.estimate.effects, fit.view(view).effects, equal_nan=True)


def _pack_bands(bands: Mapping[View, Bands]) -> Arrays:
    packed = {}
    for view, band in bands.items():
        words = {
            "inference": band.inference,
            "level": band.level,
            "note": _pack_words(band.note),
            "facts": {name: value.item() if hasattr(value, "item") else value for name, value in band.facts.items()},
            "messages": [asdict(m) | {"text": _pack_words(m.text)} for m in band.messages],
        }
        packed[f"{view}/words"] = np.array(json.dumps(words))
        packed |= {f"{view}/{name}": getattr(band, name) for name in _ARRAYS}
        packed |= {f"{view}/{name}": one for name in _OPTIONAL if (one := getattr(band, name)) is not None}
    return packed


def _pack_draws(known: KnownDraws | None) -> Arrays:
    if known is None:
        return {}
    overall = known.overall
    near, values = overall.near or (np.nan, np.empty((0, 1)))
    words = {"options": known.options, "seed": known.seed, "near": near}
    arrays = {"kept": known.kept, "near": values} | {name: getattr(overall, name) for name in _DRAWN}
    return {"draws/words": np.array(json.dumps(words))} | {f"draws/{name}": one for name, one in arrays.items()}


def _unpack_draws(packed: Arrays, fit: Fit) -> KnownDraws:
    words = json.loads(str(packed["draws/words"]))
    options: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in words["options"].items()
    }
    method, seed = Randomization(**options), words["seed"]
    dealing = method.deal(fit, method.draws, np.random.default_rng(seed))
    near = (words["near"], packed["draws/near"]) if packed["draws/near"].size else None
    arrays: dict[str, Any] = {name: packed[f"draws/{name}"] for name in _DRAWN}
    overall = Permuted(fit.view("overall"), **arrays, near=near)
    return KnownDraws(options, seed, dealing, packed["draws/kept"], overall)


def _unpack_bands(packed: Arrays, fit: Fit) -> dict[View, Bands]:
    bands: dict[View, Bands] = {}
    for view in [view for view in get_args(View) if f"{view}/words" in packed]:
        words = json.loads(str(packed[f"{view}/words"]))
        bands[view] = Bands(
            estimate=fit.view(view),
            inference=words["inference"],
            level=words["level"],
            note=_unpack_words(words["note"]),
            facts=words["facts"],
            messages=tuple(_unpack_message(m) for m in words["messages"]),
            **{name: packed[f"{view}/{name}"] for name in _ARRAYS},
            **{name: packed[f"{view}/{name}"] for name in _OPTIONAL if f"{view}/{name}" in packed},
        )
    return bands


def _unpack_message(packed: dict[str, Any]) -> Message:
    remedy = packed["remedy"] and Remedy(packed["remedy"]["name"], tuple(packed["remedy"]["values"]))
    return Message(**(packed | {"text": _unpack_words(packed["text"]), "remedy": remedy}))


def _pack_words(words: Words) -> list[str]:
    return [pack_text(words), str(words)]


def _unpack_words(packed: list[str]) -> Words:
    return parse_text(packed[0]) if packed[0] else packed[1]

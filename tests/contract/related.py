"""One small panel under other keys and in other forms, and what every method says of it."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, reduce

import numpy as np
import pandas as pd
from chosen_designs import FEW_SIZES, make_quick

import twintrade as tt
from twintrade.design import Design, Treatment
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.effects import Bands, Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit, fit
from twintrade.inference.base import INFERENCES
from twintrade.inference.clustered import Clustered

N_PARTNERS, N_UNITS, YEARS = 6, 24, range(2001, 2019)
CASE, COHORTS, ALWAYS, UNDATED = 8, {2011: (3, 8, 16, 22), 2013: (5, 10, 13)}, 23, 20
FACTOR, SHIFT = 1024.0, 4096.0
"""A power of two multiplies without rounding."""

Name = Callable[[int], object]


@dataclass(frozen=True, kw_only=True)
class Related:
    """The panel in one form: ends and units by number, how each is called, and the onset of each unit."""

    frame: pd.DataFrame
    onset: Mapping[int, float]
    unit: Name
    city: Name
    partner: Name
    dtype: str | None = None
    undated: tuple[int, ...] = (UNDATED,)

    def design(self, transform: str, *, is_case: bool = False, fixed_effects: str = "two_way") -> Design:
        names = {"unit": self.unit, "city": self.city, "partner": self.partner}
        keys = {k: _column([name(i) for i in self.frame[k]], self.dtype) for k, name in names.items()}
        panel = tt.panel(self.frame.assign(**keys), unit="unit", city="city", partner="partner")
        onset = {k: g for k, g in self.onset.items() if not is_case or k in (CASE, CASE + N_UNITS)}
        never = dict.fromkeys(set(self.frame["unit"]) - set(onset), np.inf)
        aligned = Treatment.from_series(pd.Series({self.unit(k): g for k, g in (onset | never).items()}))
        treatment = replace(aligned, excluded={self.unit(k): "undated" for k in self.undated})
        return Design(
            panel=panel,
            treatment=treatment,
            outcome="flow",
            transform=transform,
            fixed_effects=fixed_effects,
            window=(-3, 3),
            clusters=("unit",),
        )


def _column(keys: list[object], dtype: str | None) -> pd.Series:
    column = pd.Series(keys, dtype=object).infer_objects()
    return column if dtype is None else column.astype(dtype)


def build() -> Related:
    rng = np.random.default_rng(12)
    index = pd.MultiIndex.from_product([range(N_UNITS), YEARS], names=["unit", "year"])
    frame = index.to_frame(index=False)
    unit, year = frame["unit"], frame["year"] - YEARS[0]
    onset = {k: float(g) for g, units in COHORTS.items() for k in units} | {ALWAYS: float(YEARS[0])}
    after = frame["year"] >= unit.map(onset).fillna(np.inf)
    size = 8 + rng.normal(size=N_UNITS)[unit] + 0.1 * year + 0.2 * rng.normal(size=len(frame)) + 0.3 * after
    frame = frame.assign(
        city=unit // N_PARTNERS,
        partner=unit % N_PARTNERS,
        flow=np.exp(size),
        other=np.exp(rng.normal(size=len(frame))),
        firms=1.0 + rng.poisson(20, len(frame)),
        affected=(unit // 2 % 2).astype(np.int64),
        latitude=10.0 + unit // 4,
        longitude=5.0 * (unit % 4),
    )
    return Related(frame=frame, onset=onset, unit="u{:02d}".format, city="c{}".format, partner="p{}".format)


KEYS: Mapping[str, Callable[[Related], Related]] = {
    "int": lambda r: replace(r, unit=lambda k: 7 * k, city=int, partner=lambda k: 100 + k),
    "float": lambda r: replace(r, unit=float, city=lambda k: k + 0.5, partner=lambda k: 100.0 + k),
    "categorical": lambda r: replace(r, dtype="category"),
    "mixed": lambda r: replace(
        r, unit=_numbers_first, city=_numbers_first, partner=lambda k: k + 100 if k < 3 else f"p{k}"
    ),
    "tuple": lambda r: replace(r, unit=lambda k: (f"c{k // N_PARTNERS}", k % N_PARTNERS)),
}


def _numbers_first(k: int) -> object:
    """0, 1, 2, "00", "01" ...: in the order of pandas."""
    return k if k < 3 else f"{k - 3:02d}"


def _relabelled(r: Related) -> Related:
    return replace(r, **{name: _marked(getattr(r, name)) for name in ("unit", "city", "partner")})


MARK = "§"


def _marked(name: Name) -> Name:
    return lambda k: f"{MARK}{name(k)}"


def _renumbered(r: Related) -> Related:
    return replace(r, unit=lambda k: f"u{99 - k:02d}", city=lambda k: f"c{9 - k}", partner=lambda k: f"p{9 - k}")


def _later(r: Related) -> Related:
    return replace(
        r, frame=r.frame.assign(year=r.frame["year"] + 100), onset={k: g + 100 for k, g in r.onset.items()}
    )


def _flows(r: Related, flow: pd.Series) -> Related:
    return replace(r, frame=r.frame.assign(flow=flow))


def _copied(r: Related) -> Related:
    """A copy of every unit, and of its onset, in the same city and partner."""
    copies = r.frame.assign(unit=r.frame["unit"] + N_UNITS)
    frame = pd.concat([r.frame, copies], ignore_index=True)
    onset = r.onset | {k + N_UNITS: g for k, g in r.onset.items()}
    return replace(r, frame=frame, onset=onset, undated=(UNDATED, UNDATED + N_UNITS))


def _with_zeros(r: Related) -> Related:
    zeros = r.frame[r.frame["unit"] == 0].assign(unit=N_UNITS, flow=0.0, other=0.0, firms=0.0)
    return replace(r, frame=pd.concat([r.frame, zeros], ignore_index=True))


RELATIONS: Mapping[str, Callable[[Related], Related]] = {
    "relabel": _relabelled,
    "reorder rows": lambda r: replace(r, frame=r.frame.sample(frac=1.0, random_state=3, ignore_index=True)),
    "renumber": _renumbered,
    "later": _later,
    "scale": lambda r: _flows(r, FACTOR * r.frame["flow"]),
    "shift": lambda r: _flows(r, SHIFT + r.frame["flow"]),
    "duplicate": _copied,
    "split": lambda r: _copied(_flows(r, r.frame["flow"] / 2)),
    "zeros": _with_zeros,
}

BASE = "as it is"


@cache
def related(form: str) -> Related:
    """Return the panel in a form, or in several that are joined by a plus."""
    return reduce(
        lambda made, part: made if part == BASE else (KEYS | RELATIONS)[part](made), form.split(" + "), build()
    )


@dataclass(frozen=True)
class Way:
    """A method with its options, on the outcome as it takes it."""

    name: str
    transform: str
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_case(self) -> bool:
        return ESTIMATORS[self.name].requires.single_treated_unit


FITS: Mapping[str, Way] = {
    "log": Way("twfe", "log"),
    "poisson": Way("imputation", "level", {"family": "poisson"}),
    "percent": Way("imputation", "level", {"family": "poisson", "measure": "percent"}),
    "ppml": Way("ppml", "level"),
    "three-way": Way("ppml_corrected", "level"),
    "case": Way("synthetic_control", "log"),
    "series": Way("interrupted_series", "log"),
    "structural": Way("structural_series", "log", {"n_draws": 19}),
    "synthetic": Way("synthetic_did", "log"),
}


@cache
def fitted(key: str, form: str) -> Fit:
    """Fit one of the named ways, or "estimator/transform"."""
    name, _, transform = key.partition("/")
    way = FITS[name] if name in FITS else Way(name, transform)
    requires = ESTIMATORS[way.name].requires
    effects = requires.fixed_effects[0] if requires.fixed_effects else "two_way"
    is_case = requires.single_treated_unit or requires.single_onset
    method = ESTIMATORS[way.name](**FEW_SIZES.get(way.name, {}), **way.options)
    return fit(method, related(form).design(way.transform, is_case=is_case, fixed_effects=effects))


Record = dict[str, object]


def record_estimate(key: str, form: str) -> Record:
    """Return every effect of every view."""
    result = fitted(key, form)
    return {f"effects by {view}": result.view(view).effects for view in result.views}


def record_bands(name: str, key: str, form: str) -> Record:
    result = fitted(key, form)
    view = "overall" if "overall" in result.views and name != "conformal" else result.views[0]
    options = {"latitude": "latitude", "longitude": "longitude", "cutoff": 1500.0} if name == "conley" else {}
    method = replace(make_quick(INFERENCES[name]), **options)
    bands: Bands = method.infer(result, view, np.random.default_rng(1))
    return {k: getattr(bands, k) for k in ("se", "low", "high", "p", "simultaneous_low", "simultaneous_high")}


CHECK_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "margins": {"columns": ("firms",)},
    "outcomes": {"others": ("firms", "other"), "transform": "log", "draws": 49},
    "heterogeneity": {"by": "affected", "draws": 19},
    "specification_curve": {"estimators": ("imputation",), "fixed_effects": ("two_way",), "anticipation": (0,)},
    "estimators": {"names": ("callaway_santanna", "imputation", "ppml", "synthetic_control", "two_stage")},
    "power": {"draws": 49},
}


def record_finding(name: str, key: str, form: str) -> Record:
    method = replace(make_quick(DIAGNOSTICS[name]), **CHECK_OPTIONS.get(name, {}))
    found: Finding = method.check(fitted(key, form), Clustered(draws=19), np.random.default_rng(1))
    facts = ("verdict", "direction", "unit", "value", "detectable", "bound", "tolerance", "power")
    said = {k: getattr(found, k) for k in facts}
    tables = {"table": found.table} | {k.split("-")[0]: payload for k, payload in found.payloads.items()}
    cells = {f"{k}: {c}": table[c] for k, table in tables.items() for c in table}
    numbers = {k: np.sort(np.asarray(c, dtype=float)) for k, c in cells.items() if pd.api.types.is_numeric_dtype(c)}
    words = {k: [str(v).replace(MARK, "") for v in c] for k, c in cells.items()}
    return {
        **said,
        "available": found.is_available,
        **numbers,
        "words": str([found.sentence, words]).replace(MARK, ""),
    }


@cache
def record(kind: str, name: str, key: str, form: str) -> Record:
    """Return what a method says, or the kind of error that it refuses with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if kind == "estimator":
                return record_estimate(key, form)
            return record_bands(name, key, form) if kind == "inference" else record_finding(name, key, form)
        except TwintradeError as error:
            return {"refused": type(error).__name__}


def compare(one: Record, other: Record, factor: float, is_compared: Callable[[str], bool]) -> tuple[float, str]:
    """Return the largest relative difference of two records, and where it is; a number may be times the factor."""
    left, right = ({k: v for k, v in record.items() if is_compared(k)} for record in (one, other))
    if left.keys() != right.keys():
        return np.inf, f"fields {sorted(set(left) ^ set(right))}"
    worst, place = 0.0, ""
    for name, a in left.items():
        b = right[name]
        gap = float(a != b) * np.inf if isinstance(a, str | bool) else _gap(a, b, factor)
        if gap > worst:
            worst, place = gap, name
    return worst, place


def _gap(a: object, b: object, factor: float) -> float:
    left, right = np.atleast_1d(np.asarray(a, dtype=float)), np.atleast_1d(np.asarray(b, dtype=float))
    if left.shape != right.shape or (np.isnan(left) != np.isnan(right)).any():
        return np.inf
    known = np.isfinite(left) & np.isfinite(right)
    if (left[~known] != right[~known])[~np.isnan(left[~known])].any():
        return np.inf
    return min(_relative(left[known], right[known] / by) for by in (1.0, factor))


def _relative(left: np.ndarray, right: np.ndarray) -> float:
    if not left.size:
        return 0.0
    return float(np.max(np.abs(left - right)) / max(np.max(np.abs(left)), 1e-8))

"""What every diagnostic is: options as fields, and one method from a fit and an inference to a finding."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from statistics import NormalDist
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.effects import Bands, Finding, Topic, Verdict
from twintrade.effects.result_set import PayloadKind
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.methods import Registry
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Text, Words

# One rule for what every check says: it objects, does not object, or cannot tell (docs/inference.md, "Checks").

LEVEL = 0.05
NOTED = 0.10  # power below which a check that sees nothing is a note, and not counted


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The headline's interval, against which a violation is large or small."""

    # effect, low, high: On the scale of the estimate; an end may be infinite, NaN where there is no interval
    effect: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval, NaN where an end is missing or infinite."""
        half = (self.high - self.low) / 2
        return half if math.isfinite(half) else math.nan

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    @property
    def tolerance(self) -> float:
        """Largest violation that would not change what the headline says.

        The distance of the interval's nearer end from zero where the effect is distinguishable from zero, else half
        the interval; NaN where the interval says nothing.
        """
        return min(abs(self.low), abs(self.high)) if self.is_distinguishable else self.half_width

    def in_logs(self, scale: str) -> "Yardstick":
        """Return the yardstick in log points, without an interval where its scale has none."""
        if scale == "log points":
            return self
        if scale != "percent":
            return Yardstick(math.nan, math.nan, math.nan)
        with np.errstate(divide="ignore"):
            logs = np.log1p(np.maximum([self.effect, self.low, self.high], -100.0) / 100)
        return Yardstick(*map(float, logs))


def read_yardstick(bands: Bands) -> Yardstick:
    """Return the yardstick of one effect's bands."""
    return Yardstick(float(bands.estimate.effects[0]), float(bands.low[0]), float(bands.high[0]))


def judge_violation(p: float | Sequence[float] | FloatArray, bound: float, tolerance: float) -> Verdict:
    """Return what a check says that tests for no violation, by p-values before adjustment and a bound, or NaN."""
    adjusted = adjust_holm(np.atleast_1d(np.asarray(p, dtype=float)))
    if np.nanmin(adjusted, initial=1.0) < LEVEL:
        return "objects"
    return "does not object" if (bound <= tolerance and not np.isnan(adjusted).all()) else "cannot tell"


def measure_power(error: float, size: float, n_tests: int = 1, most: float = math.inf) -> float:
    """Return how likely a check is to object to a violation of a size, NaN where that is not known.

    ``error``: half its 95 % interval; ``n_tests``: over which Holm's adjustment is made; ``most``: a difference from
    which on it objects by that alone.
    """
    if not (error > 0 and size > 0):
        return math.nan
    normal = NormalDist()
    se = error / normal.inv_cdf(1 - LEVEL / 2)
    least = min(normal.inv_cdf(1 - LEVEL / (2 * n_tests)), most / se if math.isfinite(se) else math.inf)
    return normal.cdf(size / se - least) + normal.cdf(-size / se - least)


def find_range(errors: FloatArray) -> tuple[float, float]:
    """Return the largest and the smallest of some errors, NaN where none is known."""
    return float(np.fmax.reduce(errors)), float(np.fmin.reduce(errors))


def judge_variants(differences: FloatArray, p: FloatArray, bounds: FloatArray, yardstick: Yardstick) -> Verdict:
    """Return the verdict on other estimates of the target, by differences, p-values and bounds, (n_variants,)."""
    known = np.isfinite(differences)
    if np.any(np.abs(differences[known]) > yardstick.half_width):
        return "objects"
    bound = float(np.max(bounds[known])) if known.any() else math.nan
    return judge_violation(p[known] if known.any() else math.nan, bound, yardstick.tolerance)


@dataclass(frozen=True, slots=True)
class Judgment:
    """What a check says of the headline; it informs where it judges nothing."""

    verdict: Verdict = "informs"
    bound: float = math.nan  # bound, tolerance: Upper bound of the violation, and what it was held against
    tolerance: float = math.nan
    p: float = math.nan  # smallest p-value of no difference, after Holm's adjustment
    # power, best: How likely it was to object to a difference as large as half the headline's interval, in the
    # variant that is seen least, and in the one that is seen best
    power: float = math.nan
    best: float = math.nan

    @property
    def shown_verdict(self) -> Verdict:
        """The verdict, or a note where the check sees nothing and could hardly have seen anything."""
        return "note" if self.verdict == "cannot tell" and self.best < NOTED else self.verdict


INFORMS = Judgment()


def judge_choices(differences: FloatArray, yardstick: Yardstick) -> Judgment:
    """Return what variants of the same rows say, whose differences (n_variants,) have no error of sampling."""
    sizes = np.abs(differences)
    verdict = judge_variants(differences, np.ones_like(sizes), sizes, yardstick)
    return Judgment(verdict, float(np.nanmax(sizes)), yardstick.tolerance)


def judge_bound(
    p: float | Sequence[float] | FloatArray, bound: float, yardstick: Yardstick, errors: float | FloatArray = math.nan
) -> Judgment:
    """Return what ``judge_violation`` says, with what it was judged by.

    ``errors``: half the 95 % intervals of the violations that it looks for.
    """
    n_tests = max(1, int(np.isfinite(p).sum()))
    power, best = (measure_power(one, yardstick.half_width, n_tests) for one in find_range(np.atleast_1d(errors)))
    verdict = judge_violation(p, bound, yardstick.tolerance)
    return Judgment(verdict, bound, yardstick.tolerance, power=power, best=best)


class Diagnostic(ABC):
    """A question whether to believe a fit: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    name : str
        Key in TOML and tables.
    citation : str
        Key in references.bib; empty where it is plain description.
    payload_kinds : mapping of str to str
        What draws each payload, by the payload's name before any point; what is not named is a table.
    topic : Topic
        Exhibit of the page that prints its findings and payloads.
    """

    name: ClassVar[str] = ""
    citation: ClassVar[str] = ""
    payload_kinds: ClassVar[Mapping[str, PayloadKind]] = {}
    topic: ClassVar[Topic] = "sensitivity"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "check" in cls.__dict__ and not hasattr(cls.check, "__wrapped__"):
            cls.check = _answer_refusals(cls.check)  # type: ignore[assignment]
        if cls.__dict__.get("name"):
            DIAGNOSTICS.add(cls.name, cls)

    @abstractmethod
    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return what was found.

        A diagnostic whose fit cannot provide what it needs returns a finding that says "not available because ..."
        (``unavailable``). One of the program's own errors raised on the way becomes that finding.
        """

    def concerns(self, design: Design) -> bool:
        """Whether a design has what this check is about; a recipe's check that is not asked is left out."""
        return True

    def unavailable(self, because: Words) -> Finding:
        """Return the finding that says why this check could not be made."""
        return self.conclude(
            Text("checks.unavailable", because=because), judged=Judgment("cannot tell"), reason=because
        )

    def conclude(
        self,
        text: Words,
        table: pd.DataFrame | None = None,
        judged: Judgment = INFORMS,
        payloads: Mapping[str, pd.DataFrame] | None = None,
        **facts: Any,
    ) -> Finding:
        """Return a finding of this check, whose payload is its table under its own name where none is given.

        ``facts``: further fields of the finding, such as ``value`` and ``unit``.
        """
        if table is not None:
            facts |= {"table": table, "payloads": {self.name: table} if payloads is None else payloads}
        elif payloads is not None:
            facts["payloads"] = payloads
        return Finding(
            diagnostic=self.name,
            verdict=judged.shown_verdict,
            power=judged.power,
            text=text,
            bound=judged.bound,
            tolerance=judged.tolerance,
            **facts,
        )


def require(is_met: object, otherwise: Words) -> None:
    """Refuse a check that cannot be made, with the reason that its finding prints, unless what it needs is there."""
    if not is_met:
        raise InferenceError(otherwise)


Check: TypeAlias = Callable[[Any, Fit, Inference, np.random.Generator], Finding]


def _answer_refusals(check: Check) -> Check:
    """Return a check that answers with its refusal where it, or what it calls, refuses."""

    @wraps(check)
    def answer(self: Diagnostic, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        try:
            return check(self, fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)

    return answer


DIAGNOSTICS: Registry[Diagnostic] = Registry("diagnostics", "diagnostic")

"""What a brief says, as values picked from a result set."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.effects import Money, ResultSet
from twintrade.effects.regression import POOLED
from twintrade.render import reading
from twintrade.render.names import name_pair
from twintrade.render.page import Page
from twintrade.render.reading import Record, list_payload, read_number, read_whole, take_text
from twintrade.render.tables.effect_rows import convert_to_percent
from twintrade.render.tables.register import name_units
from twintrade.text import Text, Words, list_some
from twintrade.text.numbers import convert_log_to_percent

Grade = Literal["strong", "some", "small", "nothing", "cannot"]
Side = Literal["fall", "neither", "rise"]
OF_PAIRS = ("observed", "expected")
SIDES: tuple[Side, ...] = ("fall", "neither", "rise")
MAIN_CLAIM = "C1"
OF_CLAIM: dict[str, Side] = {"supported": "rise", "not supported": "fall"}


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """How strong the evidence is, and of a change in which direction."""

    grade: Grade = "cannot"
    side: Side = "neither"

    @property
    def is_evidence(self) -> bool:
        """Whether the data tell, rightly or wrongly, that something changed."""
        return self.grade in ("strong", "some", "small")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A change in percent with its interval; NaN where there is none, infinite where it has no end."""

    percent: float
    low: float = math.nan
    high: float = math.nan
    level: float = 0.95
    p: float = math.nan
    inference: str = ""
    # low_error, high_error: Monte Carlo errors of the ends; NaN where no draw could move them
    low_error: float = math.nan
    high_error: float = math.nan

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Both ends of the interval, each with its Monte Carlo error."""
        return (self.low, self.low_error), (self.high, self.high_error)

    @property
    def holds_zero(self) -> bool:
        """Whether the interval includes zero; where there is none, it is not known to exclude it."""
        return not (self.low > 0 or self.high < 0)

    @property
    def has_interval(self) -> bool:
        """Whether either end is known and finite."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def chance(self) -> Literal["allows", "excludes", "unknown"]:
        """Whether chance alone carries so far: by the interval, else by p; unknown where there is neither."""
        if math.isnan(self.low) and math.isnan(self.high):
            return "unknown" if math.isnan(self.p) else "allows" if self.p >= 1 - self.level else "excludes"
        return "allows" if self.holds_zero else "excludes"


Group = Literal["total", "pair", "case", "who", "compared"]
GROUPS: tuple[Group, ...] = ("total", "pair", "case", "who", "compared")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChange:
    """A change in percent that the page prints, and the question it answers about the headline's pairs."""

    label: Words
    effect: Effect
    # The total of the pairs; a pair, large or small alike; the one pair; pairs left out; other pairs compared with
    group: Group
    is_answer: bool = False
    sentence: Text | None = None  # what the page says of it, where it says something


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What the rule said of placebo registers on these data; shares and changes in percent."""

    n: int
    false: float  # called evidence without an effect
    # rise_printed, fall_printed: Median printed change over the true one, at the changes called evidence four in five
    rise_printed: float
    fall_printed: float
    # largest_rise, largest_fall: Farthest changes that were planted
    largest_rise: float
    largest_fall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """The headline against pairs as large and growing, or one pair among all; in percent, NaN what it lacks."""

    answer: PageAnswer
    effect: Effect
    total: float  # against what other trade leads one to expect, as other software has it
    ordinary: float  # of pairs as large and as fast-growing, without an agreement, against the same
    share: float  # of the largest pair in the expected trade of all
    without_largest: float
    n_signers: int
    n_at_risk: int
    n_effective: float
    # rise_found, fall_found: Smallest changes that are called evidence four times in five
    rise_found: float
    fall_found: float
    ruled_out: float  # the farther end of the 90 % interval
    matters: float  # as declared before the results; NaN where nothing was
    gamma: float  # how much likelier to sign pairs that later rose may have been while p stays at .05
    reasons: tuple[str, ...]  # why the grade is no higher
    methods: tuple[Record, ...] = ()  # method, percent and p of each, where one pair is ranked by several
    outcome: str = ""
    calibrated: Calibrated | None = None

    @property
    def is_case(self) -> bool:
        """Whether one pair is ranked among all, in place of agreements that are dealt to others."""
        return self.effect.inference == "placebo"


@dataclass(frozen=True, slots=True)
class Diverted:
    """The share of the change that the cities' other partners lose, or gain, in percent over all models."""

    # Whether page 1 states it; else the change is of no direction, the share of no sign, there are no other partners,
    # or nothing was translated
    state: Literal["stated", "cannot", "sign", "alone", "reason"]
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """What the brief of an analysis rests on."""

    page: Page
    headline: Record | None  # the specification; None where nothing was estimated
    effect: Effect | None  # none where it is no change in percent
    money: Money | None
    answer: PageAnswer
    graded: Graded | None  # none where no check grades the headline
    others: tuple[Graded, ...]  # further outcomes of the same question, p and intervals by Holm over all
    # n_objecting, n_cannot, n_judged: Checks that object, that could not tell, and that have a verdict, of every
    # column
    n_objecting: int
    n_cannot: int
    n_judged: int
    methods: tuple[tuple[Record, Effect], ...]  # every column with a change in percent
    detectable: float  # smallest change in percent that is found four times in five, NaN where unknown
    roles: dict[str, int]  # units by their part in the comparison
    n_tried: int  # designs of this question that were tried; one where the analysis was registered before

    @property
    def n_treated(self) -> int:
        """Units behind the headline."""
        return (read_whole(self.headline.get("n_treated_units")) or 0) if self.headline is not None else 0

    @property
    def n_rows_left_out(self) -> int:
        """Rows of those units under an agreement for which nothing can be expected, so that they are not compared."""
        return (read_whole(self.headline.get("n_treated_rows_left_out")) or 0) if self.headline is not None else 0

    @property
    def n_compared(self) -> int:
        """Units beside the treated ones in the headline's rows, those of the panel where it does not say."""
        n_units = read_whole((self.headline or {}).get("n_units"))
        return self.roles.get("comparison", 0) if n_units is None else n_units - self.n_treated

    @property
    def cohorts(self) -> frozenset[int]:
        """Periods from which agreements behind the headline count, empty where its effects have no cohorts."""
        effects = reading.select_matching(self.page.results.effects, self.headline or {})
        cohorts = (read_whole(cohort) for cohort in effects.get("cohort", ()))
        return frozenset(cohort for cohort in cohorts if cohort is not None and cohort > POOLED)

    @property
    def periods(self) -> list[Record]:
        """Totals of treated pairs by period, empty where the headline has none."""
        return list_payload(self.page.results, "treated_periods")

    @property
    def unit(self) -> str:
        """The unit of those totals."""
        return take_text(self.periods[0]["unit"]) if self.periods else ""

    @property
    def totals(self) -> dict[str, float]:
        """What treated pairs traded, and what was expected of them, over all periods."""
        return {name: sum(sum_over_periods(pair, name) for pair in self.pairs) for name in OF_PAIRS}

    @property
    def lacks_range(self) -> bool:
        """Whether the change has neither interval nor p."""
        return self.effect is not None and self.effect.chance == "unknown"

    @property
    def diverted(self) -> Diverted | None:
        """What the declared world says of the cities' other partners; None where none was declared."""
        rows = list_payload(self.page.results, "translation")
        shares = [row for row in rows if take_text(row.get("outcome")) == "diverted"]
        if not shares:
            return Diverted("reason" if take_text(rows[0].get("reason")) else "alone") if rows else None
        sizes, effect = sorted(read_number(row["estimate"]) for row in shares), self.effect
        low, high = sizes[0], sizes[-1]
        side = "neither" if effect is None or effect.holds_zero else "rise" if effect.low > 0 else "fall"
        if not self.answer.is_evidence or side != self.answer.side:
            return Diverted("cannot", low, high)
        is_signed = all(read_number(r["low"]) > 0 for r in shares) or all(read_number(r["high"]) < 0 for r in shares)
        return Diverted("stated" if is_signed else "sign", low, high)

    @property
    def pairs(self) -> list[Record]:
        """Treated pairs, the largest first, empty where the headline has no totals."""
        pairs = list_payload(self.page.results, "treated_pairs")
        return [pair | {"name": name_pair(take_text(pair["name"]))} for pair in pairs]


def sum_over_periods(pair: Record, name: str) -> float:
    """Return a number of a pair over all its periods, of which results keep the average."""
    return read_number(pair[name]) * read_number(pair["n_periods"])


def collect_facts(page: Page) -> Facts:
    """Pick from the results what a brief says."""
    results = page.results
    headline, overall = reading.find_headline(results), reading.find_headline_effect(results)
    n_objecting, n_cannot, n_silent = reading.count_verdicts(results)
    money, grades = reading.find_payload(results, "money"), read_graded(results)
    graded = grades[0] if grades else None
    n_tried = 1 if results.sections.get("registered_on") else read_whole(results.manifest.get("designs_tried")) or 1
    if graded is not None and n_tried > 1 and graded.answer.grade == "strong":
        graded = replace(graded, answer=PageAnswer("some", graded.answer.side), reasons=("tries", *graded.reasons))
    claims = {take_text(row["claim_id"]): take_text(row["verdict"]) for row in list_payload(results, "claims")}
    main = OF_CLAIM.get(claims.get(MAIN_CLAIM, ""))
    answer = PageAnswer() if main is None else PageAnswer("some", main)
    columns = reading.list_specifications(results)
    read = [(column, read_effect(reading.find_overall(results, column))) for column in columns]
    has_roles = {"unit", "status"} <= set(results.data.columns)
    roles = results.data.drop_duplicates("unit")["status"].value_counts().items() if has_roles else ()
    return Facts(
        page=page,
        headline=headline,
        effect=read_effect(overall) if graded is None else graded.effect,
        money=None if money is None else Money.from_frame(money),
        answer=answer if graded is None else graded.answer,
        graded=graded,
        others=tuple(grades[1:]),
        n_tried=n_tried,
        n_objecting=n_objecting,
        n_cannot=n_cannot,
        n_judged=n_objecting + n_cannot + n_silent,
        methods=tuple((column, effect) for column, effect in read if effect is not None),
        detectable=_find_detectable(results, headline, overall),
        roles={str(status): int(n) for status, n in roles},
    )


def read_effect(record: Record | None) -> Effect | None:
    """Return an effect in percent with its interval; None where it is no change in percent."""
    percent = convert_to_percent(record)
    if record is None or percent != percent:
        return None
    low, high = reading.read_shown_ends(record)
    return Effect(
        percent=percent, low=low.value, high=high.value, level=read_number(record.get("level")),
        p=read_number(record.get("p")), inference=take_text(record.get("inference")), low_error=low.error,
        high_error=high.error,
    )  # fmt: skip


def read_graded(results: ResultSet) -> list[Graded]:
    """Return what the check that grades the headline says of it, and of further outcomes; empty where none does."""
    graded = reading.find_graded(results)
    if graded is None:
        return []
    first = _read_grade(results, graded, _read_calibrated(results))
    return [first, *(_read_grade(results, row) for row in list_payload(results, reading.GRADED)[1:])]


def _read_numbers(kind: type[Any], row: Record) -> dict[str, float]:
    """Return the numbers that a dataclass has by the names of its fields."""
    return {field.name: read_number(row.get(field.name)) for field in fields(kind) if field.type is float}


def _read_grade(results: ResultSet, row: Record, calibrated: Calibrated | None = None) -> Graded:
    grade, side = take_text(row["grade"]), take_text(row["side"])
    inference = take_text(row.get("inference")) or reading.DEALT
    tests = list_payload(results, f"{reading.GRADED}_tests")
    return Graded(
        answer=PageAnswer(grade, side),  # type: ignore[arg-type]
        effect=Effect(inference=inference, **_read_numbers(Effect, row)),
        n_signers=read_whole(row["n_signers"]) or 0,
        n_at_risk=read_whole(row["n_at_risk"]) or 0,
        reasons=tuple(take_text(row["reasons"]).split()),
        methods=tuple(test for test in tests if take_text(test.get("method"))),
        outcome=take_text(row.get("outcome")),
        calibrated=calibrated,
        **_read_numbers(Graded, row),
    )


def _read_calibrated(results: ResultSet) -> Calibrated | None:
    rates, curve = reading.read_calibration(results), reading.find_payload(results, reading.CALIBRATED[1])
    if not rates or curve is None:
        return None
    return Calibrated(
        n=round(rates["registers"]), false=rates["some"] + rates["strong"],
        rise_printed=rates.get("rise-printed", math.nan), fall_printed=rates.get("fall-printed", math.nan),
        largest_rise=float(curve["effect"].max()), largest_fall=float(curve["effect"].min()),
    )  # fmt: skip


def _find_detectable(results: ResultSet, headline: Record | None, effect: Record | None) -> float:
    if headline is None or effect is None:
        return math.nan
    size, scale, _ = reading.find_detectable(results, headline, effect)
    if scale == "log points" and math.isfinite(size):
        return convert_log_to_percent(size)
    return size if scale == "percent" else math.nan


# Pairs with a dated agreement that the headline leaves out, and why, for a brief.

NAMED = 3


def count_dated(facts: Facts) -> int:
    """Return how many pairs have a dated agreement that begins within the data, in the estimate or not."""
    return max(facts.n_treated, facts.roles.get("treated", 0))


def list_left_out(facts: Facts) -> list[Text]:
    """Return a sentence a reason with the pairs it leaves out; none where the headline's pairs are not known."""
    data, used = facts.page.results.data, {take_text(pair["unit"]) for pair in facts.pairs}
    if not used or count_dated(facts) == facts.n_treated:
        return []
    mine = data[(data["status"].map(take_text) == "treated") & ~data["unit"].map(take_text).isin(used)]
    period, onset = (pd.to_numeric(mine[name]) for name in ("period", "onset"))
    is_known = np.isfinite(pd.to_numeric(mine["outcome"]))
    known = is_known.groupby(mine["unit"]).any()
    before = (is_known & (period < onset)).groupby(mine["unit"]).any()
    reasons = {"nothing": ~known, "before": known & ~before, "other": before}
    names, period_name = name_units(facts.page.results), facts.page.period_name
    listed = {why: [names.get(unit, unit) for unit in is_so.index[is_so]] for why, is_so in reasons.items()}
    shown = {why: {"names": list_some(pairs, NAMED), "all": len(pairs) <= NAMED} for why, pairs in listed.items()}
    return [Text("brief.left-out", why=why, period_name=period_name, **shown[why]) for why, n in listed.items() if n]

"""What a brief says, as values picked from a result set."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from twintrade.effects import Money, ResultSet
from twintrade.effects.regression import POOLED
from twintrade.render import reading
from twintrade.render.names import capitalize, name_check, name_method, name_pair
from twintrade.render.page import Page, name_objecting
from twintrade.render.reading import Record, list_records, read_number, read_whole, take_text
from twintrade.render.tables.effect_rows import convert_to_percent
from twintrade.text import Listed, Text, texts
from twintrade.text.numbers import convert_log_to_percent

Grade = Literal["strong", "some", "small", "nothing", "cannot"]
Side = Literal["fall", "neither", "rise"]
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
        effects = reading.select_matching(
            self.page.results.effects, self.headline or {"estimator": "", "specification": ""}
        )
        cohorts = (read_whole(cohort) for cohort in effects.get("cohort", ()))
        return frozenset(cohort for cohort in cohorts if cohort is not None and cohort > POOLED)

    @property
    def periods(self) -> list[Record]:
        """Totals of treated pairs by period, empty where the headline has none."""
        return _list_payload(self.page.results, "treated_periods")

    @property
    def pairs(self) -> list[Record]:
        """Treated pairs, the largest first, empty where the headline has no totals."""
        pairs = _list_payload(self.page.results, "treated_pairs")
        return [pair | {"name": name_pair(take_text(pair["name"]))} for pair in pairs]


def collect_facts(page: Page) -> Facts:
    """Pick from the results what a brief says."""
    results = page.results
    headline = reading.find_headline(results)
    n_objecting, n_cannot, n_silent = reading.count_verdicts(results)
    money, grades = reading.find_payload(results, "money"), read_graded(results)
    graded = grades[0] if grades else None
    effect = None if headline is None else read_effect(reading.find_overall(results, headline))
    n_tried = 1 if results.sections.get("registered_on") else read_whole(results.manifest.get("designs_tried")) or 1
    if graded is not None and n_tried > 1 and graded.answer.grade == "strong":
        graded = replace(graded, answer=PageAnswer("some", graded.answer.side), reasons=("tries", *graded.reasons))
    claims = {take_text(row["claim_id"]): take_text(row["verdict"]) for row in _list_payload(results, "claims")}
    main = OF_CLAIM.get(claims.get(MAIN_CLAIM, ""))
    answer = PageAnswer() if main is None else PageAnswer("some", main)
    read = [
        (column, read_effect(reading.find_overall(results, column)))
        for column in reading.list_specifications(results)
    ]
    has_roles = {"unit", "status"} <= set(results.data.columns)
    roles = results.data.drop_duplicates("unit")["status"].value_counts().items() if has_roles else ()
    return Facts(
        page=page,
        headline=headline,
        effect=effect if graded is None else graded.effect,
        money=None if money is None else Money.from_frame(money),
        answer=answer if graded is None else graded.answer,
        graded=graded,
        others=tuple(grades[1:]),
        n_tried=n_tried,
        n_objecting=n_objecting,
        n_cannot=n_cannot,
        n_judged=n_objecting + n_cannot + n_silent,
        methods=tuple((column, effect) for column, effect in read if effect is not None),
        detectable=_find_detectable(results, headline),
        roles={str(status): int(n) for status, n in roles},
    )


def read_effect(record: Record | None) -> Effect | None:
    """Return an effect in percent with its interval; None where it is no change in percent."""
    percent = convert_to_percent(record)
    if record is None or percent != percent:
        return None
    low, high = reading.read_shown_ends(record)
    return Effect(
        percent=percent,
        low=low.value,
        high=high.value,
        level=read_number(record.get("level")),
        p=read_number(record.get("p")),
        inference=take_text(record.get("inference")),
        low_error=low.error,
        high_error=high.error,
    )


def read_graded(results: ResultSet) -> list[Graded]:
    """Return what the check that grades the headline says of it, and of further outcomes; empty where none does."""
    graded = reading.find_graded(results)
    if graded is None:
        return []
    first = _read_grade(results, graded, _read_calibrated(results))
    return [first, *(_read_grade(results, row) for row in _list_payload(results, reading.GRADED)[1:])]


def _read_grade(results: ResultSet, row: Record, calibrated: Calibrated | None = None) -> Graded:
    grade, side = take_text(row["grade"]), take_text(row["side"])
    inference = take_text(row.get("inference")) or reading.DEALT
    tests = _list_payload(results, f"{reading.GRADED}_tests")
    return Graded(
        answer=PageAnswer(grade, side),  # type: ignore[arg-type]
        effect=Effect(inference=inference, **{name: read_number(row.get(name)) for name in OF_EFFECT}),
        n_signers=read_whole(row["n_signers"]) or 0,
        n_at_risk=read_whole(row["n_at_risk"]) or 0,
        reasons=tuple(take_text(row["reasons"]).split()),
        methods=tuple(test for test in tests if take_text(test.get("method"))),
        outcome=take_text(row.get("outcome")),
        calibrated=calibrated,
        **{name: read_number(row.get(name)) for name in OF_EVIDENCE},
    )


def _read_calibrated(results: ResultSet) -> Calibrated | None:
    rates, curve = reading.read_calibration(results), reading.find_payload(results, reading.CALIBRATED[1])
    if not rates or curve is None:
        return None
    return Calibrated(
        n=round(rates["registers"]),
        false=rates["some"] + rates["strong"],
        rise_printed=rates.get("rise-printed", math.nan),
        fall_printed=rates.get("fall-printed", math.nan),
        largest_rise=float(curve["effect"].max()),
        largest_fall=float(curve["effect"].min()),
    )


def _find_detectable(results: ResultSet, headline: Record | None) -> float:
    effect = None if headline is None else reading.find_overall(results, headline)
    if headline is None or effect is None:
        return math.nan
    size, scale, _ = reading.find_detectable(results, headline, effect)
    if scale == "log points" and math.isfinite(size):
        return convert_log_to_percent(size)
    return size if scale == "percent" else math.nan


def _list_payload(results: ResultSet, name: str) -> list[Record]:
    frame = reading.find_payload(results, name)
    return [] if frame is None else list_records(frame)


# Why a brief's answer is what it is: the reasons that weigh most, the heaviest first.

MOST = 2
FEW = 20
LARGE_SHARE = 0.4  # share of the trade of all treated pairs from which one of them is named
OF_EFFECT = ("percent", "low", "high", "low_error", "high_error", "p", "level")
OF_EVIDENCE = (
    *("total", "ordinary", "share", "without_largest", "n_effective"),
    *("rise_found", "fall_found", "ruled_out", "matters", "gamma"),
)

USUAL = ("anticipation", "comparison", "dates", "leave_one_out", "spillovers")
"""Checks of several pairs that no recipe asks for."""


def list_unasked(facts: Facts) -> list[Text]:
    """Return a sentence on the usual checks that the analysis did not make; none of a single case."""
    asked = {take_text(finding["diagnostic"]) for finding in list_records(facts.page.results.findings)}
    names = tuple(name_check(name) for name in USUAL if name not in asked)
    is_pooled = facts.n_treated > 1 and not facts.page.results.sections.get("case")
    return [Text("brief.unasked", names=Listed(names, "comma"))] if names and is_pooled else []


def list_reasons(facts: Facts) -> list[Text]:
    """Return the two reasons that weigh most for the verdict."""
    if facts.graded is not None:
        return _list_graded(facts, facts.graded)
    return (_list_for(facts) if facts.answer.is_evidence else _list_against(facts))[:MOST]


def _list_graded(facts: Facts, graded: Graded) -> list[Text]:
    """Return why the grade is no higher, on how many pairs it rests, and what would overturn it."""
    if graded.is_case:
        return _list_of_case(facts, graded)
    of = max(1, round(100 * graded.effect.p))
    if "total" in graded.reasons:  # what is not clear as a whole is not clear in part either
        reasons = [Text("brief.graded-chance", of=of)]
    else:
        reasons = [
            Text("brief.graded-blocked", why=why, n=graded.n_at_risk, period_name=facts.page.period_name)
            for why in graded.reasons
        ]
    reasons += _explain_objections(facts)
    effective = max(1, round(graded.n_effective))
    reasons.append(Text("brief.graded-pairs", n=graded.n_signers, of=graded.n_at_risk, effective=effective))
    name = take_text(facts.pairs[0]["name"]) if len(facts.pairs) > 1 else ""
    reasons.append(
        Text(
            "brief.graded-total",
            total=graded.total,
            largest="yes" if name and math.isfinite(graded.without_largest) else "no",
            name=name,
            share=graded.share,
            without=graded.without_largest,
            ordinary=graded.ordinary,
        )
    )
    if graded.answer.is_evidence and math.isfinite(graded.gamma):
        reasons.append(Text("brief.graded-gamma", times=graded.gamma, direction=graded.answer.side))
    return reasons + _list_others(facts)


def _list_others(facts: Facts) -> list[Text]:
    """Return the answer for each further outcome, and that p and ranges are adjusted for all."""
    answers = [
        Text(
            "brief.graded-other",
            outcome=capitalize(one.outcome),
            answer=Text("brief.grade", grade=one.answer.grade, direction=one.answer.side),
            percent=one.effect.percent,
            p=one.effect.p,
        )
        for one in facts.others
    ]
    return [*answers, Text("brief.graded-holm", n=len(answers) + 1)] if answers else []


def _list_of_case(facts: Facts, graded: Graded) -> list[Text]:
    """Return why one pair does not stand out, where it is ranked by each method, and which checks object."""
    reasons: list[Text] = []
    n, period = graded.n_at_risk, facts.page.period_name
    for why in graded.reasons:
        if why == "chance":
            reasons.append(Text("brief.reason-chance", by="placebo", of=max(1, round(100 * graded.effect.p))))
        else:
            reasons.append(Text("brief.graded-blocked", why=why, n=n, period_name=period))
    tests = [
        Text("brief.graded-method", method=name_method(name), percent=read_number(test["percent"]), p=p)
        for test in graded.methods
        if math.isfinite(p := read_number(test["p"])) and (name := take_text(test["method"]))
    ]
    if tests:
        reasons.append(Text("brief.graded-ranked", n=n, methods=Listed(tuple(tests), "semicolon")))
    return reasons + _explain_objections(facts)


def _list_for(facts: Facts) -> list[Text]:
    effect = facts.effect
    reasons = []
    if effect is not None and effect.has_interval:
        side = "above" if effect.percent > 0 else "below"
        ends = (effect.low, effect.low_error), (effect.high, effect.high_error)
        low, high = (texts.format_end(*end, decimals=0) for end in ends)
        reasons.append(Text("brief.reason-range-clear", side=side, low=low, high=high))
    could_see = facts.n_judged - facts.n_cannot
    reasons.append(Text("brief.reason-no-objection", n=facts.n_judged, could=could_see))
    return reasons


def _list_against(facts: Facts) -> list[Text]:
    reasons: list[Text | None] = [*_explain_objections(facts)]
    reasons += [_explain_chance(facts), _explain_methods(facts), _explain_largest(facts)]
    if 1 < facts.n_treated < FEW:
        reasons.append(Text("brief.reason-few", n=facts.n_treated))
    if facts.n_cannot:
        reasons.append(Text("brief.reason-unseen", n=facts.n_cannot, of=facts.n_judged))
    return [reason for reason in reasons if reason is not None]


def _explain_objections(facts: Facts) -> list[Text]:
    if not facts.n_objecting:
        return []
    names = Listed(tuple(name_objecting(facts.page)), "comma")
    return [Text("brief.reason-objects", n=facts.n_objecting, names=names)]


def _explain_chance(facts: Facts) -> Text | None:
    effect = facts.effect
    if effect is None or effect.chance == "excludes":
        return None
    if effect.p != effect.p:
        return explain_no_range(facts) if effect.chance == "unknown" else None
    by = effect.inference if effect.inference in ("randomization", "placebo") else "other"
    return Text("brief.reason-chance", by=by, of=max(1, round(100 * effect.p)))


def explain_no_range(facts: Facts, key: str = "brief.reason-no-range") -> Text:
    """Return a sentence about why the headline has no range, by the messages of its inference."""
    note = reading.find_words(facts.headline or {}, "inference_note")
    n_draws = dict(note.values).get("draws") if isinstance(note, Text) else None
    why, lost = "inference", 0
    for message in list_records(facts.page.results.messages):
        words = reading.find_words(message, "message")
        if not isinstance(words, Text) or n_draws is None:
            continue
        values = dict(words.values)
        # Event times and periods are named by plain words, averages by texts.
        is_average = isinstance(values.get("effect"), Text) and values["effect"] != Text("estimators.effect-path")
        if words.key == "inference.missing-in-draws" and is_average and values["draws"] == n_draws:
            why, lost = "draws", max(lost, int(str(values["n"])))
    return Text(key, why=why, n=lost, draws=n_draws or 0, period_name=facts.page.period_name)


def _explain_methods(facts: Facts) -> Text | None:
    effects = [one.percent for _, one in facts.methods]
    if facts.effect is None or len(effects) < 2 or min(effects) > 0 or max(effects) < 0:
        return None
    fall, rise = ("some" if round(abs(pick(effects))) else "none" for pick in (min, max))
    return Text("brief.reason-methods", low=-min(effects), high=max(effects), n=len(effects), fall=fall, rise=rise)


def _explain_largest(facts: Facts) -> Text | None:
    pairs = facts.pairs
    total = sum(read_number(p["expected"]) * read_number(p["n_periods"]) for p in pairs)
    if len(pairs) < 2 or not total > 0:
        return None
    share = read_number(pairs[0]["expected"]) * read_number(pairs[0]["n_periods"]) / total
    if share < LARGE_SHARE:
        return None
    return Text("brief.reason-largest", name=take_text(pairs[0]["name"]), share=share)

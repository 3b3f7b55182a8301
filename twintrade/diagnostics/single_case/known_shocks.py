"""Events that move trade on their own near the agreement's date, and breaks of the series that no event explains."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.data.geography import resolve
from twintrade.design import Design, Panel
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import LEVEL, Diagnostic, Judgment, Yardstick, judge_choices, read_yardstick, require
from twintrade.diagnostics.single_case.placebo_space import get_single_case, is_single_case
from twintrade.diagnostics.variants import Variant
from twintrade.diagnostics.who_is_compared.balance import list_candidate_dates
from twintrade.effects import Finding, Message, Topic, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.interrupted_series import StructuralSeries
from twintrade.inference.base import Inference
from twintrade.inference.placebo import Posterior
from twintrade.numerics.series import compute_break_power, find_unknown_break
from twintrade.text import Listed, Text, Words, pack_both, pack_text

_ISO = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Shock:
    """An event with its first and last month."""

    label: Words
    first: str  # first, last: "2001-12"
    last: str
    countries: tuple[str, ...] = ()  # ISO codes of the countries it concerns; all when empty
    is_between: bool = False  # whether it concerns only trade between two of `countries`, not all trade of each


_ASIA = ("HKG", "IDN", "KOR", "MYS", "PHL", "SGP", "THA")
_QUOTAS = (
    *("AUT", "BEL", "CAN", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GBR", "GRC", "HUN"),
    *("IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "SVK", "SVN", "SWE", "USA"),
)
"""Those that lifted their quotas: Canada, the European Union of 2005 and the United States."""
SHOCKS = (
    Shock(Text("checks.shock-asia"), "1997-07", "1998-12", _ASIA),
    Shock(Text("checks.shock-wto"), "2001-12", "2002-12", ("CHN",)),
    Shock(Text("checks.shock-textiles"), "2005-01", "2005-12", _QUOTAS),
    Shock(Text("checks.shock-finance"), "2008-09", "2009-12"),
    Shock(Text("checks.shock-chafta"), "2015-12", "2016-12", ("AUS", "CHN"), is_between=True),
    Shock(Text("checks.shock-brexit"), "2016-06", "2016-12", ("GBR",)),
    Shock(Text("checks.shock-tariffs"), "2018-07", "2019-12", ("CHN", "USA"), is_between=True),
    Shock(Text("checks.shock-pandemic"), "2020-01", "2020-12"),
    Shock(Text("checks.shock-single-market"), "2021-01", "2021-12", ("GBR",)),
    Shock(Text("checks.shock-ukraine"), "2022-02", "2022-12", ("BLR", "RUS", "UKR")),
)
FACTS = ("label", "label_text", "first", "last", "first_label", "last_label", "is_rival")
COLUMNS = (*FACTS, "effect_without", *variants.NUMBERS[4:], "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShocks(Diagnostic):
    """Which known shocks fall near the onset, and what is left without them.

    Attributes
    ----------
    further : tuple of Shock
        The analysis's own, beside ``shocks``.
    near : int
        A shock that lasts into so many periods around the onset is a rival explanation, whenever it began.
    country : str
        The cities' country, by code or name. Where neither it nor ``countries`` tells, a city may be anywhere: no
        shock is set aside for its end of a pair.
    countries : mapping of str to str
        Country of each city where they differ; other cities are in ``country``.
    """

    shocks: tuple[Shock, ...] = SHOCKS
    further: tuple[Shock, ...] = ()
    near: int = 1
    country: str = ""
    countries: Mapping[str, str] = field(default_factory=dict)
    name: ClassVar[str] = "known_shocks"
    topic: ClassVar[Topic] = "single_case"

    def __post_init__(self) -> None:
        """Refuse a country that nobody knows."""
        resolve([name for name in (self.country, *self.countries.values()) if name])

    def home(self, city: str) -> str:
        """Return the code of a city's country, "" where it is not known."""
        name = self.countries.get(city, self.country)
        return resolve([name])[0] if name else ""

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a shock inside the sample; it objects to a large move, and cannot tell beside a rival."""
        topic: Topic = self.topic if is_single_case(fit) else "sensitivity"
        rows = self._list_rows(fit.design)
        if not rows:
            return replace(self.unavailable(Text("checks.shocks-none")), topic=topic)
        table = pd.DataFrame(rows, columns=list(FACTS))
        table = pd.concat([table, _estimate_without(fit, table, inference, rng)], axis=1)[list(COLUMNS)]
        yardstick = variants.measure_headline(fit, inference, rng)
        judged = variants.judge_table(table.assign(effect=table["effect_without"]), yardstick)
        rivals = table[table["is_rival"]]
        if len(rivals) and judged.verdict != "objects":
            judged = replace(judged, verdict="cannot tell")
        return self.conclude(
            self._say(fit, table, judged),
            table,
            judged,
            value=float(len(rivals)),
            unit="shocks",
            topic=topic,
            messages=tuple(
                Message("warning", "coincident-shock", Text("checks.shocks-coincident", label=label, near=self.near))
                for label in variants.list_words(rivals, "label")
            ),
        )

    def _list_rows(self, design: Design) -> list[tuple[object, ...]]:
        """Return the shocks inside the sample that can have moved a treated unit, of ends with a known country."""
        o, panel = design.observations, design.panel
        onsets = o.unit_onset[o.is_ever_treated]
        treated = np.isin(panel.units, o.unit_ids[o.is_ever_treated])
        cities, partners = panel.cities[panel.unit_city[treated]], panel.partners[panel.unit_partner[treated]]
        ends = [(self.home(str(city)), str(partner)) for city, partner in zip(cities, partners, strict=True)]
        pairs = {(home, partner if _ISO.fullmatch(partner) else "") for home, partner in ends}
        rows: list[tuple[object, ...]] = []
        for shock in (*self.shocks, *self.further):
            first, last = find_period(panel, shock.first), find_period(panel, shock.last)
            concerns = any(can_affect(shock, *pair) for pair in pairs)
            if not concerns or last < panel.first_period or first > panel.last_period:
                continue
            is_rival = bool(((first <= onsets + self.near) & (last >= onsets - self.near)).any())
            named = str(shock.label), pack_text(shock.label)
            rows.append((*named, first, last, panel.label(first), panel.label(last), is_rival))
        return rows

    def _say(self, fit: Fit, table: pd.DataFrame, judged: Judgment) -> Listed:
        rivals, known, scale = table[table["is_rival"]], table["effect_without"].dropna(), fit.estimate.scale
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        labels = Listed(tuple(variants.list_words(rivals if len(rivals) else table, "label")), "and")
        head = Text("checks.shocks", n=len(rivals), near=self.near, labels=labels)
        moved = Text(
            "checks.shocks-without",
            n=len(table),
            known=len(known),
            **variants.format_effects(scale, effect=fit.view("overall").effects[0], low=low),
            range=variants.format_range(float(low), float(high), scale),
        )
        is_rival_alone = len(rivals) > 0 and judged.verdict != "objects"
        last = Text("checks.shocks-rival") if is_rival_alone else variants.describe_judged(judged, scale)
        return Listed((head, moved, last), "sentences")


def find_period(panel: Panel, month: str) -> int:
    """Return the panel's period in which a month falls."""
    year, number = (int(part) for part in month.split("-"))
    if panel.waves:
        return int(panel.number_years([year])[0])
    per_year = PERIODS_PER_YEAR[panel.frequency]
    return year * per_year + (number - 1) * per_year // 12 if per_year > 1 else year


def can_affect(shock: Shock, home: str, partner: str) -> bool:
    """Whether a shock can have moved the trade of a pair; an end that is not known ("") may be any country."""
    if not shock.countries:
        return True
    ends = [not end or end in shock.countries for end in (home, partner)]
    return all(ends) if shock.is_between else any(ends)


def _estimate_without(fit: Fit, table: pd.DataFrame, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Return the effect without each shock's periods, its difference from the headline, and reasons."""
    period = fit.design.panel.period
    spans = list(zip(table["first"], table["last"], strict=True))
    if not is_single_case(fit):
        alternatives = [
            Variant(str(label), "shock", fit.design.restricted((period < first) | (period > last)))
            for label, (first, last) in zip(table["label"], spans, strict=True)
        ]
        without = variants.compare_variants(fit, alternatives, variants.simplify_inference(fit, inference), rng)
        return without.assign(effect_without=without["effect"])[["effect_without", *variants.NUMBERS[4:], "reason"]]
    effects, reasons = zip(*(_without(fit, first, last) for first, last in spans), strict=True)
    without = pd.DataFrame({"effect_without": effects, "reason": reasons})
    without["difference"] = without["effect_without"] - float(fit.view("overall").effects[0])
    return without.assign(**dict.fromkeys(variants.NUMBERS[5:], np.nan))


def _without(fit: Fit, first: int, last: int) -> tuple[float, str]:
    """Return the effect of a single case with a shock's periods left out, or why it cannot be had."""
    estimator, case = get_single_case(fit)
    try:
        gaps = estimator.gaps(part := case.during((case.periods < first) | (case.periods > last)))
    except TwintradeError as error:
        return float("nan"), str(error)
    if not (part.is_after.any() and part.is_before.any()):
        return float("nan"), str(Text("checks.shocks-one-side"))
    return float(np.nanmean(gaps[part.is_after])), ""


# How far a structural series' answer depends on what was assumed about its level.

VARIANT_COLUMNS = ("variant", "variant_text", "effect", "low", "high", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralSensitivity(Diagnostic):
    """The structural series with a stiffer and a freer level, other trends, and other numbers of donor components.

    Attributes
    ----------
    factors : tuple of float
        Multiples of the level's innovation variance.
    """

    factors: tuple[float, ...] = (0.01, 0.1, 10.0, 100.0)
    components: tuple[int, ...] = (0, 1, 2)
    name: ClassVar[str] = "structural_sensitivity"
    citation: ClassVar[str] = "brodersen2015"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variant with its interval; payload ``structural_sensitivity``."""
        if not isinstance(fit.estimator, StructuralSeries):
            return self.unavailable(Text("checks.structural-methods", method=fit.estimator.title))
        rows = [self._row(fit, *variant) for variant in self._variants(fit.estimator)]
        table = pd.DataFrame(rows, columns=list(VARIANT_COLUMNS))
        known = table.dropna(subset=["effect"])
        require(len(known) > 0, Text("checks.structural-none"))
        excludes = (known["low"] > 0) | (known["high"] < 0)
        yardstick = Yardstick(*table.loc[0, ["effect", "low", "high"]])
        judged = judge_choices((known["effect"] - yardstick.effect).to_numpy(dtype=np.float64), yardstick)
        text = Text(
            "checks.structural",
            n=len(known),
            low=float(known["effect"].min()),
            high=float(known["effect"].max()),
            excluding=int(excludes.sum()),
            verdict=judged.verdict.replace(" ", "-"),
            bound=judged.bound,
            known=bool(np.isfinite(judged.tolerance)),
            tolerance=judged.tolerance,
        )
        return self.conclude(text, table, judged, value=float(excludes.mean()), unit="share")

    def _variants(self, estimator: StructuralSeries) -> Iterator[tuple[Text, StructuralSeries]]:
        yield Text("checks.structural-chosen"), estimator
        for factor in self.factors:
            yield Text("checks.structural-variance", factor=factor), replace(estimator, variance_factor=factor)
        for level in ("local level", "local linear trend", "random walk with drift"):
            if level != estimator.level:
                label = Text("checks.structural-level", level=level.replace(" ", "-"))
                yield label, replace(estimator, level=level)
        for n in self.components:
            if n != estimator.n_components:
                yield Text("checks.structural-components", n=n), replace(estimator, n_components=n)

    def _row(self, fit: Fit, label: Text, variant: StructuralSeries) -> dict[str, object]:
        row: dict[str, object] = {**pack_both("variant", label), "reason": ""}
        try:
            refit = Fit(variant, fit.design, variant.estimate(fit.design))
            bands = Posterior().infer(refit, "overall", np.random.default_rng(variant.seed))
        except TwintradeError as error:
            return row | {"reason": str(error)}
        return row | asdict(read_yardstick(bands))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBreak(Diagnostic):
    """The largest F over all dates in logs (Andrews 1993), the interval of the date, and what would have been found.

    Attributes
    ----------
    trim : float
        Share of periods on either side where no break is sought.
    min_periods : int
        Fewest periods of the series.
    level : float
        Of the interval of the date.
    shift : float
        Move of the level in log points at the agreement's date whose power is printed where no break is clear.
    """

    trim: float = 0.15
    min_periods: int = 12
    draws: int = 499
    level: float = 0.95
    shift: float = 0.5
    name: ClassVar[str] = "unknown_break"
    citation: ClassVar[str] = "andrews1993"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the F statistic of every date, the analysis's own dates marked, as payload ``break_dates``."""
        design, o = fit.design, fit.design.observations
        treated = np.flatnonzero(o.is_ever_treated)
        require(treated.size == 1, Text("checks.break-units", n=int(treated.size)))
        mine = o.unit == treated[0]
        flow, periods = design.panel.values(design.outcome)[o.rows[mine]], o.period[mine]
        n, least = periods.size, self.min_periods
        require(n >= least, Text("checks.break-short", n=n, least=least))
        require((np.diff(periods) == 1).all(), Text("checks.break-gaps"))
        require((flow > 0).all(), Text("checks.break-zeros"))
        listed = list_candidate_dates(design, str(o.unit_ids[treated[0]]))
        dates = sorted(set(listed.loc[listed["is_chosen"], "period"].astype(int)))
        y, seasons = np.log(flow), PERIODS_PER_YEAR[design.panel.frequency]
        test = find_unknown_break(
            y, periods, rng, trim=self.trim, seasons=seasons, draws=self.draws, level=self.level
        )
        verdict: Verdict = "does not object" if any(test.low <= d <= test.high for d in dates) else "objects"
        power, label = np.nan, design.panel.label
        if not test.p < LEVEL:
            verdict = "cannot tell"
            power = compute_break_power(
                y, periods, dates[0], self.shift, rng, trim=self.trim, seasons=seasons, level=LEVEL
            )
        table = pd.DataFrame({"period": test.dates, "statistic": test.statistics})
        table["is_candidate"] = table["period"].isin(dates)
        text = Text(
            "checks.break",
            date=label(test.date),
            statistic=test.statistic,
            p=test.p,
            level=self.level,
            low=label(test.low),
            high=label(test.high),
            verdict=verdict.replace(" ", "-"),
            agreement=label(dates[0]),
            shift=variants.format_effect(self.shift, "log points"),
            power=power,
        )
        return self.conclude(text, table, Judgment(verdict), payloads={"break_dates": table}, value=test.p, unit="p")

"""Events that move trade on their own near the agreement's date, and the estimate without their periods."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.data.geography import resolve
from twintrade.design import Design, Panel
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_placebos import get_single_case
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference

_ISO = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Shock:
    """An event with its first and last month.

    Attributes
    ----------
    label : str
    first, last : str
        "2001-12".
    countries : tuple of str
        ISO codes of the countries it concerns; all when empty.
    is_between : bool
        Whether it concerns only trade between two of ``countries``, not all trade of each.
    """

    label: str
    first: str
    last: str
    countries: tuple[str, ...] = ()
    is_between: bool = False


SHOCKS = (
    Shock("China enters the WTO", "2001-12", "2002-12", ("CHN",)),
    Shock("textile quotas end", "2005-01", "2005-12"),
    Shock("financial crisis", "2008-09", "2009-12"),
    Shock("China-Australia agreement in force", "2015-12", "2016-12", ("AUS", "CHN"), is_between=True),
    Shock("pandemic", "2020-01", "2020-12"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShocks(Diagnostic):
    """Which known shocks fall near the onset, and what is left without them.

    Attributes
    ----------
    shocks : tuple of Shock
    near : int
        A shock that begins within so many periods of the onset is a rival explanation.
    country : str
        The cities' country, by code or name. Where neither it nor ``countries`` tells, a city may be anywhere: no
        shock is set aside for its end of a pair.
    countries : mapping of str to str
        Country of each city where they differ; other cities are in ``country``.
    """

    shocks: tuple[Shock, ...] = SHOCKS
    near: int = 1
    country: str = ""
    countries: Mapping[str, str] = field(default_factory=dict)
    name: ClassVar[str] = "known_shocks"
    citation: ClassVar[str] = ""
    topic: ClassVar[Topic] = "single_case"

    def __post_init__(self) -> None:
        """Refuse a country that nobody knows.

        Raises
        ------
        DataError
        """
        resolve([name for name in (self.country, *self.countries.values()) if name])

    def home(self, city: str) -> str:
        """Return the code of a city's country, "" where it is not known."""
        name = self.countries.get(city, self.country)
        return resolve([name])[0] if name else ""

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a shock near an agreement; payload ``known_shocks``: label, first, last, is_rival."""
        panel, onsets, pairs = fit.design.panel, _onsets(fit.design), self._pairs(fit.design)
        rows = []
        for shock in self.shocks:
            if not any(can_affect(shock, home, partner) for home, partner in pairs):
                continue
            first, last = find_period(panel, shock.first), find_period(panel, shock.last)
            if last < panel.first_period or first > panel.last_period:
                continue
            is_rival = bool((np.abs(onsets - first) <= self.near).any())
            effect, reason = _without(fit, first, last)
            labels = panel.label(first), panel.label(last)
            rows.append((shock.label, first, last, *labels, is_rival, effect, reason))
        columns = ["label", "first", "last", "first_label", "last_label", "is_rival", "effect_without", "reason"]
        table = pd.DataFrame(rows, columns=columns)
        topic: Topic = "sensitivity" if get_single_case(fit) is None else self.topic
        if table.empty:
            lacking = self.unavailable("no known shock that concerns the pair falls inside the sample")
            return replace(lacking, topic=topic)
        rivals = table[table["is_rival"]]
        effect = float(fit.view("overall").effects[0])
        return Finding(
            diagnostic=self.name,
            verdict="objects" if len(rivals) else "does not object",
            text=_sentence(table, rivals, effect),
            value=float(len(rivals)),
            unit="shocks",
            topic=topic,
            table=table,
            payloads={"known_shocks": table},
            messages=tuple(
                Message("warning", "coincident-shock", f"{label} begins within {self.near} period of the agreement")
                for label in rivals["label"]
            ),
        )

    def _pairs(self, design: Design) -> set[tuple[str, str]]:
        """Return the countries at both ends of the treated units, "" where not known."""
        o, panel = design.observations, design.panel
        tied = np.isin(panel.units, o.unit_ids[o.is_ever_treated])
        cities, partners = panel.cities[panel.unit_city[tied]], panel.partners[panel.unit_partner[tied]]
        return {
            (self.home(str(city)), str(partner) if _ISO.fullmatch(str(partner)) else "")
            for city, partner in zip(cities, partners, strict=True)
        }


def find_period(panel: Panel, month: str) -> int:
    """Return the panel's period in which a month falls."""
    year, number = (int(part) for part in month.split("-"))
    per_year = PERIODS_PER_YEAR[panel.frequency]
    return year * per_year + (number - 1) * per_year // 12 if per_year > 1 else year


def can_affect(shock: Shock, home: str, partner: str) -> bool:
    """Whether a shock can have moved the trade of a pair; an end that is not known ("") may be any country."""
    if not shock.countries:
        return True
    ends = [not end or end in shock.countries for end in (home, partner)]
    return all(ends) if shock.is_between else any(ends)


def _onsets(design: Design) -> np.ndarray:
    o = design.observations
    return np.unique(o.unit_onset[o.is_ever_treated])


def _without(fit: Fit, first: int, last: int) -> tuple[float, str]:
    """Return the headline with the shock's periods left out, or why it cannot be had."""
    panel = fit.design.panel
    rows = (panel.period < first) | (panel.period > last)
    try:
        found = get_single_case(fit)
        if found is not None:
            estimator, case = found
            gaps = estimator.gaps(part := case.during((case.periods < first) | (case.periods > last)))
            if not (part.is_after.any() and part.is_before.any()):
                return float("nan"), "no period is left on one side of the onset"
            return float(np.nanmean(gaps[part.is_after])), ""
        return float(fit.refit(fit.design.restricted(rows), "overall").view("overall").effects[0]), ""
    except TwintradeError as error:
        return float("nan"), str(error)


def _sentence(table: pd.DataFrame, rivals: pd.DataFrame, effect: float) -> str:
    named = _listed(rivals["label"])
    known = table["effect_without"].dropna()
    moved = "cannot be estimated"
    if len(known):
        low, high = known.min(), known.max()
        moved = f"becomes {low:+.3g}" if len(known) == 1 else f"moves between {low:+.3g} and {high:+.3g}"
    head = (
        f"{named} near the date of the agreement: a rival explanation that this design cannot set aside."
        if len(rivals)
        else f"No known shock inside the sample ({_listed(table['label'], verb=False)}) begins near the agreement."
    )
    which = "the shock" if len(table) == 1 else "each shock in turn"
    return f"{head} Without the periods of {which} the mean effect of {effect:+.3g} {moved}."


def _listed(labels: Iterable[str], verb: bool = True) -> str:
    """Return labels as the subject of a sentence with its verb, or as they stand within one."""
    names = list(labels)
    if not verb:
        return ", ".join(names)
    text = " and ".join(names)
    return text[:1].upper() + text[1:] + (" falls" if len(names) == 1 else " fall")

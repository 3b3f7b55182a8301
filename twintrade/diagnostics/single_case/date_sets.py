"""One case under every candidate date and donor set, and several cases together: never the best of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.case import (
    Case,
    DonorSet,
    build_case_design,
    build_donor_sets,
    build_untreated_rectangle,
    count_exclusions,
    explain_exclusion,
    find_treated_unit,
)
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.sensitivity.dates import mark_vague_dates
from twintrade.diagnostics.single_case import placebo_space
from twintrade.diagnostics.single_case.placebo_space import CaseMethod
from twintrade.diagnostics.who_is_compared.balance import list_candidate_dates
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.estimators.cases import SingleCase
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.testing import RandomEffects, bound_best_p, combine_fisher, fit_random_effects
from twintrade.text import Listed, Text, Words, numbers, pack_both, pack_text

# Who may stand for the treated dyad, in both donor sets, and who may not and why.


@dataclass(frozen=True, slots=True)
class DonorSets(Diagnostic):
    """The two donor sets of a single case, with the excluded listed.

    Attributes
    ----------
    min_positive : float
        Share of the treated unit's periods in which a donor must be positive.
    """

    min_positive: float = 0.8
    name = "donor_sets"
    topic = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return both sets as a table, payload ``donor_sets``: donor_set, unit, status, reason."""
        unit = find_treated_unit(fit.design)
        sets = build_donor_sets(fit.design, unit, min_positive=self.min_positive)
        small = [one for one in sets if one.n_donors < 2]
        few = [Text("checks.donor-sets-few", unit=unit, n=s.n_donors, described=s.description) for s in small]
        return self.conclude(
            Listed(tuple(map(_describe_set, sets)), "sentences"),
            pd.concat([_rows(s) for s in sets], ignore_index=True),
            value=float(min(s.n_donors for s in sets)),
            unit="donors",
            messages=tuple(Message("warning", "few-donors", text) for text in few),
        )


def _rows(donor_set: DonorSet) -> pd.DataFrame:
    used = pd.DataFrame({"unit": list(donor_set.donors.units), "status": "donor", "reason": "", "reason_text": ""})
    gone = donor_set.excluded.assign(status="excluded")
    reasons = [explain_exclusion(reason) for reason in gone["reason"]]
    gone = gone.assign(reason=[str(r) for r in reasons], reason_text=[pack_text(r) for r in reasons])
    rows = pd.concat([used, gone[["unit", "status", "reason", "reason_text"]]], ignore_index=True)
    rows.insert(0, "donor_set", donor_set.key)
    return rows.astype({"unit": object, "status": object, "reason": object, "reason_text": object})


def _describe_set(donor_set: DonorSet) -> Text:
    why, described = count_exclusions(donor_set), donor_set.description
    counted = {"n": donor_set.n_donors, "excluded": bool(str(why))}
    return Text("checks.donor-sets", set=donor_set.key, described=described, why=why, **counted)


@dataclass(frozen=True, slots=True)
class Dated:
    """The case under one reading of its date."""

    label: Words
    # A candidate date; ambiguous periods left out (the onset's own, or those between first and last candidate); the
    # periods between first and last candidate alone
    kind: str
    onset: int
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSets(Diagnostic):
    """A single case under each candidate date, a donut and the interval between, in both donor sets.

    Attributes
    ----------
    dates : tuple of int
        Candidate onsets as the panel's periods; empty reads them from the treatment register.
    min_before : int
        Fewest periods before a date.
    """

    dates: tuple[int, ...] = ()
    min_before: int = 4
    name: ClassVar[str] = "date_sets"
    citation: ClassVar[str] = "denteh2022"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method, date and donor set; payload ``date_sets_table`` has the sets side by side."""
        case = placebo_space.get_single_case(fit)[1]
        labels = self._labels(fit, case)
        messages, rows = _note_dates(fit, labels, case), []
        for method, _, seen in placebo_space.iterate_case_views(fit):
            for dated in () if isinstance(seen, str) else iterate_dated_cases(seen, labels):
                rows += self._rows(method, dated, fit.design.panel.label(dated.onset))
        table = pd.DataFrame(rows)
        known = table.dropna(subset=["effect"])
        require(len(known) > 0, Text("checks.date-sets-none"))
        effects, p = known["effect"], known["p"]
        counts = dict(
            zip(("dates", "methods", "sets"), known[["date", "method", "donor_set"]].nunique(), strict=True)
        )
        numbers = {"median": effects.median(), "low": effects.min(), "high": effects.max()}
        numbers |= {"same": max((effects > 0).mean(), (effects < 0).mean()), "p": p.median(), "smallest": p.min()}
        return self.conclude(
            Text("checks.date-sets", n=len(known), **counts, **numbers),
            table,
            payloads={"date_sets": table, "date_sets_table": compare_donor_sets(table)},
            value=float(p.median()),
            unit="p",
            messages=tuple(messages),
        )

    def _labels(self, fit: Fit, case: Case) -> dict[int, Words]:
        """Return candidate onsets with their labels; dates that fall into one period share a row."""
        if self.dates:
            return {d: fit.design.panel.label(d) for d in sorted(set(self.dates) | {case.onset})}
        unit = str(case.units[0])
        listed = list_candidate_dates(fit.design, unit)
        out: dict[int, list[Text | str]] = {case.onset: []}
        if mark_vague_dates(fit.design)[fit.design.panel.units == unit].any():
            out[case.onset + 1] = [Text("checks.date-sets-later")]
        for period, label in zip(listed["period"], listed["label"], strict=True):
            out.setdefault(int(period), []).append(str(label))
        return {
            d: Listed(tuple(names), "semicolon") if names else Text("checks.date-sets-chosen")
            for d, names in sorted(out.items())
        }

    def _rows(self, method: CaseMethod, dated: Dated, onset_label: str) -> list[dict[str, object]]:
        rows = []
        for key, chosen in placebo_space.build_case_sets(dated.case).items():
            row: dict[str, object] = pack_both("date", dated.label) | {"kind": dated.kind, "onset": dated.onset}
            row |= {"onset_label": onset_label, "method": method.label, "donor_set": key}
            row |= dict.fromkeys(("effect", "p", "floor"), np.nan) | {"reason": ""}
            n_before, n_after = int(chosen.is_before.sum()), int(chosen.is_after.sum())
            try:
                if n_before < self.min_before or n_after == 0:
                    raise EstimationError(Text("checks.date-sets-short", before=n_before, after=n_after))
                paths = placebo_space.estimate_placebo_paths(method.estimator, chosen)
                rank = paths.rank()
                row |= {"effect": paths.effect, "p": rank.p, "floor": rank.floor}
            except TwintradeError as error:
                row["reason"] = str(error)
            rows.append(row)
        return rows


def iterate_dated_cases(case: Case, labels: dict[int, Words]) -> Iterator[Dated]:
    """Yield the case under each date, and without the periods between the dates or with one date its own period."""
    inside = [d for d in labels if case.periods[0] < d <= case.periods[-1]]
    for date in labels:
        yield Dated(labels[date], "date", date, case.dated(date))
    if len(inside) < 2:
        rest = case.periods != case.onset
        if (case.is_after & rest).any():
            yield Dated(Text("checks.date-sets-donut"), "donut", case.onset, case.during(rest))
        return
    first, last = min(inside), max(inside)
    between = (case.periods >= first) & (case.periods < last)
    yield Dated(Text("checks.date-sets-between"), "donut", last, case.during(~between).dated(last))
    yield Dated(Text("checks.date-sets-interval"), "interval", first, case.during(case.periods < last).dated(first))


def compare_donor_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a date and method: effect and p of each donor set, and why there are none."""
    keys = ["method", "date", "onset_label"]
    rows = []
    for names, part in table.groupby(keys, sort=False):
        row = dict(zip(keys, names, strict=True)) | {"date_text": part["date_text"].iloc[0]}
        for entry in part.to_dict("records"):
            row |= {f"effect_{entry['donor_set']}": entry["effect"], f"p_{entry['donor_set']}": entry["p"]}
        rows.append(row | {"reason": "; ".join(dict.fromkeys(r for r in part["reason"] if r))})
    return pd.DataFrame(rows)


def _note_dates(fit: Fit, labels: dict[int, Words], case: Case) -> list[Message]:
    """Name dates outside the series, and dates that fall into one period."""
    panel, messages = fit.design.panel, []
    for date, label in labels.items():
        if not case.periods[0] < date <= case.periods[-1]:
            text = Text("checks.date-sets-outside", label=label, date=panel.label(date))
            messages.append(Message("warning", "date-outside-series", text))
        if isinstance(label, Listed) and len(label.items) > 1:
            text = Text("checks.date-sets-together", labels=label, date=panel.label(date))
            messages.append(Message("info", "dates-in-one-period", text))
    return messages


# Several cases: each one, their random-effects mean, combined placebo ranks, and what choosing them costs.


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledCases(Diagnostic):
    """Each treated unit as a case of its own, and what may be said of all.

    A case's variance is that of its placebos' mean gaps in the case's own noise, so that noisy cases weigh less.

    Attributes
    ----------
    estimator : {"double_ratio", "synthetic_control", "synthetic_did", "augmented_synthetic_control"}
        For each case.
    out_of : int or None
        From how many candidates the cases were chosen, where that is known; else several numbers are shown.
    best : int
        So many cases with the smallest p-values, taken alone, are the first row of what choosing costs.
    """

    estimator: Literal["double_ratio", "synthetic_control", "synthetic_did", "augmented_synthetic_control"] = (
        "double_ratio"
    )
    out_of: int | None = None
    best: int = 4
    level: float = 0.95
    name: ClassVar[str] = "pooled_cases"
    citation: ClassVar[str] = "knapp2003"
    payload_kinds: ClassVar = {"cases_forest": "forest"}
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a case and the means; payloads ``cases``, ``best_of`` and ``cases_forest``."""
        method = ESTIMATORS[self.estimator]()
        assert isinstance(method, SingleCase)
        design, accepted = fit.design, method.requires.transforms
        if accepted and design.transform not in accepted:
            design = design.with_outcome(design.outcome, accepted[0])  # type: ignore[arg-type]
        o = design.observations
        rows = [self._row(design, str(unit), method) for unit in o.unit_ids[o.is_ever_treated]]
        cases = pd.DataFrame(rows)
        known = cases.dropna(subset=["effect", "variance"])
        known = known[known["variance"] > 0]
        require(len(known) >= 2, Text("checks.pooled-few", n=len(known), of=len(cases)))
        scale, mean = method.effect_scale(design), self._average(known)
        means, bound = self._list_means(known, mean), self._best_of(np.sort(known["p"].to_numpy()))
        failed = cases.loc[cases["reason"] != "", ["unit", "reason"]].itertuples(index=False)
        texts = [Text("checks.of-unit", unit=unit, text=reason) for unit, reason in failed]
        return self.conclude(
            self._say(known, mean, means, bound),
            pd.concat([cases, means], ignore_index=True),
            payloads={"cases": cases, "best_of": bound, "cases_forest": self._draw(known, mean, means, scale)},
            value=mean.mean,
            unit=scale,
            messages=tuple(Message("warning", "case-not-estimated", text) for text in texts),
        )

    def _row(self, design: Design, unit: str, method: SingleCase) -> dict[str, object]:
        row: dict[str, object] = {"unit": unit, "onset": int(design.onset[design.panel.units == unit][0])}
        empty = dict.fromkeys(("effect", "variance", "reach", "p", "floor"), np.nan)
        try:
            case = method.case(build_case_design(design, unit, build_untreated_rectangle(design, unit)))
            paths = placebo_space.estimate_placebo_paths(method, case)
        except TwintradeError as error:
            return row | empty | {"reason": str(error)}
        others, rank = paths.placebo_moves, paths.rank()
        if others.size < 2:
            return row | empty | {"reason": f"{others.size} placebos"}
        reach = float(np.quantile(np.append(others, np.inf), self.level, method="inverted_cdf"))
        spread = {"variance": float(np.mean(others**2)), "reach": reach if rank.floor <= 1 - self.level else np.nan}
        return row | {"effect": paths.effect} | spread | {"p": rank.p, "floor": rank.floor, "reason": ""}

    def _best_of(self, ranked: FloatArray) -> pd.DataFrame:
        """Return what choosing costs: p-values, the best few alone first, as the best of K cases."""
        n = ranked.size
        totals = [self.out_of] if self.out_of is not None else [n, 2 * n, 5 * n, 10 * n]
        chosen = [(self.best, n)] if self.best < n else []
        chosen += [(n, max(k, n)) for k in totals]
        rows = [(few, k, float(ranked[few - 1]), bound_best_p(float(ranked[few - 1]), few, k)) for few, k in chosen]
        return pd.DataFrame(rows, columns=["n_cases", "out_of", "largest_p", "p_bound"])

    def _average(self, cases: pd.DataFrame) -> RandomEffects:
        return fit_random_effects(cases["effect"].to_numpy(), cases["variance"].to_numpy(), self.level)

    def _list_means(self, known: pd.DataFrame, mean: RandomEffects) -> pd.DataFrame:
        """Return the mean of the cases, and that without each of them."""
        rows = [(str(Text("checks.pooled-mean")), mean.mean, mean.low, mean.high, mean.p)]
        for unit in known["unit"] if len(known) > 2 else ():
            left = self._average(known[known["unit"] != unit])
            rows.append((str(Text("checks.pooled-without", unit=str(unit))), left.mean, left.low, left.high, np.nan))
        return pd.DataFrame(rows, columns=["unit", "effect", "low", "high", "p"])

    def _name_method(self, n: int) -> Text:
        return Text("checks.pooled-mean-of", n=n, method=self.estimator.replace("_", "-"))

    def _draw(self, known: pd.DataFrame, mean: RandomEffects, means: pd.DataFrame, scale: str) -> pd.DataFrame:
        """Return cases, their mean and the mean without each, as lines of a forest plot."""
        cases = known.assign(group=str(Text("checks.pooled-cases")))
        cases = cases.assign(low=cases["effect"] - cases["reach"], high=cases["effect"] + cases["reach"])
        means = means.assign(group=str(Text("checks.pooled-together")))
        lines, rest = pd.concat([cases, means], ignore_index=True), ["group", "effect", "low", "high"]
        lines, method = lines[["unit", *rest]].set_axis(["label", *rest], axis=1), self._name_method(len(known))
        of_mean = pack_both("method", method) | pack_both("interval_method", describe_interval(mean))
        lines.loc[len(known), list(of_mean)] = list(of_mean.values())
        lines.loc[len(known), "level"] = self.level
        return lines.assign(scale=scale)

    def _say(self, known: pd.DataFrame, mean: RandomEffects, means: pd.DataFrame, bound: pd.DataFrame) -> Listed:
        ends = {"effect": mean.mean, "low": mean.low, "high": mean.high, "spread": mean.heterogeneity}
        method = self._name_method(len(known))
        sentences = [Text("checks.pooled", method=method, level=self.level, how=describe_interval(mean), **ends)]
        if len(means) > 1:
            low, high = float(means["effect"][1:].min()), float(means["effect"][1:].max())
            is_point = numbers.format_compact(low, 3) == numbers.format_compact(high, 3)
            sentences.append(Text("checks.pooled-range", low=low, high=high, point=is_point))
        sentences.append(Text("checks.pooled-ranks", p=combine_fisher(known["p"].to_numpy())))
        chosen = [{"n": n, "of": of, "bound": p} for n, of, _, p in bound.itertuples(index=False)]
        sentences.append(Text("checks.pooled-chosen", **chosen[-1]))
        if chosen[0]["n"] < len(known):
            sentences.append(Text("checks.pooled-best", **chosen[0]))
        return Listed(tuple(sentences), "sentences")


def describe_interval(mean: RandomEffects) -> Text:
    """Return how the interval of the mean is made, and what truncation did to it."""
    return Text("checks.pooled-interval", factor=mean.factor, truncated=mean.factor < 1)

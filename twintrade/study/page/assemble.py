"""A run as the tidy frames of a result set."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.figures import build_conversions_frame
from twintrade.data.geography import load_places
from twintrade.design import Design
from twintrade.design.observations import REMAINDER
from twintrade.design.panel import label_ends
from twintrade.design.register import NO_UNIT, OF_STATUS
from twintrade.design.rules import OTHER_DATE
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.diagnostics.who_is_compared import format_dated_event
from twintrade.effects import Money, ResultSet, build_findings_frame
from twintrade.effects.estimate import BAND_COLUMNS, EFFECT_COLUMNS
from twintrade.effects.messages import build_messages_frame
from twintrade.effects.result_set import COVARIATES, PayloadKind
from twintrade.errors import EstimationError
from twintrade.estimators.imputing import TreatedRows, impute_treated_rows
from twintrade.inference.auto import Reported
from twintrade.inference.clustered import Clustered
from twintrade.study.claims.ledger import add_ledger
from twintrade.study.claims.money import PAYLOAD as MONEY
from twintrade.study.claims.money import compute_money, compute_translation
from twintrade.study.page.specifications import build_specifications
from twintrade.study.plan.jobs import LadderColumn
from twintrade.study.run.columns import ColumnFinding, Estimated, Ladder, Run
from twintrade.study.store.locating import is_device_name
from twintrade.text import Listed, Text, Value, Words, find_fact, pack_text

# What treated pairs traded, beside what the headline imputes without agreements: by period, and pair by pair.

PERIODS, PAIRS = "treated_periods", "treated_pairs"


def build_treated_totals(run: Run) -> dict[str, pd.DataFrame]:
    """Return ``treated_periods`` and ``treated_pairs``; none unless the headline imputes flows by Poisson."""
    headline = run.ladder.headline
    if headline is None or headline.design is None or headline.column.estimator.imputes_by != "poisson":
        return {}
    try:
        rows = impute_treated_rows(headline.design)
    except EstimationError:
        return {}
    return {PERIODS: _sum_periods(rows, headline), PAIRS: _list_pairs(rows, run)}


def _sum_periods(rows: TreatedRows, headline: Estimated) -> pd.DataFrame:
    design, o = rows.design, rows.design.observations
    used = np.isin(o.unit, o.unit[rows.rows])
    periods, code = np.unique(o.period[used], return_inverse=True)
    total = np.bincount(code, o.row_weights[used] * o.y[used])
    at = np.searchsorted(periods, o.period)
    observed, imputed = rows.sum_by(at, periods.size)
    low, high = np.full(periods.size, np.nan), np.full(periods.size, np.nan)
    for band in [b for b in headline.bands if (b.estimate.kind, b.estimate.scale) == ("calendar", "percent")][:1]:
        if band.estimate.labels is not None:
            place = np.searchsorted(periods, band.estimate.labels)
            low[place], high[place] = band.low, band.high
    others = total - observed
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (others + observed / (1 + end / 100) for end in (high, low))
        least, most = (np.where(observed > 0, end, np.nan) for end in ends)
    return pd.DataFrame(
        {
            "period": periods,
            "period_label": [design.panel.label(int(p)) for p in periods],
            "n_in_force": np.bincount(at[rows.rows], minlength=periods.size),
            "observed": total,
            "expected": others + imputed,
            "low": least,
            "high": most,
            "unit": design.panel.units_of_measure.get(design.outcome, ""),
        }
    )


def _list_pairs(rows: TreatedRows, run: Run) -> pd.DataFrame:
    design, o = rows.design, rows.design.observations
    observed, imputed = rows.sum_by(o.unit, o.n_units)
    n = np.bincount(o.unit[rows.rows], minlength=o.n_units)
    present = np.flatnonzero(n)
    names, units = name_pairs(run), list(map(str, o.unit_ids[present]))
    frame = pd.DataFrame(
        {
            "unit": units,
            "name": [names.get(unit, unit) for unit in units],
            "since": [design.panel.label(int(onset)) for onset in o.unit_onset[present]],
            "n_periods": n[present],
            "observed": observed[present] / n[present],
            "expected": imputed[present] / n[present],
        }
    )
    frame["difference"] = frame["observed"] - frame["expected"]
    return frame.sort_values("expected", ascending=False, kind="stable").reset_index(drop=True)


def name_pairs(run: Run) -> dict[str, str]:
    """Return the names of the places that each treated unit's first agreement joins."""
    register, places = run.design.treatment.register, load_places()
    if register.empty or not {"unit", "city", "partner"} <= set(register.columns):
        return {}
    names: dict[str, str] = {}
    for row in register[register["unit"] != ""].sort_values("onset", kind="stable").to_dict("records"):
        place = places.get(str(row["partner"]))
        country = place.name if place is not None else str(row["partner"])
        cells = [row.get(key) for key in ("city", "signatory", "partner_city")]
        city, signatory, twin = ("" if pd.isna(cell) else str(cell).strip() for cell in cells)
        ends = [f"{signatory} ({city})" if signatory not in ("", city) else city]
        ends.append(f"{twin}, {country}" if twin not in ("", country) else country)
        names.setdefault(str(row["unit"]), " – ".join(ends))
    return names


# Coefficients of covariates, which stand beside the overall effect of their column.

_OF_COVARIATE = ("term", "effect", "scale", "inference", "level", "se", "low", "high", "p", "df")


def build_covariates_frame(ladder: Ladder) -> pd.DataFrame:
    """Return the coefficients of each column's covariates, with the clustered errors that it reports or the usual."""
    frames = []
    for one in ladder.estimated:
        if one.fit is None or not isinstance(one.inference, Reported):
            continue
        asked, fit = one.inference.method, one.fit
        how = asked if isinstance(asked, Clustered) else Clustered(level=getattr(asked, "level", Clustered.level))
        estimate = fit.view("overall" if "overall" in fit.views else fit.views[0])
        if (bands := how.infer_covariates(fit, estimate)) is not None:
            frame = bands.to_frame().assign(term=list(map(str, bands.estimate.names)))
            first = 0 if estimate.kind == "coefficient" else estimate.n_effects
            frames.append(_keyed(frame[list(_OF_COVARIATE)].iloc[first:], one.column))
    return _joined(frames, (*_KEYS, *_OF_COVARIATE))


# Sentences for the page that only the study knows: the question, what the data are, what they cannot show.


def build_sections(run: Run) -> dict[str, str]:
    """Return the sections of a run, those without anything to say left out."""
    spec, design = run.plan.spec, run.design
    return write_sections(
        {
            "question": spec.question,
            "data_card": _describe_data(run),
            "limits": "\n".join(spec.limits),
            "outcome": design.outcome,
            "period_name": design.panel.frequency,
            "no_effect": explain_no_effect(run),
            "recipe": spec.recipe or "",
            "case": "" if spec.case is None else name_pairs(run).get(f"{spec.case.city}-{spec.case.partner}", ""),
        }
    )


def write_sections(sections: Mapping[str, Words]) -> dict[str, str]:
    """Return sections in words, those without anything to say left out, with texts packed beside their words."""
    words = {key: str(text) for key, text in sections.items() if text}
    return words | {f"{key}_text": packed for key, text in sections.items() if (packed := pack_text(text))}


def explain_no_effect(run: Run) -> Words:
    """Return why no effect was estimated, empty where one was."""
    case = run.plan.spec.case
    if run.ladder.headline is not None:
        return ""
    if case is not None:
        is_case, place = run.design.panel.units == f"{case.city}-{case.partner}", load_places().get(case.partner)
        if not np.isfinite(run.design.onset[is_case]).any():
            return Text("sections.no-date", city=case.city, partner=case.partner if place is None else place.name)
    return Text("sections.no-estimate")


def _describe_data(run: Run) -> Listed:
    """Return what the panel holds, in sentences made from it."""
    design = run.design
    panel, onset = design.panel, design.onset
    values = panel.values(design.outcome)
    unit = panel.units_of_measure.get(design.outcome, "") or "none"
    is_always, is_within = onset <= panel.first_period, (onset > panel.first_period) & (onset <= panel.last_period)
    counts = {"n": panel.n_units, "treated": int(is_within.sum()), "always": int(is_always.sum())}
    counts["missing"] = int(np.isnan(values).sum())
    zeros = float((values == 0).mean()) if values.size else 0.0
    of_outcome: dict[str, Value] = {"outcome": design.outcome, "outcome_unit": unit, "is_dyadic": panel.is_dyadic}
    sentences: list[Words] = [Text("sections.simulated")] if run.observed.is_simulated else []
    sentences.append(Text("sections.data", zeros=zeros, **of_outcome, **label_ends(panel), **counts))
    sentences += [
        Text("sections.excluded", n=n, reason=find_fact("labels.status-", reason))
        for reason, n in sorted(Counter(design.treatment.excluded.values()).items(), key=str)
    ]
    other_dates = [m.text for m in design.treatment.messages if m.code == OTHER_DATE]
    return Listed((*sentences, design.treatment.rule, *other_dates), "sentences")


_KEYS = ("estimator", "specification")
Named = dict[str, tuple[pd.DataFrame, PayloadKind]]
_MOST_LETTERS, _MOST_BYTES = 120, 240  # of a file's name; file systems take 255 bytes with its ending


def assemble_results(run: Run, manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set of a run; ``manifest`` holds what is known before anything is written."""
    named = _named(run.ladder.concluded)
    findings = (
        (replace(c.finding, topic=c.finding.topic or DIAGNOSTICS[c.finding.diagnostic].topic), c.keys, list(payloads))
        for c, payloads in zip(run.ladder.concluded, named, strict=True)
    )
    results = ResultSet(
        name=run.plan.name, title=run.plan.spec.title, data=build_data_frame(run.design), twinnings=_register(run),
        specifications=build_specifications(run.ladder), effects=build_effects_frame(run.ladder),
        bands=build_bands_frame(run.ladder), findings=build_findings_frame(findings),
        messages=build_messages_frame(run.messages), payloads=_payloads(run, named, compute_money(run)),
        payload_kinds={name: kind for payloads in named for name, (_, kind) in payloads.items()}, manifest=manifest,
        is_simulated=run.observed.is_simulated, sections=build_sections(run),
    )  # fmt: skip
    return add_ledger(results, run.plan.spec.claim)


def build_data_frame(design: Design) -> pd.DataFrame:
    """Return the panel with onset, part in the comparison and event time, one row a unit and period."""
    panel, onset = design.panel, design.onset
    role = list_unit_roles(design)
    labels = {int(p): panel.label(int(p)) for p in np.unique(panel.period)}
    start = onset[panel.unit]
    starts = pd.Series(np.where(np.isfinite(start), start, np.nan)).astype("Int64")
    return pd.DataFrame(
        {
            "unit": panel.units[panel.unit],
            "city": panel.cities[panel.unit_city[panel.unit]],
            "partner": panel.partners[panel.unit_partner[panel.unit]],
            "period": panel.period,
            "period_label": [labels[int(p)] for p in panel.period],
            "outcome": panel.values(design.outcome),
            "onset": starts,
            "status": role[panel.unit],
            "event_time": pd.Series(panel.period) - starts,
        }
    )


def list_unit_roles(design: Design) -> np.ndarray[Any, Any]:
    """Return each unit's part in the comparison, shape (panel.n_units,)."""
    panel, onset = design.panel, design.onset
    role = np.full(panel.n_units, "comparison", dtype=object)
    role[onset <= panel.last_period] = "treated"
    role[onset <= panel.first_period] = "always-treated"
    role[np.isin(panel.partners, design.totals_only)[panel.unit_partner]] = REMAINDER
    for unit, reason in design.treatment.excluded.items():
        role[panel.units == unit] = reason
    return role


def _register(run: Run) -> pd.DataFrame:
    register = run.design.treatment.register
    if register.empty:
        return register
    inside = register[register["unit"] != ""]
    if (case := run.plan.spec.case) is not None:
        inside = inside[(inside["city"] == case.city) | (inside["partner"] == case.partner)]
    inside = inside.reset_index(drop=True)
    candidates = [[format_dated_event(*one[:2]) for one in json.loads(text)] for text in inside["candidates"]]
    labels = ["" if pd.isna(onset) else run.design.panel.label(int(onset)) for onset in inside["onset"]]
    return inside.assign(candidates=list(map("; ".join, candidates)), onset_label=labels)


def build_effects_frame(ladder: Ladder) -> pd.DataFrame:
    """Return every effect of a ladder, as effects.csv has them."""
    frames = [_keyed(view.to_frame(), e.column) for e in ladder.estimated for view in e.views]
    return _joined(frames, (*_KEYS, *EFFECT_COLUMNS))


def build_bands_frame(ladder: Ladder) -> pd.DataFrame:
    """Return every interval of a ladder, as bands.csv has them."""
    frames = [_keyed(bands.to_frame(), e.column) for e in ladder.estimated for bands in e.bands]
    return _joined(frames, (*_KEYS, *BAND_COLUMNS))


def _named(concluded: Sequence[ColumnFinding]) -> list[Named]:
    """Data and kind of each finding's payloads by a file's name; one that repeats has its column after a mark."""
    named: list[Named] = []
    taken: set[str] = set()
    for c in concluded:
        payloads = dict(c.finding.payloads)
        if not payloads and not c.finding.table.empty:
            payloads[c.finding.diagnostic] = c.finding.table
        named.append({})
        for name, frame in payloads.items():
            kind = DIAGNOSTICS[c.finding.diagnostic].payload_kinds.get(name.partition(".")[0], "table")
            # The first of a payload's names that is not taken: plain, with its column, with a count.
            long = "-".join((name, *c.keys))
            wanted = map(clean_file_name, (name, long, *(f"{long}-{i}" for i in range(2, len(taken) + 3))))
            key = next(key for key in wanted if key.casefold() not in taken)
            named[-1][key] = frame, kind
            taken.add(key.casefold())
    return named


def _payloads(run: Run, named: Sequence[Named], money: Money | None) -> dict[str, pd.DataFrame]:
    payloads = {name: frame for frames in named for name, (frame, _) in frames.items()}
    if money is not None:
        payloads[MONEY] = money.to_frame()
    payloads |= build_treated_totals(run) | compute_translation(run)
    covariates = build_covariates_frame(run.ladder)
    if not covariates.empty:
        payloads[COVARIATES] = covariates
    if run.observed.conversions:
        payloads["conversions"] = build_conversions_frame(run.observed.conversions)
    register = run.design.treatment.register
    outside = register[register["status"] == NO_UNIT] if "status" in register else register
    if not outside.empty:
        payloads["agreements_outside_panel"] = outside.drop(columns=["unit", *OF_STATUS]).reset_index(drop=True)
    return payloads


def clean_file_name(name: str) -> str:
    """Return a name of letters and digits of any script, points and dashes: no name in the data becomes a path."""
    composed = unicodedata.normalize("NFC", name)
    spaced = "".join(c if c in "_.-" or unicodedata.category(c)[0] in "LMN" else " " for c in composed)
    short = re.sub(" +", "-", spaced).strip(".-")[:_MOST_LETTERS].encode()[:_MOST_BYTES].decode(errors="ignore")
    cleaned = short.rstrip(".") or "x"
    return f"x-{cleaned}" if is_device_name(cleaned) else cleaned


def _keyed(frame: pd.DataFrame, column: LadderColumn) -> pd.DataFrame:
    frame.insert(0, "estimator", column.estimator.name)
    frame.insert(1, "specification", column.key)
    return frame


def _joined(frames: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    present = [f for f in frames if not f.empty]
    return pd.concat(present, ignore_index=True) if present else pd.DataFrame(columns=list(columns))

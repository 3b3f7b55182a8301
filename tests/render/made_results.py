"""A seeded, simulated result set with hostile texts in every place where a user's text may stand."""

import numpy as np
import pandas as pd

from twintrade.effects import Finding, ResultSet, build_findings_frame
from twintrade.effects.result_set import SPECIFICATION_COLUMNS

HOSTILE = ("<script>alert(1)</script>", "=1+1", "\\input{/etc/passwd}", "$x^2$", '#let x = 1; #panic("x")', "青岛市")
YEARS = tuple(range(2008, 2020))

_SPECS = (
    ("twfe", "two-way", "Log, two-way effects", "log", "log points", "dyad;period", 0.184, "within R²", 0.41),
    ("twfe", "gravity", "Log, gravity effects", "log", "log points", "dyad;city_period;partner_period", 0.121, "within R²", 0.38),  # noqa: E501
    ("ppml", "gravity", "PPML, gravity effects", "level", "log points", "dyad;city_period;partner_period", 0.093, "pseudo R²", 0.97),  # noqa: E501
    ("imputation", "gravity", "Imputation, gravity effects", "log", "log points", "dyad;city_period;partner_period", 0.0871, "", np.nan),  # noqa: E501
)  # fmt: skip


def make_results(*, is_simulated: bool = True, is_hostile: bool = True) -> ResultSet:
    """Return a result set of four specifications, two inferences, and every payload the page knows."""
    generator = np.random.default_rng(20240501)
    data = _data(generator)
    names = HOSTILE if is_hostile else ("Lyon", "Ghent", "Oulu", "Cork", "Porto", "Graz")
    effects, bands = _effects(generator)
    return ResultSet(
        name="made",
        title="Made-up towns & their twins" + (f" {HOSTILE[3]}" if is_hostile else ""),
        data=data,
        twinnings=_twinnings(names),
        specifications=_specifications(),
        effects=effects,
        bands=bands,
        findings=_findings(names),
        messages=_messages(names),
        payloads=_payloads(generator, names),
        payload_kinds={"raw_series": "path", "path": "path", "placebo": "placebo", "forest": "forest"},
        manifest=_manifest(),
        is_simulated=is_simulated,
        sections={
            "question": "Did exports change after towns signed agreements?",
            "limits": "A registry is not a census: pairs without a recorded agreement may have one.",
        },
    )


def _data(generator: np.random.Generator) -> pd.DataFrame:
    rows = []
    for i in range(24):
        onset = 2012 + i % 4 if i < 8 else None
        status = "treated" if i < 8 else "always-treated" if i < 10 else "undated" if i < 13 else "comparison"
        rows += [
            {
                "unit": f"C{i // 4}-P{i % 4}", "city": f"C{i // 4}", "partner": f"P{i % 4}", "period": year,
                "period_label": str(year), "outcome": float(generator.lognormal(16, 1)), "onset": onset,
                "status": status, "event_time": year - onset if onset else np.nan,
            }
            for year in YEARS
        ]  # fmt: skip
    return pd.DataFrame(rows)


def _twinnings(names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "city": ["C0", "C0", "C1", "C1", "C2", "C2"],
            "partner_city": list(names),
            "partner": ["P0", "P1", "P2", "P3", "P0", "P1"],
            "kind": ["sister city", "memorandum", "friendship", "sister city", "sister city", "sister state"],
            "first_contact": ["2010", "", "2011-05", "", "2013", ""],
            "signed": ["2012-03-04", "2013", "2014-12", "2015", "2014", "2015-07-01"],
            "precision": ["day", "year", "month", "year", "year", "day"],
            "onset": [2012, 2013, 2015, 2015, 2014, 2015],
            "source": [
                "https://example.org/registry",
                "city gazette",
                "javascript:alert(1)",
                "report",
                "report",
                "x",
            ],
        }
    )


def _specifications() -> pd.DataFrame:
    rows = []
    for i, (estimator, key, label, transform, scale, fixed, _, statistic, value) in enumerate(_SPECS):
        row: dict[str, object] = dict.fromkeys(SPECIFICATION_COLUMNS)
        row |= {
            "estimator": estimator, "specification": key, "label": label, "citation": "x2024",
            "citation_text": "Made and Up (2024)", "equation": "ln X = βD + α_cj + α_ct + α_jt", "outcome": "exports",
            "estimand": "The average over treated pair-years, each weighing the same.",
            "assumption": "Without the agreement, exports of treated pairs would have moved as those of pairs not yet treated.",  # noqa: E501
            "target": "total" if transform == "level" else "average unit", "against": "all before",
            "n_treated_rows": 30, "n_treated_rows_left_out": 0,
            "base_sentence": "Pre-period effects are relative to the year before onset.", "outcome_unit": "US dollars",  # noqa: E501
            "transform": transform, "outcome_in": {"log": "logs", "level": "levels"}[transform],
            "effect_unit": "US dollars" if scale == "level" else "", "scale": scale,
            "fixed_effects": fixed, "comparison": "not yet treated",
            "reference": np.nan if estimator == "imputation" else -1, "is_headline": i == 3, "n_rows": 1642 - i,
            "n_units": 146, "n_treated_units": 8, "n_zeros": 120 if transform == "level" else 0, "n_separated": 12 * i,  # noqa: E501
            "n_singletons": 3, "clusters": "city=7;partner=24", "critical_value": 2.87 if i != 3 else np.nan,
            "inference_note": "Clustered by city and partner, G/(G−1)(N−1)/(N−K) correction, 4,999 draws."
            if i != 3 else "Randomization over re-assigned onsets, 999 draws, seed 7: fewer than five treated clusters.",  # noqa: E501
            "statistic_name": statistic, "statistic": value, "baseline_mean": 12_345_678.9, "pretrend_p": 0.31,
            "pretrend_df": "3, 6", "pretrend_test": "F", "binned_low": i < 2, "binned_high": i < 2, "is_skipped": False,  # noqa: E501
        }  # fmt: skip
        rows.append(row)
    skipped = dict(rows[0]) | {
        "estimator": "sdid", "specification": "two-way", "label": "Synthetic DiD", "is_skipped": True,
        "is_headline": False, "skip_reason": "the panel is not balanced",
    }  # fmt: skip
    return pd.DataFrame([*rows, skipped])


def _effects(generator: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    effects, bands = [], []
    for position, (estimator, key, _, _, scale, _, size, _, _) in enumerate(_SPECS):
        base = "imputation leads" if estimator == "imputation" else "universal"
        for event_time in (*range(-5, 6), None):
            is_reference = event_time == -1 and base == "universal"
            shape = size if event_time is None else size * min(max(event_time + 1, 0), 4) / 3
            value = 0.0 if is_reference else shape + generator.normal(0, 0.015)
            error = 0.0 if is_reference else 0.03 + 0.004 * abs(event_time or 0)
            keys = {
                "estimator": estimator, "specification": key, "kind": "overall" if event_time is None else "event",
                "cohort": pd.NA, "event_time": pd.NA if event_time is None else event_time,
            }  # fmt: skip
            n_units = 8 if event_time is None else 8 - max(abs(event_time) - 3, 0)
            effects.append(
                keys | {"effect": value, "scale": scale, "base": base, "n_units": n_units, "n_cells": n_units}
            )
            bands += _bands(keys, value, error, scale, is_randomized=position == 3)
    frames = [pd.DataFrame(rows).astype({"event_time": "Int64", "cohort": "Int64"}) for rows in (effects, bands)]
    return frames[0], frames[1]


def _bands(
    keys: dict[str, object], value: float, error: float, scale: str, *, is_randomized: bool
) -> list[dict[str, object]]:
    def band(inference: str, t: float, sup: float, p: float, *, has_error: bool = True) -> dict[str, object]:
        return keys | {
            "effect": value, "scale": scale, "inference": inference, "level": 0.95,
            "se": error if has_error else np.nan, "low": value - t * error, "high": value + t * error,
            "simultaneous_low": value - sup * error, "simultaneous_high": value + sup * error, "p": p, "df": 6.0,
        }  # fmt: skip

    clustered = band("clustered", 2.45, 2.87, 0.0004 if not is_randomized else 0.03)
    if not is_randomized:
        return [clustered]
    reported = band("randomization", 3.1, np.nan, 0.04, has_error=False)
    if keys["event_time"] is not pd.NA and keys["event_time"] == 5:
        reported["low"] = -np.inf  # re-assignments that reject no fall, however large
    return [reported, clustered, band("jackknife", 2.9, 3.6, 0.06)]


def _findings(names: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        ("pretrend", "imputation", "does not object", "The joint pre-period test has p = 0.31.", 0.31, "p",
         "sensitivity", ()),
        ("placebo_rank", "imputation", "none", f"{names[5]} ranks 1 of 25: p = 0.04.", 0.04, "p-floor", "single_case",
         ("placebo",)),
        ("leave_one_out", "ppml", "objects", f"Without {names[0]} the estimate is 0.012.", 0.012, "log points",
         "sensitivity", ()),
        ("honest", "imputation", "none", "A violation half as large as before overturns the sign.", 0.5, "M",
         "sensitivity", ()),
        ("heterogeneity", "imputation", "none", "The effects by era and by size do not differ.", 0.6, "p", "forest",
         ("forest",)),
    ]  # fmt: skip
    return build_findings_frame(
        (
            Finding(diagnostic=name, verdict=verdict, text=sentence, value=value, unit=unit, topic=topic),
            (estimator, "gravity"),
            payloads,
        )
        for name, estimator, verdict, sentence, value, unit, topic, payloads in rows
    )


def _messages(names: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        ("info", "auto-inference", "", None, "", "Randomization was taken: 4 treated clusters are fewer than 5."),
        (
            "warning",
            "leverage-one",
            "data/raw/made.csv",
            210,
            "value",
            f"Row of {names[1]} alone identifies an effect.",
        ),
        ("warning", "name", "data/raw/made.csv", 7, "city", f"{names[2]} and {names[4]} look alike."),
    ]
    frame = pd.DataFrame(rows, columns=["level", "code", "file", "row", "column", "message"])
    return frame.astype({"row": "Int64"})


def _payloads(generator: np.random.Generator, names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    raw = []
    lines = {
        names[3]: 8e8,
        "same city, other destinations": 2e9,
        "other cities, same destination": 1.4e9,
        "double ratio": 1.0,
    }
    for name, start in lines.items():
        steps = np.exp(np.cumsum(generator.normal(0.05, 0.08, len(YEARS))))
        for year, step in zip(YEARS, steps, strict=True):
            for panel, value, unit in (("level", start * step, "US dollars"), ("index", 100 * step / steps[4], "")):
                if not (name == "double ratio" and panel == "level"):
                    raw.append((name, panel, year, str(year), value, unit))
    dates = [
        (2010, "first contact", False),
        (2012, f"agreement {names[4]}", True),
        (2014, f"visit {names[1]}", False),
    ]
    adoption = [
        (f"{names[i]}" if i < 6 else f"C{i}", year, str(year), _status(i, year)) for i in range(14) for year in YEARS
    ]
    placebo = [
        (f"donor {i}", place, e, value, i == 0)
        for place in ("same city, other destinations", "other cities, same destination")
        for i in range(20)
        for e, value in zip(range(-4, 5), generator.normal(0, 0.1, 9).cumsum() + (0.05 if i == 0 else 0), strict=True)
    ]
    forest = [
        (names[i], "by era" if i < 3 else "by size", 0.05 * i, 0.05 * i - 0.1, 0.05 * i + 0.1) for i in range(6)
    ]
    claims = [
        ("C1", "Exports rose after twinning", "cannot tell", f"{names[5]}: the interval holds zero.", "", True, ""),
        ("C3", "Recent agreements work", "cannot tell", "Not examined here.", "", False, "effects by era"),
        ("C9", "Agreements rarely end", "cannot tell", "Not examined here.", "", False, "the recipe registry"),
        ("C11", "Offices abroad help", "cannot tell", "Not examined here; needs office dates.", "", False, ""),
    ]
    return {
        "raw_series": pd.DataFrame(raw, columns=["series", "panel", "period", "period_label", "value", "unit"]),
        "candidate_dates": pd.DataFrame(dates, columns=["period", "label", "is_chosen"]),
        "adoption": pd.DataFrame(adoption, columns=["unit", "period", "period_label", "status"]),
        "path": pd.DataFrame(
            [("double ratio", y, 1 + 0.02 * i) for i, y in enumerate(YEARS)], columns=["series", "period", "value"]
        ),
        "placebo": pd.DataFrame(placebo, columns=["unit", "donor_set", "event_time", "value", "is_treated"]),
        "forest": pd.DataFrame(forest, columns=["label", "group", "effect", "low", "high"]),
        "claims": pd.DataFrame(
            claims, columns=["claim_id", "claim", "verdict", "answer", "detectable", "is_examined", "need"]
        ),
        "romanized": pd.DataFrame([("青岛市", "Qingdao")], columns=["name", "romanized"]),
    }


def _status(position: int, year: int) -> str:
    if position >= 12:
        return "always-treated" if position == 12 else "undated"
    if position >= 8:
        return "comparison"
    return "treated" if year >= 2012 + position % 4 else "not yet treated"


def _manifest() -> dict[str, object]:
    return {
        "tool_version": "0.1.0",
        "git_commit": "0123abcd",
        "spec_hash": "ab" * 32,
        "versions": {"numpy": "2.4.6", "pandas": "3.1.1"},
        "seeds": {"bands": 7, "randomization": 11},
        "seconds": 12.5,
        "inputs": [
            {"path": "data/raw/made.csv", "sha256": "cd" * 32, "bytes": 12345, "rows": 1642, "unit": "US dollars"}
        ],
        "dropped": [
            {"reason": "always-treated", "sentence": "Tied before the first year.", "n_rows": 24, "n_units": 2,
             "names": ["C2-P0", "C2-P1"]},
            {"reason": "undated", "sentence": "Tied at an unknown date.", "n_rows": 36, "n_units": 3,
             "names": [f"C{i}" for i in range(20)]},
        ],
    }  # fmt: skip

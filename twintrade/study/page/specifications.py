"""One row a column of the ladder: what was estimated, on what, under which assumption, with which fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.effects import Bands, EventStudy, Finding, RefitOnly
from twintrade.effects.estimate import AFTER_LESS_BEFORE
from twintrade.effects.listed_cells import join_counts, join_ids
from twintrade.effects.result_set import SPECIFICATION_COLUMNS
from twintrade.estimators.base import Fit
from twintrade.inference.choosing import is_size_studied
from twintrade.study.page.citations import format_citation
from twintrade.study.run.results import Concluded, Estimated, Ladder
from twintrade.text import pack_text

BASES: Mapping[str, str] = {
    "universal": "Effects before onset are differences from event time {reference}, which is zero by construction.",
    "varying": "Effects before onset are changes from one period to the next; effects after it are differences "
    "from the last period before onset.",
    "imputation leads": "Effects before onset come from a regression on untreated rows alone; they test the "
    "comparison and share no reference with the effects after onset.",
    "first-stage residuals": "Effects before onset are average residuals of the model of untreated rows: small by "
    "construction where it is fitted on them, and no test of the comparison.",
    "none": "",
}
STATIC = "The first row is the coefficient of one treatment dummy on the same rows."
LESS_LEADS = (
    "The first row is the average of the path less the average lead, both weighted by treated rows, each event time "
    "by itself."
)
_STATISTICS = (("pseudo_r2", "pseudo R²"), ("within_r2", "within R²"), ("pre_rmspe", "pre-period RMSPE"))
_SEPARATED = ("separated", "all-zero-level")


def build_specifications(ladder: Ladder) -> pd.DataFrame:
    """Return the rows of specifications.csv, columns ``SPECIFICATION_COLUMNS``, in the order of the ladder."""
    headline = ladder.headline
    rows = [_row(e, ladder.concluded, is_headline=e is headline) for e in ladder.estimated]
    frame = pd.DataFrame(rows, columns=list(SPECIFICATION_COLUMNS))
    whole = ["reference", *(name for name in SPECIFICATION_COLUMNS if name.startswith("n_"))]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _row(estimated: Estimated, concluded: Sequence[Concluded], *, is_headline: bool) -> dict[str, Any]:
    column = estimated.column
    row: dict[str, Any] = {
        "estimator": column.estimator.name,
        "specification": column.key,
        "label": column.label,
        "citation": column.estimator.citation,
        "citation_text": format_citation(column.estimator.citation),
        "outcome": column.design.outcome,
        "transform": column.design.transform,
        "is_headline": is_headline,
        "is_skipped": estimated.is_skipped,
        "skip_reason": str(estimated.skip_reason),
        "skip_reason_text": pack_text(estimated.skip_reason),
        "binned_low": False,
        "binned_high": False,
    }
    if estimated.design is not None:
        row |= _of_design(estimated.design)
        if column.estimator.requires.single_treated_unit:
            row["fixed_effects"] = ""
    if estimated.fit is not None:
        findings = [c.finding for c in concluded if c.estimated is estimated]
        row |= (
            _of_fit(estimated.fit)
            | _of_bands(estimated.fit, estimated.bands)
            | _pretrend(estimated.fit.estimator.name, estimated.bands, findings)
        )
    return row


def _of_design(design: Design) -> dict[str, Any]:
    return {
        "outcome_unit": design.panel.units_of_measure.get(design.outcome, ""),
        "outcome_in": str(design.transform_label),
        "outcome_in_text": pack_text(design.transform_label),
        "effect_unit": str(design.effect_unit),
        "effect_unit_text": pack_text(design.effect_unit),
        "fixed_effects": join_ids(
            "dyad" if name == "unit" and design.panel.is_dyadic else name for name in design.effect_names
        ),
    }


def _of_fit(fit: Fit) -> dict[str, Any]:
    estimator, design, sample = fit.estimator, fit.design, fit.estimate.sample
    study = fit.view("event") if "event" in fit.views else None
    estimand, assumption = estimator.estimand(design), estimator.assumption(design)
    comparison, equation = estimator.name_comparison(design), estimator.equation(design)
    row: dict[str, Any] = _of_overall(fit) | {
        "equation": str(equation),
        "equation_text": pack_text(equation),
        "estimand": str(estimand),
        "estimand_text": pack_text(estimand),
        "assumption": str(assumption),
        "assumption_text": pack_text(assumption),
        "comparison": str(comparison),
        "comparison_text": pack_text(comparison),
        "base_sentence": _base_sentence(fit),
        "scale": fit.estimate.scale,
        "n_rows": sample.n_rows,
        "n_units": sample.n_units,
        "n_treated_units": sample.n_treated_units,
        "n_zeros": sample.n_zeros,
        "n_separated": sum(sample.n_dropped(reason) for reason in _SEPARATED),
        "n_singletons": int(sample.statistics.get("n_singletons", 0)),
        "clusters": _clusters(fit),
        "baseline_mean": _baseline_mean(fit),
    }
    for key, name in _STATISTICS:
        if key in sample.statistics:
            row |= {"statistic_name": name, "statistic": sample.statistics[key]}
            break
    if isinstance(study, EventStudy):
        row |= {"reference": study.reference, "binned_low": study.binned[0], "binned_high": study.binned[1]}
    return row


def _base_sentence(fit: Fit) -> str:
    """Say what effects before onset are measured from, and which of them are zero because nothing determines them."""
    sentence = BASES[fit.estimate.base].replace("{reference}", _signed(fit.design.reference))
    pinned = fit.estimate.pinned if isinstance(fit.estimate, EventStudy) else ()
    if not pinned:
        return sentence
    times = " and ".join(_signed(e) for e in pinned)
    verb = "Event time {} counts" if len(pinned) == 1 else "Event times {} count"
    chosen = fit.estimator.options().get("second_reference")
    why = ""
    if any(e != chosen for e in pinned):
        why = ": the fixed effects and the other event times leave it open, and another choice changes every effect"
    return f"{sentence} {verb.format(times)} as zero as well{why}."


def _signed(event_time: int) -> str:
    return f"{event_time:+d}".replace("-", "−")


def _of_overall(fit: Fit) -> dict[str, Any]:
    """What the overall number is, what it is compared with, and the treated rows behind it."""
    overall = fit.view("overall")
    n_rows, n_treated = int(overall.n_cells[0]), int(fit.design.observations.is_treated.sum())
    note = ""
    if "path" in fit.views:
        note = LESS_LEADS if overall.names[0] == AFTER_LESS_BEFORE else STATIC
    return {
        "target": fit.estimator.target,
        "against": overall.against,
        "overall_note": note,
        "n_treated_rows": n_rows,
        "n_treated_rows_left_out": max(n_treated - n_rows, 0),
        "n_without_outcome_before": fit.estimate.sample.statistics.get("n_without_outcome_before"),
    }


def _clusters(fit: Fit) -> str:
    o, used = fit.design.observations, fit.estimate.sample.rows
    if isinstance(fit.estimate.uncertainty, RefitOnly):
        return ""
    return join_counts({name: int(np.unique(o.codes(name)[used]).size) for name in fit.design.clusters})


def _baseline_mean(fit: Fit) -> float:
    """Mean outcome, untransformed, of treated units at the reference."""
    o, used = fit.design.observations, fit.estimate.sample.rows
    at = used[o.event_time[used] == fit.design.reference]
    values = fit.design.panel.values(fit.design.outcome)[o.rows[at]]
    return float(values.mean()) if values.size else float("nan")


def _of_bands(fit: Fit, bands: Sequence[Bands]) -> dict[str, Any]:
    if not bands:
        return {"inference_note": "", "inference_note_text": "", "critical_value": np.nan}
    event = next((b for b in bands if b.estimate.kind == "event" and b.inference == bands[0].inference), bands[0])
    overall = next((b for b in bands if b.estimate.kind == "overall" and b.inference == bands[0].inference), bands[0])
    return {
        "inference_note": str(overall.note),
        "inference_note_text": pack_text(overall.note),
        "size_studied": is_size_studied(fit, overall.inference) if np.isfinite(overall.p).any() else None,
        "critical_value": float(event.facts.get("critical_value", np.nan)),
    }


def _pretrend(estimator: str, bands: Sequence[Bands], findings: Sequence[Finding]) -> dict[str, Any]:
    """The joint pre-period test: the pretrends check where it ran, else what the inference says by itself."""
    for finding in findings:
        if finding.diagnostic == "pretrends" and np.isfinite(finding.p):
            facts = finding.table.iloc[0].to_dict() if len(finding.table) else {}
            if facts.get("leads", estimator) != estimator:
                continue  # the check looked at another method's leads, not at those of this path
            return {
                "pretrend_p": float(facts.get("p", finding.p)),
                "pretrend_df": facts.get("df"),
                "pretrend_test": str(facts.get("test", "")),
            }
    for one in bands:
        if "pretrend_p" in one.facts:
            return {
                "pretrend_p": float(one.facts["pretrend_p"]),
                "pretrend_df": one.facts.get("pretrend_df"),
                "pretrend_test": one.inference,
            }
    return {}

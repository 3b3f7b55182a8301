"""One row a column of the ladder: what was estimated, on what, under which assumption, with which fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from twintrade.effects import Bands, Estimate, EventStudy, Finding, RefitOnly
from twintrade.effects.cohort_influence import join_counts, join_ids
from twintrade.effects.estimate import AFTER_LESS_BEFORE
from twintrade.effects.result_set import SPECIFICATION_COLUMNS
from twintrade.estimators.base import Fit, describe_assumption
from twintrade.inference.choosing import is_size_studied
from twintrade.numerics.absorption import find_singletons
from twintrade.study.run.columns import ColumnFinding, Estimated, Ladder
from twintrade.study.spec.recipes import format_citation
from twintrade.text import Listed, Text, Words, numbers, pack_both

_STATISTICS = (("pseudo_r2", "pseudo R²"), ("within_r2", "within R²"), ("pre_rmspe", "pre-period RMSPE"))
DONORS = "design.label-donors"
_SEPARATED = ("separated", "all-zero-level")


def build_specifications(ladder: Ladder) -> pd.DataFrame:
    """Return the rows of specifications.csv, columns ``SPECIFICATION_COLUMNS``, in the order of the ladder."""
    headline = ladder.headline
    rows = [_row(e, ladder.concluded, is_headline=e is headline) for e in ladder.estimated]
    frame = pd.DataFrame(rows, columns=list(SPECIFICATION_COLUMNS))
    whole = ["reference", *(name for name in SPECIFICATION_COLUMNS if name.startswith("n_"))]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _row(estimated: Estimated, concluded: Sequence[ColumnFinding], *, is_headline: bool) -> dict[str, Any]:
    column = estimated.column
    row: dict[str, Any] = {
        "estimator": column.estimator.name, "specification": column.key, **pack_both("label", column.label),
        "citation": column.estimator.citation, "citation_text": format_citation(column.estimator.citation),
        "outcome": column.design.outcome, "transform": column.design.transform, "is_headline": is_headline,
        "is_exploratory": False, "is_skipped": estimated.is_skipped,
        **pack_both("skip_reason", estimated.skip_reason), "binned_low": False, "binned_high": False,
    }  # fmt: skip
    if estimated.design is not None:
        design, is_case = estimated.design, column.estimator.requires.single_treated_unit
        names = ["dyad" if n == "unit" and design.panel.is_dyadic else n for n in design.effect_names]
        row["outcome_unit"] = design.panel.units_of_measure.get(design.outcome, "")
        row |= pack_both("outcome_in", design.transform_label) | pack_both("effect_unit", design.effect_unit)
        row["fixed_effects"] = "" if is_case else join_ids(names)
    if estimated.fit is not None:
        findings = [c.finding for c in concluded if c.estimated is estimated]
        row |= _of_fit(estimated.fit) | _of_bands(estimated.fit, estimated.bands)
        row |= _pretrend(estimated.fit.estimator.name, estimated.bands, findings)
    return row


def _of_fit(fit: Fit) -> dict[str, Any]:
    estimator, design, sample, o = fit.estimator, fit.design, fit.estimate.sample, fit.design.observations
    at_reference = o.rows[sample.rows[o.event_time[sample.rows] == design.reference]]
    before = design.panel.values(design.outcome)[at_reference]  # untransformed, of treated units
    study = fit.view("event") if "event" in fit.views else None
    clusters = () if isinstance(fit.estimate.uncertainty, RefitOnly) else design.clusters
    comparison: Words = estimator.name_comparison(design)
    if isinstance(comparison, Text) and comparison.key == DONORS:  # those that its method cannot use are not counted
        n_donors = sample.n_units - sample.n_treated_units
        comparison = Text(DONORS, n=n_donors) if n_donors else ""
    sizes = {name: int(np.unique(o.codes(name)[sample.rows]).size) for name in clusters}
    row: dict[str, Any] = (_of_overall(fit) if "overall" in fit.views else {}) | {
        **pack_both("equation", estimator.equation(design)), **pack_both("estimand", estimator.estimand(design)),
        **pack_both("assumption", describe_assumption(estimator, design)),
        **pack_both("comparison", comparison),
        **pack_both("base_sentence", describe_base(fit)), "scale": fit.estimate.scale, "n_rows": sample.n_rows,
        "n_units": sample.n_units, "n_treated_units": sample.n_treated_units, "n_zeros": sample.n_zeros,
        "n_separated": sum(sample.n_dropped(reason) for reason in _SEPARATED), "n_singletons": _count_singletons(fit),
        "clusters": join_counts(sizes), "baseline_mean": float(before.mean()) if before.size else float("nan"),
    }  # fmt: skip
    for key, name in _STATISTICS:
        if key in sample.statistics:
            row |= {"statistic_name": name, "statistic": sample.statistics[key]}
            break
    if isinstance(study, EventStudy):
        row |= {"reference": study.reference, "binned_low": study.binned[0], "binned_high": study.binned[1]}
    return row


def describe_base(fit: Fit) -> Words:
    """Say what effects before onset are measured from, and which of them are zero because nothing determines them."""
    if fit.estimate.base == "none":
        return ""
    base = Text(f"specification.base-{fit.estimate.base.replace(' ', '-')}", reference=_sign(fit.design.reference))
    pinned = fit.estimate.pinned if isinstance(fit.estimate, EventStudy) else ()
    if not pinned:
        return base
    chosen = fit.estimator.options().get("second_reference")
    times, is_open = Listed(tuple(map(_sign, pinned))), any(e != chosen for e in pinned)
    zeros = Text("specification.pinned", n=len(pinned), times=times, is_open=is_open)
    return Listed((base, zeros), "sentences")


def _sign(event_time: int) -> str:
    return f"{event_time:+d}".replace("-", numbers.MINUS)


def _of_overall(fit: Fit) -> dict[str, Any]:
    """What the overall number is, what it is compared with, and the treated rows behind it."""
    overall = fit.view("overall")
    n_rows, n_treated = int(overall.n_cells[0]), int(fit.design.observations.is_treated.sum())
    return {
        "target": fit.estimator.target, "against": overall.against,
        **pack_both("overall_note", _describe_overall(fit, overall)), "n_treated_rows": n_rows,
        "n_treated_rows_left_out": max(n_treated - n_rows, 0),
        "n_without_outcome_before": fit.estimate.sample.statistics.get("n_without_outcome_before"),
    }  # fmt: skip


def _describe_overall(fit: Fit, overall: Estimate) -> Words:
    """Define the overall number where the column has a path too, or where it averages log ratios of rows or units."""
    statistics = fit.estimate.sample.statistics
    if "path" in fit.views:
        is_less = overall.names[0] == AFTER_LESS_BEFORE
        return Text("specification.less-leads" if is_less else "specification.static")
    if "n_without_log" not in statistics:
        return ""
    n_rows, without = int(overall.n_cells[0]), int(statistics["n_without_log"])
    is_by_unit = bool(statistics["is_by_unit"])
    return Text(
        "specification.log-average", by="units" if is_by_unit else "rows",
        n=int(overall.n_units[0]) if is_by_unit else n_rows, of=n_rows + without,
        zero=int(statistics["n_treated_zeros"]), without=without, units=fit.design.panel.unit_kind,
    )  # fmt: skip


def _count_singletons(fit: Fit) -> int:
    """Return how many rows of the sample are alone in a level of the fixed effects, as the method or its rows say."""
    o, sample = fit.design.observations, fit.estimate.sample
    if "n_singletons" in sample.statistics or o.statistics is not None or not o.effect_names:
        return int(sample.statistics.get("n_singletons", 0))
    if fit.estimator.requires.single_treated_unit:
        return 0
    return int(find_singletons([codes[sample.rows] for codes in o.effect_codes()]).sum())


def _of_bands(fit: Fit, bands: Sequence[Bands]) -> dict[str, Any]:
    if not bands:
        return {"inference_note": "", "inference_note_text": "", "critical_value": np.nan}
    event = next((b for b in bands if b.estimate.kind == "event" and b.inference == bands[0].inference), bands[0])
    overall = next((b for b in bands if b.estimate.kind == "overall" and b.inference == bands[0].inference), bands[0])
    return {
        **pack_both("inference_note", overall.note),
        "size_studied": is_size_studied(fit, overall) if np.isfinite(overall.p).any() else None,
        "critical_value": float(event.facts.get("critical_value", np.nan)),
    }


def _pretrend(estimator: str, bands: Sequence[Bands], findings: Sequence[Finding]) -> dict[str, Any]:
    """The joint pre-period test: the pretrends check where it ran, else what the inference says by itself."""
    for finding in findings:
        if finding.diagnostic == "pretrends" and np.isfinite(finding.p):
            facts = finding.table.iloc[0].to_dict() if len(finding.table) else {}
            if facts.get("leads", estimator) != estimator:
                continue  # the check looked at another method's leads, not at those of this path
            known = {"pretrend_p": float(facts.get("p", finding.p)), "pretrend_df": facts.get("df")}
            return known | {"pretrend_test": str(facts.get("test", ""))}
    for one in bands:
        if "pretrend_p" in one.facts:
            known = {"pretrend_p": float(one.facts["pretrend_p"]), "pretrend_df": one.facts.get("pretrend_df")}
            return known | {"pretrend_test": one.inference}
    return {}

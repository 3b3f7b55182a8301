"""The observed path, what stands for it without the agreement, and every donor's gap in its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.case import Case
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_methods import CaseEffect, measure_case
from twintrade.diagnostics.single_case.case_placebos import (
    SET_LABELS,
    PlaceboPaths,
    build_case_sets,
    estimate_placebo_paths,
    get_single_case,
)
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import SingleCase
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class CasePaths(Diagnostic):
    """Data of the path, gap and placebo figures of a single case."""

    name = "paths"
    citation = ""
    payload_kinds: ClassVar = {"path": "path", "placebo": "placebo", "placebo_control": "placebo"}
    topic = "own_exhibit"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return payloads ``path``, ``case_paths`` and ``placebo``.

        ``path`` has series, period, period_label, value, index (the last period before the onset = 100);
        ``case_paths`` has method, donor_set, period, period_label, event_time, observed, counterfactual (both as an
        index) and gap, for every method of the page; ``placebo`` has unit, donor_set, event_time, value, is_treated,
        and ``placebo_control`` the same for the synthetic control where the fit is by another method.
        """
        single = get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        placebo, failed = [], []
        for key, chosen in build_case_sets(case).items():
            try:
                paths = estimate_placebo_paths(estimator, chosen)
            except TwintradeError as error:
                failed.append((key, str(case.units[0]), str(error)))
                continue
            placebo.append(_placebo_rows(key, paths))
            failed += [(key, unit, str(reason)) for unit, reason in paths.failed]
        n_failed, every = len(failed), list(measure_case(fit))
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text("checks.case-paths", unit=str(case.units[0]), n=case.n_donors, failed=n_failed),
            value=float(case.n_donors),
            unit="donors",
            table=pd.DataFrame(failed, columns=["donor_set", "unit", "reason"]),
            payloads={
                "path": _path_rows(fit, case, estimator.gaps(case)),
                "case_paths": _case_rows(fit, every),
                "placebo": pd.concat(placebo, ignore_index=True),
                **_control_placebos(estimator, every),
            },
        )


def _path_rows(fit: Fit, case: Case, gaps: FloatArray) -> pd.DataFrame:
    in_logs = fit.estimate.scale == "log points" and fit.design.transform == "level"
    without = case.treated * np.exp(-gaps) if in_logs else case.treated - gaps
    series = {"treated": case.treated, "counterfactual": without}
    combine = np.mean if fit.design.transform == "log" else np.sum
    for key, chosen in build_case_sets(case).items():
        series[SET_LABELS[key]] = combine(chosen.donors, axis=0)
    last = int(np.flatnonzero(case.is_before)[-1])
    is_log = fit.design.transform == "log"
    # The counterfactual is indexed on the treated series, so that their distance is the gap.
    bases = {
        name: float((case.treated if name == "counterfactual" else values)[last]) for name, values in series.items()
    }
    rows = [
        pd.DataFrame(
            {
                "series": name,
                "period": case.periods,
                "period_label": [fit.design.panel.label(p) for p in case.periods],
                "value": values,
                "index": _index(values, bases[name], is_log),
            }
        )
        for name, values in series.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _control_placebos(estimator: SingleCase, every: Sequence[CaseEffect]) -> dict[str, pd.DataFrame]:
    """Return the placebo rows of the synthetic control, nothing where it is the fit's own method or has none."""
    control = [m for m in every if isinstance(m.method.estimator, SyntheticControl) and m.paths is not None]
    if isinstance(estimator, SyntheticControl) or not control:
        return {}
    rows = [_placebo_rows(m.donor_set, m.paths) for m in control if m.paths is not None]
    return {"placebo_control": pd.concat(rows, ignore_index=True)}


def _case_rows(fit: Fit, every: Sequence[CaseEffect]) -> pd.DataFrame:
    """Return observed and counterfactual path and their gap by method and donor set, periods with a gap only."""
    parts = [_one_path(fit, one) for one in every if one.paths is not None]
    return pd.concat(parts, ignore_index=True).dropna(subset=["gap"]).reset_index(drop=True)


def _one_path(fit: Fit, one: CaseEffect) -> pd.DataFrame:
    assert one.paths is not None
    case, gaps = one.paths.case, one.paths.gaps[0]
    is_log = one.method.transform == "log"
    is_relative = is_log or one.method.estimator.effect_scale(one.design) == "log points"
    treated = _shown(case, is_log) if is_relative else case.treated
    base = float(treated[int(np.flatnonzero(case.is_before)[-1])])
    observed = _index(treated, base, is_relative)
    return pd.DataFrame(
        {
            "method": one.method.label,
            "donor_set": one.donor_set,
            "period": case.periods,
            "period_label": [fit.design.panel.label(p) for p in case.periods],
            "event_time": case.event_times,
            "observed": observed,
            "counterfactual": observed * np.exp(-gaps) if is_relative else _index(case.treated - gaps, base, False),
            "gap": gaps,
        }
    )


def _shown(case: Case, is_log: bool) -> FloatArray:
    """Return the treated unit's logarithm without its seasons, NaN where there is none."""
    values = case.values[:1]
    logs = values if is_log else np.log(np.where(values > 0, values, np.nan))
    seen = replace(case, values=logs)
    return (seen.deseasonalized() if np.isfinite(logs).all() else seen).treated


def _index(values: FloatArray, base: float, is_log: bool) -> FloatArray:
    """Return a series with its base, the last period before the onset, as 100; NaN where that is zero."""
    if is_log:
        return np.asarray(100.0 * np.exp(values - base))
    return 100.0 * values / base if base else np.full(values.size, np.nan)


def _placebo_rows(key: str, paths: PlaceboPaths) -> pd.DataFrame:
    n_cases, n_periods = paths.gaps.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(paths.units, n_periods),
            "donor_set": key,
            "event_time": np.tile(paths.case.event_times, n_cases),
            "value": paths.gaps.ravel(),
            "is_treated": np.repeat(np.arange(n_cases) == 0, n_periods),
        }
    )

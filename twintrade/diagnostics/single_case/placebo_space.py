"""The treated unit's rank among its donors, in each donor set, with and without donors that fit badly."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_placebos import (
    PlaceboPaths,
    build_case_sets,
    estimate_placebo_paths,
    get_single_case,
)
from twintrade.effects import Finding, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.testing import compute_mean_shift, compute_rmspe_ratio
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboSpace(Diagnostic):
    """Abadie, Diamond and Hainmueller (2010): every donor in the treated unit's place.

    Attributes
    ----------
    cutoffs : tuple of float
        Donors whose misfit before the onset exceeds so many times the treated unit's are left out in further rows.
    level : float
        A p-value up to this is called unusual.
    """

    cutoffs: tuple[float, ...] = (5.0, 2.0)
    level: float = 0.1
    name: ClassVar[str] = "placebo_space"
    citation: ClassVar[str] = "abadie2010"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return p-values with their floors by donor set; payload ``placebo_ranks`` has one row a case."""
        single = get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        rows, cases = [], []
        sentences: list[Text] = []
        for key, chosen in build_case_sets(case).items():
            try:
                paths = estimate_placebo_paths(estimator, chosen)
            except TwintradeError as error:
                sentences.append(Text("checks.set-absent", set=key, reason=error.text))
                continue
            rows += [_row(key, paths, cutoff) for cutoff in (np.inf, *self.cutoffs)]
            cases.append(_cases(key, paths))
            sentences.append(_sentence(key, paths))
        if not rows:
            return self.unavailable(Listed(tuple(sentences), "sentences"))
        table = pd.DataFrame(rows)
        main = table[table["n_donors"] == table["n_donors"].max()].iloc[0]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Listed(tuple(sentences), "sentences"),
            value=float(main["p"]),
            unit="p",
            table=table,
            payloads={"placebo_ranks": pd.concat(cases, ignore_index=True)},
        )


def _row(key: str, paths: PlaceboPaths, cutoff: float) -> dict[str, object]:
    misfit = paths.pre_rmspe
    kept = np.isinf(cutoff) | (misfit <= min(cutoff, 1e300) * misfit[0])
    kept[0] = True
    rank, ratio = paths.rank(kept), paths.rmspe_rank(kept)
    return {
        "donor_set": key,
        "n_donors": paths.case.n_donors,
        "cutoff": cutoff,
        "n_placebos": rank.n_placebos,
        "effect": paths.effect,
        "p": rank.p,
        "p_rmspe_ratio": ratio.p,
        "floor": rank.floor,
    }


def _cases(key: str, paths: PlaceboPaths) -> pd.DataFrame:
    after, before = paths.case.is_after, paths.case.is_before
    return pd.DataFrame(
        {
            "donor_set": key,
            "unit": paths.units,
            "is_treated": np.arange(paths.units.size) == 0,
            "mean_gap": np.nanmean(paths.gaps[:, after], axis=1),
            "size": compute_mean_shift(paths.gaps, after),
            "pre_rmspe": paths.pre_rmspe,
            "rmspe_ratio": compute_rmspe_ratio(paths.gaps, before, after),
        }
    )


def _sentence(key: str, paths: PlaceboPaths) -> Text:
    rank, ratio = paths.rank(), paths.rmspe_rank()
    return Text(
        "checks.placebo-space",
        set=key,
        n=rank.n_placebos,
        effect=paths.effect,
        p=rank.p,
        ratio=ratio.p,
        has_ratio="no" if np.isnan(ratio.p) else "yes",
        floor=rank.floor,
    )

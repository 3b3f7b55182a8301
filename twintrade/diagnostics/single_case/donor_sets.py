"""Who may stand for the treated dyad, in both donor sets, and who may not and why."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.donors import (
    DonorSet,
    build_donor_sets,
    count_exclusions,
    explain_exclusion,
    find_treated_unit,
)
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding, Message
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text, pack_text


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
    citation = ""
    topic = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return both sets as a table, payload ``donor_sets``: donor_set, unit, status, reason."""
        try:
            unit = find_treated_unit(fit.design)
            sets = build_donor_sets(fit.design, unit, min_positive=self.min_positive)
        except DesignError as error:
            return self.unavailable(error.text)
        table = pd.concat([_rows(s) for s in sets], ignore_index=True)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Listed(tuple(_sentence(s, fit.design) for s in sets), "sentences"),
            value=float(min(s.n_donors for s in sets)),
            unit="donors",
            table=table,
            payloads={"donor_sets": table},
            messages=tuple(_warning(s, unit) for s in sets if s.n_donors < 2),
        )


def _rows(donor_set: DonorSet) -> pd.DataFrame:
    used = pd.DataFrame({"unit": list(donor_set.donors.units), "status": "donor", "reason": "", "reason_text": ""})
    gone = donor_set.excluded.assign(status="excluded")
    reasons = [explain_exclusion(reason) for reason in gone["reason"]]
    gone = gone.assign(reason=[str(r) for r in reasons], reason_text=[pack_text(r) for r in reasons])
    rows = pd.concat([used, gone[["unit", "status", "reason", "reason_text"]]], ignore_index=True)
    rows.insert(0, "donor_set", donor_set.key)
    return rows.astype({"unit": object, "status": object, "reason": object, "reason_text": object})


def _sentence(donor_set: DonorSet, design: Design) -> Text:
    why = count_exclusions(donor_set)
    return Text(
        "checks.donor-sets",
        set=donor_set.key,
        described=donor_set.description,
        n=donor_set.n_donors,
        excluded="yes" if str(why) else "no",
        why=why,
    )


def _warning(donor_set: DonorSet, unit: str) -> Message:
    text = Text("checks.donor-sets-few", unit=unit, n=donor_set.n_donors, described=donor_set.description)
    return Message("warning", "few-donors", text)

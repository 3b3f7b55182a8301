"""Who may stand for the treated dyad, in both donor sets, and who may not and why."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.data.sources import format_counted
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
from twintrade.text import pack_text


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
            return self.unavailable(str(error))
        table = pd.concat([_rows(s) for s in sets], ignore_index=True)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=" ".join(_sentence(s, fit.design) for s in sets),
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


def _sentence(donor_set: DonorSet, design: Design) -> str:
    why = str(count_exclusions(donor_set))
    text = f"Donor set {donor_set.key}, {donor_set.description}: {format_counted(donor_set.n_donors, 'unit')}"
    return f"{text}; excluded: {why}." if why else f"{text}; none excluded."


def _warning(donor_set: DonorSet, unit: str) -> Message:
    number = "no donor" if donor_set.n_donors == 0 else "one donor"
    text = f"{unit} has {number} among {donor_set.description}: that comparison says next to nothing"
    return Message("warning", "few-donors", text)

"""A finished analysis as tidy frames: the only thing the page is made from, whether fresh or read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from twintrade.effects.payload_kinds import PayloadKind

SPECIFICATION_COLUMNS = (
    "estimator",  # registry name
    "specification",  # key, unique with estimator
    "label",  # column head in tables, "PPML, gravity effects"
    "label_text",
    "citation",  # references.bib key
    "citation_text",  # "Borusyak, Jaravel and Spiess (2024)"
    "equation",  # one line, Unicode
    "equation_text",
    "estimand",  # sentence naming what is averaged with which weights
    "estimand_text",
    "assumption",  # identifying assumption as a sentence
    "assumption_text",
    "target",  # whose change the overall effect is: total, average unit, average cell
    "against",  # what it is compared with: all before, last before, synthetic outcome ...
    "overall_note",  # where the column has a path too: how its overall effect is defined
    "overall_note_text",
    "base_sentence",  # what the pre-period effects mean
    "base_sentence_text",
    "outcome",
    "outcome_unit",  # "US dollars"
    "transform",  # level, log, share_of_partner, share_of_city, index
    "outcome_in",  # "logs", "shares of the partner's total", "an index (2005 = 100)"
    "outcome_in_text",
    "effect_unit",  # of a linear effect: "US dollars", "of the partner's total"; empty in logs
    "effect_unit_text",
    "scale",
    "fixed_effects",  # "dyad;city_period;partner_period"
    "comparison",  # "never treated" / "not yet treated"
    "comparison_text",
    "reference",  # event time of the path's exact zero; missing where there is none
    "is_headline",  # bool
    "is_exploratory",  # bool: the analysis is registered, and without this column
    "n_rows",
    "n_units",
    "n_treated_units",
    "n_treated_rows",  # behind the overall effect
    "n_treated_rows_left_out",
    "n_without_outcome_before",  # treated units whose outcome is zero throughout before onset; imputation only
    "n_zeros",
    "n_separated",
    "n_singletons",
    "clusters",  # "city=7;partner=24"
    "inference_note",  # foot of a table
    "inference_note_text",
    "size_studied",  # bool: a simulation shows how often this test rejects a true null; missing without a p-value
    "critical_value",  # sup-t, NaN where absent
    "statistic_name",  # "pseudo R²" or "within R²"
    "statistic",
    "baseline_mean",  # mean outcome of treated units at the reference, in outcome_unit
    "pretrend_p",
    "pretrend_df",
    "pretrend_test",  # "F", "Wald", "randomization"
    "binned_low",  # bool: first event time stands for all before
    "binned_high",
    "is_skipped",  # bool: estimator did not qualify
    "skip_reason",
    "skip_reason_text",
)


@dataclass(frozen=True, slots=True, eq=False)
class ResultSet:
    """Everything a report needs, as the results folder holds it."""

    # name, title: Folder name and title of the analysis
    name: str
    title: str
    # The panel: unit, city, partner, period, period_label, outcome, onset, status (treated, comparison,
    # always-treated, undated, ...), event_time
    data: pd.DataFrame
    # Treatment register, one row a twinning with every candidate date, source, status and onset
    twinnings: pd.DataFrame
    specifications: pd.DataFrame  # columns `SPECIFICATION_COLUMNS`, in the order of the ladder
    # effects, bands, findings, messages: As in effects.csv, bands.csv, findings.csv, messages.csv
    effects: pd.DataFrame
    bands: pd.DataFrame
    findings: pd.DataFrame
    messages: pd.DataFrame
    payloads: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # data of figures and tables by name
    # What draws a payload, as in payloads.csv; one that is not named is a table
    payload_kinds: Mapping[str, PayloadKind] = field(default_factory=dict)
    # Machine facts: versions, hashes, seeds, dropped rows, inputs; empty while a run is not yet stored
    manifest: Mapping[str, Any] = field(default_factory=dict)
    is_simulated: bool = False  # whether any source is simulated; then every figure, table and page says SIMULATED
    # Sentences for the page that only the study knows: "question", "data_card", "limits"
    sections: Mapping[str, str] = field(default_factory=dict)

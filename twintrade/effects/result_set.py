"""A finished analysis as tidy frames: the only thing the page is made from, whether fresh or read back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, Literal, get_args

import pandas as pd

from twintrade.effects.messages import Message
from twintrade.text import Words, pack_text

# What a diagnostic concluded, with the numbers and the data of its figure.

Verdict = Literal["objects", "does not object", "cannot tell", "note", "informs"]
Direction = Literal["higher", "lower", "none"]
Topic = Literal[
    "descriptives", "selection", "sensitivity", "forest", "margins", "spillovers", "single_case", "own_exhibit"
]

FINDING_COLUMNS = (
    "diagnostic", "estimator", "specification", "verdict", "sentence", "value", "unit", "p", "direction",
    "detectable", "bound", "tolerance", "power", "floor", "reason", "topic", "payloads", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Finding:
    """The conclusion of one diagnostic on one fit (or on the data alone).

    Attributes
    ----------
    diagnostic : str
    verdict : {"objects", "does not object", "cannot tell", "note", "informs"}
        By the one rule of docs/inference.md; "note" where the check sees nothing and could hardly have seen anything,
        "informs" where it describes and judges nothing.
    text : Words
        What the page says, with the numbers in it; nothing is decided by it.
    value : float
        The number the sentence turns on, NaN where there is none.
    unit : str
        Unit of ``value`` ("p", "log points", "share", "p-floor" ...).
    direction : {"higher", "lower", "none"}
        Where the flow stands against its comparison, "none" where the check does not say.
    detectable : float
        Minimum detectable effect in ``unit``, NaN where the check measures none.
    bound : float
        Upper bound of the violation that the check looks for, on the headline's scale; NaN where it has none.
    tolerance : float
        Largest violation that would not change what the headline says; NaN where there is none to compare with.
    power : float
        Probability of an objection to a difference as large as half the headline's interval, in the variant that is
        seen least; NaN where not known.
    floor : float
        Smallest p-value that the check can give, NaN where it compares with no draws or placebos.
    reason : Words
        Why the check could not be made, empty where it was.
    topic : Topic
        Exhibit of the page that prints it, empty where that is the one its diagnostic names.
    table : DataFrame
        What a table prints; may be empty.
    payloads : mapping of str to DataFrame
        Tidy data of the figures, one per figure, keyed by payload name (payloads/<name>.csv).
    messages : tuple of Message

    Examples
    --------
    >>> tt.check(fit, "adoption").is_available
    True
    """

    diagnostic: str
    verdict: Verdict
    text: Words
    value: float = float("nan")
    unit: str = ""
    direction: Direction = "none"
    detectable: float = float("nan")
    bound: float = float("nan")
    tolerance: float = float("nan")
    power: float = float("nan")
    floor: float = float("nan")
    reason: Words = ""
    topic: Topic | Literal[""] = ""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    payloads: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.diagnostic}, {self.verdict}: {self.sentence}"

    def _repr_html_(self) -> str:
        head = f"<p><b>{escape(self.diagnostic)}: {escape(self.verdict)}.</b> {escape(self.sentence)}</p>"
        if self.table.empty:
            return head
        return head + self.table.to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")

    @property
    def sentence(self) -> str:
        """The text in words."""
        return str(self.text)

    @property
    def p(self) -> float:
        """The p-value that the sentence turns on, NaN where it turns on another number."""
        return self.value if self.unit == "p" else float("nan")

    @property
    def is_available(self) -> bool:
        """Whether the check could be made."""
        return self.reason == ""


def build_findings_frame(concluded: Iterable[tuple[Finding, tuple[str, str], Sequence[str]]]) -> pd.DataFrame:
    """Return findings, each with its estimator, specification and payload names, as ``FINDING_COLUMNS``."""
    rows = [
        (f.diagnostic, *keys, f.verdict, f.sentence, f.value, f.unit, f.p, f.direction, f.detectable, f.bound,
         f.tolerance, f.power, f.floor, str(f.reason), f.topic, " ".join(payloads), pack_text(f.text))
        for f, keys, payloads in concluded
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


# Which picture shows a payload: said by what makes it, read by the page.

PayloadKind = Literal[
    "table", "forest", "variants", "path", "placebo", "sensitivity", "heat_map", "cell_weights", "bacon",
    "specification_curve", "power", "size", "counts", "years", "map", "weights",
]  # fmt: skip

PAYLOAD_COLUMNS = ("payload", "kind")
COVARIATES = "covariates"  # the payload with the coefficients of the covariates of each column


def read_payload_kinds(frame: pd.DataFrame) -> dict[str, PayloadKind]:
    """Return the kinds that payloads.csv holds."""
    known: dict[str, PayloadKind] = {kind: kind for kind in get_args(PayloadKind)}
    named = dict(zip(frame["payload"].astype(str), frame["kind"].astype(str), strict=True))
    unknown = sorted(set(named.values()) - set(known))
    if unknown:
        raise ValueError(f"payloads.csv has the unknown kind {unknown[0]!r}")
    return {payload: known[kind] for payload, kind in named.items()}


# The numbered exhibits of an appendix, as the page that numbers them hands them on.

EXHIBITS_FILE = "exhibits.json"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A numbered table or figure."""

    kind: str  # table or Figure
    number: int
    caption: str
    files: tuple[str, ...]  # relative to the result set, the readable ones first


def write_exhibits(exhibits: Iterable[Exhibit]) -> bytes:
    """Return exhibits as the file that a result set holds, tables first, each kind in its order."""
    ordered = sorted(exhibits, key=lambda e: (e.kind != "Table", e.number))
    return (json.dumps([asdict(e) for e in ordered], indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def read_exhibits(content: bytes) -> list[Exhibit]:
    """Return the exhibits that such a file holds."""
    return [Exhibit(**{**entry, "files": tuple(entry["files"])}) for entry in json.loads(content)]


# A registration: what an analysis fixed before its outcomes were looked at, and what later runs changed.

ErrorSource = Literal["stated", "before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedErrors:
    """How outcomes are drawn: standard deviations in log points, and where they come from."""

    source: ErrorSource  # the program's own, or estimated from rows before the first agreement
    # pair, city, partner: Of a pair's own error, and of shocks that all pairs of a city, or of a partner, share in a
    # period
    pair: float
    city: float
    partner: float
    serial: float  # first-order autocorrelation of each of the three
    size: float  # of the logarithm of a pair's usual flow
    zeros: float = 0.0  # share of rows without trade
    n_periods: int = 0  # n_periods, n_rows: What they were estimated from; zero where stated
    n_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDesign:
    """Who is compared with whom, when; no outcome."""

    rows: int
    pairs: int
    cities: int
    partners: int
    first: str  # first, last: Periods
    last: str
    agreements: Mapping[str, str]  # first period under an agreement of each pair treated within the sample
    roles: Mapping[str, int]  # pairs by their part in the comparison
    # rows_sha256, register_sha256: Of which pairs have a row in which period, and of the register of agreements
    rows_sha256: str
    register_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """How often an effect of this size would be found, with the Monte Carlo standard error."""

    effect: float
    power: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The headline on simulated outcomes without any effect."""

    # seed, draws, failed: How many outcomes were drawn by which seed, and of how many there was no estimate or no
    # test
    seed: int
    draws: int
    failed: int
    level: float  # of the test
    methods: Mapping[str, int]  # draws by the inference that was taken
    unit: str  # of effects: "percent", else the scale of the headline
    # size, size_error: Share of draws in which no effect is rejected, with its Monte Carlo standard error
    size: float | None = None
    size_error: float | None = None
    # detectable, detectable_low, detectable_high: Smallest rise found four times in five, with its Monte Carlo
    # interval of 95 %
    detectable: float | None = None
    detectable_low: float | None = None
    detectable_high: float | None = None
    curve: tuple[PowerPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredColumn:
    """A column of the ladder; words with their packed text beside them."""

    estimator: str
    specification: str
    label: str
    label_text: str
    is_headline: bool
    estimand: str
    estimand_text: str
    assumption: str
    assumption_text: str
    inference_note: str
    inference_note_text: str
    skip_reason: str
    skip_reason_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClaim:
    """A claim of the ledger, and whether this analysis examines it."""

    claim_id: str
    claim: str
    claim_text: str
    is_examined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What registration.json holds beside its own hash."""

    analysis: str
    title: str
    question: str
    version: str
    registered: str  # date and time, UTC
    results_existed: str  # date of results that were there already; empty where there were none
    specification: Mapping[str, Any]  # every value of the analysis file, defaults included, without the report's
    facts: RegisteredDesign
    errors: SimulatedErrors
    columns: tuple[RegisteredColumn, ...]
    inference: str  # as the analysis file names it
    inference_reason: str  # inference_reason, inference_reason_text: Why it takes the method it takes on this design
    inference_reason_text: str
    checks: tuple[str, ...]
    claims: tuple[RegisteredClaim, ...]
    performance: Performance | None  # none where the headline gives no test

    @property
    def headline(self) -> RegisteredColumn | None:
        """The column that the main claim is judged by; None where nothing is estimated."""
        return next((column for column in self.columns if column.is_headline), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One key whose value is another than was registered."""

    about: Literal["specification", "design"]  # the analysis file, or the pairs, periods and agreements
    kind: Literal["changed", "added", "removed"]
    key: str  # "design.window", "estimator.imputation.measure"
    registered: str  # registered, now: Values as JSON; empty where there is none
    now: str
    since: str = ""  # date of the first run that had it
    in_force: bool = True  # whether the present results have it


SPECIFICATION_COLUMNS = (
    "estimator",  # registry name
    "specification",  # key, unique with estimator
    "label", "label_text",  # column head in tables, "PPML, gravity effects"
    "citation",  # references.bib key
    "citation_text",  # "Borusyak, Jaravel and Spiess (2024)"
    "equation", "equation_text",  # one line, Unicode
    "estimand", "estimand_text",  # sentence naming what is averaged with which weights
    "assumption", "assumption_text",  # identifying assumption as a sentence
    "target",  # whose change the overall effect is: total, average unit, average cell
    "against",  # what it is compared with: all before, last before, synthetic outcome ...
    "overall_note", "overall_note_text",  # where the column has a path too: how its overall effect is defined
    "base_sentence", "base_sentence_text",  # what the pre-period effects mean
    "outcome",
    "outcome_unit",  # "US dollars"
    "transform",  # level, log, share_of_partner, share_of_city, index
    "outcome_in", "outcome_in_text",  # "logs", "shares of the partner's total", "an index (2005 = 100)"
    "effect_unit", "effect_unit_text",  # of a linear effect: "US dollars", "of the partner's total"; empty in logs
    "scale",
    "fixed_effects",  # "dyad;city_period;partner_period"
    "comparison", "comparison_text",  # "never treated" / "not yet treated"
    "reference",  # event time of the path's exact zero; missing where there is none
    "is_headline",  # bool
    "is_exploratory",  # bool: the analysis is registered, and without this column
    "n_rows", "n_units", "n_treated_units",
    "n_treated_rows",  # behind the overall effect
    "n_treated_rows_left_out",
    "n_without_outcome_before",  # treated units whose outcome is zero throughout before onset; imputation only
    "n_zeros", "n_separated", "n_singletons",
    "clusters",  # "city=7;partner=24"
    "inference_note", "inference_note_text",  # foot of a table
    "size_studied",  # bool: a simulation shows how often this test rejects a true null; missing without a p-value
    "critical_value",  # sup-t, NaN where absent
    "statistic_name",  # "pseudo R²" or "within R²"
    "statistic",
    "baseline_mean",  # mean outcome of treated units at the reference, in outcome_unit
    "pretrend_p", "pretrend_df",
    "pretrend_test",  # "F", "Wald", "randomization"
    "binned_low",  # bool: first event time stands for all before
    "binned_high",
    "is_skipped",  # bool: estimator did not qualify
    "skip_reason", "skip_reason_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ResultSet:
    """Everything a report needs, as the results folder holds it."""

    name: str  # name, title: Folder name and title of the analysis
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

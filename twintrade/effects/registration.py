"""A registration: what an analysis fixed before its outcomes were looked at, and what later runs changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

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
    # n_periods, n_rows: What they were estimated from; zero where stated
    n_periods: int = 0
    n_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDesign:
    """Who is compared with whom, when; no outcome."""

    rows: int
    pairs: int
    cities: int
    partners: int
    # first, last: Periods
    first: str
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
    # inference_reason, inference_reason_text: Why it takes the method it takes on this design
    inference_reason: str
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
    # registered, now: Values as JSON; empty where there is none
    registered: str
    now: str
    since: str = ""  # date of the first run that had it
    in_force: bool = True  # whether the present results have it

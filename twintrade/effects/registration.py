"""A registration: what an analysis fixed before its outcomes were looked at, and what later runs changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ErrorSource = Literal["stated", "before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedErrors:
    """How outcomes are drawn: standard deviations in log points, and where they come from.

    Attributes
    ----------
    source : {"stated", "before"}
        The program's own, or estimated from rows before the first agreement.
    pair, city, partner : float
        Of a pair's own error, and of shocks that all pairs of a city, or of a partner, share in a period.
    serial : float
        First-order autocorrelation of each of the three.
    size : float
        Of the logarithm of a pair's usual flow.
    zeros : float
        Share of rows without trade.
    n_periods, n_rows : int
        What they were estimated from; zero where stated.
    """

    source: ErrorSource
    pair: float
    city: float
    partner: float
    serial: float
    size: float
    zeros: float = 0.0
    n_periods: int = 0
    n_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDesign:
    """Who is compared with whom, when; no outcome.

    Attributes
    ----------
    rows, pairs, cities, partners : int
    first, last : str
        Periods.
    agreements : mapping of str to str
        First period under an agreement of each pair treated within the sample.
    roles : mapping of str to int
        Pairs by their part in the comparison.
    rows_sha256, register_sha256 : str
        Of which pairs have a row in which period, and of the register of agreements.
    """

    rows: int
    pairs: int
    cities: int
    partners: int
    first: str
    last: str
    agreements: Mapping[str, str]
    roles: Mapping[str, int]
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
    """The headline on simulated outcomes without any effect.

    Attributes
    ----------
    seed, draws, failed : int
        How many outcomes were drawn by which seed, and of how many there was no estimate or no test.
    level : float
        Of the test.
    methods : mapping of str to int
        Draws by the inference that was taken.
    size, size_error : float or None
        Share of draws in which no effect is rejected, with its Monte Carlo standard error.
    unit : str
        Of effects: "percent", else the scale of the headline.
    detectable, detectable_low, detectable_high : float or None
        Smallest rise found four times in five, with its Monte Carlo interval of 95 %.
    curve : tuple of PowerPoint
    """

    seed: int
    draws: int
    failed: int
    level: float
    methods: Mapping[str, int]
    unit: str
    size: float | None = None
    size_error: float | None = None
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
    """What registration.json holds beside its own hash.

    Attributes
    ----------
    analysis, title, question, version : str
    registered : str
        Date and time, UTC.
    results_existed : str
        Date of results that were there already; empty where there were none.
    specification : mapping
        Every value of the analysis file, defaults included, without the report's.
    facts : RegisteredDesign
    errors : SimulatedErrors
    columns : tuple of RegisteredColumn
    inference : str
        As the analysis file names it.
    inference_reason, inference_reason_text : str
        Why it takes the method it takes on this design.
    checks : tuple of str
    claims : tuple of RegisteredClaim
    performance : Performance or None
        None where the headline gives no test.
    """

    analysis: str
    title: str
    question: str
    version: str
    registered: str
    results_existed: str
    specification: Mapping[str, Any]
    facts: RegisteredDesign
    errors: SimulatedErrors
    columns: tuple[RegisteredColumn, ...]
    inference: str
    inference_reason: str
    inference_reason_text: str
    checks: tuple[str, ...]
    claims: tuple[RegisteredClaim, ...]
    performance: Performance | None

    @property
    def headline(self) -> RegisteredColumn | None:
        """The column that the main claim is judged by; None where nothing is estimated."""
        return next((column for column in self.columns if column.is_headline), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One key whose value is another than was registered.

    Attributes
    ----------
    about : {"specification", "design"}
        The analysis file, or the pairs, periods and agreements.
    kind : {"changed", "added", "removed"}
    key : str
        "design.window", "estimator.imputation.measure".
    registered, now : str
        Values as JSON; empty where there is none.
    since : str
        Date of the first run that had it.
    in_force : bool
        Whether the present results have it.
    """

    about: Literal["specification", "design"]
    kind: Literal["changed", "added", "removed"]
    key: str
    registered: str
    now: str
    since: str = ""
    in_force: bool = True

"""Analyses like the bundled ones on simulated trade, evaluated up to the verdicts of checks and claims, undrawn."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.agreement_panels import CITY_SD, NOISE_BY_SIZE, PAIR_SD, PARTNER_SD, draw_errors
from twintrade.effects import ResultSet
from twintrade.errors import TwintradeError
from twintrade.numerics.arrays import FloatArray
from twintrade.render.reading import find_headline, find_overall, list_records, read_number, take_text
from twintrade.study.claims.deciding import MAIN
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.plan.designs import build_usual_design
from twintrade.study.run.columns import run
from twintrade.study.store.replay import to_bytes

CITIES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Maple", "Oak", "Pine", "Rowan")
PARTNERS = (
    *("ARM", "AUS", "BRA", "CAN", "CHN", "DEU", "EGY", "ESP", "FRA", "GBR", "GHA", "IDN"),
    *("IND", "IRQ", "ISR", "ITA", "JPN", "KOR", "MEX", "NLD", "PHL", "SGP", "THA", "ZAF"),
)
LOG_FLOW, SIZE_SDS = 17.0, (0.8, 1.8, 1.2)
"""Mean log flow; standard deviations of the sizes of cities, of partners and of what is a pair's own."""
RHO, GROWTH, YEAR_SD = 0.6, 0.03, 0.05
ZEROS = (0.04, 0.01, 0.0)
"""Share of zeros by tercile of size, as in the bundled tables."""

DATA = """[data]
simulated = true
[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "year"
value = "exports_usd"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "error"
[[data.twinnings]]
file = "data/raw/twinnings.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"
kind = "kind"
[data.twinnings.kinds]
"sister city" = "sister city"
"""
"""The tables of an analysis that simulated flows and agreements are written to."""
_HEAD = f"""title = "Simulated"
{{preset}}
{DATA}[data.undated]
file = "data/raw/undated.csv"
city = "city"
partner = "partner"
policy = "exclude"
"""
_CASE = """
[design]
outcome = "exports"
treatment = { rule = "first_agreement", date = "signed", late_from = 12 }
window = [-8, 8]
[inference]
name = "placebo"
seed = 1
"""
_STAGGERED = """
[design]
unit = "dyad"
outcome = "exports"
treatment = { rule = "first_agreement", date = "signed", late_from = 12 }
comparison = "not_yet_treated"
window = [-5, 5]
[inference]
name = "auto"
permutations = 99
seed = 1
"""
_CASES = """
[design]
unit = "dyad"
outcome = "exports"
transform = "log"
fixed_effects = "two_way"
treatment = { rule = "first_agreement", date = "signed", late_from = 12 }
comparison = "never_treated"
window = [-5, 3]
[[estimator]]
name = "partially_pooled_synthetic_control"
headline = true
[[estimator]]
name = "synthetic_did"
[[estimator]]
name = "imputation"
[inference]
name = "randomization"
draws = 99
seed = 1
[[diagnostic]]
name = "pooled_cases"
[[diagnostic]]
name = "power"
draws = 49
[[diagnostic]]
name = "known_shocks"
country = "USA"
[[diagnostic]]
name = "adoption"
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A bundled recipe and the size of the data that it runs on.

    Attributes
    ----------
    name : str
    preset : str
        Lines above the data; {city} and {partner} are those of the case.
    design : str
        Lines below them.
    cities, partners, years : int
    agreements, in_cities : int
        How many fall inside the sample, and into how many cities.
    excluded : int
        Pairs with an agreement of unknown date.
    before : tuple of int
        Fewest and most years before an agreement.
    headline : tuple of str
        Its estimator, inference and fixed effects.
    """

    name: str
    preset: str
    design: str
    cities: int
    partners: int
    years: int
    agreements: int
    in_cities: int
    excluded: int
    before: tuple[int, int]
    headline: tuple[str, str, str]

    @property
    def is_case(self) -> bool:
        return self.agreements == 1

    def seed(self, *more: int) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(self.name.encode()), *more])


_PRESET = 'recipe = "single_case"\n[case]\ncity = "{city}"\npartner = "{partner}"'
_GRAVITY = build_usual_design("exports").replace("# permutations = 499", "permutations = 99")
_LISTED = 'recipe = "staggered"'
_RATIO = ("double_ratio", "placebo", "two_way")
_POOLED = ("partially_pooled_synthetic_control", "randomization", "two_way")
_LOGS = ("imputation", "randomization", "two_way")
_TOTAL = ("poisson_imputation", "randomization", "gravity")
PAGES = (
    Page("single case, 10 years", _PRESET, _CASE, 7, 12, 10, 1, 1, 12, (5, 8), _RATIO),
    Page("single case, 31 years", _PRESET, _CASE, 7, 12, 31, 1, 1, 12, (8, 23), _RATIO),
    Page("several cases", "", _CASES, 7, 12, 10, 6, 3, 12, (4, 8), _POOLED),
    Page("staggered", _LISTED, _STAGGERED, 7, 12, 10, 6, 3, 12, (2, 8), _LOGS),
    Page("gravity", "", _GRAVITY, 7, 12, 10, 6, 3, 12, (2, 8), _TOTAL),
)
BY_NAME: Mapping[str, Page] = {page.name: page for page in PAGES}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Log flows without an effect, where they are zero, and who signed when; arrays by city, partner (and year)."""

    page: Page
    logs: FloatArray
    is_zero: FloatArray
    onset: FloatArray
    is_excluded: FloatArray

    def write(self, root: Path, effect: float, seed: int) -> str:
        """Write the tables with so large an effect, in log points; return the analysis file."""
        page = self.page
        years = 2026 - page.years + np.arange(page.years)
        after = np.arange(page.years) >= self.onset[..., None]
        flows = np.where(self.is_zero, 0.0, np.exp(self.logs + effect * after))
        names = (CITIES[: page.cities], PARTNERS[: page.partners])
        trade = pd.MultiIndex.from_product([*names, years], names=["city", "partner", "year"]).to_frame(index=False)
        trade["exports_usd"] = np.rint(flows.ravel()).astype(np.int64)
        signed, undated = np.argwhere(np.isfinite(self.onset)), np.argwhere(self.is_excluded)
        ties = pd.DataFrame({"city": [names[0][c] for c, _ in signed], "partner": [names[1][p] for _, p in signed]})
        ties["date"] = [f"{years[int(self.onset[c, p])]}-03-15" for c, p in signed]
        ties = ties.assign(partner_city=ties["partner"] + " town", kind="sister city")
        unknown = pd.DataFrame([(names[0][c], names[1][p]) for c, p in undated], columns=["city", "partner"])
        for folder in ("analyses", "data/raw"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, table in {"trade": trade, "twinnings": ties, "undated": unknown}.items():
            (root / f"data/raw/{name}.csv").write_bytes(to_bytes(table))
        preset = page.preset.format(city=ties["city"].iloc[0], partner=ties["partner"].iloc[0])
        design = page.design.replace("seed = 1\n", "seed = 1\n") if "{seed}" not in page.design else page.design
        filled = design.format(seed=seed, width=8) if "{seed}" in page.design else design.replace("{seed}", str(seed))
        return _HEAD.format(preset=preset) + filled


def draw_page(page: Page, k: int) -> Drawn:
    """Draw flows without an effect and agreements that fall into few cities, at random otherwise."""
    rng = page.seed(k)
    shape = (page.cities, page.partners)
    by_city, by_partner, own = SIZE_SDS
    size = (
        rng.normal(0, by_city, (shape[0], 1)) + rng.normal(0, by_partner, (1, shape[1])) + rng.normal(0, own, shape)
    )
    z = (size - size.mean()) / size.std()
    noise = np.exp(-NOISE_BY_SIZE * z)
    noise *= PAIR_SD / np.sqrt((noise**2).mean())
    logs = LOG_FLOW + size[..., None] + noise[..., None] * draw_errors(rng, shape, RHO, True, page.years)
    logs += CITY_SD * draw_errors(rng, (shape[0], 1), RHO, years=page.years)
    logs += PARTNER_SD * draw_errors(rng, (1, shape[1]), RHO, years=page.years)
    logs += (rng.normal(GROWTH, YEAR_SD, page.years)).cumsum()
    share = np.array(ZEROS)[np.digitize(z, np.quantile(z, [1 / 3, 2 / 3]))]
    is_zero = rng.random(logs.shape) < share[..., None]
    cities = rng.choice(page.cities, page.in_cities, replace=False)
    places = rng.permutation([c * page.partners + p for c in cities for p in range(page.partners)])
    onset = np.full(shape, np.inf)
    first, last = page.before
    onset.flat[places[: page.agreements]] = rng.integers(first, last, page.agreements, endpoint=True)
    is_excluded = np.zeros(shape, dtype=bool)
    free = np.flatnonzero(np.isinf(onset.ravel()))
    is_excluded.flat[rng.choice(free, page.excluded, replace=False)] = True
    return Drawn(page, logs, is_zero, onset, is_excluded)


def evaluate_page(drawn: Drawn, effect: float, k: int, root: Path) -> dict[str, object]:
    """Return what the page would print: headline, verdicts of claims and checks; a reason where there is no page."""
    text = drawn.write(root, effect, k + 1)
    try:
        plan = plan_analysis(root, "page", text)[0]
        found = run(plan, observe("page", plan.spec, root))
        return read_page(assemble_results(found, {}))
    except TwintradeError as error:
        return {"claims": "", "checks": "", "error": str(error)}


def read_page(results: ResultSet) -> dict[str, object]:
    """Return a row of the study: examined claims, and checks with verdict, p and why they could not be made."""
    spec = find_headline(results)
    effect = find_overall(results, spec) if spec is not None else None
    ledger = [r for r in list_records(results.payloads["claims"]) if r["is_examined"]]
    row: dict[str, object] = {"claims": "; ".join(f"{r['claim_id']}: {r['verdict']}" for r in ledger)}
    main = next((r for r in ledger if r["claim_id"] == MAIN), None)
    row |= {"c1_p": round(read_number(main["p"]), 5) if main else np.nan}
    if spec is not None and effect is not None:
        row |= {"scale": take_text(effect["scale"]), "method": take_text(effect.get("inference"))}
        row |= {name: round(read_number(effect.get(name)), 5) for name in ("effect", "low", "high", "p")}
    findings = list_records(results.findings)
    detectable = [read_number(r["detectable"]) for r in findings]
    row["detectable"] = next((round(d, 4) for d in detectable if np.isfinite(d)), np.nan)
    row["checks"] = "; ".join(_describe(r) for r in findings)
    row["error"] = ""
    return row


def _describe(finding: Mapping[str, object]) -> str:
    p = read_number(finding["p"])
    column = "/".join(filter(None, (take_text(finding["estimator"]), take_text(finding["specification"]))))
    shown = f"{take_text(finding['diagnostic'])} ({column}): {take_text(finding['verdict'])}"
    shown += f", p {p:.4f}" if np.isfinite(p) else ""
    if not take_text(finding["reason"]):
        return shown
    key = re.search(r'"key": "([^"]+)"', take_text(finding["text"]))
    return f"{shown}, {key[1] if key else take_text(finding['reason'])[:40].replace(';', ',')}"

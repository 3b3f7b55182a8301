"""Whole analyses of planted flows, from their files to the answer of page 1, beside the rule on the same arrays."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.simulated_pages import DATA, PARTNERS
from benchmarks.size_of_verdicts import FIRST, LAST, Flows, load_panels, place, plant
from twintrade.inference.evidence import GradedEvidence, weigh_case
from twintrade.inference.refits import DealtCase
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.poisson import FlowTable
from twintrade.render.brief.facts import PageAnswer, collect_facts
from twintrade.render.page import Page
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import build_generator, run

ANALYSIS = (
    'title = "Planted"\n'
    + DATA
    + """\
[design]
unit = "dyad"
outcome = "exports"
transform = "level"
fixed_effects = "gravity"
treatment = {{ rule = "first_agreement", date = "signed", late_from = 12 }}
comparison = "not_yet_treated"
[[estimator]]
name = "imputation"
family = "poisson"
measure = "percent"
[inference]
name = "clustered"
seed = {seed}
[[diagnostic]]
name = "evidence"
draws = {draws}
matters = {matters}
"""
)
START = 2000


@dataclass(frozen=True, slots=True)
class PlantedPage:
    """Agreements, what happens to their pairs, and what the analysis declares to matter, in percent."""

    panel: str
    dealing: str
    n: int
    plant: str
    matters: float
    number: int

    def draw(self) -> tuple[Flows, FloatArray, IntArray, IntArray]:
        """Return flows, these with what was planted, and who signed when, sorted by date."""
        flows, rng = load_panels()[self.panel](), np.random.default_rng([self.n, self.number])
        starts = np.sort(rng.integers(FIRST, flows.table.shape[2] - LAST + 1, self.n))
        placed = place(flows, self.dealing, starts, rng)
        assert placed is not None
        pairs, starts = (one[np.lexsort(placed)] for one in placed)
        return flows, plant(flows, pairs, starts, self.plant), pairs, starts


def list_pages(n: int) -> list[PlantedPage]:
    """Return so many pages over panels, dealings, numbers of pairs and plants; every third one says what matters."""
    cells = [
        ("none", 0.0), ("+100 %", 0.0), ("precise zero", 20.0), ("trend", 0.0), ("−30 %", 0.0),
        ("precise +10 %", 30.0), ("build-up", 0.0), ("largest doubled", 10.0), ("step before", 0.0),
        ("+300 %", 0.0), ("precise zero", 5.0), ("−75 %", 0.0),
    ]  # fmt: skip
    panels, dealings = ("skewed", "heavy", "zeros"), ("random", "size 1.2", "growth", "few cities")
    return [
        PlantedPage(panels[k % 3], dealings[k // 3 % 4], (5, 11, 3, 40)[k // 5 % 4], *cells[k % 12], k)
        for k in range(n)
    ]


def answer_page(page: PlantedPage, draws: int, root: Path) -> tuple[PageAnswer, str]:
    """Return the answer on page 1 of the analysis, from its files, and the name of the job that seeds the rule."""
    flows, y, pairs, starts = page.draw()
    cities, partners, years = flows.table.shape
    names = [f"c{k:02}" for k in range(cities)], (*PARTNERS, "ZMB", "ZWE")[:partners]
    index = pd.MultiIndex.from_product((*names, range(START, START + years)), names=["city", "partner", "year"])
    trade = index.to_frame(index=False)
    trade["exports_usd"] = y.ravel()
    dates = [f"{START + start}-03-15" for start in starts]
    ends = {"city": [names[0][k // partners] for k in pairs], "partner": [names[1][k % partners] for k in pairs]}
    for folder in ("analyses", "data/raw"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    trade.to_csv(root / "data/raw/trade.csv", index=False)
    pd.DataFrame(ends | {"partner_city": "town", "date": dates, "kind": "sister city"}).to_csv(
        root / "data/raw/twinnings.csv", index=False
    )
    text = ANALYSIS.format(seed=page.number + 1, draws=draws, matters=page.matters)
    plan = plan_analysis(root, "page", text)[0]
    facts = collect_facts(Page(assemble_results(run(plan, observe("page", plan.spec, root)), {})))
    return facts.answer, next(job for job in plan.jobs if job.startswith("diagnostic/evidence"))


def answer_rule(page: PlantedPage, draws: int, job: str) -> PageAnswer:
    """Return what the rule says of the arrays, by the analysis' own random numbers."""
    flows, y, pairs, starts = page.draw()
    at_risk = y[:, : starts.min()].sum(axis=1) > 0
    table = FlowTable(y.reshape(flows.table.shape), np.ones(flows.table.shape, dtype=bool))
    case = DealtCase(table, pairs, starts, at_risk)
    return grade(weigh_case(case, build_generator(page.number + 1, job), draws=draws), page.matters / 100)


def grade(found: GradedEvidence, matters: float) -> PageAnswer:
    """Return grade and direction, by the numbers that they rest on."""
    if found.grade == "none":
        return PageAnswer()
    if matters and max(-found.low_90, found.high_90) < np.log1p(matters):
        is_seen = max(p[0] for p in found.p.values()) <= 0.05
        return PageAnswer("small", found.direction) if is_seen else PageAnswer("nothing")
    return PageAnswer() if found.grade == "cannot tell" else PageAnswer(found.grade, found.direction)


def compare_page(page: PlantedPage, draws: int = 99) -> tuple[PageAnswer, PageAnswer]:
    """Return the answers of page and rule, each by as many deals and no more."""
    with tempfile.TemporaryDirectory() as root, patch("twintrade.inference.evidence.MOST_DRAWS", draws):
        on_page, job = answer_page(page, draws, Path(root))
        return on_page, answer_rule(page, draws, job)

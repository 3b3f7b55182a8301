"""How often each check of the pooled recipes objects to a violation as large as half the headline's interval.

``python -m benchmarks power_of_checks --panels 40`` goes on where docs/lab/power_of_checks.csv ends, a row a panel.
Panels, and what is done to them, are those of ``size_of_checks``, and its size is sought for each panel: so that the
headline moves so far, or so that what the check holds against it does, which its stated power is about.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import size_of_checks
from benchmarks.agreement_panels import YEARS, Assigned, Cell, assign, draw_flows
from benchmarks.size_of_checks import CROWDED, EFFECT, HOW, SCATTERED, Change
from benchmarks.studies import run_study, store_rows
from twintrade.design import Design
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.diagnostics.variants import measure_headline
from twintrade.effects import Finding
from twintrade.estimators.base import ESTIMATORS, Fit, fit
from twintrade.inference.auto import Auto
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray

RESULTS = Path(__file__).parents[1] / "docs" / "lab" / "power_of_checks.csv"
PAGE = RESULTS.with_suffix(".md")
KEYS = ("recipe", "check", "by", "panel")
HEAD = ("run", *KEYS, "violation", "verdict", "power", "half_width", "moved", "seconds")
BY = ("headline", "difference")
SEEN, ENOUGH = 0.5, 4
"""Power of a check that can see, and how many of them a recipe has."""

CLOSE, STEPS = 0.03, 5
"""How near to half the interval the move is brought, and in how many steps at most."""


@dataclass(frozen=True, slots=True)
class Headline:
    """An estimate that checks judge: of a recipe, or of the regression beside it."""

    estimator: str
    options: dict[str, object]
    transform: str
    inference: Inference
    cell: Cell

    def fit(self, design: Design) -> Fit:
        return fit(ESTIMATORS[self.estimator](**self.options), design)


GRAVITY, MANY = replace(SCATTERED, effects="gravity"), replace(CROWDED, effects="gravity")
TOTAL: dict[str, object] = {"family": "poisson", "measure": "percent"}
HEADLINES = {
    "two-way logs": Headline("imputation", {}, "log", HOW, SCATTERED),
    "gravity logs": Headline("imputation", {}, "log", HOW, GRAVITY),
    "gravity totals": Headline("imputation", TOTAL, "level", Auto(), GRAVITY),
}
REGRESSIONS = {
    "two-way logs": Headline("twfe", {}, "log", HOW, CROWDED),
    "gravity logs": Headline("twfe", {}, "log", HOW, MANY),
    "gravity totals": Headline("ppml", {}, "level", HOW, MANY),
}
RECIPES = {
    "two-way logs": ("log_two_way", "staggered"),
    "gravity logs": ("log_gravity",),
    "gravity totals": ("ppml_gravity", "ppml_border", "staggered_levels"),
}
EARLY, TREND = "the effect begins two years early", "treated pairs grow faster"
LARGE, GROWING = "large pairs grow faster, and sign", "effects grow"
HIDDEN = "two comparison pairs fall"
VIOLATIONS: dict[str, Change] = {
    EARLY: size_of_checks.begin_early,
    TREND: size_of_checks.drift,
    "less trade in the year before": size_of_checks.dip,
    GROWING: size_of_checks.grow,
    LARGE: size_of_checks.bend,
    HIDDEN: size_of_checks.hide,
}
OF_HEADLINE = {
    "anticipation": EARLY,
    "placebo_dates": EARLY,
    "selection": EARLY,
    "pretrends": TREND,
    "conditional_trends": LARGE,
    "hidden_agreements": HIDDEN,
}
OF_REGRESSION = {"reference_year": "less trade in the year before", "estimators": GROWING}
COMPARING = ("anticipation", "placebo_dates", "estimators")
"""Checks that table what they hold against the headline, and state their power."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A check of a panel with its violation, as large as half the headline's interval by one of two measures."""

    recipe: str
    check: str
    by: str  # what moves so far: the headline, or what the check itself holds against it
    panel: int

    @property
    def headline(self) -> Headline:
        return (HEADLINES if self.check in OF_HEADLINE else REGRESSIONS)[self.recipe]

    @property
    def violation(self) -> str:
        return (OF_HEADLINE | OF_REGRESSION)[self.check]

    def look(self, fitted: Fit) -> Finding:
        options = {"names": ("imputation",)} if self.check == "estimators" else {}
        check = DIAGNOSTICS[self.check](**options)
        return check.check(fitted, self.headline.inference, np.random.default_rng(self.panel))

    def measure(self, fitted: Fit) -> FloatArray:
        """Return what must move: the headline's effect, or what the check holds against it, (n_variants,)."""
        if self.by == "headline":
            return np.array([convert_to_logs(float(fitted.view("overall").effects[0]), fitted)])
        column = "effect" if self.check == "placebo_dates" else "difference"
        return np.asarray(self.look(fitted).table[column], dtype=np.float64)


def follow_size(made: Assigned, rng: np.random.Generator) -> Assigned:
    """Return the agreements dealt anew, by a log hazard of 1.2 per standard deviation of size."""
    onset = np.full(made.onset.size, np.inf)
    first = np.argsort(-(1.2 * made.size.ravel() + rng.gumbel(size=onset.size)))
    dates = made.onset[np.isfinite(made.onset)]
    onset[first[: dates.size]] = dates
    return replace(made, onset=onset.reshape(made.onset.shape))


def convert_to_logs(effect: float, fitted: Fit) -> float:
    return float(np.log1p(effect / 100)) if fitted.estimate.scale == "percent" else effect


def judge(trial: Trial) -> dict[str, object]:
    """Return what a check says of its violation, and the power that it states."""
    headline = trial.headline
    rng = headline.cell.seed(43, trial.panel)
    made = assign(headline.cell, rng)
    if trial.violation == LARGE:
        made = follow_size(made, rng)
    flows = draw_flows(made, rng)
    since = np.arange(YEARS) - made.onset[..., None]
    logs, change = EFFECT * (since >= 0), VIOLATIONS[trial.violation](made, since, rng)
    # Where effects differ a regression is off by what it says beyond their mean.
    truth = float(change[since >= 0].mean()) if trial.violation == GROWING and trial.by == "headline" else 0.0

    def estimate(factor: float) -> Fit:
        return headline.fit(made.design(flows * np.exp(logs + factor * change), headline.transform))

    plain = estimate(0.0)
    yardstick = measure_headline(plain, headline.inference, np.random.default_rng(trial.panel))
    if trial.by == "headline":
        yardstick = yardstick.in_logs(plain.estimate.scale)
    factor, half, before = 1.0, yardstick.half_width, trial.measure(plain)
    for _ in range(STEPS):
        violated = estimate(factor)
        moved = float(np.nanmax(np.abs(trial.measure(violated) - before - factor * truth)))
        if not moved > 0 or abs(moved / half - 1) < CLOSE:
            break
        factor *= float(np.clip(half / moved, 0.2, 5.0))
    found = trial.look(violated)
    numbers = {"power": found.power, "half_width": half, "moved": moved}
    verdict = found.verdict if found.is_available else "not available"
    return {"violation": trial.violation, "verdict": verdict} | {k: f"{value:.4f}" for k, value in numbers.items()}


def list_trials(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    for panel in range(options.first, options.first + options.panels):
        for by in options.by:
            for recipe in options.recipes:
                for check in (name for name in options.checks if by == "headline" or name in COMPARING):
                    yield dict(zip(KEYS, (recipe, check, by, panel), strict=True))


def run(options: argparse.Namespace) -> None:
    store_rows(options, HEAD, list_trials(options), lambda trial: [judge(Trial(**trial))])


def tabulate(results: pd.DataFrame, by: str, has_stated: bool) -> str:
    """Return one row a check: how often it objects in each recipe, and the power that it states, in percent."""
    head = [
        f"{name}, stated" if is_stated else name
        for name in HEADLINES
        for is_stated in (False, True)[: 1 + has_stated]
    ]
    lines = [f"| check | violation | panels | {' | '.join(head)} |", "|---" * (3 + len(head)) + "|"]
    rows_by = results[results["by"] == by]
    for (check, violation), rows in rows_by.groupby(["check", "violation"], sort=False):
        cells = []
        for recipe in HEADLINES:
            of_recipe = rows[rows["recipe"] == recipe]
            objects, stated = (of_recipe["verdict"] == "objects").mean(), of_recipe["power"].mean()
            cells += [f"{100 * share:.0f}" if share == share else "" for share in (objects, stated)[: 1 + has_stated]]
        n = " / ".join(str(int((rows["recipe"] == recipe).sum())) for recipe in HEADLINES)
        lines.append(f"| {check} | {violation} | {n} | {' | '.join(cells)} |")
    return "\n".join(lines)


TABLES = {
    "power": lambda results: tabulate(results, "headline", has_stated=False),
    "stated": lambda results: tabulate(results, "difference", has_stated=True),
}
SMOKE = (
    ("--checks", "anticipation", "--recipes", "two-way logs", "--panels", "1", "--results", "{folder}/power.csv"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*OF_HEADLINE, *OF_REGRESSION]
    parser.add_argument("--checks", nargs="*", choices=known, default=known)
    parser.add_argument("--recipes", nargs="*", choices=list(HEADLINES), default=list(HEADLINES))
    parser.add_argument("--by", nargs="*", choices=BY, default=BY)
    run_study(parser, run, RESULTS, HEAD, TABLES, "panel")


if __name__ == "__main__":
    main()

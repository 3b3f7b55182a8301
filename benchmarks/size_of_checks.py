"""How often each check objects without its violation, and with one.

``python -m benchmarks size_of_checks --panels 200`` goes on where docs/lab/size_of_checks.csv ends, a row a panel:
each check on panels without any violation and on panels with its own. The page beside it is filled in each time.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.agreement_panels import YEARS, Assigned, Cell, assign, draw_flows
from benchmarks.studies import Row, read_rows, run_study, store_rows
from twintrade.data.registry import Policy
from twintrade.design import Design, Treatment
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.diagnostics.single_case.known_shocks import Shock
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.crv2 import Scaled
from twintrade.numerics.arrays import BoolArray, FloatArray

RESULTS = Path(__file__).parents[1] / "docs" / "lab" / "size_of_checks.csv"
PAGE = RESULTS.with_suffix(".md")
HEAD = ("run", "check", "violation", "panel", "verdict", "seconds")
VERDICTS = ("objects", "does not object", "cannot tell")
EFFECT = 0.3
"""Of every agreement, in log points, so that the headline is distinguishable from zero."""

N_OLD = 20
"""Pairs treated throughout, where a check is about them."""

SHORT = 9
"""Years of the panels of ``honest``, whose bounds take fifteen times as long with all twelve."""

FEW = 4
"""Treated pairs of the smaller group, for ``heterogeneity``, of 40."""

OTHER, GROUP = "other goods", "group"
"""An outcome that agreements do not touch, and a column of groups of pairs."""

SCATTERED = Cell(40, "scattered", "by size", 0.6, 16, "two_way")
GROUPED = replace(SCATTERED, placement="few cities")
CROWDED = replace(SCATTERED, agreements=200)
EVEN = replace(SCATTERED, agreements=60, cities=24)
"""Cities and partners count as 14 equal ones or more, so that ``auto`` takes scaled errors in every panel."""

CELLS = {
    "spillovers": GROUPED,
    "power": GROUPED,
    "outcomes": EVEN,
    "hidden_agreements": replace(SCATTERED, agreements=280),
    **dict.fromkeys(("comparison", "estimators", "bacon", "twfe_weights"), CROWDED),
}
PATHS = ("honest", "reference_year")
"""Checks of the path of a regression."""

SHOCK = Shock("a shock of two years", "0007-01", "0008-12")
EARLIER = 2
"""Years by which the second candidate of every agreement's date, for ``dates``, comes before the first."""

TESTED = {"policies": "office alone", "level_changes": "1 to 2"}
"""The row whose test counts, of checks that judge nothing."""

BESIDE = ("policies", "contamination")
"""Checks of an office beside the agreements: in every second pair with one, and in as many others."""

HIGHER = 2
"""Years after which every second agreement is followed by a second one, for ``level_changes``."""

HOW = Scaled(draws=99)
Change = Callable[[Assigned, FloatArray, np.random.Generator], FloatArray]
"""From agreements and years since the onset (minus infinity for never) to what is added to log flows."""


def drift(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(0.2 * np.isfinite(made.onset)[..., None] * np.arange(YEARS))


def begin_early(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(EFFECT * ((since >= -2) & (since < 0)))


def drift_far(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return 1.5 * drift(made, since, rng)


def dip(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(-0.3 * (since == -1))


def grow(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(0.15 * np.where(since >= 0, since, 0.0))


def raise_city(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    largest = np.isfinite(made.onset).sum(axis=1).argmax()
    return np.asarray(2.0 * (np.arange(made.onset.shape[0]) == largest)[:, None, None] * (since >= 0))


def hide(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    hidden = np.zeros(made.onset.size)
    hidden[rng.choice(np.flatnonzero(np.isinf(made.onset.ravel())), 2, replace=False)] = -6.0
    return np.asarray(hidden.reshape(made.onset.shape)[..., None] * (np.arange(YEARS) >= 5))


def grow_by_class(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    shape, odds = made.onset.shape, np.array([1.0, 4.0, 12.0])
    signed = rng.choice(3, shape, p=odds / odds.sum())
    kind = np.where(np.isfinite(made.onset), signed, rng.integers(3, size=shape))
    return np.asarray(0.12 * (kind - 1.0)[..., None] * np.arange(YEARS))


def keep_growing(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(0.15 * (made.onset == 0)[..., None] * np.arange(YEARS))


def surge(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    first, last = (int(month[:4]) for month in (SHOCK.first, SHOCK.last))
    years = np.arange(YEARS)
    return np.asarray(0.6 * (since >= 0) * ((years >= first) & (years <= last)))


def bend(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(0.05 * made.size[..., None] * np.arange(YEARS))


def raise_group(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(0.8 * (choose_few(made) & (since >= 0)))


def divert(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    exposed = np.arange(YEARS) >= made.onset.min(axis=1)[:, None, None]
    return np.asarray(-0.3 * (exposed & (since < 0)))


def open_offices(made: Assigned) -> FloatArray:
    """Return the first year of an office: before or after the agreement of a pair, or where there is none."""
    rng, onset = made.cell.seed(43), made.onset.ravel()
    signed, others = (rng.permutation(np.flatnonzero(side)) for side in (np.isfinite(onset), np.isinf(onset)))
    office = np.full(onset.size, np.inf)
    office[[*signed[::2], *others[: signed.size]]] = rng.choice([3, 5, 7], signed[::2].size + signed.size)
    return office.reshape(made.onset.shape)


def raise_levels(made: Assigned) -> FloatArray:
    """Return the level of every pair by year: one from its agreement on, two where a second one follows."""
    since = np.arange(YEARS) - made.onset[..., None]
    is_second = np.cumsum(np.isfinite(made.onset)).reshape(made.onset.shape) % 2 == 0
    return np.asarray(1.0 * (since >= 0) + (is_second[..., None] & (since >= HIGHER)))


def lift_offices(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(EFFECT * (np.arange(YEARS) >= open_offices(made)[..., None]))


def grow_offices(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    years = np.arange(YEARS) - open_offices(made)[..., None]
    return np.asarray(0.3 * np.where(years >= 0, years, 0.0))


def lift_levels(made: Assigned, since: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(EFFECT * (raise_levels(made) == HIGHER))


@dataclass(frozen=True, slots=True)
class Trial:
    """A check, the headline that it judges, and the violation that it is to find.

    Attributes
    ----------
    check : str
    says : str
        The violation in words.
    change : callable or None
        None where agreements follow growth, another outcome is touched, or the effect itself is the violation.
    estimator : str
    options : dict
        Of the check.
    """

    check: str
    says: str
    change: Change | None
    estimator: str = "imputation"
    options: dict[str, object] | None = None

    @property
    def cell(self) -> Cell:
        return CELLS.get(self.check, SCATTERED)


TRIALS = (
    Trial("pretrends", "treated pairs grow 22 % a year faster", drift),
    Trial("honest", "treated pairs grow 35 % a year faster", drift_far, "twfe", {"bounds": (1.0,)}),
    Trial("placebo_dates", "the effect begins two years early", begin_early),
    Trial("anticipation", "the effect begins two years early", begin_early),
    Trial("reference_year", "30 % less in the year before", dip, "twfe"),
    Trial("comparison", "the effect begins two years early", begin_early, "callaway_santanna"),
    Trial("window", "effects grow by 0.15 a year", grow),
    Trial(
        "leave_one_out", "one city's agreements have an effect of 2.3", raise_city, "imputation", {"by": ("city",)}
    ),
    Trial("hidden_agreements", "two comparison pairs fall by 6 log points", hide, "imputation", {"most": 6}),
    Trial("estimators", "effects grow by 0.15 a year", grow, "twfe", {"names": ("imputation",)}),
    Trial("bacon", "effects grow by 0.15 a year", grow, "twfe"),
    Trial("twfe_weights", "effects grow by 0.15 a year", grow, "twfe"),
    Trial("conditional_trends", "trends of −12, 0 and 12 % a year, and growing pairs sign", grow_by_class),
    Trial("always_treated", "old agreements still add 0.15 a year", keep_growing),
    Trial("dates", "effects begin at the later of two dates", None),
    Trial("known_shocks", "trade gains 0.6 more in a shock's two years", surge, options={"shocks": (SHOCK,)}),
    Trial("reset", "large pairs grow faster, small ones slower", bend, "twfe"),
    Trial("clusters", "none: one estimate", None),
    Trial("leverage", "none: no such rows", None),
    Trial("spillovers", "a city's other pairs lose 0.3", divert),
    Trial("selection", "pairs sign the likelier the more they grew", None),
    Trial("outcomes", "agreements move the untouched outcome by 0.3", None, "imputation", {"untouched": (OTHER,)}),
    Trial("heterogeneity", "4 of 40 agreements have an effect of 1.1", raise_group, "imputation", {"by": GROUP}),
    Trial("policies", "offices have an effect of 0.3", lift_offices),
    Trial("contamination", "effects of offices grow by 0.3 a year", grow_offices, "twfe"),
    Trial("level_changes", "a second agreement adds 0.3", lift_levels),
    Trial("power", "the effect is the one it calls detectable", None, "imputation", {"draws": 99}),
)
CASES = TRIALS


def draw_design(trial: Trial, panel: int, *, is_violated: bool) -> Design:
    """Return a panel with an effect of 0.3 of every agreement, with the trial's violation or without any."""
    rng = trial.cell.seed(41, panel)
    made = assign(trial.cell, rng)
    flows = draw_flows(made, rng)
    if is_violated and trial.check == "selection":
        made = follow_growth(made, flows, rng)
    if trial.check == "always_treated":
        made = treat_throughout(made, rng)
    since = np.arange(YEARS) - made.onset[..., None]
    logs = EFFECT * (since >= 0) * (is_violated or trial.check != "dates")
    if is_violated and trial.change is not None:
        logs = logs + trial.change(made, since, rng)
    design = made.design(flows * np.exp(logs), "level" if trial.estimator == "ppml" else "log")
    if trial.check == "dates":
        design = replace(design, treatment=replace(design.treatment, register=list_dates(design)))
    if trial.check == "honest":
        design = replace(design.restricted(design.panel.period < SHORT), window=(-3, SHORT))
    touched = EFFECT * (since >= 0) * (is_violated and trial.check == "outcomes")
    other = draw_flows(made, rng) * np.exp(touched)
    group = np.where(choose_few(made), "few", "most").repeat(YEARS)
    columns = {**design.panel.columns, OTHER: other.ravel(), GROUP: group.astype(object)}
    if trial.check == "level_changes":
        design = replace(design, treatment=Treatment.from_dose(design.panel, raise_levels(made).ravel()))
    office = Policy("office", ("city", "partner"), open_offices(made).ravel(), np.full(made.onset.size, np.inf))
    policies = (office,) if trial.check in BESIDE else ()
    return replace(design, panel=replace(design.panel, columns=columns, policies=policies))


def choose_few(made: Assigned) -> BoolArray:
    """Return the pairs of the smaller group, shape (n_cities, n_partners, 1): the first four with an agreement."""
    place = np.cumsum(np.isfinite(made.onset)).reshape(made.onset.shape)
    return np.asarray(np.isfinite(made.onset) & (place <= FEW))[..., None]


def list_dates(design: Design) -> pd.DataFrame:
    """Return the register of agreements that were signed two years before they began."""
    rows = [
        (unit, onset, "day", json.dumps([["began", str(onset), onset], ["signed", "", onset - EARLIER]]))
        for unit, onset in zip(design.treatment.units, design.treatment.onset, strict=True)
        if np.isfinite(onset)
    ]
    return pd.DataFrame(rows, columns=["unit", "onset", "precision", "candidates"])


def treat_throughout(made: Assigned, rng: np.random.Generator) -> Assigned:
    """Return agreements of twenty pairs more, in force from the first year on."""
    onset = made.onset.copy()
    onset.flat[rng.choice(np.flatnonzero(np.isinf(onset)), N_OLD, replace=False)] = 0
    return replace(made, onset=onset)


def follow_growth(made: Assigned, flows: FloatArray, rng: np.random.Generator) -> Assigned:
    """Return agreements dealt anew: likelier, at every date, where trade grew over the two years before."""
    onset = np.full(made.onset.size, np.inf)
    dates, counts = np.unique(made.onset[np.isfinite(made.onset)], return_counts=True)
    for date, n in zip(dates.astype(int), counts, strict=True):
        growth = np.log(flows[..., date - 1] / flows[..., date - 3]).ravel()
        keys = np.where(np.isinf(onset), 2 * growth / growth.std() + rng.gumbel(size=onset.size), -np.inf)
        onset[np.argsort(-keys)[:n]] = date
    return replace(made, onset=onset.reshape(made.onset.shape))


def judge(trial: Trial, design: Design, panel: int, *, is_violated: bool = False) -> str:
    """Return the verdict; the reason where there is none.

    Of ``heterogeneity`` that groups differ; of ``policies`` and ``level_changes``, which judge nothing, that the
    office alone, and the second agreement, have an effect. Of ``power`` that the headline's interval excludes zero:
    without effect, and with the one that the check calls detectable.
    """
    check = DIAGNOSTICS[trial.check](**(trial.options or {}))
    is_static = trial.estimator == "twfe" and trial.check not in PATHS
    headline = fit(ESTIMATORS[trial.estimator](**({"shape": "static"} if is_static else {})), design)
    try:
        found = check.check(headline, HOW, np.random.default_rng(panel))
    except TwintradeError:
        return "failed"
    if not found.is_available:
        return "not available"
    if trial.check in TESTED:
        p = found.table.loc[found.table["label"] == TESTED[trial.check], "p"]
        return VERDICTS[int(p.iloc[0] >= 0.05)] if p.notna().all() and len(p) else "cannot tell"
    if trial.check == "heterogeneity":
        return VERDICTS[int(found.value >= 0.05)] if np.isfinite(found.value) else "cannot tell"
    if trial.check == "power":
        bands = HOW.infer(headline, "overall", np.random.default_rng(panel))
        moved = is_violated * found.value - EFFECT
        return VERDICTS[int(bands.low[0] + moved <= 0.0 <= bands.high[0] + moved)]
    return found.verdict


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    return read_rows(path, HEAD)


def list_trials(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    for panel in range(options.first, options.first + options.panels):
        for trial in TRIALS:
            for is_violated in (False, True):
                if trial.check in options.checks and not (is_violated and trial.says.startswith("none")):
                    yield {"check": trial.check, "violation": int(is_violated), "panel": panel}


def run(options: argparse.Namespace) -> None:
    by_name = {trial.check: trial for trial in TRIALS}

    def judge_one(asked: Row) -> list[dict[str, object]]:
        trial, panel, is_violated = by_name[asked["check"]], asked["panel"], bool(asked["violation"])
        design = draw_design(trial, panel, is_violated=is_violated)
        return [{"verdict": judge(trial, design, panel, is_violated=is_violated)}]

    store_rows(options, HEAD, list_trials(options), judge_one)


def tabulate(results: pd.DataFrame) -> str:
    """Return one row a check: what it says without its violation, and how often it objects with it."""
    head = "| check | objects, % | does not object, % | cannot tell, % | violation | objects, % |"
    lines, sizes = [head, "|---" * 6 + "|"], results.groupby(["check", "violation"]).size()
    for trial in TRIALS:
        rows = results[results["check"] == trial.check]
        without, beside = rows[rows["violation"] == 0], rows[rows["violation"] == 1]
        if without.empty:
            continue
        shares = " | ".join(f"{100 * (without['verdict'] == v).mean():.1f}" for v in VERDICTS)
        power = "" if beside.empty else f"{100 * (beside['verdict'] == 'objects').mean():.0f}"
        lines.append(f"| {trial.check} | {shares} | {trial.says} | {power} |")
    counts = " to ".join(f"{n:,}" for n in sorted({sizes.min(), sizes.max()}))
    return "\n".join([*lines, "", f"Each rate is of {counts} panels."])


TABLES = {"checks": tabulate}
SMOKE = (
    ("--checks", "pretrends", "dates", "outcomes", "power", "--panels", "1", "--results", "{folder}/checks.csv"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    known = [trial.check for trial in TRIALS]
    parser.add_argument("--checks", nargs="*", choices=known, default=known)
    run_study(parser, run, RESULTS, HEAD, TABLES, "panel")


if __name__ == "__main__":
    main()

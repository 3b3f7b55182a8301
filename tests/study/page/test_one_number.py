"""One estimate has one p-value and one interval in a result set, wherever it is printed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twintrade.fanout import Workers, use_workers
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import run

CHECKS = {
    "dates": "",
    "anticipation": "",
    "comparison": "",
    "window": "",
    "spillovers": "",
    "pretrends": "",
    "honest": "bounds = [1.0]\n",
    "levelling_off": "",
    "placebo_dates": "",
}
WITH_P = tuple(name for name in CHECKS if name != "honest")
"""Checks that can print a p-value: bounds have none, and take as long as all others: they are on the slow side."""

PRINTED_BY = {"dates", "anticipation", "comparison", "window", "spillovers"}
"""Checks whose tables print the headline again."""

METHODS = {
    "ppml": '[[estimator]]\nname = "ppml"\ntransform = "level"\n',
    "twfe": '[[estimator]]\nname = "twfe"\ntransform = "log"\n',
    "imputation": '[[estimator]]\nname = "imputation"\ntransform = "log"\n',
}


@pytest.fixture
def project(project: Path) -> Path:
    """Give every city the next one's partner: without an effect, p-values lie well above the smallest."""
    file = project / "data" / "raw" / "tiny_twinnings.csv"
    table = pd.read_csv(file)
    table["partner"] = np.roll(table["partner"], 1)
    table.to_csv(file, index=False)
    return project


RANDOMIZED = 'name = "randomization"\ndraws = 19\n'


def ran(project, text, method="ppml", inference=RANDOMIZED, checks=tuple(CHECKS)):
    head = text[: text.index("[[estimator]]")]
    asked = "".join(f'[[diagnostic]]\nname = "{name}"\n{CHECKS[name]}' for name in checks)
    made, _ = plan_analysis(project, "tiny", f"{head}{METHODS[method]}\n[inference]\nseed = 5\n{inference}\n{asked}")
    return run(made, observe("tiny", made.spec, project))


SHARED = ("ppml", RANDOMIZED)
"""The run whose checks are made again by fewer at a time."""

FEW = ("dates", "comparison", "pretrends")

_runs: dict[tuple[object, ...], object] = {}


def ran_once(project, *asked: object):
    """Return the run of what is asked, made once: the project of every test is the same."""
    if asked not in _runs:
        _runs[asked] = ran(project, *asked)
    return _runs[asked]


def findings(found) -> dict[str, str]:
    """Return what each check found, tables included, as text to be compared exactly."""
    return {
        c.finding.diagnostic: f"{c.finding.sentence}{c.finding.value!r}{_exact(c.finding.table)}"
        + "".join(f"{name}{_exact(table)}" for name, table in c.finding.payloads.items())
        for c in found.ladder.concluded
    }


def _exact(table: pd.DataFrame | None) -> str:
    return "" if table is None else table.to_csv(float_format="%.17g")


def headline(found):
    return next(b for b in found.ladder.headline.bands if b.estimate.kind == "overall")


def printed(found) -> pd.DataFrame:
    """Return every row, of a finding's table or payload, that holds the headline's effect and a p-value."""
    effect, rows = float(headline(found).estimate.effects[0]), []
    for one in found.ladder.concluded:
        for table in (one.finding.table, *one.finding.payloads.values()):
            if table is not None and {"effect", "low", "high", "p"} <= set(table.columns):
                same = table[np.isclose(table["effect"].astype(float), effect, rtol=1e-12, atol=0)]
                rows.append(same[["low", "high", "p"]].assign(check=one.finding.diagnostic))
    return pd.concat(rows, ignore_index=True)


AUTO = 'name = "auto"\npermutations = 19\n'
"""Takes randomization here: by one method in every run of the tests, by the others among the slow ones."""


@pytest.mark.parametrize(
    ("method", "inference"),
    [
        *((method, RANDOMIZED) for method in METHODS),
        *(pytest.param(m, AUTO, marks=[pytest.mark.slow] * (m != "imputation")) for m in METHODS),
    ],
)
def test_every_number_printed_for_the_headline_is_the_headline_s(project, spec_text, method, inference) -> None:
    found = ran_once(project, spec_text, method, inference, WITH_P)
    bands, rows = headline(found), printed(found)
    assert set(rows["check"]) >= PRINTED_BY
    assert 0.05 < bands.p[0] < 1
    assert set(rows["p"]) == {bands.p[0]}
    assert set(rows["low"]) == {bands.low[0]}
    assert set(rows["high"]) == {bands.high[0]}


@pytest.mark.parametrize("method", METHODS)
def test_the_joint_test_of_a_path_is_of_its_own_leads(project, spec_text, method) -> None:
    """A staggered regression is checked by imputation's leads; its own path still prints its own test."""
    found = ran(project, spec_text, method, checks=("pretrends",))
    event = next(b for b in found.ladder.headline.bands if b.estimate.kind == "event")
    table = next(c.finding for c in found.ladder.concluded if c.finding.diagnostic == "pretrends").table
    assert set(table["leads"]) == {"imputation"}
    if method == "imputation":
        assert table["p"].iloc[0] == event.facts["pretrend_p"]
    assert assemble_results(found, {}).specifications["pretrend_p"].iloc[0] == event.facts["pretrend_p"]


@pytest.mark.parametrize(
    ("checks", "first"), [(WITH_P, "levelling_off"), pytest.param(tuple(CHECKS), "honest", marks=pytest.mark.slow)]
)
def test_what_a_check_finds_depends_on_no_other_check(project, spec_text, checks, first) -> None:
    every = findings(ran_once(project, spec_text, *SHARED, checks))
    for chosen in ((first, "placebo_dates"), FEW):
        few = findings(ran_once(project, spec_text, *SHARED, chosen))
        assert few == {name: every[name] for name in chosen}


def test_what_a_check_finds_depends_on_no_number_of_workers(project, spec_text) -> None:
    alone = ran_once(project, spec_text, *SHARED, FEW)
    with use_workers(Workers(n=2), "two"):
        shared = ran(project, spec_text, checks=FEW)
    assert findings(alone) == findings(shared)
    assert set(printed(shared)["p"]) == {headline(alone).p[0]}

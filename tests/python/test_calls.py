"""What users of other software call answers here, and what is mistyped is answered in a sentence."""

import subprocess
import sys

import numpy as np
import pyarrow
import pytest
from calls import CALLS
from case_tables import loop_over
from mistakes import MEANT, SENTENCES

import twintrade as tt

LEAST_CALLS, LEAST_MISTAKES, LONGEST = 115, 146, 400


@pytest.fixture(scope="module")
def t(tmp_path_factory):
    """What the calls find: a panel, two designs, four fits, and the tables."""
    trade, agreements = tt.example()
    rng = np.random.default_rng(4)
    further = {"x": rng.normal(size=len(trade)), "w": rng.uniform(1, 2, len(trade))}
    trade = trade.assign(**further, half=(trade["partner"] > "GBR").astype(int))
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    design, logs = (
        tt.compare(panel, agreements, "exports_usd", fixed_effects="gravity", transform=how)
        for how in ("level", "log")
    )
    return {
        "folder": tmp_path_factory.mktemp("fits"), "trade": trade, "agreements": agreements,
        "polars": pyarrow.Table.from_pandas(trade), "panel": panel, "design": design, "logs": logs,
        "ppml": tt.fit("ppml", design), "twfe": tt.fit("twfe", logs),
        "static": tt.fit("ppml", design, shape="static"),
        "imputed": tt.fit("imputation", design, family="poisson"),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@loop_over("name", CALLS)
def test_a_call_of_other_software_answers(t, name):
    found = CALLS[name](t)
    assert found is not None
    assert found is not False


@loop_over("name", SENTENCES)
def test_a_mistake_is_answered_in_a_sentence_with_what_is_meant(t, name):
    mistake, word = SENTENCES[name]
    with pytest.raises(tt.TwintradeError) as said:
        mistake(t)
    assert word in str(said.value)
    assert len(str(said.value)) < LONGEST


@loop_over("name", MEANT)
def test_another_order_and_other_words_do_what_was_meant(t, name):
    assert MEANT[name](t)


def test_as_many_are_tried_as_a_week_has():
    assert (len(CALLS), len(SENTENCES)) >= (LEAST_CALLS, LEAST_MISTAKES)
    assert len(SENTENCES) >= LEAST_MISTAKES


def test_the_stub_is_current_and_short(root):
    done = subprocess.run(
        [sys.executable, ".ci/stub.py", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len((root / "twintrade" / "__init__.pyi").read_text(encoding="utf-8").splitlines()) <= 500


def test_an_editor_completes_the_options_of_the_method_named(root):
    jedi = pytest.importorskip("jedi")
    head = "import twintrade as tt\ntrade, agreements = tt.example()\npanel = tt.panel(trade)\n"
    line = 'tt.fit("ppml", tt.compare(panel, agreements, "x"), sha'
    script = jedi.Script(head + line, project=jedi.Project(str(root)))
    assert "shape=" in [found.name_with_symbols for found in script.complete(4, len(line))]
    line = "tt.compare(panel, agreements, outcome='x', trans"
    script = jedi.Script(head + line, project=jedi.Project(str(root)))
    assert "transform=" in [found.name_with_symbols for found in script.complete(4, len(line))]
    head += 'fit = tt.fit("ppml", tt.compare(panel, agreements, "x"))\n'
    for line, wanted in (
        ('fit.tidy("clustered", corr', "correction="), ('fit.confint("wild", dra', "draws="),
        ('fit.infer("randomization", acr', "across="), ('fit.plot(inference="clustered", lab', "labels="),
        ("fit.summary(lev", "level="), ("fit.wald(ref", "reference="), ("tt.etable(fit, tit", "title="),
        ("fit.sav", "save"), ('tt.load("x").tid', "tidy"), ("fit.design.su", "summary"),
    ):  # fmt: skip
        script = jedi.Script(head + line, project=jedi.Project(str(root)))
        assert wanted in [found.name_with_symbols for found in script.complete(5, len(line))], line

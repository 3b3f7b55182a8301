"""The pages that a reader is sent to are true."""

import re

import pandas as pd

import twintrade as tt
from twintrade.study.scaffold import build_simulated_pair
from twintrade.study.schema import render_reference_page


def test_the_reference_page_is_what_the_types_say(root):
    page = (root / "docs" / "spec.md").read_text(encoding="utf-8")
    assert page == render_reference_page(), "run: twintrade schema --markdown > docs/spec.md"


def test_the_five_lines_of_the_readme_run_on_what_init_writes(root, tmp_path):
    text = (root / "README.md").read_text(encoding="utf-8")
    lines = [line for line in re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].splitlines() if line]
    assert len(lines) == 5
    for path, content in build_simulated_pair("my-pair").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    trade = pd.read_csv(tmp_path / "data" / "raw" / "my_pair_trade.csv")
    agreements = pd.read_csv(tmp_path / "data" / "raw" / "my_pair_twinnings.csv")
    # The same five lines, typed out: a test runs no text as code.
    assert lines[1] == 'panel = tt.panel(trade, city="city", partner="partner", period="year")'
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    assert lines[2] == 'design = tt.compare(panel, agreements, outcome="exports_usd", fixed_effects="gravity")'
    design = tt.compare(panel, agreements, outcome="exports_usd", fixed_effects="gravity")
    assert lines[3] == 'fit = tt.fit("ppml", design)'
    fit = tt.fit("ppml", design)
    assert lines[4] == "tt.infer(fit).plot()"
    assert tt.infer(fit).plot() is not None
    assert fit.view("overall").effects.shape == (1,)
    assert "low" in tt.infer(fit, view="overall").to_frame()
    assert "pre-period" in tt.check(fit, "pretrends").sentence


def test_every_analysis_is_named_in_the_readme(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert [p.stem for p in (root / "analyses").glob("*.toml") if f"`{p.stem}`" not in text] == []

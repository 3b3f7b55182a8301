import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_results import make_results
from pypdf import PdfReader

from twintrade.effects import Bands, EventStudy, RefitOnly, Sample
from twintrade.effects.bands import absent
from twintrade.errors import SpecError
from twintrade.render.binder import bind
from twintrade.render.exhibits import summary
from twintrade.render.figures.event_study import draw_bands
from twintrade.render.page import Page
from twintrade.render.style import options_from
from twintrade.render.wording import SENTENCES, Wording


def texts(blocks):
    return " ".join(span.text for block in blocks for span in getattr(block, "spans", ()))


def test_a_department_changes_wording_theme_and_exhibits():
    options = options_from(
        {"appendix": "brief", "wording": {"higher": "more"}, "theme": {"size": 10.0}, "tables": {"under": "interval"}}
    )
    assert options.wording.say("higher") == "more"
    assert options.theme.size == 10.0
    assert options.tables.under == "interval"
    assert "raw" not in options.exhibits


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ({"appendix": "long"}, "no appendix is called 'long'"),
        ({"exhibits": ["ladder", "nonsense"]}, "no exhibit is called 'nonsense'"),
        ({"wording": {"nonsense": "x"}}, "no sentence of the report"),
        ({"wording": {"how_sure": "{note.__class__} {secret}"}}, "places it cannot fill: secret"),
        ({"theme": {"colour": "red"}}, "has no 'colour'"),
        ({"format": "x"}, "has no 'format'"),
    ],
)
def test_a_style_that_asks_for_what_does_not_exist_is_refused(style, words):
    with pytest.raises(SpecError, match=words):
        options_from(style)


def test_values_are_never_templates():
    assert Wording().say("how_sure", note="{secret} {0} {note}").endswith("{secret} {0} {note}")


def test_every_sentence_the_code_asks_for_exists():
    assert all(sentence for sentence in SENTENCES.values())


def test_where_a_check_objects_the_summary_says_so_and_names_no_cause(made):
    said = texts(summary.exhibit(Page(made)))
    assert "Checks that object: 1 of 2 (leave one out)" in said
    assert "caused" not in said
    assert "raised" not in said
    assert "no effect" not in said


def test_an_interval_that_holds_zero_is_not_called_no_effect(made):
    bands = made.bands.assign(low=-0.2, high=0.3)
    said = texts(summary.exhibit(Page(replace(made, bands=bands))))
    assert "The interval includes zero" in said
    assert "minimum detectable effect" in said.lower()


def test_without_an_estimate_the_summary_describes(made):
    empty = {name: getattr(made, name).iloc[0:0] for name in ("specifications", "effects", "bands")}
    said = texts(summary.exhibit(Page(replace(made, **empty))))
    assert "Descriptive: no comparison" in said


def test_money_is_said_with_its_interval(made):
    money = pd.DataFrame(
        [{"value": 2.5e8, "low": -1e7, "high": 5e8, "unit": "US dollars", "level": 0.95, "n_units": 8,
          "first": "2012", "last": "2019"}]
    )  # fmt: skip
    said = texts(summary.exhibit(Page(replace(made, payloads={**made.payloads, "money": money}))))
    assert "250 million US dollars a year higher" in said
    assert "(95% interval −10.0 million US dollars to 500 million US dollars)" in said


def test_several_analyses_are_bound_with_one_line_each(made):
    other = replace(
        make_results(is_simulated=False, is_hostile=False), name="other", title="Another study", payloads={}
    )
    options = options_from({"exhibits": ["summary", "ladder"]})
    bound = bind([replace(made, payloads={}), other], options)
    reader = PdfReader(io.BytesIO(bound.files["appendix.pdf"]))
    first = reader.pages[0].extract_text()
    assert "Another study" in first
    assert "(SIMULATED)" in first
    assert {"figures/overview-forest.svg", "tables/tab-made-ladder.tex", "tables/tab-other-ladder.tex"} <= set(
        bound.files
    )
    assert b"SIMULATED DATA" not in bound.files["tables/tab-other-ladder.tex"]


def test_bands_draw_themselves():
    times = np.arange(-3, 4)
    effects = np.where(times == -1, 0.0, 0.1 * times)
    study = EventStudy(
        effects=effects, uncertainty=RefitOnly(), scale="log points", sample=Sample(np.arange(9), 3, 3, 1),
        names=tuple(map(str, times)), n_units=np.full(7, 3), n_cells=np.full(7, 3), base="universal",
        event_times=times, reference=-1,
    )  # fmt: skip
    bands = Bands(
        estimate=study, inference="clustered", level=0.95, se=np.full(7, 0.1), low=effects - 0.2, high=effects + 0.2,
        p=absent(7), df=absent(7), simultaneous_low=absent(7), simultaneous_high=absent(7),
    )  # fmt: skip
    figure = draw_bands(bands, "PPML")
    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "reference (−1), zero by definition" in words
    assert "no simultaneous band from this inference" in words
    assert "pre-period base: universal" in words

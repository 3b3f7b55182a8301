"""A share or an index is named as what it is from the analysis file to the page."""

import html
import re

import pytest

from twintrade.errors import SpecError
from twintrade.study.execute import execute
from twintrade.study.plan.jobs import plan
from twintrade.study.spec.analysis import parse
from twintrade.study.store.replay import from_bytes

COLUMNS = """
[[estimator]]
name = "twfe"
transform = "share_of_partner"
fixed_effects = "two_way"
headline = true
[[estimator]]
name = "twfe"
transform = "index"
index_base = 2004
fixed_effects = "two_way"
[[estimator]]
name = "ppml"
transform = "share_of_city"
"""


def with_columns(text, columns):
    return text.replace('[[estimator]]\nname = "twfe"\ntransform = "log"\n', columns)


def test_results_say_what_the_outcome_is_measured_in(project, spec_text, plain_pictures, web_alone):
    path = project / "analyses" / "tiny.toml"
    text = with_columns(spec_text, COLUMNS)
    path.write_text(text, encoding="utf-8")
    execute(project, "tiny", text)
    folder = project / "results" / "tiny"
    rows = from_bytes((folder / "specifications.csv").read_bytes())
    assert rows["is_skipped"].tolist() == [False] * 3, rows["skip_reason"].tolist()
    assert rows["scale"].tolist() == ["share", "index", "log points"]
    assert rows["outcome_in"].tolist() == [
        "shares of the partner's total",
        "an index (2004 = 100)",
        "shares of the city's total",
    ]
    assert rows["effect_unit"].tolist()[:2] == ["of the partner's total", "points of an index (2004 = 100)"]
    page = html.unescape(re.sub(r"<[^>]+>", " ", (folder / "appendix.html").read_text(encoding="utf-8")))
    page = re.sub(r"\s+", " ", page)
    assert re.search(r"Outcome in shares of the partner's total.{1,9}an index \(2004 = 100\)", page)
    assert re.search(r"exports stood [\d.]+% of the partner's total (lower|higher)", page)
    assert "the headline is in shares of the partner's total, which has no total in money" in page


@pytest.mark.parametrize(
    ("design", "told"),
    [
        ('transform = "index"\n', 'transform = "index" needs the year'),
        ('transform = "log"\nindex_base = 2004\n', "other transforms take none"),
        ('transform = "share"\n', "did you mean share_of_partner or share_of_city?"),
    ],
)
def test_what_is_not_said_in_full_is_refused(spec_text, design, told):
    with pytest.raises(SpecError) as caught:
        parse(spec_text.replace("[design]\n", f"[design]\n{design}").replace('transform = "level"', ""), "tiny.toml")
    assert told in str(caught.value)


def test_a_column_in_another_transform_needs_no_base(spec_text):
    text = with_columns(spec_text, '[[estimator]]\nname = "twfe"\ntransform = "log"\n')
    text = re.sub(
        r"\[design\]\n",
        '[design]\ntransform = "index"\nindex_base = 2004\n',
        re.sub(r"\ntransform = \"level\".*", "", text),
    )
    spec, _ = parse(text, "tiny.toml")
    column = plan("tiny", spec).columns[0].design
    assert (column.transform, column.index_base) == ("log", None)


def test_every_column_counts_rows_alone_in_a_level_of_its_effects(project, spec_text, unprinted):
    file = project / "data" / "raw" / "tiny_trade.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("Alder,IND,") or line.startswith("Alder,IND,2005,")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    columns = "".join(
        f'[[estimator]]\nname = "{name}"\ntransform = "log"\nfixed_effects = "two_way"\n'
        for name in ("twfe", "imputation", "etwfe")
    )
    text = with_columns(spec_text, columns).replace('absent = "error"', 'absent = "missing"')
    execute(project, "tiny", text)
    rows = from_bytes((project / "results" / "tiny" / "specifications.csv").read_bytes())
    assert rows["n_singletons"].tolist() == [1, 1, 1], rows["skip_reason"].tolist()

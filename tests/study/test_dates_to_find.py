"""The reading list of pairs without a date: its order knows nothing of their own trade."""

import numpy as np
import pandas as pd
import pytest

from twintrade.data.calendar import DateSpan, TwinningDate, parse_date
from twintrade.design import Design, Panel
from twintrade.design.register import Agreements, CandidateDate
from twintrade.design.rules import build_treatment
from twintrade.study.register_lists import list_dates_to_find, list_undated_by_trade

UNDATED = ("A-P", "B-Q", "C-R")


def build_frame() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([list("ABCD"), list("PQRS"), range(2000, 2008)])
    frame = index.set_names(["city", "partner", "period"]).to_frame(index=False)
    return frame.assign(exports=np.random.default_rng(2).lognormal(3, 1, len(frame)))


def rank(frame: pd.DataFrame) -> pd.DataFrame:
    panel = Panel.from_frame(frame, city="city", partner="partner")
    base = {"partner_city": "town", "kind": "", "source": "", "note": "", "ended": None, "signatory": ""}
    rows = [
        {**base, "city": "D", "partner": "S", "dates": (CandidateDate("signed", parse_date("2004")),), "span": None}
    ]
    spans = (None, DateSpan(TwinningDate(2002), TwinningDate(2005)), None)
    for unit, span in zip(UNDATED, spans, strict=True):
        city, partner = unit.split("-")
        rows.append({**base, "city": city, "partner": partner, "dates": (), "span": span})
    registry = pd.DataFrame(rows).assign(twinning=list("abcd"))
    treatment = build_treatment(Agreements(registry, undated_policy="exclude"), panel)
    return list_undated_by_trade(Design(panel=panel, treatment=treatment, outcome="exports", transform="level"))


def test_what_is_expected_of_a_pair_is_its_margins_without_the_pairs_listed() -> None:
    frame = build_frame()
    ranked = rank(frame)
    before = frame[frame["period"] < 2004]
    others = before[~(before["city"] + "-" + before["partner"]).isin(UNDATED)]
    expected = {}
    for unit in UNDATED:
        city, partner = unit.split("-")
        margins = [
            others.loc[others[end] == name, "exports"].sum() for end, name in (("city", city), ("partner", partner))
        ]
        expected[unit] = margins[0] * margins[1] / others["exports"].sum() / 4
    assert dict(zip(ranked["unit"], ranked["expected"], strict=True)) == pytest.approx(expected, rel=1e-12)
    assert ranked["expected"].is_monotonic_decreasing
    assert "2002 to 2005" in str(ranked.set_index("unit")["known"]["B-Q"])


def test_the_order_is_blind_to_the_pairs_own_trade_and_to_all_after_the_first_agreement() -> None:
    frame = build_frame()
    is_own = (frame["city"] + "-" + frame["partner"]).isin(UNDATED)
    changed = frame.assign(exports=frame["exports"].where(~is_own & (frame["period"] < 2004), 1e9))
    pd.testing.assert_frame_equal(rank(frame).drop(columns="known"), rank(changed).drop(columns="known"))


def test_the_list_names_each_pair_and_what_is_known(project, spec_text) -> None:
    file = project / "data" / "raw" / "tiny_twinnings.csv"
    head, first, *rest = file.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[head.split(",").index("date")] = ""
    file.write_text("\n".join([head, ",".join(cells), *rest]), encoding="utf-8")
    text = spec_text.replace('kind = "kind"\n', 'kind = "kind"\nundated = "exclude"\n', 1)
    (project / "analyses" / "tiny.toml").write_text(text, encoding="utf-8")
    said = [str(line) for line in list_dates_to_find(project, "tiny")]
    assert len(said) == 2
    assert said[0].startswith("One pair of tiny has")
    assert cells[head.split(",").index("partner_city")] in said[1]
    assert " US dollars a year" in said[1]

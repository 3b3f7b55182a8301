"""A rest of the world is no total: whether it is kept is asked, and one line of the analysis file answers."""

import tomllib

import pytest

from twintrade.data import read_trade
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.geography import COMPARED, FOR_TOTALS, LEAVE_OUT, find_totals_only, is_remainder, resolve
from twintrade.data.sources.faults import InvalidDataError
from twintrade.errors import DataError

CLEAN = "city,partner,year,value\n" + "".join(
    f"{city},{partner},{year},{value + year - 2000}\n"
    for value, (city, partner) in enumerate([(c, p) for c in ("Lyon", "Paris") for p in ("GBR", "USA", "JPN")], 3)
    for year in (2004, 2005)
)
REST = "".join(f"{city},ROW,{year},90\n" for city in ("Lyon", "Paris") for year in (2004, 2005))
REMAINDERS = (
    *("Rest of the world", "ROW", "rest of world", "Areas, nes", "areas_nes", "Other countries", "Other Africa, nes"),
    *("Sonstige", "Übrige Länder", "Rest der Welt", "autres pays", "Reste du monde", "Resto del mundo"),
    *("Otros países", "Outros países", "Resto do mundo", "Altri paesi", "Resto del mondo", "Overige landen"),
    *("其他国家", "其它国家（地区）", "世界其他地区", "亚洲其他国家", "其他國家"),
    *("その他の国", "기타 국가", "Прочие страны", "Diğer ülkeler"),
)
TOTALS = ("World", "Total", "EU27", "ASEAN", "世界", "Insgesamt", "Tous pays", "Asia", "亚洲", "NATO")


def read(project, trade_source, **changes):
    return read_trade([trade_source(**changes)], project(CLEAN + REST))


def list_asked(table):
    return [m for m in table.messages if m.code == "remainder-unanswered"]


def test_remainders_and_totals_are_told_apart():
    assert is_remainder(resolve(REMAINDERS)).all()
    assert is_remainder(REMAINDERS).all()
    assert not is_remainder(resolve(TOTALS)).any()
    assert not is_remainder(("GBR", "World", "", 7)).any()


def test_an_unanswered_remainder_is_left_out_and_asked_about(project, trade_source):
    table = read(project, trade_source)
    assert table.partners == ["GBR", "JPN", "USA"]
    (question,) = list_asked(table)
    assert question.level == "warning"
    assert "“ROW”" in question.message
    assert "4 rows" in question.message
    assert "75% of the trade" in question.message
    ((line,),) = list_lines_to_change([question]).values()
    assert tomllib.loads(line) == {"partner_names": {"ROW": COMPARED}}
    assert FOR_TOTALS in line
    assert LEAVE_OUT in line


def test_a_table_of_totals_alone_leaves_no_row(project, trade_source):
    world = "city,partner,year,value\nLyon,World,2004,9\nLyon,World,2005,9\n"
    with pytest.raises(DataError, match="no row is left after the declared rules"):
        read_trade([trade_source()], project(world))


@pytest.mark.parametrize("answer", [COMPARED, FOR_TOTALS, "Remainder, in the comparison"])
def test_a_kept_remainder_is_a_partner(project, trade_source, answer):
    table = read(project, trade_source, partner_names={"ROW": answer})
    assert table.partners == ["+REST", "GBR", "JPN", "USA"]
    assert not list_asked(table)
    (kept,) = [m for m in table.messages if m.code == "remainder-kept"]
    assert "“ROW”" in kept.message
    assert ("in the comparison" in kept.message) == (answer != FOR_TOTALS)
    assert find_totals_only({"ROW": answer}) == ({"+REST"} if answer == FOR_TOTALS else set())


def test_a_remainder_that_is_left_out_is_not_asked_about(project, trade_source):
    table = read(project, trade_source, partner_names={"ROW": LEAVE_OUT})
    assert table.partners == ["GBR", "JPN", "USA"]
    assert not list_asked(table)
    assert "aggregate-partner" in {m.code for m in table.messages}


def test_any_name_may_be_a_remainder(project, trade_source):
    root = project(CLEAN + REST.replace("ROW", "Pozostałe"))
    assert read_trade([trade_source(partner_names={"Pozostałe": COMPARED})], root).partners[0] == "+REST"
    root = project(CLEAN + REST.replace("ROW", '"Other Asia, nes"'))
    assert read_trade([trade_source(partner_names={"Other Asia, nes": FOR_TOTALS})], root).partners[0] == "+REST"


def test_totals_leave_by_rule_and_are_no_remainder(project, trade_source):
    root = project(CLEAN + REST.replace("ROW", "World"))
    assert not list_asked(read_trade([trade_source()], root))
    with pytest.raises(InvalidDataError, match=r"World”.* is a total"):
        read_trade([trade_source(partner_names={"World": COMPARED})], root)


def test_a_remainder_that_is_the_sum_of_the_others_is_a_total(project, trade_source):
    sums = "".join(
        f"{city},ROW,{year},{sum(value + year - 2000 for value in (first, first + 1, first + 2))}\n"
        for city, first in (("Lyon", 3), ("Paris", 6))
        for year in (2004, 2005)
    )
    with pytest.raises(InvalidDataError, match="“ROW” equals the sum"):
        read_trade([trade_source(partner_names={"ROW": COMPARED})], project(CLEAN + sums))


def test_two_remainders_of_one_place_are_answered_alike(project, trade_source):
    root = project(CLEAN + REST + REST.replace("ROW", "Sonstige"))
    with pytest.raises(InvalidDataError, match="two answers"):
        read_trade([trade_source(partner_names={"ROW": COMPARED, "Sonstige": FOR_TOTALS})], root)
    both = {"ROW": COMPARED, "Sonstige": COMPARED}
    added = read_trade([trade_source(partner_names=both, add_up=True)], root).frame
    assert added.loc[added["partner"] == "+REST", "value"].tolist() == [180.0] * 4


def test_a_code_of_the_united_nations_is_answered_by_the_code_it_stands_for(project, trade_source):
    rows = CLEAN.replace("GBR", "826").replace("USA", "842").replace("JPN", "392") + REST.replace("ROW", "899")
    root, declared = project(rows), {"country_codes": "un"}
    (question,) = list_asked(read_trade([trade_source(**declared)], root))
    assert question.remedy.values == ("+AREAS", COMPARED)
    for answer, partners in ((COMPARED, ["+AREAS", "GBR"]), (LEAVE_OUT, ["GBR", "JPN"])):
        table = read_trade([trade_source(**declared, partner_names={"+AREAS": answer})], root)
        assert table.partners[:2] == partners
        assert not list_asked(table)

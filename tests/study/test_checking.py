"""What check says of an analysis that was guessed, and of ties without a date."""

import json
import re

import pytest
from made_workbooks import sheet, workbook

from twintrade.errors import DataError, DesignError, EstimationError, InferenceError, SpecError
from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import plan_analysis
from twintrade.text import Text


def blanked(project):
    """Take away one date of the registry."""
    file = project / "data" / "raw" / "tiny_twinnings.csv"
    text = file.read_text(encoding="utf-8")
    assert "2010-05-12" in text
    file.write_text(text.replace("2010-05-12", ""), encoding="utf-8")


def test_a_blank_date_stops_and_the_key_that_the_message_names_leaves_its_unit_out(project, spec_text):
    blanked(project)
    with pytest.raises(DesignError, match=r'undated = "exclude" under each \[\[data.twinnings\]\]'):
        check_analysis(project, "tiny", spec_text)
    told = check_analysis(project, "tiny", spec_text.replace('kind = "kind"', 'kind = "kind"\nundated = "exclude"'))
    assert "1 with an undated agreement" in told


def test_a_list_of_undated_ties_speaks_for_the_registry_too(project, spec_text):
    blanked(project)
    (project / "data" / "raw" / "more.csv").write_text("city,partner\nAlder,BRA\n", encoding="utf-8")
    more = '[data.undated]\nfile = "data/raw/more.csv"\ncity = "city"\npartner = "partner"\npolicy = "exclude"\n\n'
    told = check_analysis(project, "tiny", spec_text.replace("[design]", more + "[design]", 1))
    assert "2 with an undated agreement" in told


@pytest.mark.parametrize("rule", ["levels", "dose"])
def test_randomization_of_levels_is_refused_before_a_run_in_the_words_of_the_file(project, spec_text, rule):
    kinds = ', kinds = ["memorandum", "sister city"]' if rule == "levels" else ""
    text = spec_text.replace('rule = "first_agreement"', f'rule = "{rule}"{kinds}')
    text = text.replace('name = "twfe"', 'name = "twfe"\nshape = "dose"').replace('"clustered"', '"randomization"')
    with pytest.raises(InferenceError, match=rf'rule = "{rule}" under .*set name = "clustered" under \[inference\]'):
        check_analysis(project, "tiny", text)
    assert "under [inference]" in execute(project, "tiny", text).text
    check_analysis(project, "tiny", text.replace('"randomization"', '"clustered"'))


def test_lines_still_marked_as_guesses_are_one_note(project, spec_text):
    assert "GUESS" not in check_analysis(project, "tiny", spec_text)
    marked = "# Every line marked GUESS was read off\n" + spec_text
    marked = marked.replace('absent = "error"', 'absent = "error"   # GUESS: cannot be seen')
    marked = marked.replace('reporter = "city"', 'reporter = "city"   # GUESS: cannot be seen')
    lines = [i for i, line in enumerate(marked.splitlines(), 1) if "# GUESS" in line]
    told = check_analysis(project, "tiny", marked)
    expected = f"2 lines are still marked GUESS: reporter (line {lines[0]}), absent (line {lines[1]})"
    assert told.count("still marked GUESS") == 1
    assert expected in told


def test_a_line_is_asked_for_in_the_table_that_has_its_key(project, spec_text):
    raw = project / "data" / "raw"
    texts = {name: (raw / f"tiny_{name}.csv").read_text(encoding="utf-8") for name in ("trade", "twinnings")}
    texts["twinnings"] = texts["twinnings"].replace("sister city", "bond")
    sheets = {name: sheet([line.split(",") for line in text.splitlines()]) for name, text in texts.items()}
    (raw / "both.xlsx").write_bytes(workbook(sheets))
    text = spec_text
    for name in sheets:
        text = text.replace(f'file = "data/raw/tiny_{name}.csv"', f'file = "data/raw/both.xlsx"\nsheet = "{name}"')
    line = 2 + text.splitlines().index("[[data.twinnings]]")
    with pytest.raises(DataError) as told:
        check_analysis(project, "tiny", text)
    assert re.search(rf"toml, \[\[data.twinnings\]\] at line {line}\n\s+kinds = ", str(told.value))


def test_agreements_that_end_say_which_method_takes_them(project, spec_text):
    file = project / "data" / "raw" / "tiny_twinnings.csv"
    header, first, *rest = file.read_text(encoding="utf-8").splitlines()
    lines = [f"{header},ended", f"{first},2014", *(f"{line}," for line in rest)]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DesignError, match="use chaisemartin_dhaultfoeuille with two_way effects, or, in an analysis"):
        check_analysis(project, "tiny", spec_text.replace('kind = "kind"', 'kind = "kind"\nended = "ended"'))


def test_an_agreement_with_a_country_that_ended_is_a_warning(project, spec_text):
    for name in ("trade", "twinnings"):
        file = project / "data" / "raw" / f"tiny_{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace(",GBR,", ",SCG,"), encoding="utf-8")
    assert "Alder-SCG: an agreement with a country that ended within the data" in check_analysis(
        project, "tiny", spec_text
    )


SINGLE = "Alder"


def keep_one_city(project):
    """Leave one reporter in the trade table."""
    file = project / "data" / "raw" / "tiny_trade.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], *(x for x in lines if x.startswith(f"{SINGLE},"))]) + "\n", encoding="utf-8")


def test_check_says_what_a_single_reporter_cannot_identify(project, spec_text):
    keep_one_city(project)
    with pytest.raises(EstimationError, match="it does not vary within the levels of") as caught:
        check_analysis(project, "tiny", spec_text)
    told = str(caught.value)
    assert "will be skipped: the treatment is not identified: it does not vary within the levels of" in told
    assert "Nothing can be estimated" in told
    assert "time and memory" not in told
    assert told.splitlines()[0].count("does not vary") == 1, "columns that share a reason give it once"
    assert execute(project, "tiny", spec_text).text.splitlines()[0] == told.splitlines()[0]
    coarse = check_analysis(
        project, "tiny", spec_text.replace('fixed_effects = "gravity"', 'fixed_effects = "two_way"')
    )
    assert "can be estimated" in coarse
    assert "Nothing can be estimated" not in coarse


def test_domestic_sales_are_left_out_where_the_file_says_so(project, spec_text):
    for file in ("tiny_trade.csv", "tiny_twinnings.csv"):
        path = project / "data" / "raw" / file
        path.write_text(path.read_text(encoding="utf-8").replace("Alder", "GBR"), encoding="utf-8")
    said = check_analysis(project, "tiny", spec_text)
    assert "1 pair is a country with itself (GBR-GBR)" in said
    text = spec_text.replace("[design]", '[design]\nwithout = ["domestic"]')
    plan, _ = plan_analysis(project, "tiny", text)
    o = Designs(observe("tiny", plan.spec, project)).base(plan.spec.design).observations
    assert "GBR-GBR" not in o.unit_ids
    assert ("domestic", 16, 1) in [(dropped.reason, dropped.n_rows, dropped.n_units) for dropped in o.dropped]


def keep_waves(project, *rests):
    """Keep the years of which the rest after division by four is one of these."""
    file = project / "data" / "raw" / "tiny_trade.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    waves = [x for x in lines[1:] if int(x.split(",")[2]) % 4 in rests]
    file.write_text("\n".join([lines[0], *waves]) + "\n", encoding="utf-8")


def test_check_counts_treated_pairs_without_the_reference_period(project, spec_text):
    keep_waves(project, 3, 0)
    told = check_analysis(project, "tiny", spec_text.replace('absent = "error"', 'absent = "missing"'))
    assert "treated pairs have no figure in the period before the agreement" in told


def test_check_names_the_reference_of_data_of_every_fourth_year(project, spec_text):
    keep_waves(project, 3)
    with pytest.raises(EstimationError, match="7 of 7 treated pairs have no figure in the period before") as raised:
        check_analysis(project, "tiny", spec_text)
    assert "no treated unit is observed at event time -1" in str(raised.value)
    assert "such as reference = -4" in str(raised.value)


def test_a_run_that_fails_prints_the_warnings_it_had_found(project, spec_text):
    keep_one_city(project)
    registry = project / "data" / "raw" / "tiny_twinnings.csv"
    registry.write_text(
        "city,partner,partner_city,date,kind\nAldre,GBR,Ashford,2010-05-12,sister city\n", encoding="utf-8"
    )
    ended = execute(project, "tiny", spec_text)
    assert ended.ending == "failed"
    assert "the run had warned" in ended.text
    assert "is Alder meant" in ended.text
    assert "is Alder meant" in (project / "results" / "tiny.messages.csv").read_text(encoding="utf-8")


def written(project, name):
    """Return a file of the results as text."""
    return (project / "results" / "tiny" / name).read_text(encoding="utf-8")


def silence_one_pair(project):
    """Leave nothing but zeros after the agreement of one pair."""
    file = project / "data" / "raw" / "tiny_trade.csv"
    lines = [x.split(",") for x in file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line[:2] == ["Alder", "GBR"] and int(line[2]) >= 2010:
            line[3] = "0"
    file.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")


def test_check_and_page_name_treated_pairs_that_trade_nothing_after_the_agreement(project, spec_text, unprinted):
    assert "nothing but zeros" not in check_analysis(project, "tiny", spec_text)
    silence_one_pair(project)
    told = check_analysis(project, "tiny", spec_text)
    assert told.count("1 treated pair traded before the agreement and has nothing") == 1
    assert execute(project, "tiny", spec_text).ending == "done"
    (line,) = [x for x in written(project, "messages.csv").splitlines() if "no-trade-after" in x]
    assert "has nothing but zeros after it (Alder-GBR)" in line


def test_rows_that_other_columns_leave_out_are_listed_as_the_headlines_are(project, spec_text, unprinted):
    silence_one_pair(project)
    ppml = '[[estimator]]\nname = "ppml"\nheadline = true\ntransform = "level"\n\n'
    spec_text = spec_text.replace("[[estimator]]", f"{ppml}[[estimator]]", 1)
    assert execute(project, "tiny", spec_text).ending == "done"
    manifest = json.loads(written(project, "manifest.json"))
    listed = {e["reason"]: e for e in manifest["dropped_elsewhere"]}
    reasons = {e["reason"] for e in manifest["dropped"]}
    assert "zero-under-log" in listed
    assert "zero-under-log" not in reasons
    assert not reasons & set(listed)
    assert listed["zero-under-log"]["n_rows"] > 0
    assert "log" in listed["zero-under-log"]["columns"]


def test_a_list_of_agreements_that_is_cut_says_how_many_follow(project, spec_text, monkeypatch):
    assert "more" not in check_analysis(project, "tiny", spec_text).partition("agreements")[2].partition("\n\n")[0]
    monkeypatch.setattr("twintrade.study.checking._MOST_UNITS", 1)
    told = check_analysis(project, "tiny", spec_text)
    assert re.search(r"from 20\d\d\n    and \d+ more\n", told)


@pytest.mark.parametrize(
    ("key", "n", "words"),
    [
        (
            "data.treated-jump",
            1,
            "1 jump of a treated pair or its city is larger than the series' own variation explains and moves",
        ),
        (
            "data.treated-jump",
            13,
            "13 jumps of treated pairs or their cities are larger than the series' own variation explains and move",
        ),
    ],
)
def test_one_jump_moves_and_several_move(key, n, words):
    assert str(Text(key, n=n, jumps="x")).startswith(f"{words} the estimate: x.")


@pytest.mark.parametrize(("n", "words"), [(1, "1 zero,"), (2, "2 zeros,"), (0, "0 zeros,")])
def test_one_zero_is_no_zeros(n, words):
    assert words in str(
        Text("study.outcome", outcome="exports", outcome_unit="USD", zeros=n, missing=0, quartiles="1")
    )


def test_an_outcome_to_grade_that_no_table_has_is_refused(project):
    text = (project / "analyses" / "tiny.toml").read_text(encoding="utf-8")
    with pytest.raises(SpecError, match="names “imports” under others"):
        check_analysis(project, "tiny", text + '\n[[diagnostic]]\nname = "evidence"\nothers = ["imports"]\n')


def test_a_case_of_which_nothing_can_be_estimated_ends_with_the_reason_and_code_1(project, spec_text):
    case = '\n[case]\ncity = "Alder"\npartner = "GBR"\n\n[[data.trade]]'
    data = spec_text[: spec_text.index("[design]")].replace("\n[[data.trade]]", case, 1)
    text = f'recipe = "single_case"\n{data}[design]\noutcome = "exports"\nsample = [2010, 2012]\n'
    ended = execute(project, "tiny", text)
    assert (ended.ending, ended.code) == ("failed", 1)
    assert "nothing can be estimated" in ended.text
    with pytest.raises(DesignError, match="no period before"):
        check_analysis(project, "tiny", text)

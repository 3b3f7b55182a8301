"""What check says of an analysis that was guessed, and of ties without a date."""

import pytest

from twintrade.errors import DesignError
from twintrade.study.checking import check_analysis


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

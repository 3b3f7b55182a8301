"""Guesses of a new analysis file are counted, stay in sight, and are confirmed without changing what is declared."""

import tomllib

from twintrade.study.answers import _p, summarize_outcomes
from twintrade.study.runner import run_all
from twintrade.study.spec.spec_text import confirm_guesses, find_open_guesses
from twintrade.study.store import confirm_analysis, find_analyses

FILE = """title = "GUESS: a title"
flow = "exports"      # GUESS: by its name
absent = "missing"    # GUESS
# GUESS: no line of this file
note = "# GUESS"
"""


def test_only_marks_of_lines_with_a_key_count():
    assert find_open_guesses(FILE) == [(2, "flow"), (3, "absent")]


def test_confirming_changes_no_value_but_the_marks():
    confirmed = confirm_guesses(FILE)
    assert find_open_guesses(confirmed) == []
    assert tomllib.loads(confirmed) == tomllib.loads(FILE)
    assert "# by its name" in confirmed


def test_a_run_says_how_many_are_open_until_they_are_confirmed(project, spec_text, plain_pictures, web_alone):
    file = project / "analyses" / "guessed.toml"
    file.write_text(spec_text.replace('flow = "exports" ', 'flow = "exports"   # GUESS: by its name ', 1))
    (outcome,) = run_all(find_analyses(project, ["guessed"]), jobs=1, force=False, log_json=False)
    assert outcome.summary["open_guesses"] == 1
    assert "guessed rests on one guess that nobody has confirmed" in summarize_outcomes([outcome])
    (again,) = run_all(find_analyses(project, ["guessed"]), jobs=1, force=False, log_json=False)
    assert again.ending == "fresh"
    assert "rests on one guess" in summarize_outcomes([again])
    assert "marked GUESS: flow" in (project / "results/guessed/brief.html").read_text() or "marked GUESS: flow" in (
        project / "results/guessed/appendix.html"
    ).read_text(encoding="utf-8")
    confirmed_file = confirm_analysis(find_analyses(project, ["guessed"])[0])
    assert file.read_text() == confirmed_file.text == confirm_guesses(confirmed_file.text)
    (confirmed,) = run_all([confirmed_file], jobs=1, force=False, log_json=False)
    assert confirmed.ending == "done"
    assert "open_guesses" not in confirmed.summary
    assert "guess" not in summarize_outcomes([confirmed]).replace("guessed", "")


def test_a_p_value_that_rounds_to_zero_is_said_to_be_small():
    assert [_p({"p": p, "inference": "clustered"}) for p in (0.0001, 0.302, 0.001)] == [
        "< 0.001 (clustered)",
        "0.302 (clustered)",
        "0.001 (clustered)",
    ]

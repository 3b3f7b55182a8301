"""A registration reads no outcome after an agreement, and later runs name exactly what they changed."""

import csv
import json
import shutil
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from twintrade.errors import DesignError, StoreError
from twintrade.fanout import Workers
from twintrade.study import execute, preregister, redraw
from twintrade.study.store.freshness import PAGE, list_changes
from twintrade.study.store.locating import Analysis

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DRAWS = 19
FIRST_AGREEMENT = 2009
ALWAYS = ("Rowan", "BRA")


def register(project, text, **options):
    asked = {"draws": DRAWS, "errors": None, "workers": Workers(), "progress": lambda _: None} | options
    paths, _ = preregister.register_analysis(Analysis(project, "tiny", text), NOW, **asked)
    return {path: (project / path).read_bytes() for path in paths}


def read_content(files):
    return json.loads(files["registrations/tiny/registration.json"])["registration"]


def change_trade(project, change):
    """Write the trade table anew with ``change(row)`` in place of each row; None leaves the row out."""
    file = project / "data/raw/tiny_trade.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kept = [row for row in map(change, rows) if row is not None]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(kept)


def spoil_after_an_agreement(row):
    is_read = int(row["year"]) < FIRST_AGREEMENT and (row["city"], row["partner"]) != ALWAYS
    spoiled = str(7 * int(row["exports_usd"]) % 1_000_003)
    return row if is_read else row | {"exports_usd": spoiled}


def read_deviations(project):
    file = project / "results/tiny/payloads/deviations.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def unprinted(monkeypatch):
    """Draw no page: numbers alone are looked at."""
    empty = SimpleNamespace(files={}, messages=(), document=None)
    for module in (preregister, execute):
        monkeypatch.setattr(module, "render", lambda *_, **__: empty)
    monkeypatch.setattr(preregister, "render_registration", lambda *_: {})


def register_again(project, text, **options):
    shutil.rmtree(project / "registrations")
    return register(project, text, **options)


def run(project, text):
    assert execute.execute(project, "tiny", text).ending == "done"


def test_no_outcome_after_an_agreement_is_read(project, spec_text, quick_pictures):
    """The numbers of every figure lie beside it; its picture as well is compared on the slow side."""
    first = register(project, spec_text, errors="before")
    change_trade(project, spoil_after_an_agreement)
    assert register_again(project, spec_text, errors="before") == first
    assert {"registration.html", "appendix.html", "brief.html"} <= {path.rpartition("/")[2] for path in first}
    for page in (content for path, content in first.items() if path.endswith("registration.docx")):
        with ZipFile(BytesIO(page)) as word:
            headers = b"".join(word.read(name) for name in word.namelist() if "header" in name)
        assert b"SIMULATED DATA" in headers


def test_outcomes_before_the_first_agreement_are_read_only_where_asked(project, spec_text, unprinted):
    stated = register(project, spec_text, errors="stated")
    before = register_again(project, spec_text, errors="before")
    assert read_content(before)["errors"]["source"] == "before"
    change_trade(project, lambda row: row | {"exports_usd": str(3 * int(row["exports_usd"]) + int(row["year"]) ** 2)})
    assert register_again(project, spec_text, errors="stated") == stated
    assert register_again(project, spec_text, errors="before") != before


def test_the_power_of_a_registration_has_the_error_of_its_draws(project, spec_text, unprinted):
    performance = read_content(register(project, spec_text, errors="stated"))["performance"]
    n = performance["draws"] - performance["failed"]
    shares = [(performance["size"], performance["size_error"])]
    shares += [(point["power"], point["error"]) for point in performance["curve"]]
    assert any(0 < share < 1 for share, _ in shares)
    assert [error for _, error in shares] == pytest.approx([(share * (1 - share) / n) ** 0.5 for share, _ in shares])


def test_a_run_names_exactly_the_key_that_changed_and_lists_it_when_it_is_withdrawn(project, spec_text, unprinted):
    register(project, spec_text)
    run(project, spec_text)
    assert read_deviations(project) == []
    changed = spec_text.replace("draws = 199", "draws = 299")
    assert changed != spec_text
    run(project, changed)
    (one,) = read_deviations(project)
    assert (one["about"], one["kind"], one["key"]) == ("specification", "changed", "inference.draws")
    assert (one["registered"], one["now"], one["in_force"]) == ("199", "299", "True")
    run(project, spec_text)
    (withdrawn,) = read_deviations(project)
    assert withdrawn == one | {"in_force": "False"}


def test_pages_say_when_it_was_registered_and_what_is_exploratory(project, spec_text, plain_pictures, web_alone):
    register(project, spec_text)
    further = '[[estimator]]\nname = "imputation"\ntransform = "log"\n\n[inference]'
    run(project, spec_text.replace("[inference]", further))
    (one,) = read_deviations(project)
    assert (one["kind"], one["key"], one["registered"]) == ("added", "estimator.imputation", "")
    pages = [(project / "results/tiny" / page).read_text("utf-8") for page in ("brief.html", "appendix.html")]
    assert all("Registered on 2026-03-01, with one deviation." in page for page in pages)
    assert "gravity effects (exploratory)" in pages[1]
    assert "TWFE, log, gravity effects (exploratory)" not in pages[1]
    assert "estimator.imputation" in pages[1].replace("<wbr>", "")


def test_an_agreement_that_moved_is_a_deviation_of_the_design(project, spec_text, unprinted):
    register(project, spec_text)
    file = project / "data/raw/tiny_twinnings.csv"
    file.write_text(file.read_text().replace("Maple,KOR,Mokpo,2012", "Maple,KOR,Mokpo,2013"))
    run(project, spec_text)
    moved = {one["key"]: (one["registered"], one["now"]) for one in read_deviations(project)}
    assert moved.pop("register_sha256")
    assert moved == {"agreements.Maple-KOR": ('"2012"', '"2013"')}


def test_results_that_were_there_are_named_and_become_stale(project, spec_text, unprinted, monkeypatch):
    monkeypatch.setattr(redraw, "render", execute.render)
    run(project, spec_text)
    analysis = Analysis(project, "tiny", spec_text)
    assert list_changes(project, "tiny", analysis.raw) == []
    existed = read_content(register(project, spec_text))["results_existed"]
    assert existed
    assert list_changes(project, "tiny", analysis.raw) == [PAGE]
    results = redraw.redraw(project, "tiny", spec_text).results
    assert results.sections["registered"].endswith(f"unchanged; results of {existed} were there already.")
    assert list_changes(project, "tiny", analysis.raw) == []


def test_a_registration_that_was_changed_is_an_error(project, spec_text, unprinted):
    register(project, spec_text)
    file = project / "registrations/tiny/registration.json"
    file.write_text(file.read_text("utf-8").replace('"draws": 199', '"draws": 299'), "utf-8")
    outcome = execute.execute(project, "tiny", spec_text)
    assert (outcome.ending, outcome.code) == ("failed", 1)
    assert "the hash it holds does not fit its content" in outcome.text
    assert not (project / "results/tiny").exists()
    with pytest.raises(StoreError, match="does not fit"):
        register(project, spec_text)


def test_a_registration_is_not_written_twice(project, spec_text, unprinted):
    register(project, spec_text)
    with pytest.raises(StoreError, match="was registered on 2026-03-01"):
        register(project, spec_text)


def test_tables_that_end_before_the_first_agreement_are_laid_out_to_the_end_of_the_sample(
    project, spec_text, unprinted
):
    sampled = spec_text.replace("[design]", "[design]\nsample = [2003, 2018]")
    whole = register(project, sampled, errors="before")
    change_trade(project, lambda row: row if int(row["year"]) < FIRST_AGREEMENT else None)
    assert register_again(project, sampled) == whole


def test_tables_of_every_fourth_year_are_laid_out_by_their_step(project, spec_text, unprinted):
    sampled = spec_text.replace("[design]", "[design]\nsample = [2003, 2018]").replace(
        "reference = -1", "reference = -4"
    )
    change_trade(project, lambda row: row if int(row["year"]) % 4 == 3 else None)
    whole = register(project, sampled, errors="stated")
    change_trade(project, lambda row: row if int(row["year"]) < FIRST_AGREEMENT else None)
    assert register_again(project, sampled, errors="stated") == whole


def test_errors_need_several_periods(project, spec_text, unprinted):
    late = spec_text.replace("[design]", "[design]\nsample = [2006, 2018]")
    with pytest.raises(DesignError, match="from 3 periods before the first agreement; 4 are needed"):
        register(project, late, errors="before")

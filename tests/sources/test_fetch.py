"""A fetch writes a table and its card whole or not at all, asks nothing twice, and is read back without a guess."""

import csv
import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from loopback import Asked, Publisher, Reply

from twintrade.data import read_trade
from twintrade.data.covariates import complete
from twintrade.errors import DataError, SourceError, SpecError, StoreError
from twintrade.sources.base import SOURCES, Query, load_codes
from twintrade.study import fetching
from twintrade.study.execute import execute
from twintrade.study.fetching import describe_fetch, fetch_table, find_fetched_lines
from twintrade.study.scaffold import write_scaffold
from twintrade.study.spec.analysis import parse
from twintrade.study.store import folder

KEY = {"TWINTRADE_KEY_CENSUS": "c0ffee" * 6}
TABLE, CARD, PART = "data/raw/us-new.csv", "data/raw/us-new.md", "data/raw/.us-new.part"


def answer_as_census(rows: list[dict]):
    """RawAnswer as the Census Bureau documents, from rows of the bundled table; nothing where there is none."""
    places = {code: place for place, code in load_codes("census").items()}

    def answer(asked: Asked) -> Reply:
        wanted = asked.named
        partners = {places[value] for name, value in asked.params if name == "CTY_CODE"}
        kept = [
            r
            for r in rows
            if r["city_state"] == wanted["STATE"] and r["year"] == wanted["YEAR"] and r["partner_iso3"] in partners
        ]
        if not kept:
            return Reply(status=204)
        header = [*wanted["get"].split(","), "STATE", "YEAR", "MONTH", "CTY_CODE"]
        codes = load_codes("census")
        cells = [(r["city_state"], codes[r["partner_iso3"]], "NAME", r["exports_usd"], r["year"]) for r in kept]
        body = [[state, code, name, value, state, year, "12", code] for state, code, name, value, year in cells]
        return Reply([header, *body])

    return answer


@pytest.fixture(scope="session")
def bundled(root: Path) -> list[dict]:
    text = (root / "data/raw/us_state_exports_selected.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def everything(bundled) -> Query:
    states, partners = ({r[name] for r in bundled} for name in ("city_state", "partner_iso3"))
    return Query(cities=tuple(sorted(states)), partners=tuple(sorted(partners)), first="2016", last="2025")


@pytest.fixture
def fetch(connect, publisher, waits, tmp_path):
    source, client = connect("census", **KEY)

    def fetched(query: Query, **options):
        return fetch_table(tmp_path, "us-new", source, query, client, waits.clock, **options)

    return fetched


@pytest.fixture
def analysis(fetch, publisher, everything, bundled, root, tmp_path) -> str:
    """An analysis that init wrote on the bundled figures as fetched, and on the bundled registry."""
    publisher.answer = answer_as_census(bundled)
    fetch(everything)
    shutil.copy(root / "data/raw/us_twin_registry.csv", tmp_path / "data/raw/registry.csv")
    write_scaffold(tmp_path, "us", None, "data/raw/registry.csv", "us-new")
    return (tmp_path / "analyses/us.toml").read_text(encoding="utf-8")


def test_the_bundled_figures_come_back_equal_through_card_and_init(analysis, publisher, bundled, tmp_path):
    assert len(publisher.asked) == 70
    assert "GUESS" not in analysis.partition("[[data.trade]]\n")[2].partition("[[data.twinnings]]")[0]
    spec, _ = parse(analysis)
    frame = read_trade(spec.data.trade, tmp_path).frame
    found = {(r.city, r.partner, int(r.period)): r.value for r in frame.itertuples() if r.value}
    expected = {(r["city_state"], r["partner_iso3"], int(r["year"])): float(r["exports_usd"]) for r in bundled}
    assert len(expected) == 1642
    assert found == expected


@pytest.mark.slow
def test_what_was_fetched_runs(analysis, tmp_path):
    text = analysis.replace("[[data.twinnings]]\n", '[[data.twinnings]]\nid = "id"\n').partition("[[estimator]]")[0]
    end = execute(tmp_path, "us", f'{text}\n[[estimator]]\nname = "twfe"\ntransform = "log"\n')
    assert end.ending == "done"


def test_the_card_says_where_the_table_came_from_and_holds_no_key(fetch, publisher, everything, bundled, tmp_path):
    publisher.answer = answer_as_census(bundled)
    block = fetch(everything).block
    table, card = (tmp_path / TABLE).read_bytes(), (tmp_path / CARD).read_text(encoding="utf-8")
    assert KEY["TWINTRADE_KEY_CENSUS"] not in card
    assert f"- **sha256:** {hashlib.sha256(table).hexdigest()}" in card
    for words in (
        "- **Publisher:** US Census",
        "- **Rights:** US Government",
        "70 requests",
        "2027-01-15",
        "STATE=CA",
    ):
        assert words in card
    assert tomllib.loads(block)["data"]["trade"][0] == find_fetched_lines(tmp_path, "us-new")
    (tmp_path / TABLE).write_bytes(table + b"\n")
    with pytest.raises(DataError, match="checksum"):
        find_fetched_lines(tmp_path, "us-new")


def test_values_stand_as_the_publisher_wrote_them_but_for_formulas(fetch, publisher, tmp_path, query):
    header = ["STATE", "CTY_CODE", "CTY_NAME", "ALL_VAL_YR", "YEAR", "MONTH"]
    publisher.answer = lambda asked: Reply([header, ["CA", "4631", '=1+1, "x"', "-0008.50", "2016", "12"]])
    fetch(query)
    assert (tmp_path / TABLE).read_text().splitlines()[1] == 'CA,4631,"\'=1+1, ""x""",-0008.50,2016,12'


def test_a_fetch_that_was_stopped_goes_on_without_asking_twice(fetch, publisher, everything, bundled, tmp_path):
    good = answer_as_census(bundled)
    publisher.answer = lambda asked: good(asked) if len(publisher.asked) < 31 else Reply("no", 400)
    with pytest.raises(SourceError, match="status 400"):
        fetch(everything)
    assert not (tmp_path / TABLE).exists()
    assert not (tmp_path / CARD).exists()
    publisher.answer = good
    with pytest.raises(StoreError, match=r"30 answers .* --resume"):
        fetch(everything)
    assert fetch(everything, resume=True).n_rows == 1642
    assert len(publisher.asked) == 71
    assert len({tuple(asked.params) for asked in publisher.asked}) == 70
    assert not (tmp_path / PART).exists()


def test_an_answer_with_a_fault_is_not_kept(fetch, publisher, query, tmp_path):
    publisher.answer = lambda asked: Reply("<html>busy</html>")
    with pytest.raises(SourceError):
        fetch(query)
    assert list((tmp_path / "data").rglob("*.page")) == []


def test_nothing_is_written_without_rows_or_with_columns_that_change(fetch, publisher, everything, bundled, tmp_path):
    publisher.answer = lambda asked: Reply(status=204)
    with pytest.raises(StoreError, match="no row"):
        fetch(everything)
    good = answer_as_census(bundled)

    def change(asked: Asked) -> Reply:
        reply = good(asked)
        is_late = asked.named["YEAR"] == "2025" and reply.body
        return Reply([[*row, "x"] for row in reply.body]) if is_late else reply

    publisher.answer = change
    shutil.rmtree(tmp_path / PART)
    with pytest.raises(StoreError, match="different columns"):
        fetch(everything)
    assert [p.name for p in (tmp_path / "data/raw").iterdir()] == [Path(PART).name]


def test_nothing_is_overwritten_and_a_name_is_a_name(fetch, publisher, query, tmp_path, connect, waits):
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / CARD).write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        fetch(query)
    source, client = connect("census", **KEY)
    with pytest.raises(SpecError, match="no name"):
        fetch_table(tmp_path, "../x", source, query, client, waits.clock)
    assert publisher.asked == []


def test_a_dry_run_asks_nothing_and_says_how_much_will_come(publisher, everything):
    lines = describe_fetch(SOURCES["census"](), everything, {"TWINTRADE_ENDPOINT_CENSUS": publisher.address, **KEY})
    said = " ".join(map(str, lines))
    assert publisher.asked == []
    for words in ("70 requests", "1,680 rows", "is set", "statehs?get="):
        assert words in said
    assert KEY["TWINTRADE_KEY_CENSUS"] not in said


COMMAND = (
    *("fetch", "census", "us-new", "--cities", "CA,TX", "--partners", "ARM,IND"),
    *("--from", "2016", "--to", "2017"),
)


def start(folder: Path, publisher: Publisher, *words: str) -> subprocess.Popen:
    surroundings = os.environ | KEY | {"TWINTRADE_ENDPOINT_CENSUS": publisher.address}
    code = "import sys; sys.argv[0] = 'twintrade'; from twintrade.cli import main; main()"
    command = [sys.executable, "-c", code, *COMMAND, *words]
    return subprocess.Popen(
        command, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_command_that_is_killed_goes_on_where_it_was(publisher, bundled, tmp_path):
    good = answer_as_census(bundled)

    def kill_on_the_second(asked):
        if len(publisher.asked) < 2:
            return good(asked)
        running.send_signal(signal.SIGKILL)
        return Reply(slow=True)

    publisher.answer = kill_on_the_second
    running = start(tmp_path, publisher)
    running.communicate()
    assert len(publisher.asked) == 2
    assert not (tmp_path / TABLE).exists()
    publisher.answer = good
    done = start(tmp_path, publisher, "--resume")
    out, errors = done.communicate(timeout=300)
    assert (done.returncode, errors) == (0, "")
    assert "[[data.trade]]" in out
    assert KEY["TWINTRADE_KEY_CENSUS"] not in out
    assert [tuple(a.params) for a in publisher.asked].count(tuple(publisher.asked[0].params)) == 1
    assert (tmp_path / TABLE).read_text().count("\n") == 9


def test_a_kept_answer_that_changed_on_disk_is_asked_for_again(fetch, publisher, everything, bundled, tmp_path):
    good = answer_as_census(bundled)
    publisher.answer = lambda asked: good(asked) if len(publisher.asked) < 7 else Reply("no", 400)
    with pytest.raises(SourceError):
        fetch(everything)
    pages = sorted((tmp_path / PART).iterdir())
    assert len(pages) == 6
    pages[0].write_bytes(pages[0].read_bytes().replace(b'"20', b'"19'))
    pages[1].write_bytes(b"[" * 100_000)
    pages[2].write_bytes(pages[2].read_bytes() + b"\n")
    publisher.answer = good
    publisher.asked.clear()
    assert fetch(everything, resume=True).n_rows == 1642
    assert len(publisher.asked) == 70 - 3


@pytest.mark.parametrize("step", ["card", "table", "pages"])
@pytest.mark.parametrize("resume", [True, False])
def test_a_fetch_that_is_killed_at_its_last_steps_leaves_nothing_behind(
    step, resume, fetch, publisher, query, bundled, tmp_path, monkeypatch
):
    """The process ends before the card, the table or the last page's removal: --resume ends what was begun."""
    publisher.answer = answer_as_census(bundled)

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    real = fetching.write_beside

    def write(root, path, content):
        if (step == "card" and path == CARD) or (step == "table" and path == TABLE):
            raise Killed
        real(root, path, content)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_beside", write)
        if step == "pages":
            patch.setattr(fetching.shutil, "rmtree", kill)
        with pytest.raises(Killed):
            fetch(query)
    assert (tmp_path / PART).exists()
    if resume:
        assert fetch(query, resume=True).n_rows == 1
    else:
        with pytest.raises(StoreError):
            fetch(query)
    is_whole = resume or step == "pages"
    assert (tmp_path / TABLE).exists() == is_whole
    assert (tmp_path / PART).exists() != is_whole
    assert len(publisher.asked) == 1


def test_a_state_without_an_answer_is_missing_and_a_pair_without_a_row_is_zero(fetch, publisher, bundled, tmp_path):
    good = answer_as_census(bundled)
    partners = tuple(sorted({r["partner_iso3"] for r in bundled}))
    query = Query(cities=("CA", "TX"), partners=partners, first="2016", last="2019")
    publisher.answer = lambda asked: (
        Reply(status=204) if (asked.named["STATE"], asked.named["YEAR"]) == ("CA", "2018") else good(asked)
    )
    fetched = fetch(query)
    assert fetched.silent == ["CA 2018"]
    assert "one reporter and period has no row" in (tmp_path / CARD).read_text(encoding="utf-8")
    spec = parse(
        f'title = "x"\n{fetched.block}\n[[data.twinnings]]\nfile = "x.csv"\ncity = "a"\npartner = "b"\n'
        'partner_city = "c"\ndate = "d"\nkind = "e"\n[design]\nunit = "dyad"\noutcome = "exports"\n'
        '[[estimator]]\nname = "ppml"\n'
    )[0]
    frame = complete(read_trade(spec.data.trade, tmp_path)).frame
    is_silent = (frame["city"] == "CA") & (frame["period"] == 2018)
    assert frame[is_silent]["value"].isna().all()
    assert is_silent.sum() == frame["partner"].nunique() > 20
    assert frame[~is_silent]["value"].notna().all()
    zeros = frame[~is_silent]["value"].eq(0).sum()
    rows = {(r["city_state"], r["partner_iso3"], r["year"]) for r in bundled if float(r["exports_usd"])}
    asked = {(r.city, r.partner, str(r.period)) for r in frame[~is_silent].itertuples()}
    assert zeros == len(asked - rows)

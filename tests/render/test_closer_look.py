"""The closer look in a real browser: what it shows are the results' numbers, by pointer, key, address and file."""

import csv
import re
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest

from tests.render.brief.test_brief import PAIRS, PERIODS
from tests.render.browser import SIZES, open_browser
from tests.render.made_results import make_results
from twintrade.render import registration
from twintrade.render.blocks import Document, EventView, number_blocks
from twintrade.render.brief.closer import build_view
from twintrade.render.brief.facts import collect_facts
from twintrade.render.brief.statements import write_change
from twintrade.render.page import Page
from twintrade.render.reading import find_overall, list_records, list_specifications, select_events
from twintrade.render.style import AppendixOptions
from twintrade.render.writers.html import build_plain, render_html
from twintrade.text import numbers, use_language

MOST_SCRIPT = 60_000  # bytes
LEFT, RIGHT, UP, DOWN = "\ue012", "\ue014", "\ue013", "\ue015"
FIRST = "imputation/gravity"
SUMS = {name: PAIRS[name] * PAIRS["n_periods"] for name in ("observed", "expected")}
PAGES = ("brief.html", "appendix.html")


@pytest.fixture(scope="module")
def made():
    """Results whose headline is the change of the total of three pairs, with totals by period and pair."""
    made = make_results(is_simulated=False, is_hostile=False)
    change = float(np.log(SUMS["observed"].sum() / SUMS["expected"].sum()))
    is_headline = made.specifications["is_headline"].astype(bool)
    specs = made.specifications.assign(target=made.specifications["target"].where(~is_headline, "total"))
    frames = {}
    for name in ("effects", "bands"):
        frame = getattr(made, name)
        is_ours = (frame["estimator"] == "imputation") & (frame["kind"] == "overall")
        frames[name] = frame.assign(effect=frame["effect"].where(~is_ours, change))
    payloads = {**made.payloads, "treated_periods": PERIODS, "treated_pairs": PAIRS}
    return replace(made, specifications=specs, payloads=payloads, **frames)


@pytest.fixture(scope="module")
def drawn(made):
    """The pages that a browser opens; PDF and Word are printed by other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registration, "has_library", lambda _: False)
        return registration.render(made, AppendixOptions(detail="full"))


@pytest.mark.slow
def test_its_pages_are_printed_in_every_format(made):
    files = registration.render(made, AppendixOptions(detail="full")).files
    assert {f"{page}.{kind}" for page in ("brief", "appendix") for kind in ("pdf", "docx")} <= set(files)


@pytest.fixture(scope="module")
def browser(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("closer")
    for name in PAGES:
        (folder / name).write_bytes(drawn.files[name])
    with open_browser(folder) as opened:
        yield opened


@pytest.fixture
def page(browser):
    """The brief, opened anew."""
    open_at(browser, "")
    return browser


def open_at(browser, address, name="brief.html"):
    browser.open("about:blank")
    browser.open((browser.folder / name).as_uri() + address)


def look_at(results):
    (view,) = build_view(collect_facts(Page(results)))
    return view


def find_script(page):
    return re.findall(r"<script[^>]*>(.*?)</script>", page.decode(), re.DOTALL)


def choose(browser, label):
    browser.run(
        "const labels = [...document.querySelectorAll('.view .methods label')];"
        "labels.find(l => l.textContent.startsWith(arguments[0])).click()",
        label,
    )


def list_said(browser, selector=".charts"):
    """Return what each mark says when it has the focus, with what is then read below the chart."""
    return browser.run(
        "return [...document.querySelectorAll('.view ' + arguments[0] + ' [role=img]')].map(mark => { mark.focus();"
        " return [mark.getAttribute('aria-label'), document.querySelector('.view .readout').textContent]})",
        selector,
    )


def read_address(browser):
    return unquote(browser.run("return location.hash"))


def write_percent(log_points):
    """Return an effect in log points as the page says it, in percent with its sign."""
    return numbers.write_percent(100 * np.expm1(log_points), 1, "always")


# One file, small, with one view in each page.


@pytest.mark.parametrize("name", PAGES)
def test_script_is_small_and_no_address_leads_out_of_the_file(drawn, name):
    page = drawn.files[name]
    scripts = find_script(page)
    assert len(scripts) == 2  # data and program
    assert sum(len(script.encode()) for script in scripts) <= MOST_SCRIPT
    assert b"<noscript>" in page
    program = re.sub(r'"http://www\.w3\.org/2000/svg"', "", scripts[-1])
    assert "://" not in program
    assert re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="(?!data:)', page.decode()) == []
    assert b"default-src 'none'" in page


def test_one_view_opens_on_the_headline(drawn, made):
    views = [block for block in drawn.document.blocks if isinstance(block, EventView)]
    assert len(views) == 1
    assert views[0].content["series"][0]["key"] == FIRST
    assert {one["key"] for one in views[0].content["series"]} == {
        f"{spec['estimator']}/{spec['specification']}" for spec in list_specifications(made)
    }


def test_the_sums_of_the_view_are_those_that_the_brief_prints(drawn):
    (view,) = [block for block in drawn.document.blocks if isinstance(block, EventView)]
    assert {pair["unit"]: (pair["observed"], pair["expected"]) for pair in view.content["pairs"]} == {
        unit: (o, e) for unit, o, e in zip(PAIRS["unit"], SUMS["observed"], SUMS["expected"], strict=True)
    }


def test_a_headline_that_is_no_total_has_no_pairs_in_the_view(made):
    specs = made.specifications.assign(target="average unit")
    assert look_at(replace(made, specifications=specs)).content["pairs"] == ()


def test_the_headline_method_is_not_the_answer_where_page_1_compares_with_other_pairs(made):
    facts = collect_facts(Page(made))
    for is_case in (False, True):
        (view,) = build_view(replace(facts, graded=SimpleNamespace(is_case=is_case)))
        said = view.content["words"]["answer"]
        assert said == "the answer" if is_case else said.startswith(f"page 1: {write_change(facts.effect.percent)} ")


def test_the_view_speaks_chinese(made):
    with use_language("zh-CN"):
        data = build_plain(look_at(made).content)
    words = data["words"] | data["intervals"]
    assert all(re.search("[\u4e00-\u9fff]", text) for key, text in words.items() if key not in ("mark", "simulated"))


# Values, on every way to them.


def test_every_mark_says_the_numbers_of_the_bands_and_their_place(page, made):
    specs = {spec["label"]: spec for spec in list_specifications(made)}
    bands = list_records(made.bands)
    for label, spec in specs.items():
        open_at(page, f"#closer&methods={spec['estimator']}/{spec['specification']}")
        rows = list_records(select_events(made, spec))
        said = [pair for pair in list_said(page) if "Event time" in pair[0]]
        assert len(said) == len(rows)
        for (sentence, read), row in zip(said, rows, strict=True):
            assert sentence.startswith(f"{label}. Event time {row['event_label']}: ")
            assert read.startswith(sentence)
            if row["is_reference"]:
                assert "reference, zero by definition" in sentence
                continue
            assert f": {write_percent(row['effect'])}, " in sentence
            ends = [write_percent(row[name]) for name in ("low", "high") if np.isfinite(row[name])]
            assert all(end in sentence for end in ends)
            assert f"{row['n_units']} treated pairs" in sentence
            (number,) = re.findall(r"twintrade trace made bands\.csv:(\d+):low:log", read)
            stored = bands[int(number) - 2]
            assert (stored["estimator"], stored["event_time"], stored["low"]) == (
                row["estimator"], row["event_time"], row["low"],
            )  # fmt: skip


def test_the_ladder_says_each_overall_effect(page, made):
    said = {sentence for sentence, _ in list_said(page, ".methods")}
    for spec in list_specifications(made):
        head = f"{spec['label']}. Overall: {write_percent(find_overall(made, spec)['effect'])}, 95% interval "
        assert any(sentence.startswith(head) for sentence in said)
        assert any(f"; {spec['n_treated_units']} treated pairs" in s for s in said if s.startswith(head))
    assert "the answer" in page.run("return document.querySelector('.view .methods li').textContent")


def test_pointer_and_tap_say_what_the_nearest_mark_says(page):
    script = (
        "const svg = document.querySelector('.view .charts svg'), mark = svg.querySelectorAll('[role=img]')[3];"
        "svg.scrollIntoView();"
        "const at = mark.querySelector('.mark').getBoundingClientRect();"
        "svg.dispatchEvent(new MouseEvent(arguments[0], {clientX: at.x + 9, clientY: at.y + 30, bubbles: true}));"
        "return [mark.getAttribute('aria-label'), document.querySelector('.view .readout strong').textContent,"
        " document.querySelector('.tip').textContent, document.activeElement === mark]"
    )
    for event, has_focus in (("pointermove", False), ("click", True)):
        label, read, tip, is_active = page.run(script, event)
        assert label == read == tip
        assert is_active == has_focus


def test_arrow_keys_go_along_a_method_and_across_methods(page):
    choose(page, "Log, two-way effects")
    mark = "document.querySelectorAll('.view .charts [role=img]')"
    page.run(f"{mark}[0].focus()")
    said = "return document.activeElement.getAttribute('aria-label')"
    assert page.run(said).startswith("Imputation, gravity effects. Event time −5")
    page.press(RIGHT, RIGHT)
    assert page.run(said).startswith("Imputation, gravity effects. Event time −3")
    page.press(DOWN)
    assert page.run(said).startswith("Log, two-way effects. Event time −3")
    page.press(LEFT, UP)
    assert page.run(said).startswith("Imputation, gravity effects. Event time −4")
    assert page.run(f"return [...{mark}].filter(m => m.getAttribute('tabindex') === '0').length") == 1


def test_an_interval_without_an_end_is_said_and_ends_in_an_arrow(page):
    open_at(page, f"#closer&at={FIRST}:5")
    assert ", 95% interval up to +" in page.run("return document.querySelector('.view .readout').textContent")
    paths = "return document.querySelector('.view .charts .chosen').querySelectorAll('path').length"
    assert page.run(paths) == 2  # the mark and one arrow


def test_no_more_than_three_methods_are_shown(page):
    for label in ("Log, two-way", "Log, gravity", "PPML"):
        choose(page, label)
    chosen = "return [...document.querySelectorAll('.view .methods input')].map(b => [b.checked, b.disabled])"
    assert page.run(chosen) == [[True, False], [True, False], [True, False], [False, True]]
    assert len(page.run("return [...document.querySelectorAll('.view .legend li')].map(l => l.textContent)")) == 3
    assert "Three methods are chosen" in page.run("return document.querySelector('.view').textContent")


def test_a_band_that_the_inference_lacks_is_said_to_be_absent(page):
    page.run("document.querySelectorAll('.view .intervals input')[1].click()")
    assert "does not provide this interval" in page.run("return document.querySelector('.view .readout').textContent")
    choose(page, "PPML")
    choose(page, "Imputation")
    said = [sentence for sentence, _ in list_said(page)]
    assert any("simultaneous band" in sentence for sentence in said)


def test_effects_on_unlike_scales_have_a_chart_each(made, browser):
    specs = {name: getattr(made, name) for name in ("effects", "bands")}
    changed = {
        name: frame.assign(scale=frame["scale"].where(frame["estimator"] != "ppml", "index"))
        for name, frame in specs.items()
    }
    view = number_blocks([look_at(replace(made, **changed))])
    (browser.folder / "scales.html").write_bytes(render_html(Document("Scales", view)))
    open_at(browser, "#closer&methods=imputation/gravity,ppml/gravity,twfe/gravity", "scales.html")
    axes = browser.run("return [...document.querySelectorAll('.view .charts figcaption')].map(c => c.textContent)")
    counts = browser.run(
        "return [...document.querySelectorAll('.view .charts svg')].map(s => s.querySelectorAll('[role=img]').length)"
    )
    assert axes == ["Effect, percent", "Effect, index"]
    assert counts[0] == 2 * counts[1]


# Pairs in and out of the total.


def leave_out(browser, names):
    browser.run(
        "for (const label of document.querySelectorAll('.view .pairs label')) if (arguments[0].includes("
        "label.textContent) === label.querySelector('input').checked) label.click()",
        list(names),
    )
    return browser.run("return document.querySelector('.view .total').textContent")


@pytest.mark.parametrize("out", [(), (0,), (1,), (0, 2), (1, 2)])
def test_the_total_is_that_of_the_printed_sums_of_the_pairs_in_it(page, out):
    kept = [k for k in range(len(PAIRS)) if k not in out]
    change = 100 * (SUMS["observed"][kept].sum() / SUMS["expected"][kept].sum() - 1)
    said = leave_out(page, PAIRS["name"][list(out)])
    assert said.startswith(numbers.write_percent(change, 1, "always"))
    if out:
        assert f"for {len(kept)} of 3 pairs. This total has no range" in said
        assert " to " not in said.split("range")[1].split(":")[0]
    else:
        assert "for all 3 pairs, 95% range" in said


def test_with_all_pairs_the_total_is_the_headline(page, made):
    shown = page.run(
        "return [document.querySelector('.view .total strong').textContent,"
        " document.querySelector('.view .methods .value strong').textContent]"
    )
    assert shown[0] == shown[1]


def test_bars_lead_from_the_expected_to_the_observed_sum(page):
    leave_out(page, PAIRS["name"][:1])
    bars = page.run(
        "return [...document.querySelectorAll('.view .pairs li')].map(l => [l.querySelector('rect'),"
        " l.querySelector('line')].map(n => n ? [n.getAttribute('x') ?? n.getAttribute('x1'),"
        " n.getAttribute('width')].map(parseFloat) : null))"
    )
    first, last = bars[0][1][0], bars[-1][1][0]
    ends = sorted((first, last))
    widest = max(bars[1:-1], key=lambda bar: bar[0][1])[0]
    assert (widest[0], widest[0] + widest[1]) == pytest.approx(ends, abs=0.7)


# The address, and files.


def test_an_address_holds_the_view_and_brings_it_back(page):
    choose(page, "PPML")
    leave_out(page, PAIRS["name"][1:2])
    page.run("document.querySelectorAll('.view .intervals input')[1].click();"
             "document.querySelectorAll('.view .charts [role=img]')[4].focus()")  # fmt: skip
    look = (
        "const v = document.querySelector('.view'); return [v.innerText,"
        " [...v.querySelectorAll('input')].map(i => i.checked),"
        " v.querySelector('.chosen').getAttribute('aria-label')]"
    )
    before, address = page.run(look), read_address(page)
    assert address.startswith(
        "#closer&methods=imputation/gravity,ppml/gravity&without=C1-P1&interval=simultaneous&at="
    )
    open_at(page, page.run("return location.hash"))
    assert page.run(look) == before
    assert page.run("return document.querySelector('.view').getBoundingClientRect().top") < 5
    page.run("[...document.querySelectorAll('.view .act')].at(-1).click()")
    assert read_address(page) == f"#closer&methods={FIRST}"


def test_an_address_that_names_what_is_not_there_shows_the_headline(page):
    open_at(page, "#closer&methods=no/such&without=nobody&interval=other&at=<b>")
    assert page.run("return [...document.querySelectorAll('.view .methods input')].map(b => b.checked)")[0] is True
    assert "for all 3 pairs" in page.run("return document.querySelector('.view .total').textContent")


def test_files_hold_what_is_shown_at_full_precision(page, made):
    choose(page, "Log, gravity")
    page.run("document.querySelectorAll('.view .act')[0].click()")
    rows = list(csv.DictReader(page.wait_for_file("event-study.csv")))
    spec = next(s for s in list_specifications(made) if s["label"] == "Log, gravity effects")
    events = select_events(made, spec)
    ours = [row for row in rows if row["label"] == "Log, gravity effects" and row["kind"] == "event"]
    assert {row["method"] for row in rows} == {FIRST, "twfe/gravity"}
    assert [float(row["effect"]) for row in ours] == [float(value) for value in events["effect"]]
    assert [float(row["low"]) for row in ours] == [float(value) for value in events["low"]]
    assert all(re.fullmatch(r"effects\.csv:\d+ bands\.csv:\d+", row["source"]) for row in ours)


def test_a_file_holds_which_pairs_are_in_the_total(page):
    leave_out(page, PAIRS["name"][:1])
    page.run("document.querySelectorAll('.view .act')[1].click()")
    rows = list(csv.DictReader(page.wait_for_file("pairs.csv")))
    assert {row["unit"]: row["in_total"] for row in rows} == {"C0-P0": "false", "C1-P1": "true", "C2-P0": "true"}
    assert [float(row["observed"]) for row in rows] == list(SUMS["observed"])


# How it looks.


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_nothing_on_the_page_keeps_a_reader_out(browser, name, width, scheme):
    """Neither the page nor the view with three methods and a pair left out has a violation of any impact."""
    browser.look_as(width, scheme)
    open_at(
        browser, "#closer&methods=imputation/gravity,ppml/gravity,twfe/gravity&without=C1-P1&at=ppml/gravity:2", name
    )
    found = browser.list_violations()
    browser.look_as_usual()
    assert found == []


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_text_of_charts_is_legible_and_their_ground_is_the_page(browser, width, scheme):
    browser.look_as(width, scheme)
    open_at(browser, "#closer&methods=imputation/gravity,ppml/gravity")
    looks = browser.run(
        "const of = (s) => getComputedStyle(document.querySelector('.view ' + s));"
        "const svg = document.querySelector('.view .charts svg'), box = svg.getBoundingClientRect();"
        "const texts = [...svg.querySelectorAll('text')];"
        "const shown = texts.map(t => [t.getBoundingClientRect(), getComputedStyle(t).fontSize]);"
        "return [shown.map(s => s[1]), box.width / svg.viewBox.baseVal.width,"
        " shown.every(([b]) => b.left >= 0 && b.right <= innerWidth),"
        " document.documentElement.scrollWidth <= innerWidth,"
        " of('.charts svg').backgroundColor, of('').backgroundColor,"
        " getComputedStyle(document.body).color]"
    )
    browser.look_as_usual()
    sizes, scale, is_inside, fits, ground, around, page_ink = looks
    assert set(sizes) == {"14px"}
    assert scale == pytest.approx(1.0, abs=0.01)
    assert is_inside
    assert fits
    assert ground == around == "rgba(0, 0, 0, 0)"
    assert page_ink in ("rgb(11, 12, 12)", "rgb(240, 241, 242)")
    assert (page_ink == "rgb(11, 12, 12)") == (scheme == "light")


def test_paper_has_figures_and_not_the_view(browser):
    browser.look_as(1100, "light", "print")
    open_at(browser, "")
    shown = browser.run(
        "return [getComputedStyle(document.querySelector('.view')).display,"
        " getComputedStyle(document.querySelector('figure.picture img')).display]"
    )
    browser.look_as_usual()
    assert shown == ["none", "block"]


def test_halves_are_headed_by_their_yardsticks_where_all_methods_shown_share_them(page):
    heads = "return [...document.querySelectorAll('.view .charts .head')].map(t => t.textContent).join(' ')"
    assert "Before: against earlier times" in page.run(heads)
    choose(page, "PPML")
    assert "Before the agreement" in page.run(heads)
    assert "all against one reference time" in page.run("return document.querySelector('.view .legend').textContent")


def test_numbers_of_the_brief_s_tables_name_their_source(page):
    cell = "document.querySelector('#brief-pairs td[data-of]')"
    page.run(f"{cell}.click()")
    key = page.run(f"return {cell}.dataset.of.split(' ')[0]")
    assert f"twintrade trace made {key}" in page.run("return document.getElementById('source').textContent")

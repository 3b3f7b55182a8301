"""Designs of one question are counted over a project, and page 1 says how many there were."""

from dataclasses import replace

from twintrade.study.execute import execute, plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.registering.deviations import DESIGNS_TRIED, count_designs
from twintrade.study.run.columns import run
from twintrade.study.run.ledger import describe_design
from twintrade.study.store.freshness import read_manifest


def test_each_design_of_a_question_counts_once_and_what_the_file_states_is_taken(tmp_path) -> None:
    def count(question, design, stated=None):
        return count_designs(tmp_path, "one", {"question": question, "design": design}, stated, "2026-01-01")

    assert [count("q", "a"), count("q", "a"), count("q", "b"), count("r", "c"), count("q", "a")] == [1, 1, 2, 1, 2]
    written = (tmp_path / DESIGNS_TRIED).read_text(encoding="utf-8").splitlines()
    assert written[0] == "question,design,analysis,first_run"
    assert len(written) == 4
    assert count("q", "d", stated=1) == 1
    assert len((tmp_path / DESIGNS_TRIED).read_text(encoding="utf-8").splitlines()) == 4
    assert count_designs(tmp_path, "one", {}, None, "2026-01-01") == 1


def test_outcome_comparison_and_headline_make_another_design_and_labels_do_not(project, spec_text) -> None:
    def describe(change=lambda text: text):
        made, _ = plan_analysis(project, "tiny", change(spec_text))
        checked = replace(made, checks=())
        return describe_design(run(checked, observe("tiny", made.spec, project)))

    first = describe()
    assert describe(lambda text: text.replace('title = "Tiny', 'title = "Another')) == first
    changes = [
        lambda text: text.replace('transform = "log"', 'transform = "level"', 1),
        lambda text: text.replace('name = "clustered"', 'name = "iid"', 1),
        lambda text: text.replace('comparison = "not_yet_treated"', 'comparison = "never_treated"', 1),
    ]
    described = [describe(change) for change in changes]
    assert described[1] == first
    for one in (described[0], described[2]):
        assert one["question"] == first["question"]
        assert one["design"] != first["design"]


def test_a_date_found_after_a_result_is_another_design_of_the_same_question(project, spec_text) -> None:
    """A pair whose agreement had no date is dated later: the treated pairs change, what is asked does not."""
    file = project / "data" / "raw" / "tiny_twinnings.csv"
    text = spec_text.replace('kind = "kind"\n', 'kind = "kind"\nundated = "exclude"\n', 1)
    dated = file.read_text(encoding="utf-8")
    head, first, *rest = dated.splitlines()
    where = head.split(",").index("date")
    cells = first.split(",")
    cells[where] = ""
    described = []
    for content in ("\n".join([head, ",".join(cells), *rest]), dated):
        file.write_text(content, encoding="utf-8")
        made, _ = plan_analysis(project, "tiny", text)
        described.append(describe_design(run(replace(made, checks=()), observe("tiny", made.spec, project))))
    assert described[0]["question"] == described[1]["question"]
    assert described[0]["design"] != described[1]["design"]


def test_a_second_design_is_named_in_the_volatile_part_of_the_manifest_alone(
    project, spec_text, plain_pictures, web_alone
) -> None:
    execute(project, "tiny", spec_text)
    first = read_manifest(project / "results" / "tiny")
    execute(project, "tiny", spec_text.replace('transform = "log"', 'transform = "level"', 1))
    second = read_manifest(project / "results" / "tiny")
    assert [m["volatile"]["designs_tried"] for m in (first, second)] == [1, 2]
    assert "designs_tried" not in second
    assert "one of 2 designs" in (project / "results" / "tiny" / "brief.html").read_text(encoding="utf-8")

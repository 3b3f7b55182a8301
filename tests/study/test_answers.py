"""What commands answer to programs: JSON, in one line of ASCII a console passes on, as its schema says."""

import json
import re
from unicodedata import east_asian_width

import pytest
import typer
from pydantic import TypeAdapter

from twintrade import cli
from twintrade.errors import SpecError
from twintrade.study.answers import (
    ANSWERS,
    AnalysisEnd,
    build_answer_schema,
    format_answer,
    read_guide,
    summarize_outcomes,
)
from twintrade.text import use_language


def answer(capsys, monkeypatch, project, command, *words):
    """Run a command in a project; return its code and its answer."""
    monkeypatch.chdir(project)
    code = cli.app([command, *words, "--json"], standalone_mode=False)
    out = capsys.readouterr().out
    assert out.isascii()
    value = json.loads(out)
    TypeAdapter(ANSWERS[command]).validate_python(value)
    return code, value


def test_check_and_explain_and_list_answer_as_their_schemas_say(capsys, monkeypatch, project):
    code, (checked,) = answer(capsys, monkeypatch, project, "check", "tiny")
    assert code == checked["code"] == 0
    assert "can be estimated" in checked["report"]
    _, explained = answer(capsys, monkeypatch, project, "explain", "tiny")
    assert any("Assumes: " in sentence for sentence in explained["sentences"])
    assert explained["specification"]["design"]["unit"] == "dyad"
    assert explained["jobs"]
    _, listed = answer(capsys, monkeypatch, project, "list", "estimators")
    assert {"twfe", "ppml"} <= {entry["name"] for entry in listed["estimators"]}
    _, listed = answer(capsys, monkeypatch, project, "list", "all")
    assert [entry["name"] for entry in listed["analyses"]] == ["tiny"]


def test_a_fault_is_an_answer_too(capsys, monkeypatch, project):
    file = project / "analyses" / "tiny.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("window", "windw"), encoding="utf-8")
    code, (checked,) = answer(capsys, monkeypatch, project, "check", "tiny")
    assert code == checked["code"] == 2
    assert "windw" in checked["error"]
    assert checked["report"] == ""


def test_an_end_without_bounds_is_valid_json():
    end = AnalysisEnd("x", "done", summary={"effect": 0.1, "low": float("-inf"), "high": float("nan")})
    (value,) = json.loads(format_answer("run", [end]))
    assert value["summary"] == {"effect": 0.1, "low": None, "high": None}


GRADED = AnalysisEnd(
    "tiny",
    "done",
    summary={
        "effect": 40.8, "scale": "percent", "low": 10.2, "high": 80.3, "p": 0.011, "inference": "randomization",
        "grade": "some", "side": "rise", "label": "against pairs as large and growing: some evidence of a rise",
        "objects": 1, "does_not_object": 2, "cannot_tell": 0, "objecting": ["honest"],
    },
)  # fmt: skip


def test_the_table_at_the_end_writes_percent_as_the_page_does():
    said = summarize_outcomes([GRADED])
    assert "+40.8%  against pairs as large and growing: some evidence of a rise" in said
    assert "+10.2% to +80.3%" in said
    assert "(Honest" in said
    assert " %" not in said


def test_the_table_at_the_end_is_in_the_language_asked_for_whatever_the_run_spoke():
    with use_language("zh-CN"):
        head, rule, row, *_ = summarize_outcomes([GRADED]).splitlines()
    words = set(re.findall(r"[A-Za-z]{2,}", row)) - {"tiny", "results"}
    assert words == set()
    starts = [m.start() for m in re.finditer(r"-+", rule)]
    for line in (head, row):  # by columns of the terminal, in which a Chinese character takes two
        shown = "".join(c + ("\0" if east_asian_width(c) in "WF" else "") for c in line)
        assert all(shown[at] != " " and shown[at - 1] == " " for at in starts[1:] if at < len(shown))


@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_every_answer_has_a_schema_that_names_its_parts(command):
    schema = build_answer_schema(command)
    assert schema["title"] == command
    json.dumps(schema)


def test_a_command_that_answers_in_words_has_no_schema():
    with pytest.raises(SpecError, match="there are analysis, check, explain, list, run"):
        build_answer_schema("verify")


def test_the_guide_and_the_index_name_commands_and_options_that_there_are(root):
    group = typer.main.get_command(cli.app)
    for text in (read_guide(), (root / "llms.txt").read_text(encoding="utf-8")):
        for name, words in re.findall(r"twintrade ([a-z]+)\b([^\n`]*)", text):
            if name in ("list", "schema", *group.commands):
                known = {option for param in group.commands[name].params for option in param.opts}
                assert set(re.findall(r"--[a-z-]+", words)) <= known, words
            else:
                raise AssertionError(f"there is no command {name}")
    for link in re.findall(r"\]\(([^)]+)\)", (root / "llms.txt").read_text(encoding="utf-8")):
        assert (root / link).is_file()


def test_the_guide_answers_for_one_task():
    assert read_guide("verify") == "Prove that results follow from their inputs:\n\n    twintrade verify NAME\n"
    with pytest.raises(SpecError, match="it has first, files, read, change, verify, power, program"):
        read_guide("nothing")


def test_a_shell_completes_names_of_analyses(monkeypatch, project):
    monkeypatch.chdir(project)
    (project / "analyses" / "other.toml").touch()
    complete = next(p for p in typer.main.get_command(cli.app).commands["explain"].params if p.name == "spec")
    context = typer.Context(typer.main.get_command(cli.app).commands["explain"])
    assert [item.value for item in complete.shell_complete(context, "t")] == ["tiny"]

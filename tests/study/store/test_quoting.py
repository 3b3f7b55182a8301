"""Names in generated scripts are data: quoted in every language, and refused where a shell could run them."""

import ast
import shutil
import subprocess

import pytest

from twintrade.errors import SpecError, StoreError
from twintrade.study.deposit.bundle import _write_script
from twintrade.study.plan.jobs import plan_analysis
from twintrade.study.store.locating import quote, refuse_unsafe_names, write_comment
from twintrade.text import Text

NASTY = [
    "$(touch owned)", "`touch owned`", "a\"; touch owned; \"", "a'; touch owned; '", "a\\'b", "$HOME", "-n", "a\nb",
    "*", "‘; touch owned; ‘", "Côte d'Ivoire.csv", "济南 英国.csv", "",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_quoted_text_is_the_text_again(text, tmp_path):
    assert ast.literal_eval(quote(text, "python")) == text
    assert ast.literal_eval(quote(text, "r")) == text
    if shutil.which("sh"):
        script = f"printf '%s' {quote(text, 'sh')}"
        done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True)
        assert done.stdout.decode() == text
        assert list(tmp_path.iterdir()) == []
    inside = quote(text, "ps1")[1:-1]
    for mark in "'‘’‚‛":
        assert inside.count(mark) == 2 * text.count(mark)
        inside = inside.replace(mark * 2, "")
    assert not set(quote(text, "stata")[1:-1]) & set("`'\"$\n")
    assert "\n" not in write_comment(text)


@pytest.mark.parametrize(
    "path", ["$(touch owned).csv", "a`b`.csv", 'a".csv', "a\nb.csv", "a\x1b]0;x.csv", "a\u202eb.csv"]
)
def test_a_name_that_a_shell_could_run_goes_into_no_script(path):
    with pytest.raises(StoreError, match="rename the file"):
        refuse_unsafe_names(["data/raw/good.csv", f"data/raw/{path}"])
    refuse_unsafe_names(["data/raw/Côte d'Ivoire (2).csv", "data/raw/济南.csv", "TWINTRADE_DATA/x.parquet"])


@pytest.mark.parametrize("key", ["../../x", "/etc/x", "a b", 'x"); system("x', "..", ".x", "a..b", "x\\ny", "-x"])
def test_a_key_is_no_path_and_no_code(key, spec_text, project):
    text = spec_text.replace('name = "twfe"', f"name = \"twfe\"\nkey = '''{key}'''")
    with pytest.raises(SpecError, match="is no key"):
        plan_analysis(project, "tiny", text)


def test_a_newline_in_a_label_is_a_space(spec_text, project):
    text = spec_text.replace('name = "twfe"', 'name = "twfe"\nkey = "log_2.b-x"\nlabel = "one\\n| two\\ttabs"')
    plan, _ = plan_analysis(project, "tiny", text)
    [column] = plan.columns
    assert (column.key, str(column.label)) == ("log_2.b-x", "one | two tabs")


@pytest.mark.skipif(not shutil.which("sh"), reason="no POSIX shell")
def test_a_script_of_a_deposit_runs_no_name_of_an_input(tmp_path):
    names = [f"data/raw/{text}.csv" for text in NASTY]
    script = _write_script("run.sh", "tiny", dict.fromkeys(names, Text("bundle.script")))
    (tmp_path / "run.sh").write_bytes(script)
    done = subprocess.run(["sh", "run.sh"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, f"{names[0]} {Text('bundle.missing')}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["run.sh"]
    shell = _write_script("run.ps1", "tiny", dict.fromkeys(names, Text("bundle.script"))).decode()
    assert "@('data/raw/$(touch owned).csv', 'data/raw/`touch owned`.csv', " in shell
    assert "@missing@" not in shell + script.decode()

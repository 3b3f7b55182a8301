"""The same project gives the same bytes, fresh results are left alone, and every change is noticed."""

import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from black_box import SHORT, command, hashes

PIECES = {
    *("data.csv", "twinnings.csv", "specifications.csv", "effects.csv", "bands.csv", "findings.csv", "messages.csv"),
    *("manifest.json", "appendix.html", "appendix.pdf", "appendix.docx", "appendix.tex"),
}


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def test_every_promised_file_is_there_and_told(finished):
    present = {p.name for p in (finished / "results" / "tiny").iterdir()}
    assert present >= PIECES
    assert not [p for p in (finished / "results").iterdir() if p.name != "tiny"]
    done = command(finished, "run")
    assert done.returncode == 0
    assert "up to date" in done.stdout
    assert "TWFE, log, gravity effects" in done.stdout
    assert done.stderr == ""


def test_redrawing_from_stored_numbers_gives_the_same_pages(copy):
    before = hashes(copy / "results" / "tiny")
    done = command(copy, "appendix", "tiny")
    assert done.returncode == 0, done.stderr
    assert hashes(copy / "results" / "tiny") == before


def test_a_touched_input_is_fresh_and_a_changed_value_is_not(copy):
    trade = copy / "data" / "raw" / "tiny_trade.csv"
    trade.touch()
    assert command(copy, "verify").returncode == 0
    stat = trade.stat()
    text = trade.read_text()
    first = text.splitlines()[1]
    trade.write_text(text.replace(first, first[:-1] + ("1" if first[-1] != "1" else "2"), 1))
    os.utime(trade, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    done = command(copy, "verify", "tiny")
    assert done.returncode == 4
    assert "input data/raw/tiny_trade.csv" in done.stdout


def test_an_edited_result_is_noticed_and_made_again(copy):
    before = hashes(copy / "results" / "tiny")
    effects = copy / "results" / "tiny" / "effects.csv"
    effects.write_bytes(effects.read_bytes().replace(b"event", b"Event", 1))
    (copy / "results" / "tiny" / "stray.txt").write_text("x")
    done = command(copy, "verify")
    assert done.returncode == 4
    assert "result effects.csv was edited" in done.stdout
    assert "result stray.txt is not of this run" in done.stdout
    assert command(copy, "run").returncode == 0
    assert hashes(copy / "results" / "tiny") == before
    assert command(copy, "verify").stdout == "tiny: as recorded\n"


def test_comments_in_the_analysis_file_change_nothing_and_a_value_does(copy):
    spec = copy / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text() + "\n# a remark\n")
    assert command(copy, "verify").returncode == 0
    spec.write_text(spec.read_text().replace("seed = 5", "seed = 6"))
    assert "the analysis file" in command(copy, "verify").stdout


def test_the_manifest_says_what_a_repetition_needs(finished):
    manifest = json.loads((finished / "results" / "tiny" / "manifest.json").read_text())
    assert manifest["is_simulated"] is True
    assert {i["path"] for i in manifest["inputs"]} == {"data/raw/tiny_trade.csv", "data/raw/tiny_twinnings.csv"}
    assert all(len(i["sha256"]) == 64 and i["rows"] for i in manifest["inputs"])
    assert manifest["seeds"]["inference/clustered/twfe/log-gravity"][0] == 5
    assert manifest["spec"]["design"]["treatment"]["late_from"] == 12
    assert manifest["versions"]["pandas"]
    assert set(manifest["volatile"]) == {
        "seconds",
        "peak_memory_mb",
        "system",
        "processors",
        "threads",
        "designs_tried",
    }
    assert any(t.startswith("blas: ") for t in manifest["volatile"]["threads"])
    assert not re.search(r"[/\\]", json.dumps(manifest["volatile"]))
    assert manifest["headline"]["label"] == "TWFE, log, gravity effects"


def test_simulated_data_is_named_on_the_page(finished):
    assert "SIMULATED" in (finished / "results" / "tiny" / "appendix.html").read_text(encoding="utf-8")


def test_a_changed_wording_is_drawn_again_without_an_estimate(copy):
    spec = copy / "analyses" / "tiny.toml"
    numbers = hashes(copy / "results" / "tiny")
    (copy / "house.toml").write_text('appendix = "brief"\n[wording]\nhigher = "above"\n', encoding="utf-8")
    claim = '\n[[claim]]\nid = "T"\ntext = "It fell."\ndirection = "lower"\n'
    spec.write_text(spec.read_text() + '\n[report]\nstyle = "house.toml"\n' + claim, encoding="utf-8")
    done = command(copy, "verify", "tiny")
    assert done.returncode == 4
    assert "differs: what the report shows" in done.stdout
    done = command(copy, "run", "tiny")
    assert done.returncode == 0, done.stderr
    after = hashes(copy / "results" / "tiny")
    assert after["effects.csv"] == numbers["effects.csv"]
    assert after["bands.csv"] == numbers["bands.csv"]
    page = (copy / "results" / "tiny" / "appendix.html").read_text(encoding="utf-8")
    assert "Sensitivity: what would overturn it" not in page
    assert "T,It fell." in (copy / "results" / "tiny" / "payloads" / "claims.csv").read_text(encoding="utf-8")
    assert command(copy, "verify", "tiny").returncode == 0
    wrong = spec.read_text().replace('"house.toml"', '"../house.toml"')
    spec.write_text(wrong, encoding="utf-8")
    done = command(copy, "run", "tiny")
    assert done.returncode == 2
    assert "outside the project" in done.stderr + done.stdout


def test_several_result_sets_are_bound_in_one_report(copy):
    spec = copy / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text() + SHORT)
    shutil.copy(spec, copy / "analyses" / "second.toml")
    assert command(copy, "run", "second").returncode == 0
    done = command(copy, "appendix", "results/second", "results/tiny", "results/appendix")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [f"results/{name}/appendix.html" for name in ("second", "tiny", "appendix")]
    folder = copy / "results" / "appendix"
    assert {p.name for p in folder.glob("appendix.*")} == {f"appendix.{e}" for e in ("html", "pdf", "docx", "tex")}
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    assert "All analyses at a glance" in page
    first = hashes(folder)
    assert command(copy, "appendix", "second", "tiny").returncode == 0
    assert hashes(folder) == first


@pytest.fixture(scope="module")
def drawn_for_two_commits(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same results, drawn again as of two commits with other sources."""
    folders = []
    for name in ("one", "other"):
        project = Path(shutil.copytree(finished, tmp_path_factory.mktemp(name) / "project"))
        manifest = project / "results" / "tiny" / "manifest.json"
        own = json.loads(manifest.read_text(encoding="utf-8"))
        own["git"] = {"commit": sha256(name.encode()).hexdigest()[:40], "is_dirty": name == "other"}
        own["source_sha256"] = sha256(name.upper().encode()).hexdigest()
        own["volatile"]["seconds"] = len(name)
        manifest.write_text(json.dumps(own), encoding="utf-8")
        assert command(project, "appendix", "tiny").returncode == 0
        folders.append(project / "results" / "tiny")
    return folders[0], folders[1]


def compare(root: Path, *words: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, root / ".ci" / "same", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_results_of_two_commits_are_the_same_but_for_what_names_the_commit(root, drawn_for_two_commits):
    one, other = drawn_for_two_commits
    apart = {path for path, own in hashes(one).items() if hashes(other)[path] != own}
    assert apart >= {"manifest.json", "tables/tab-machine.tex", *(p for p in PIECES if p.startswith("appendix."))}
    code, said = compare(root, one, other)
    assert (code, said.split()[0]) == (0, "same:"), said


def test_a_number_that_differs_is_found_in_every_format(root, drawn_for_two_commits, tmp_path):
    """The pages are drawn again from twice the estimate."""
    project = Path(shutil.copytree(drawn_for_two_commits[0].parents[1], tmp_path / "project"))
    changed = project / "results" / "tiny"
    manifest = json.loads((changed / "manifest.json").read_text(encoding="utf-8"))
    overall = next(row for row in (changed / "effects.csv").read_text().splitlines() if ",overall," in row)
    effect = next(part for part in overall.split(",") if re.fullmatch(r"-?0\.\d{6,}", part))
    for name in ("effects.csv", "bands.csv"):
        text = (changed / name).read_text(encoding="utf-8").replace(effect, repr(2 * float(effect)))
        (changed / name).write_bytes(text.encode())
        manifest["outputs"][name] = sha256(text.encode()).hexdigest()
    (changed / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert command(project, "appendix", "tiny").returncode == 0
    code, said = compare(root, drawn_for_two_commits[1], changed)
    assert code == 1
    found = {line.partition(":")[0] for line in said.splitlines()}
    assert found >= {"effects.csv", "bands.csv", *(p for p in PIECES if p.startswith("appendix."))}
    code, said = compare(root, "--numbers", drawn_for_two_commits[1], changed)
    assert (code, {line.partition(":")[0] for line in said.splitlines()}) == (
        1,
        {"effects.csv", "bands.csv", "payloads/claims.csv"},
    )
    (changed / "bands.csv").unlink()
    assert "bands.csv: only in" in compare(root, "--numbers", drawn_for_two_commits[1], changed)[1]

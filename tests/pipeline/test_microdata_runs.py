"""Microdata from the files to the page: hashed as a whole folder, and old results outlive whatever goes wrong."""

import json
import shutil

import pytest
from black_box import SHORT, command, hashes, write_project

pytest.importorskip("duckdb", reason="the extra microdata is not installed")

ENTRY = 'microdata = { weight = "kg", firm = "firm", product = "hs", margins = true }\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the small pair with every yearly figure as three shipments in two files, and run it."""
    project = write_project(tmp_path_factory.mktemp("micro"), SHORT)
    lines = (project / "data" / "raw" / "tiny_trade.csv").read_text().splitlines()
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    value = header.index("exports_usd")
    folder = project / "data" / "raw" / "shipments"
    folder.mkdir()
    for part in range(2):
        text = [",".join([*header, "firm", "hs", "kg"])]
        for i, row in enumerate(rows):
            cents = round(float(row[value]) * 100)
            shares = ([cents // 3], [cents // 3, cents - 2 * (cents // 3)])[part]
            for k, share in enumerate(shares):
                cells = [*row[:value], f"{share // 100}.{share % 100:02d}", *row[value + 1 :]]
                text.append(",".join([*cells, f"F{(i + k) % 7}", f"{8400 + k}", "1"]))
        (folder / f"{part}.csv").write_text("\n".join(text) + "\n")
    spec = project / "analyses" / "tiny.toml"
    text = spec.read_text()
    assert "data/raw/tiny_trade.csv" in text
    (flow,) = [line + "\n" for line in text.splitlines() if line.startswith("flow ")]
    text = text.replace("data/raw/tiny_trade.csv", "data/raw/shipments").replace(flow, flow + ENTRY)
    more = '\n[[diagnostic]]\nname = "margins"\ncolumns = ["firms", "firm_products"]\n'
    spec.write_text(text + more)
    done = command(project, "run")
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def project(made, tmp_path):
    return shutil.copytree(made, tmp_path / "p")


def test_effects_are_those_of_the_small_file(made, tmp_path):
    small = write_project(tmp_path, SHORT)
    assert command(small, "run").returncode == 0
    one, other = ((p / "results" / "tiny" / "effects.csv").read_text().splitlines() for p in (made, small))
    assert len(one) == len(other) > 5
    for a, b in zip(one[1:], other[1:], strict=True):
        for x, y in zip(a.split(","), b.split(","), strict=True):
            assert x == y or abs(float(x) - float(y)) < 1e-9


def test_margins_reach_their_check_and_the_manifest_knows_the_folder(made):
    findings = (made / "results" / "tiny" / "findings.csv").read_text()
    assert "margins" in findings
    assert "add up exactly" in findings
    manifest = json.loads((made / "results" / "tiny" / "manifest.json").read_text())
    entry = next(i for i in manifest["inputs"] if i["path"] == "data/raw/shipments")
    assert len(entry["sha256"]) == 64
    assert not list((made / "data").rglob(".spill*"))


def test_fresh_until_a_file_of_the_folder_changes(project):
    assert "up to date" in command(project, "run").stdout
    before = hashes(project / "results" / "tiny")
    folder = project / "data" / "raw" / "shipments"
    (folder / "README.md").write_text("Not data.")
    assert "up to date" in command(project, "run").stdout
    content = (folder / "1.csv").read_text()
    (folder / "2.csv").write_text("\n".join(content.splitlines()[:2]) + "\n")
    verified = command(project, "verify")
    assert verified.returncode == 4
    assert "input data/raw/shipments" in verified.stdout
    assert command(project, "run").returncode == 0
    assert hashes(project / "results" / "tiny") != before


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("2.csv", b"city,partner\nx,y\n", "no column"),
        ("2.csv.gz", b"\x1f\x8b\x08\x00broken", "cannot be read"),
        ("2.parquet", b"PAR1", "several kinds"),
    ],
)
def test_a_broken_file_ends_in_3_with_old_results_intact(project, name, content, told):
    before = hashes(project / "results" / "tiny")
    (project / "data" / "raw" / "shipments" / name).write_bytes(content)
    done = command(project, "run")
    assert done.returncode == 3
    assert told in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert hashes(project / "results" / "tiny") == before


def test_no_folder_to_spill_to_ends_in_3_with_old_results_intact(project):
    before = hashes(project / "results" / "tiny")
    shutil.rmtree(project / "data" / "processed", ignore_errors=True)
    (project / "data" / "processed").write_text("a file where a folder should be")
    spec = project / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text().replace('weight = "kg"', 'weight = "kg", memory = "200MB"'))
    done = command(project, "run")
    assert done.returncode == 3
    assert "the spill folder data/processed/.spill cannot be made" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert hashes(project / "results" / "tiny") == before


def test_a_master_that_is_not_there_ends_in_3_with_old_results_intact(project):
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    before = hashes(project / "results" / "tiny")
    spec = project / "analyses" / "tiny.toml"
    more = 'weight = "kg", engine = "spark", master = "spark://127.0.0.1:9"'
    spec.write_text(spec.read_text().replace('weight = "kg"', more))
    done = command(project, "run")
    assert done.returncode == 3
    assert "the Spark master spark://127.0.0.1:9 does not answer" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert hashes(project / "results" / "tiny") == before

"""What a release is made from names one version, waits for its owner in one place, and invents nothing."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

OWNER = {
    "family": "Doe",
    "given": "Example",
    "email": "owner@example.org",
    "orcid": "0000-0002-1825-0097",
    "repository": "https://git.example.org/owner/twintrade",
    "doi": "10.5281/zenodo.0000000",
}


def load_script(root, name):
    spec = importlib.util.spec_from_file_location(name, root / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_owner(root):
    return tomllib.loads((root / ".ci" / "owner.toml").read_text(encoding="utf-8"))


@pytest.fixture
def filled(root, tmp_path):
    """The files that wait for the owner, filled in."""
    if any(read_owner(root).values()):
        pytest.skip("the owner is filled in already")
    for file in [
        *root.glob("*"),
        *root.glob(".zenodo.json"),
        *root.glob(".ci/**/*"),
        *root.glob("paper/*"),
        root / "docs/index.md",
    ]:
        if file.is_file() and file.name != ".git":
            copy = tmp_path / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    lines = [f"{key} = {json.dumps(value)}" for key, value in OWNER.items()]
    (tmp_path / ".ci" / "owner.toml").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, tmp_path / ".ci" / "owner.py"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_the_owner_is_asked_for_in_one_place_and_nobody_is_invented(root):
    owner = read_owner(root)
    assert owner.keys() == OWNER.keys()
    if not any(owner.values()):
        for name in load_script(root, "owner").FILES:
            assert "OWNER" in (root / name).read_text(encoding="utf-8"), name
        done = subprocess.run(
            [sys.executable, root / ".ci" / "owner.py"], check=False, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "family, given, email" in done.stderr


def test_filled_in_files_wait_for_nothing_more(filled, root):
    for name in load_script(root, "owner").FILES:
        text = (filled / name).read_text(encoding="utf-8")
        assert not re.search(r"OWNER(_|:|$)", text, re.MULTILINE), name
    project = read_project(filled)
    assert project["authors"] == [{"name": "Example Doe", "email": OWNER["email"]}]
    assert project["urls"]["Repository"] == OWNER["repository"]
    links = re.findall(r"\]\(([^)\s]+)\)", (filled / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert json.loads((filled / ".zenodo.json").read_text(encoding="utf-8"))["creators"][0]["name"] == "Doe, Example"


def test_pages_install_from_the_index_once_the_owner_is_filled_in(filled):
    for name in ("README.md", "docs/index.md"):
        text = (filled / name).read_text(encoding="utf-8")
        assert f"git clone {OWNER['repository']} twintrade && cd twintrade\n" in text
        assert 'pip install "twintrade[all]"' in text
        assert "<!--" not in text


def test_everything_names_one_version(root):
    project = read_project(root)
    named = {
        "package": re.search(r'__version__ = "(.+)"', (root / "twintrade/version.py").read_text(encoding="utf-8"))[1],
        "citation": re.search(r"^version: (\S+)", (root / "CITATION.cff").read_text(encoding="utf-8"), re.M)[1],
        "recipe": re.search(r'version: "(.+)"', (root / ".ci/conda/recipe.yaml").read_text(encoding="utf-8"))[1],
    }
    assert set(named.values()) == {project["version"]}


def test_a_tag_is_refused_unless_everything_names_it(root, filled):
    script = load_script(root, "release")
    version = read_project(root)["version"]
    faults = script.find_faults(filled, "v9.9.9")
    assert len(faults) == 3
    assert faults[-1] == "CHANGELOG.md has no section 9.9.9"
    log = filled / "CHANGELOG.md"
    text = log.read_text(encoding="utf-8")
    if f"## {version}" not in text:
        log.write_text(text.replace("## Unreleased", f"## {version} (2026-01-01)", 1), encoding="utf-8")
    assert script.find_faults(filled, f"v{version}") == []
    assert script.take_notes(filled, version).startswith("### ")


def test_a_release_waits_for_what_a_language_has_no_words_for(root, tmp_path):
    texts, find = tmp_path / "twintrade" / "text", load_script(root, "release").find_untranslated
    shutil.copytree(root / "twintrade" / "text" / "en", texts / "en")
    shutil.copytree(texts / "en", texts / "eo")
    assert find(tmp_path) == []
    (texts / "eo" / "documents" / "guide.md").unlink()
    claims = texts / "eo" / "claims.ftl"
    first = re.search(r"(?m)^([\w-]+) = .*\n", claims.read_text(encoding="utf-8"))
    claims.write_text(claims.read_text(encoding="utf-8").replace(first[0], "", 1), encoding="utf-8")
    (texts / "eo" / "lists.ftl").unlink()
    (fault,) = find(tmp_path)
    assert fault.startswith(f"eo has no words yet for claims.{first[1]}, lists.comma, ")
    assert fault.endswith("guide.md")


def test_the_recipe_needs_what_the_package_needs(root):
    recipe = (root / ".ci/conda/recipe.yaml").read_text(encoding="utf-8")
    listed = re.search(r"  run:\n((?:    - .+\n)+)", recipe)[1].split("\n")
    needed = {d.split(";")[0].lower() for d in read_project(root)["dependencies"] if "win32" not in d}
    assert {line.removeprefix("    - ").replace(" ", "") for line in listed if line} == {*needed, "python>=3.11"}


def test_the_oldest_versions_are_the_lower_bounds(root):
    written = (root / "requirements-lowest.txt").read_text(encoding="utf-8")
    assert written == load_script(root, "lowest").render_lowest(root), "run: python .ci/lowest.py"
    bounds = {line.split("==")[0].lower() for line in written.splitlines()[1:]}
    assert {re.split("[<>=;]", line)[0].lower() for line in read_project(root)["dependencies"]} <= bounds


def test_every_action_is_the_one_that_was_looked_at(root):
    for file in root.glob(".github/workflows/*.yml"):
        for action in re.findall(r"uses: (.+)", file.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w/.-]+@[0-9a-f]{40} # v[\d.]+", action), (file.name, action)


def test_the_tests_of_a_release_run_on_every_python_that_the_package_claims(root):
    claimed = re.findall(r"Python :: (3\.\d+)", " ".join(read_project(root)["classifiers"]))
    workflow = (root / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    assert json.loads(re.search(r"python: (\[.*\])", workflow)[1]) == claimed == ["3.11", "3.12", "3.13", "3.14"]
    assert "[ubuntu-latest, macos-latest, windows-latest]" in workflow


def test_the_paper_cites_what_the_bibliography_has(root):
    paper = (root / "paper/paper.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,]+),", (root / "twintrade/references.bib").read_text(encoding="utf-8"), re.M))
    cited = set(re.findall(r"@([a-z]+\d{4}\w*)", paper))
    assert len(cited) > 10
    assert cited <= known


def run_tool(tool, *words, cwd):
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([program, *words], cwd=cwd, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_citation_is_valid(filled):
    code, said = run_tool("cffconvert", "--validate", cwd=filled)
    assert code == 0, said


def test_the_package_describes_itself_in_full(filled, root):
    shutil.copytree(root / "twintrade", filled / "twintrade", ignore=shutil.ignore_patterns("__pycache__"))
    _, said = run_tool("pyroma", ".", cwd=filled)
    assert "10/10" in said, said


def test_workflows_are_clean(root):
    code, said = run_tool("actionlint", *map(str, sorted(root.glob(".github/workflows/*.yml"))), cwd=root)
    assert code == 0, said

"""The package is typed for who uses it: the lines of the README and of the documentation pass a strict check."""

import re
import subprocess
import sys

import pytest

HEAD = "import pandas as pd\n\ntrade, agreements = pd.DataFrame(), pd.DataFrame()\n"
TAIL = "print(fit.tidy()['term'], fit.nobs, fit.plot().figure, tt.etable([fit]).to_frame())\n"
PAGES = {
    "README.md": (HEAD, TAIL),
    "docs/python.md": (f"{HEAD}from matplotlib import pyplot\n\nflows = trade\nax = pyplot.gca()\n", ""),
    **{f"docs/tutorials/{name}.md": ("", "") for name in ("choosing_inference", "many_pairs", "one_pair", "ppml")},
}  # fmt: skip
"""Pages whose lines are checked, with what stands before and after them."""
MISTYPED = """import twintrade as tt

design: tt.Design
tt.fit("ppml", design, windw=5)
tt.infer(tt.fit("ppml", design), "clustered", bye="a")
fit = tt.fit("ppml", design)
fit.tidy("clustered", corection="fixest")
fit.confint("wild", drows=9)
fit.infer("randomization", correction="fixest")
fit.plot(inference="clustered", colour="red")
fit.se("clustered", levl=0.9)
fit.wald(refrence="fixest")
tt.etable(fit, titel="x")
tt.coefplot(fit, orders=["x"])
tt.load("x").summary(sede=1)
design.plot(axis=1)
"""
TYPED = """import twintrade as tt

design: tt.Design
fit = tt.fit("ppml", design)
fit.tidy("clustered", by="city", correction="fixest")
fit.tidy({"CRV1": "city"}, view="overall")
fit.confint(vcov="hetero", joint=True)
fit.infer("wild", draws=99, weights="webb").tidy()
fit.plot(inference="clustered", labels={"a": "b"}, level=0.9).get_xlabel()
fit.wald(["a"], "clustered", reference="fixest")["p.value"]
fit.lincom({"a": 1.0}, correction="fixest")
fit.se(cluster="city").max()
tt.etable({"A": fit}, "tex", inference="clustered", under="se", stars=True, by="city")
tt.load("fit.zip").plot(kind="coef")
design.within((-2, 2))
design.plot().figure
"""


LINES = {page: f"lines_of_{page.partition('.')[0].replace('/', '_')}.py" for page in PAGES}


@pytest.fixture(scope="module")
def told(root, tmp_path_factory):
    """What mypy says of each file, asked once for all of them."""
    cache, folder = root / ".mypy_cache", tmp_path_factory.mktemp("typed")
    if not cache.is_dir():
        pytest.skip("without mypy's cache of the package this takes a minute; `make check` fills it")
    texts = {"mistyped.py": MISTYPED, "typed.py": TYPED}
    for page, (head, tail) in PAGES.items():
        lines = re.findall(r"```(?:python|\{code-cell\} \w+)\n(.*?)```", (root / page).read_text("utf-8"), re.DOTALL)
        assert lines, page
        texts[LINES[page]] = head + "\n".join(lines) + tail
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    files = [str(folder / name) for name in texts]
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *files]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert f"(checked {len(files)} source files)" in done.stdout, done.stdout + done.stderr
    said = {name: [] for name in texts}
    for line in done.stdout.splitlines()[:-1]:
        said[re.match(r"(?:.*?[/\\])?([^/\\:]+\.py):\d", line)[1]].append(line)
    return said


def test_the_lines_of_the_documentation_pass_mypy_strict(root, told):
    assert [line for name in LINES.values() for line in told[name]] == []
    assert (root / "twintrade" / "py.typed").is_file()


def test_misspelt_options_of_a_method_fail_it(told):
    said = "\n".join(told["mistyped.py"])
    assert 'No overload variant of "fit"' in said
    assert 'Unexpected keyword argument "bye"' in said
    wrong = {int(line) for line in re.findall(r"mistyped\.py:(\d+): error", said)}
    assert wrong >= {number for number, line in enumerate(MISTYPED.splitlines(), 1) if "(" in line} - {6}


def test_options_of_a_method_pass_it(told):
    assert told["typed.py"] == []

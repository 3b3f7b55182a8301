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
"""


def check(root, files):
    cache = root / ".mypy_cache"
    if not cache.is_dir():
        pytest.skip("without mypy's cache of the package this takes a minute; `make check` fills it")
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *map(str, files)]
    return subprocess.run(words, cwd=root, capture_output=True, text=True, check=False).stdout


def test_the_lines_of_the_documentation_pass_mypy_strict(root, tmp_path):
    files = []
    for page, (head, tail) in PAGES.items():
        lines = re.findall(r"```(?:python|\{code-cell\} \w+)\n(.*?)```", (root / page).read_text("utf-8"), re.DOTALL)
        assert lines, page
        files.append(tmp_path / f"lines_of_{page.partition('.')[0].replace('/', '_')}.py")
        files[-1].write_text(head + "\n".join(lines) + tail, encoding="utf-8")
    told = check(root, files)
    assert "Success" in told, told
    assert (root / "twintrade" / "py.typed").is_file()


def test_misspelt_options_of_a_method_fail_it(root, tmp_path):
    file = tmp_path / "mistyped.py"
    file.write_text(MISTYPED, encoding="utf-8")
    told = check(root, [file])
    assert 'No overload variant of "fit"' in told
    assert 'Unexpected keyword argument "bye"' in told

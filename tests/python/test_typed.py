"""The package is typed for who uses it: the README's lines pass a strict check."""

import re
import subprocess
import sys

import pytest

HEAD = "import pandas as pd\n\ntrade, agreements = pd.DataFrame(), pd.DataFrame()\n"
TAIL = "print(fit.tidy()['term'], fit.nobs, fit.plot().figure, tt.etable([fit]).to_frame())\n"


def test_the_lines_of_the_readme_pass_mypy_strict(root, tmp_path):
    cache = root / ".mypy_cache"
    if not cache.is_dir():
        pytest.skip("without mypy's cache of the package this takes a minute; `make check` fills it")
    lines = re.search(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    file = tmp_path / "readme_lines.py"
    file.write_text(HEAD + lines + TAIL, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(file)],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Success" in done.stdout, done.stdout
    assert (root / "twintrade" / "py.typed").is_file()

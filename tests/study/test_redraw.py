"""Drawing again begins without anything that estimates."""

import subprocess
import sys

PROGRAM = """
import sys
import twintrade.study.redraw
import twintrade.study.redraw
rooms = ("twintrade.estimators", "twintrade.inference", "twintrade.diagnostics", "statsmodels", "scipy")
print([name for name in sys.modules if name.startswith(rooms)])
"""


def test_no_estimator_is_imported_to_draw_pages_again():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

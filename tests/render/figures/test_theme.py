"""The theme is seaborn's for paper with our settings over it, and needs no seaborn to be applied."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import seaborn

from twintrade.render.figures.theme import apply_theme
from twintrade.render.style import Theme

OURS = {
    "axes.edgecolor",
    "axes.labelcolor",
    "axes.labelsize",
    "axes.titlesize",
    "font.size",
    "grid.color",
    "legend.fontsize",
    "text.color",
    "xtick.color",
    "xtick.labelsize",
    "ytick.color",
    "ytick.labelsize",
}
"""What the theme sets in another way than seaborn."""

UNUSED = {"font.sans-serif", "image.cmap"}
"""What no figure asks for: each names its typefaces and its colours."""


def test_whatever_seaborn_changes_the_theme_sets_alike_or_by_itself():
    with mpl.rc_context():
        mpl.rcParams.update({k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")})
        before = dict(mpl.rcParams)
        seaborn.set_theme("paper", "ticks", Theme().palette, color_codes=False)
        theirs = {name: value for name, value in mpl.rcParams.items() if value != before[name]}
        colours = [mpl.colors.to_rgb(c) for c in mpl.rcParams["axes.prop_cycle"].by_key()["color"]]
    with apply_theme(Theme()):
        changed = {name for name, value in theirs.items() if mpl.rcParams[name] != value}
        own = [mpl.colors.to_rgb(c) for c in mpl.rcParams["axes.prop_cycle"].by_key()["color"]]
    assert changed - {"axes.prop_cycle"} == OURS | UNUSED
    assert own == colours


PAGE = """
import sys
sys.path[:0] = {path!r}
import pandas as pd
from made_results import make_results
from twintrade.render.appendix import build_appendix
from twintrade.render.figures import points
from twintrade.render.style import AppendixOptions
options = AppendixOptions(exhibits=("summary", "ladder", "event_study"))
blocks = build_appendix(make_results(is_hostile=False), options)
print(sum(type(block).__name__ in ("Figure", "Beside") for block in blocks) > 1, "seaborn" in sys.modules)
points.draw_placebo(pd.DataFrame({{"unit": list("ab"), "statistic": [1.0, 2.0], "is_treated": [False, True]}}))
print("seaborn" in sys.modules)
"""


def test_a_page_that_does_not_draw_with_seaborn_does_not_import_it():
    """The headline's figures do not; distributions and heat maps do."""
    code = PAGE.format(path=[str(Path(__file__).parents[1])])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"]

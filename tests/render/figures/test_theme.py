"""The theme is seaborn's for paper with our settings over it, and needs no seaborn to be applied."""

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

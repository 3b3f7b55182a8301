"""A drawn figure as SVG, PDF and PNG, with no date and no chance in the bytes."""

import io
from functools import partial
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from twintrade.render.figures.embedding import cut_once, find_once
from twintrade.render.figures.points import locate_points
from twintrade.render.figures.theme import apply_theme
from twintrade.render.images import Images
from twintrade.render.theme import Theme

DOTS_PER_INCH = 200


def encode(figure: Figure, theme: Theme, title: str = "") -> Images:
    """Return the figure in its three encodings.

    ``theme``: the one it was drawn with; ``title``: stored as the picture's own title.
    """
    FigureCanvasAgg(figure)
    with apply_theme(theme), cut_once(), find_once():
        _settle(figure)
        points = locate_points(figure)
        return Images(
            svg=_saved(figure, "svg", {"Date": None, "Title": title, "Creator": "twintrade"}),
            pdf=_saved(figure, "pdf", {"CreationDate": None, "Title": title, "Creator": "twintrade"}),
            png=_saved(figure, "png", {"Software": "twintrade"}),
            width=float(figure.get_figwidth()),
            height=float(figure.get_figheight()),
            points=points,
        )


def _settle(figure: Figure) -> None:
    """Lay the figure out once, so that its three encodings agree and none repeats the work."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)  # else its place is looked for, among all labels of ticks, at every drawing
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)  # with "none" every saving would lay it out and draw it once more
    for axes in figure.axes:
        _keep_places(axes)


def _keep_places(axes: Any) -> None:
    """Keep ticks, and a title that nothing pushes up: every saving would look for them anew, label by label."""
    both = (axes.xaxis, axes.yaxis)
    for axis in both:
        axis._update_ticks = partial(list, axis._update_ticks())
    heights = {title.get_position()[1] for title in (axes.title, axes._left_title, axes._right_title)}
    pushes = axes.xaxis.get_ticks_position() != "bottom" or any(
        axis.get_major_formatter().get_offset() for axis in both
    )
    if heights != {1} or pushes:
        return
    axes._autotitlepos = False
    for axis in (axis for axis in both if not axis.get_label_text()):
        axis._get_ticklabel_bboxes = lambda ticks, renderer: ([], [])


def _saved(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    stream = io.BytesIO()
    # Half the time of the level that is usual, for a tenth more bytes.
    quick: Any = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata, **quick)
    return stream.getvalue()

"""A drawn figure as SVG, PDF and PNG, with no date and no chance in the bytes."""

import io

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

    Parameters
    ----------
    figure : Figure
    theme : Theme
        The one it was drawn with.
    title : str
        Stored as the picture's own title.
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


def _saved(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return stream.getvalue()

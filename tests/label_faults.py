"""How labels of a figure are measured, laid out as matplotlib draws them: what they touch and what they leave."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.text import Annotation
from matplotlib.text import Text as DrawnText

from twintrade.render.figures.encode import _settle
from twintrade.render.figures.theme import apply_theme

THIN = 0.7  # points; thinner lines are the ground of a map
SLACK = 0.75  # pixels at 100 dots to the inch


def list_faults(figure, theme):
    """Return every label that runs over another one, over a mark, or out of the picture, in words."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(100)
    drawn = []
    plain, noted = DrawnText.draw, Annotation.draw

    def record(draw):
        def recorded(self, renderer, *args, **options):
            if self.get_visible() and self.get_text().strip():
                drawn.append(self)
            return draw(self, renderer, *args, **options)

        return recorded

    renderer = canvas.get_renderer()
    with apply_theme(theme), renderer._draw_disabled():  # all is laid out, and no pixel is set
        _settle(figure)
        DrawnText.draw, Annotation.draw = record(plain), record(noted)
        try:
            figure.draw(renderer)
        finally:
            DrawnText.draw, Annotation.draw = plain, noted
    drawn = list({id(t): t for t in drawn if not isinstance(t, Annotation) or t._check_xy(renderer)}.values())
    boxes = [(t.get_text(), DrawnText.get_window_extent(t, renderer)) for t in drawn]
    faults = [f"{a!r} over {b!r}" for (a, one), (b, other) in combinations(boxes, 2) if reach(one, other) and a and b]
    frame = figure.bbox
    faults += [
        f"{text!r} leaves the picture" for text, box in boxes
        if min(box.x0 - frame.x0, frame.x1 - box.x1, box.y0 - frame.y0, frame.y1 - box.y1) < -SLACK
    ]  # fmt: skip
    marks = [mark for axes in figure.axes if axes.get_visible() for mark in list_marks(axes)]
    for (text, box), near in zip(boxes, list_near(marks, [box for _, box in boxes]), strict=True):
        faults += [f"{text!r} over a mark"] * any(crosses(marks[k], box) for k in near)
    return faults


def list_near(marks, boxes):
    """Return for each box the positions of the marks whose own box meets it: most marks lie far from a label."""
    if not marks:
        return [[] for _ in boxes]
    ends = ([op(points, axis=0) for points, _, _ in marks] for op in (np.nanmin, np.nanmax))
    reach = 1 + np.array([[size] for _, size, _ in marks])
    low, high = (np.array(end) + by for end, by in zip(ends, (-reach, reach), strict=True))
    return [
        np.flatnonzero(~((low > [box.x1, box.y1]) | (high < [box.x0, box.y0])).any(axis=1)).tolist() for box in boxes
    ]


def reach(one, other):
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    return across > SLACK and min(one.y1, other.y1) - max(one.y0, other.y0) > SLACK


def list_marks(axes):
    """Return the lines and markers of axes as (points, half a width, whether a line joins them), in pixels."""
    marks = []
    for line in axes.get_lines():
        points = line.get_transform().transform(line.get_xydata())
        if not line.get_visible() or not len(points) or (line.get_linewidth() < THIN and line.get_marker() == "None"):
            continue
        clip = axes.bbox if line.get_clip_on() else None
        points = points if clip is None else np.clip(points, [clip.x0, clip.y0], [clip.x1, clip.y1])
        size = line.get_markersize() * 100 / 72 / 2 if line.get_marker() not in ("None", "", None) else 0.0
        marks.append((points, size, line.get_linestyle() not in ("None", "", " ")))
    for lines in (c for c in axes.collections if isinstance(c, LineCollection)):
        marks += [(lines.get_transform().transform(part), 0.0, True) for part in lines.get_segments() if len(part)]
    bars = [p for p in axes.patches if p.get_zorder() >= 1 and type(p).__name__ == "Rectangle"]
    for box in (bar.get_window_extent() for bar in bars):
        marks.append((np.array([[box.x0, (box.y0 + box.y1) / 2], [box.x1, (box.y0 + box.y1) / 2]]), 0.0, True))
    return marks


def crosses(mark, box):
    points, size, is_joined = mark
    low, high = np.array([box.x0, box.y0]) + SLACK, np.array([box.x1, box.y1]) - SLACK
    if size and ((points > low - size) & (points < high + size)).all(axis=1).any():
        return True
    if not is_joined or len(points) < 2:
        return False
    start, step = points[:-1], np.diff(points, axis=0)
    step = np.where(step == 0, 1e-9, step)
    at_low, at_high = (low - start) / step, (high - start) / step
    first = np.minimum(at_low, at_high).max(axis=1)
    last = np.maximum(at_low, at_high).min(axis=1)
    return bool((np.maximum(first, 0) < np.minimum(last, 1)).any())

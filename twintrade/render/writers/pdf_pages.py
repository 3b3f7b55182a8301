"""Which block of a PDF follows which: a figure waits for the next page while text fills what would be left white."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

HEIGHT = 722.8  # of the text on a page of A4, in points
LEAST_TEXT = 40.0
LEAST_ROWS = 110.0  # what must be left of a page for a paragraph, and for a long table, to begin on it
SLACKS = (0.08, 0.03, 0.0)
"""Of its height, what a block leaves free, each tried: heights are measured alone, and the taller a block is the more
is white where it finds no room after all."""
LOST_LINE = 8.0  # what a page that ends within a block leaves free at its foot


@dataclass(frozen=True, slots=True)
class Piece:
    """A block as it takes room on a page."""

    # Rows are those of a long table, which may go on over the page; "whole" does not break
    kind: Literal["heading", "text", "rows", "whole", "break"]
    height: float  # in points, the space behind it included
    level: int = 0  # of a heading
    series: str = ""  # "table" or "figure", whose numbers must keep their order
    ends_first: bool = False  # of a break: only on the page of the last heading

    def breaks_on(self, page: int) -> bool:
        """Whether it ends the page of that number from the last heading's on."""
        return self.kind == "break" and (page == 1 or not self.ends_first)


def read_piece(block: Mapping[str, Any], height: float) -> Piece:
    """Return a block of the template's data as it takes room on a page; ``height``: in points."""
    kind = block["type"]
    if kind == "heading":
        return Piece("heading", height, block["level"])
    if kind == "pagebreak" or block.get("is-wide"):
        return Piece("break", 0.0, ends_first=block.get("ends-first", False))
    if kind in ("table", "figure"):
        return Piece("rows" if block.get("breakable") else "whole", height, series=kind)
    if kind == "beside":
        return Piece("whole", height, series="figure")
    return Piece("text", height)


def choose_order(blocks: Sequence[Mapping[str, Any]], heights: Sequence[float]) -> list[int]:
    """Return the order in which blocks of the template's data are set: of those of fewest pages the most cautious.

    Of as many pages, one in which no figure or table leaves its section comes first.

    ``heights``: in points.
    """
    pieces = [read_piece(block, height) for block, height in zip(blocks, heights, strict=True)]
    ways = product((True, False), SLACKS)
    orders = dict.fromkeys(tuple(sort_pieces(pieces, slack=slack, keeps=keeps)) for keeps, slack in ways)
    order = min(orders, key=lambda order: count_pages([pieces[place] for place in order]))
    ends = zip(order, _list_ends([pieces[place] for place in order]), strict=True)
    before, kept = 1, []
    for place, end in ends:
        # A break behind a page that went on is none.
        if end > before or not pieces[place].ends_first:
            kept.append(place)
        before = end
    return kept


def count_pages(pieces: Sequence[Piece]) -> int:
    """Return how many pages blocks take in their order."""
    return _list_ends(pieces)[-1]


def count_brief_pages(blocks: Sequence[Mapping[str, Any]], heights: Sequence[float], order: Sequence[int]) -> int:
    """Return how many pages a brief, set in an order, takes in a document that begins with one, none in another."""
    kinds = [block["type"] for block in blocks]
    end = kinds.index("contents") - 1 if "contents" in kinds else len(kinds)  # a break stands before the contents
    shown = [
        Piece("whole", heights[place]) if kinds[place] == "aside" else read_piece(blocks[place], heights[place])
        for place in order
        if place < end
    ]
    return count_pages(shown) if "lead" in kinds[:end] else 0


def _list_ends(pieces: Sequence[Piece]) -> list[int]:
    """Return the page on which each block ends."""
    pages, used, first, ends = 1, 0.0, 1, []
    for place, piece in enumerate(pieces):
        whole = {"heading": _least(pieces, place), "whole": piece.height, "rows": min(LEAST_ROWS, piece.height)}
        if used and (piece.breaks_on(1 + pages - first) or used + whole.get(piece.kind, 0.0) > HEIGHT):
            pages, used = pages + 1, 0.0
        if piece.kind == "heading":
            first = pages
        used += piece.height
        while used > HEIGHT:
            pages, used = pages + 1, used + LOST_LINE - HEIGHT
        ends.append(pages)
    return ends


def sort_pieces(
    pieces: Sequence[Piece], height: float = HEIGHT, slack: float = SLACKS[0], *, keeps: bool = False
) -> list[int]:
    """Return the places of blocks in the order in which they are set.

    What does not break and finds no room waits for the next page, while text behind it fills what is left. It passes
    no sub-heading, and nothing of its own series passes it.

    ``height``: of the text on a page; ``slack``: one of ``SLACKS``; ``keeps``: whether nothing passes the heading of
    a section either.
    """
    layout = _Layout(pieces, height, slack)
    for place, piece in enumerate(pieces):
        layout.settle()
        is_passed_by_none = keeps or (piece.level > 2 and layout.is_under_sub_heading)
        if piece.kind == "break" or (piece.kind == "heading" and is_passed_by_none):
            layout.flush()
        if piece.kind == "heading":
            layout.make_room(_least(pieces, place))
            layout.is_under_sub_heading = piece.level > 2
        if piece.kind in ("rows", "whole"):
            layout.take_or_wait(place)
        else:
            layout.put(place)
    layout.flush()
    return layout.order


def _least(pieces: Sequence[Piece], place: int) -> float:
    """Return what a heading needs of a page, with the beginning of what follows it."""
    following = pieces[place + 1] if place + 1 < len(pieces) else None
    if following is None or following.kind == "break":
        return pieces[place].height
    if following.kind == "heading":
        return pieces[place].height + _least(pieces, place + 1)
    least = {"text": LEAST_TEXT, "rows": LEAST_ROWS, "whole": following.height}[following.kind]
    return pieces[place].height + min(least, following.height)


class _Layout:
    """The page that is being filled, and what waits for the next."""

    def __init__(self, pieces: Sequence[Piece], page: float, slack: float) -> None:
        self.pieces, self.page, self.slack = pieces, page, slack
        self.order: list[int] = []
        self.waiting: list[int] = []
        self.used, self.begun = 0.0, 1
        self.is_under_sub_heading = False

    def fits(self, height: float) -> bool:
        return self.used + (1.0 + self.slack) * height <= self.page

    def put(self, place: int) -> None:
        piece = self.pieces[place]
        self.order.append(place)
        if piece.breaks_on(self.begun) or (piece.kind in ("whole", "heading") and not self.fits(piece.height)):
            self.turn()
        if piece.kind == "heading":
            self.begun = 1
        self.used += piece.height
        while self.used > self.page:
            self.turn(self.used + LOST_LINE - self.page)

    def turn(self, used: float = 0.0) -> None:
        """Start a page with the given height already used."""
        self.used, self.begun = used, self.begun + 1

    def settle(self) -> None:
        """Place what waits and now finds room, in its order within each series."""
        passed: set[str] = set()
        for place in list(self.waiting):
            piece = self.pieces[place]
            if piece.series in passed or not self.fits(piece.height):
                passed.add(piece.series)
            else:
                self.waiting.remove(place)
                self.put(place)

    def flush(self) -> None:
        while self.waiting:
            self.put(self.waiting.pop(0))
            self.settle()

    def make_room(self, least: float) -> None:
        """Let what waits open the next page where a heading finds no room on this one."""
        while self.waiting and not self.fits(least):
            self.put(self.waiting.pop(0))
            self.settle()
        if not self.fits(least):
            self.turn()

    def take_or_wait(self, place: int) -> None:
        piece = self.pieces[place]
        is_behind = any(self.pieces[w].series == piece.series for w in self.waiting)
        if piece.kind == "rows" and is_behind:
            self.flush()
        elif is_behind or (piece.kind == "whole" and not self.fits(piece.height)):
            self.waiting.append(place)
            return
        self.put(place)

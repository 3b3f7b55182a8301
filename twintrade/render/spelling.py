"""A department's own spelling: words of the prose replaced once the pages are made, names of the data not."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from twintrade.render.block_parts import replace_spans
from twintrade.render.blocks import (
    Aside,
    Beside,
    Block,
    BulletList,
    Cell,
    EventView,
    Figure,
    Heading,
    KeyNumbers,
    Lead,
    Note,
    Paragraph,
    Row,
    Span,
    Table,
)

SENTENCE = 4
"""Words from which on a cell that ends in a full stop is prose and not a name."""

Change = Callable[[str], str]


def replace_words(blocks: Iterable[Block], spelling: Mapping[str, str]) -> tuple[Block, ...]:
    """Return blocks with whole words replaced in headings, prose, captions, notes, heads and sentences in cells.

    ``spelling``: replacement by word; a capital at the start of a word is kept.
    """
    if not spelling:
        return tuple(blocks)
    known = {word.lower(): new for word, new in spelling.items()}
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})\b", re.IGNORECASE)

    def new_word(match: re.Match[str]) -> str:
        word = known[match.group().lower()]
        return word[:1].upper() + word[1:] if match.group()[0].isupper() else word

    return tuple(_block(block, lambda text: pattern.sub(new_word, text)) for block in blocks)


def _block(block: Block, change: Change) -> Block:
    match block:
        case Heading():
            return replace(block, text=change(block.text))
        case Paragraph() | Note():
            return replace(block, spans=_spans(block.spans, change))
        case BulletList():
            return replace(block, items=tuple(_spans(item, change) for item in block.items))
        case Table():
            return _table(block, change)
        case Figure():
            return replace(
                block,
                caption=change(block.caption),
                alt=change(block.alt),
                details=change(block.details),
                notes=tuple(map(change, block.notes)),
            )
        case EventView():
            return replace(block, title=change(block.title))
        case Lead():
            return Lead(change(block.deck), change(block.byline))
        case KeyNumbers():
            named = tuple(replace(one, name=change(one.name)) for one in block.numbers)
            return replace(block, numbers=named, question=change(block.question))
        case Aside():
            spoken = replace_spans(block, lambda spans: _spans(spans, change))
            return replace(spoken, name=change(block.name)) if isinstance(spoken, Aside) else spoken
        case Beside():
            return Beside(tuple(f for f in (_block(f, change) for f in block.figures) if isinstance(f, Figure)))
        case _:
            return block


def _spans(spans: tuple[Span, ...], change: Change) -> tuple[Span, ...]:
    return tuple(replace(s, text=change(s.text)) if s.kind in ("plain", "strong") else s for s in spans)


def _table(table: Table, change: Change) -> Table:
    def cell(old: Cell) -> Cell:
        return replace(old, lines=tuple(map(change, old.lines)))

    def sentence(old: Cell) -> Cell:
        is_prose = old.text.rstrip().endswith(".") and len(old.text.split()) >= SENTENCE
        return cell(old) if is_prose and not old.link else old

    return replace(
        table,
        caption=change(table.caption),
        header=tuple(tuple(map(cell, cells)) for cells in table.header),
        groups=tuple(tuple(Row(tuple(map(sentence, row.cells))) for row in group) for group in table.groups),
        notes=tuple(map(change, table.notes)),
        notes_alone=tuple(map(change, table.notes_alone)),
    )

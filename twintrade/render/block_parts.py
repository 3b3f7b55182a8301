"""Tables, figures and running text inside blocks: listed, changed, numbered."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace

from twintrade.render.blocks import (
    Aside,
    Beside,
    Block,
    BulletList,
    Exhibited,
    Figure,
    Heading,
    Note,
    Paragraph,
    Span,
    Table,
)
from twintrade.text import Text


def list_exhibits(blocks: Iterable[Block]) -> list[Table | Figure]:
    """Return the tables and figures of some blocks in their order."""
    return [
        exhibit
        for block in blocks
        for exhibit in (block.figures if isinstance(block, Beside) else (block,))
        if isinstance(exhibit, Table | Figure)
    ]


def replace_exhibits(blocks: Iterable[Block], change: Callable[[Exhibited], Exhibited]) -> list[Block]:
    """Return blocks with every table and figure changed."""
    changed: list[Block] = []
    for block in blocks:
        if isinstance(block, Beside):
            block = Beside(tuple(f for f in map(change, block.figures) if isinstance(f, Figure)))
        elif isinstance(block, Table | Figure):
            block = change(block)
        changed.append(block)
    return changed


def replace_spans(block: Block, change: Callable[[tuple[Span, ...]], tuple[Span, ...]]) -> Block:
    """Return a block with its running text changed."""
    if isinstance(block, Paragraph | Note):
        return replace(block, spans=change(block.spans))
    if isinstance(block, BulletList):
        return replace(block, items=tuple(change(item) for item in block.items))
    if isinstance(block, Aside):
        inner = (replace_spans(part, change) for part in block.blocks)
        return replace(block, blocks=tuple(part for part in inner if isinstance(part, Paragraph | BulletList)))
    return block


def find_text(part: object, words: str) -> bool:
    """Return whether some words are anywhere in blocks or in a part of one."""
    if isinstance(part, str | tuple):
        return words in part if isinstance(part, str) else any(find_text(one, words) for one in part)
    return is_dataclass(part) and any(find_text(getattr(part, f.name), words) for f in fields(part))


def number_blocks(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Number tables and figures in their order and fill in the references to them."""
    names: dict[str, str] = {}
    counts = {"writers.table": 0, "writers.figure": 0}

    def number(exhibit: Exhibited) -> Exhibited:
        key = "writers.table" if isinstance(exhibit, Table) else "writers.figure"
        counts[key] += 1
        names[exhibit.key] = str(Text(key, n=counts[key]))
        return replace(exhibit, number=counts[key])

    numbered = replace_exhibits(blocks, number)
    return tuple(replace_spans(block, lambda spans: _named(spans, names)) for block in numbered)


def _named(parts: tuple[Span, ...], names: dict[str, str]) -> tuple[Span, ...]:
    return tuple(
        replace(span, text=names.get(span.target, "")) if span.kind == "reference" else span for span in parts
    )


def number_sections(blocks: Iterable[Block], letter: str) -> list[Block]:
    """Number the headings below the title: A.1, A.1.1 and so on."""
    numbered: list[Block] = []
    counts: list[int] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level > 1:
            depth = block.level - 1
            counts = [*counts[: depth - 1], (counts[depth - 1] if len(counts) >= depth else 0) + 1]
            block = replace(block, number=".".join((letter, *map(str, counts))))
        numbered.append(block)
    return numbered


def format_heading(block: Heading) -> str:
    """Return a heading with its number, where it has one."""
    return f"{block.number} {block.text}" if block.number else block.text


def format_caption(block: Table | Figure) -> str:
    """Return the caption of a table or figure with its number, where it has one."""
    number = format_number(block)
    return str(Text("writers.numbered", what=number, caption=block.caption)) if number else block.caption


def format_number(block: Table | Figure) -> str:
    """Return what a numbered table or figure is called, empty where it has no number."""
    key = "writers.table" if isinstance(block, Table) else "writers.figure"
    return str(Text(key, n=block.number)) if block.number else ""

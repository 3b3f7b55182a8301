"""Which numbers the prose of a document states, and whether the results hold them."""

import math
import re

from twintrade.effects import ResultSet
from twintrade.render.blocks import BulletList, Document, Note, Paragraph
from twintrade.text import numbers
from twintrade.text import texts as amounts

NUMBER = re.compile(r"−?\d[\d,]*(?:\.\d+)?")
CLAIM = re.compile(r"C\d+ ")
SHORTEST = 3


def prose(document: Document) -> list[str]:
    """Return paragraphs, notes and items of lists, without references to tables and the names of claims."""
    found = []
    for block in document.blocks:
        if isinstance(block, Paragraph | Note):
            found.append("".join(s.text for s in block.spans if s.kind != "reference"))
        elif isinstance(block, BulletList):
            items = (tuple(s for s in item if not CLAIM.fullmatch(s.text)) for item in block.items)
            found += ["".join(s.text for s in item) for item in items]
    return found


def pool(results: ResultSet) -> tuple[set[float], list[str]]:
    """Return every number of the results (with percent of log points and counts) and every text, longest first."""
    frames = [
        results.data, results.twinnings, results.specifications, results.effects, results.bands, results.findings,
        results.messages, *results.payloads.values(),
    ]  # fmt: skip
    values: set[float] = {0.0, 100.0, 95.0, float(len(results.specifications) - 1)}
    texts = [results.title, *results.sections.values()]
    for frame in frames:
        values.add(float(len(frame)))
        for name in frame.columns:
            values.add(float(frame[name].nunique()))
            for value in frame[name]:
                if isinstance(value, str):
                    texts.append(value)
                elif not numbers.is_missing(value):
                    values |= {float(value), 100 * math.expm1(min(float(value), 50.0))}
    if "verdict" in results.findings:
        verdicts = results.findings["verdict"]
        values |= {float((verdicts == "objects").sum()), float(verdicts.isin(["objects", "does not object"]).sum())}
    lines = {line for text in texts for line in text.split("\n") if len(line) > SHORTEST}
    return values, sorted(lines | {amounts.typeset(line) for line in lines}, key=len, reverse=True)


def strangers(document: Document, results: ResultSet) -> list[tuple[str, str]]:
    """Return every number of the prose that no result holds, with its sentence."""
    values, texts = pool(results)
    found = []
    for sentence in prose(document):
        rest = sentence
        for known in texts:
            rest = rest.replace(known, " ")
        for token in NUMBER.findall(rest):
            decimals = len(token.partition(".")[2])
            if not any(
                numbers.format_fixed(v, decimals).lstrip("−") == token.lstrip("−") for v in values if math.isfinite(v)
            ):
                found.append((token, sentence))
    return found

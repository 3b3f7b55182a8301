"""Every number in the generated prose is a number of the results, rounded once."""

import math
import re

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.blocks import BulletList, Document, Note, Paragraph

NUMBER = re.compile(r"−?\d[\d,]*(?:\.\d+)?")


def prose(document: Document) -> list[str]:
    found = []
    for block in document.blocks:
        if isinstance(block, Paragraph | Note):
            found.append("".join(s.text for s in block.spans if s.kind != "reference"))
        elif isinstance(block, BulletList):
            found += ["".join(s.text for s in item) for item in block.items]
    return found


def pool(results: ResultSet) -> tuple[set[float], str]:
    """Return every number of the results (with percent of log points and counts) and every text."""
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
    verdicts = results.findings["verdict"]
    values |= {float((verdicts == "fail").sum()), float(verdicts.isin(["fail", "pass"]).sum())}
    return values, "\n".join(texts)


def test_every_number_in_the_prose_is_in_the_results(made, made_document):
    values, texts = pool(made)
    assert any(NUMBER.search(sentence) for sentence in prose(made_document))
    for sentence in prose(made_document):
        rest = sentence
        for known in sorted(set(texts.split("\n")), key=len, reverse=True):
            rest = rest.replace(known, " ") if len(known) > 3 else rest
        for token in NUMBER.findall(rest):
            decimals = len(token.partition(".")[2])
            assert any(numbers.fixed(v, decimals).lstrip("−") == token.lstrip("−") for v in values), (token, sentence)


def test_the_test_notices_a_number_that_no_result_holds(made):
    values, _ = pool(made)
    assert not any(numbers.fixed(v, 3) == "0.987" for v in values)
    assert isinstance(made.bands, pd.DataFrame)

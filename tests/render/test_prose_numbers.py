"""Every number in the generated prose is a number of the results, rounded once."""

from dataclasses import replace

from prose_numbers import NUMBER, pool, prose, strangers

from twintrade.render.blocks import Paragraph, build_spans
from twintrade.text import numbers


def test_every_number_in_the_prose_is_in_the_results(made, made_document):
    assert sum(bool(NUMBER.search(sentence)) for sentence in prose(made_document)) > 5
    assert strangers(made_document, made) == []


def test_the_test_notices_a_number_that_no_result_holds(made, made_document):
    values, _ = pool(made)
    assert not any(numbers.format_fixed(v, 3) == "0.987" for v in values)
    forged = replace(
        made_document, blocks=(*made_document.blocks, Paragraph(build_spans("It rose by 0.987 log points.")))
    )
    assert [token for token, _ in strangers(forged, made)] == ["0.987"]

"""Estimand sentences against what is averaged: with sampling weights they name them, without they do not."""

import re
from dataclasses import replace

import numpy as np
import pytest
from chosen_designs import chosen

from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.text import Text, pack_text, parse_text

REFUSE = [name for name in ESTIMATORS if not ESTIMATORS[name].requires.weights]
WEIGHTED = [name for name in ESTIMATORS if name not in REFUSE]


def designs(name):
    """Return one design with weights that differ between units, and the same without."""
    plain = chosen(name, noise=0.1)
    units = plain.unit.unique()
    sizes = dict(zip(units, np.random.default_rng(1).integers(1, 4, units.size), strict=True))
    weighted = replace(plain, frame=plain.frame.assign(w=plain.unit.map(sizes).astype(float)))
    return weighted.design(weights="w"), plain.design()


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_sentence_names_the_weights_that_are_used(name):
    estimator = ESTIMATORS[name]()
    weighted, plain = designs(name)
    found = [fit(estimator, d).view("overall").effects[0] for d in (weighted, plain)]
    assert found[0] != pytest.approx(found[1], abs=1e-6)
    assert re.search(r"\bw\b", str(estimator.estimand(weighted)))
    assert "weighing the same" not in str(estimator.estimand(weighted))
    assert not re.search(r"\bw\b", str(estimator.estimand(plain)))


@pytest.mark.parametrize("name", REFUSE)
def test_a_method_that_uses_no_weights_refuses_them(name):
    with pytest.raises(DesignError, match="takes no weights"):
        fit(ESTIMATORS[name](), designs(name)[0])


def test_a_refusal_is_a_text_that_names_what_is_lacking():
    weighted = designs(REFUSE[0])[0]
    with pytest.raises(DesignError) as caught:
        fit(ESTIMATORS[REFUSE[0]](), weighted)
    packed = pack_text(caught.value.text)
    assert '"estimators.takes-no-weights"' in packed
    assert str(parse_text(packed)) == str(caught.value)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_sentences_of_a_method_are_the_same_once_packed(name, root):
    """A method that docs/estimators.md describes says all from the catalogue; another may do it in its own words."""
    design, method = chosen(name, noise=0.5).design(), ESTIMATORS[name]()
    is_of_the_house = f"`{name}`" in (root / "docs" / "estimators.md").read_text(encoding="utf-8")
    sentences = method.assumption(design), method.estimand(design)
    assert all(str(text).endswith(".") for text in sentences)
    for text in (method.title, *sentences):
        assert isinstance(text, Text if is_of_the_house else Text | str)
        assert isinstance(text, str) or str(parse_text(pack_text(text))) == str(text)
        assert "{" not in str(text)
        assert "  " not in str(text)
        assert " ." not in str(text)

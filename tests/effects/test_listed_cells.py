"""Ids and counts survive their cell of specifications.csv, and every one of them has words on a page."""

import pytest

from twintrade.design.fixed_effects import EFFECTS
from twintrade.effects.cohort_influence import join_counts, join_ids, split_counts, split_ids
from twintrade.render.names import Wording
from twintrade.render.tables.ladder import is_gravity


@pytest.mark.parametrize("ids", [(), ("dyad",), ("dyad", "city_period", "partner_period")])
def test_ids_come_back(ids):
    assert split_ids(join_ids(ids)) == ids


@pytest.mark.parametrize("counts", [{}, {"city": 1}, {"city": 30, "partner": 1200}])
def test_counts_come_back(counts):
    assert split_counts(join_counts(counts)) == counts


def test_every_effect_and_cluster_has_words():
    knows = Wording().knows
    missing = [name for name in ("dyad", *EFFECTS) if not knows(f"effects_{name}")]
    missing += [name for name in ("unit", "city", "partner", "period") if not knows(f"clusters_{name}")]
    assert missing == []


@pytest.mark.parametrize(
    ("ids", "absorbs_both"),
    [
        ("dyad;city_period;partner_period", True),
        ("dyad;city_period;partner_period;border_period", True),
        ("dyad;partner_period;border_period", False),
        ("dyad;period", False),
    ],
)
def test_booms_are_absorbed_by_the_effects_of_both_ends_alone(ids, absorbs_both):
    assert is_gravity({"fixed_effects": ids}) is absorbs_both

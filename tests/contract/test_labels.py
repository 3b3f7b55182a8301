import pytest
from chosen_designs import chosen, fitted, names

from twintrade.effects import CohortEffects
from twintrade.effects.cohort_effects import EventStudy
from twintrade.effects.regression import POOLED


@pytest.mark.parametrize("name", list(names()))
def test_every_method_names_its_effects_alike(name: str) -> None:
    estimate = fitted(name, chosen(name, 0.1)).estimate
    if isinstance(estimate, CohortEffects):
        cells = zip(estimate.cohorts, estimate.event_times, strict=True)
        wanted = [f"{'all cohorts' if g == POOLED else f'cohort {g}'}, event time {e:+d}" for g, e in cells]
    else:
        assert isinstance(estimate, EventStudy)
        wanted = [f"{e:+d}" for e in estimate.event_times]
    assert list(map(str, estimate.names)) == wanted

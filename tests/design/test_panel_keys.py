import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Panel
from twintrade.errors import DesignError


def _frame(far: int) -> pd.DataFrame:
    """A panel with gaps whose cities are numbers, some of them far apart."""
    rng = np.random.default_rng(5)
    cells = pd.MultiIndex.from_product([[3, 4, 9, far], [1, 2, 5], range(2001, 2009)], names=["city", "partner", "t"])
    frame = cells.to_frame(index=False)[rng.random(len(cells)) < 0.7]
    return frame.assign(y=rng.normal(size=len(frame)))


@loop_over("far", [11, 10**12])
@loop_over("is_sorted", [True, False])
@loop_over("kind", ["int64", "int16", "float64", "Int64"])
def test_a_panel_is_the_same_however_its_keys_are_read(far: int, is_sorted: bool, kind: str) -> None:
    sorted_rows = _frame(far)
    frame = sorted_rows if is_sorted else sorted_rows.sample(frac=1.0, random_state=1)
    frame = frame.astype({"t": kind, "partner": kind})
    panel = Panel.from_frame(frame, city="city", partner="partner", period="t")
    assert np.array_equal(panel.columns["y"], sorted_rows["y"])
    assert np.array_equal(panel.period, sorted_rows["t"])
    assert list(panel.cities[panel.unit_city[panel.unit]]) == list(sorted_rows["city"].astype(str))
    pairs = sorted_rows["city"].astype(str) + "-" + sorted_rows["partner"].astype(str)
    assert list(panel.units[panel.unit]) == list(pairs)
    assert panel.to_frame()["city"].tolist() == sorted_rows["city"].tolist()
    assert np.array_equal(panel.periods, np.unique(sorted_rows["t"]))
    assert np.array_equal(panel.starts, np.unique(panel.unit, return_index=True)[1])


@pytest.mark.parametrize("is_sorted", [True, False])
def test_two_rows_of_one_unit_and_period_are_refused_in_any_order(is_sorted: bool) -> None:
    frame = pd.concat([_frame(11), _frame(11).iloc[[7]]])
    frame = frame.sort_values(["city", "partner", "t"]) if is_sorted else frame
    with pytest.raises(DesignError, match="1 pairs of rows share unit and period"):
        Panel.from_frame(frame, city="city", partner="partner", period="t")


def test_a_panel_of_numbers_does_not_share_its_keys_with_the_frame() -> None:
    frame = _frame(11)
    panel = Panel.from_frame(frame, city="city", partner="partner", period="t")
    for keys, name in ((panel.period, "t"), (panel.unit, "city")):
        assert not np.shares_memory(keys, frame[name].to_numpy())


def _units(*keys: object) -> Panel:
    column = pd.Series(list(keys), dtype=object)
    return Panel.from_frame(pd.DataFrame({"id": column, "t": 2001, "y": 1.0}), unit="id", period="t")


@pytest.mark.parametrize(
    ("keys", "labels"),
    [
        ((7, 10, 9), ["7", "9", "10"]),
        ((1, "01", "b"), ["1", "01", "b"]),
        ((("a", 2), ("a", 1.0)), ["a-1", "a-2"]),
        ((2.5, 3.0), ["2.5", "3"]),
    ],
)
def test_keys_of_any_kind_become_labels_and_come_back_as_they_were(
    keys: tuple[object, ...], labels: list[str]
) -> None:
    panel = _units(*keys)
    assert panel.units.tolist() == labels
    assert set(panel.to_frame()["unit"]) == set(keys)
    assert panel.to_frame()["unit"][panel.locate(keys)].tolist() == list(keys)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ((1, "1", "b"), "1 and '1' are both written '1'; rename one"),
        ((("a-b", "c"), ("a", "b-c")), "are both written 'a-b-c'; rename one"),
        ((1, ("a", 1)), "cannot name units: .*; use text"),
        (([1], [2]), "cannot name units: .*; use text"),
    ],
)
def test_keys_that_cannot_be_told_apart_or_put_in_order_are_refused(keys: tuple[object, ...], reason: str) -> None:
    with pytest.raises(DesignError, match=reason):
        _units(*keys)


def test_two_dyads_that_are_written_alike_are_refused() -> None:
    frame = pd.DataFrame({"city": ["a-b", "a"], "partner": ["c", "b-c"], "t": 2001, "y": 1.0})
    with pytest.raises(DesignError, match="both written 'a-b-c'"):
        Panel.from_frame(frame, city="city", partner="partner", period="t")

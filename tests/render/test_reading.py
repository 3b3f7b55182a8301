"""Rows of a specification are read once from a table in use, and say what the table says."""

import gc
from dataclasses import replace

import pytest

from tests.render.made_results import make_results
from twintrade.render import reading
from twintrade.render.citing import place_rows
from twintrade.render.reading import find_overall, list_inferences, list_records, list_specifications


@pytest.fixture
def results():
    return place_rows(make_results())


def test_a_record_is_the_row_that_pandas_gives(results):
    rows = [{k: v for k, v in r.items() if k in results.bands} for r in list_records(results.bands)]
    assert repr(rows) == repr(results.bands.to_dict("records"))


def test_the_overall_effect_is_the_first_row_that_matches_and_no_reader_changes_it(results):
    for record in list_specifications(results):
        mine = [results.bands[name] == record[name] for name in ("estimator", "specification")]
        bands = results.bands[mine[0] & mine[1]]
        for inference in list_inferences(results, record):
            found = find_overall(results, record, inference)
            wanted = bands[(bands["kind"] == "overall") & (bands["inference"] == inference)].iloc[0]
            assert (found["effect"], found["\0place"]) == (wanted["effect"], wanted.name)
            found["effect"] = -99.0
            assert find_overall(results, record, inference)["effect"] == wanted["effect"]


def test_another_table_in_the_place_of_one_that_is_gone_is_read_anew(results):
    record = list_specifications(results)[0]
    before = find_overall(results, record)["effect"]
    n_kept = len(reading._TAKEN_APART)
    for k in range(1, 4):
        other = replace(results, bands=results.bands.assign(effect=results.bands["effect"] + k))
        assert find_overall(other, record)["effect"] == before + k
        del other
    gc.collect()
    assert len(reading._TAKEN_APART) <= n_kept

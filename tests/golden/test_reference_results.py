"""The numbers of other programs are here with their calls; data sets that are not say where they are published."""

import pytest
from reference_results import BUNDLED, describe_absence, find_data, read_cases, read_data, read_sources

SIMULATED = {"sim_balanced", "sim_fewclusters", "sim_gravity"}


def list_cases() -> list[dict]:
    return [case for file in sorted(BUNDLED.glob("*.json")) for case in read_cases(file.stem).values()]


def test_every_case_has_its_call_its_version_and_its_numbers():
    cases = list_cases()
    assert len(cases) == 210
    for case in cases:
        assert case["call"]
        assert case["version"]
        assert case["results"]
        assert case["dataset"] in read_sources()


def test_eighteen_cases_need_no_other_data():
    needing_none = [case["id"] for case in list_cases() if case["dataset"] in SIMULATED]
    assert len(needing_none) == 18
    assert [read_data(name).shape for name in sorted(SIMULATED)] == [(3600, 12), (1800, 6), (4000, 8)]


def test_no_data_set_of_another_publisher_is_bundled():
    ours = {name for name, source in read_sources().items() if source["publisher"] == "this project"}
    assert ours == SIMULATED
    assert {file.stem for file in BUNDLED.glob("*.csv*")} == SIMULATED | {"sources"}
    assert not {file.stem for file in BUNDLED.glob("*.json")} & set(read_sources())


@pytest.mark.parametrize("dataset", sorted(set(read_sources()) - SIMULATED))
def test_an_absent_data_set_skips_with_its_file_and_its_publisher(monkeypatch, tmp_path, dataset):
    source = read_sources()[dataset]
    monkeypatch.setattr("reference_results.NAMED", tmp_path)
    with pytest.raises(pytest.skip.Exception) as skipped:
        find_data(dataset)
    for part in (source["file"], source["object"], source["package"], source["repository"] or "CRAN"):
        assert part in str(skipped.value)
    assert str(skipped.value) == describe_absence(source)
    (tmp_path / source["file"]).write_text("a,b\n1,2\n")
    assert find_data(dataset) == tmp_path / source["file"]

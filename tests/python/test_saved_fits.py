"""A fit in a file: what it says after loading is what it said before; other files are refused in a sentence."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from drawn_points import read_points
from matplotlib import pyplot

import twintrade as tt
from twintrade.study import stored

EXACT = 1e-12
INFERENCES = {"clustered": {}, "wild": {"draws": 49}, "scaled": {}}
SLOW = {"matrix_completion", "interactive_effects", "structural_series", "interrupted_series"}
"""Refitted for minutes by inferences, or for one unit with draws of their own."""


@pytest.fixture(scope="module")
def designs(example, example_panel):
    panel, agreements = example_panel, example[1]
    compare = tt.compare(panel, agreements, "exports_usd", fixed_effects="gravity", covariates="x")
    return (
        compare,
        tt.compare(panel, agreements, "exports_usd", transform="log"),
        tt.compare(panel, {"Alder-GBR": 2010}, "exports_usd", transform="log"),
        tt.compare(panel, agreements, "exports_usd", fixed_effects="gravity", transform="log"),
    )


def find_fit(name, designs):
    for design in designs:
        try:
            return tt.fit(name, design)
        except tt.TwintradeError:
            continue
    return None


def reload(fit, tmp_path):
    fit.save(tmp_path / "fit.zip")
    return tt.load(tmp_path / "fit.zip")


def say(fit, how, view, options):
    try:
        return fit.tidy(how, view=view, **options)
    except tt.TwintradeError as error:
        return pd.DataFrame({"refused": [str(error)]})


@loop_over("name", sorted(set(tt.ESTIMATORS) - SLOW))
def test_a_loaded_fit_says_what_the_saved_one_says(name, designs, tmp_path):
    fit = find_fit(name, designs)
    if fit is None:
        return
    loaded = reload(fit, tmp_path)
    assert repr(loaded) == repr(fit)
    assert loaded.estimator == fit.estimator
    pd.testing.assert_frame_equal(loaded.design.summary(), fit.design.summary())
    pd.testing.assert_frame_equal(loaded.design.panel.to_frame(), fit.design.panel.to_frame())
    for how, options in INFERENCES.items():
        for view in fit.views if how == "clustered" else fit.views[:1]:
            here, there = say(loaded, how, view, options), say(fit, how, view, options)
            pd.testing.assert_frame_equal(here, there, rtol=EXACT, atol=0)


def test_intervals_refits_and_pictures_of_a_loaded_fit_are_the_same(example_fit, tmp_path):
    loaded = reload(example_fit, tmp_path)
    for how in ("randomization", "jackknife"):
        options = {"draws": 9} if how == "randomization" else {}
        here, there = (fit.infer(how, view="overall", **options) for fit in (loaded, example_fit))
        np.testing.assert_allclose([here.low, here.p], [there.low, there.p], rtol=EXACT)
    np.testing.assert_allclose(loaded.confint(joint=True), example_fit.confint(joint=True), rtol=EXACT)
    np.testing.assert_allclose(loaded.predict(), example_fit.predict(), rtol=EXACT)
    here, there = (read_points(fit.plot(inference="clustered").figure) for fit in (loaded, example_fit))
    pyplot.close("all")
    pd.testing.assert_frame_equal(here, there, rtol=EXACT)
    assert tt.check(loaded, "adoption").verdict == tt.check(example_fit, "adoption").verdict
    assert loaded.design.plot().get_title(loc="left") == example_fit.design.plot().get_title(loc="left")
    pyplot.close("all")


def test_keys_and_options_of_every_kind_come_back(tmp_path):
    rng = np.random.default_rng(2)
    rows = [((u, "a"), y, float(np.exp(rng.normal()))) for u in range(30) for y in range(2000, 2010)]
    table = pd.DataFrame(rows, columns=["firm", "year", "y"]).assign(w=2.0)
    panel = tt.panel(table, unit="firm", period="year", units_of_measure={"y": "US dollars"})
    onsets = {panel.units[u]: 2005 + u % 2 for u in range(8)}
    design = tt.compare(
        panel, onsets, "y", transform="log", weights="w", window=(-3, 2), anticipation=1, reference=-2
    )
    fit = tt.fit("sunab", design, second_reference=-3)
    loaded = reload(fit, tmp_path)
    pd.testing.assert_frame_equal(loaded.tidy("clustered"), fit.tidy("clustered"), rtol=EXACT, atol=0)
    assert loaded.design.panel.given_keys["unit"][0] == (0, "a")
    assert loaded.design.panel.units_of_measure == {"y": "US dollars"}


def test_the_same_fit_gives_the_same_bytes_and_no_pickle(example_fit, tmp_path):
    for name in ("a.zip", "b.zip"):
        example_fit.save(tmp_path / name)
    content = (tmp_path / "a.zip").read_bytes()
    assert content == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"json", "npy"}
        arrays = [np.load(io.BytesIO(archive.read(n)), allow_pickle=False) for n in archive.namelist() if "npy" in n]
    assert all(array.dtype != object for array in arrays)


def edit(path, change):
    """Write a saved fit anew with other parts."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    content = json.loads(files[stored.PARTS])
    change(content)
    files[stored.PARTS] = json.dumps(content).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, one in files.items():
            archive.writestr(name, one)


def test_a_file_of_another_version_is_refused(example_fit, tmp_path):
    example_fit.save(tmp_path / "old.zip")
    edit(tmp_path / "old.zip", lambda content: content.update(twintrade="0.0.1"))
    with pytest.raises(tt.TwintradeError, match=r"old.zip was saved by twintrade 0.0.1, and this is"):
        tt.load(tmp_path / "old.zip")


@loop_over("name", ["os:system", "builtins:eval", "twintrade.files:open_file", "twintrade.estimators.base:fit", "x"])
def test_a_file_that_names_other_things_than_parts_of_a_fit_is_refused(name, example_fit, tmp_path):
    example_fit.save(tmp_path / "odd.zip")
    edit(
        tmp_path / "odd.zip",
        lambda content: content["parts"]["list"].append({"class": name, "fields": {"mapping": []}}),
    )
    with pytest.raises(tt.TwintradeError, match="is no fit that"):
        tt.load(tmp_path / "odd.zip")


def test_a_spoilt_file_is_refused_or_says_the_same(example_fit, tmp_path):
    file, rng = tmp_path / "spoilt.zip", np.random.default_rng(3)
    example_fit.save(file)
    content, there = file.read_bytes(), example_fit.view("event").effects
    refused = 0
    for at in rng.integers(0, len(content), 40).tolist():
        file.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            np.testing.assert_array_equal(tt.load(file).view("event").effects, there)
        except tt.TwintradeError:
            refused += 1
    assert refused > 30
    for cut in (0, 10, len(content) // 2, len(content) - 1):
        file.write_bytes(content[:cut])
        with pytest.raises(tt.TwintradeError, match="is no fit that"):
            tt.load(file)


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(tt.TwintradeError, match=r"there is no file nothing.zip"):
        tt.load(tmp_path / "nothing.zip")
    (tmp_path / "text.zip").write_text("fit", encoding="utf-8")
    with pytest.raises(tt.TwintradeError, match="is no fit that"):
        tt.load(tmp_path / "text.zip")

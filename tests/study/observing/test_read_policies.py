"""Blocks of other policies in an analysis file become policies of the panel, whatever their order."""

import shutil

import numpy as np
import pytest

from twintrade.errors import DataError, SpecError
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import build_simulated_files, list_declared_files, observe
from twintrade.study.spec.analysis import parse

NAME = "policies-simulated"


@pytest.fixture
def project(root, tmp_path):
    shutil.copytree(root / "analyses" / NAME, tmp_path / "analyses" / NAME)
    text = (root / f"analyses/{NAME}.toml").read_text(encoding="utf-8")
    (tmp_path / "data/processed").mkdir(parents=True)
    for name, content in build_simulated_files(NAME, parse(text)[0]).items():
        (tmp_path / name).write_bytes(content)
    return tmp_path, text


def test_blocks_become_policies_whatever_their_order(project):
    folder, text = project
    spec, _ = parse(text)
    turned = spec.model_copy(update={"data": spec.data.model_copy(update={"policies": spec.data.policies[::-1]})})
    one, other = (observe(NAME, s, folder) for s in (spec, turned))
    office, trade_agreement = one.panel.policies
    assert (office.name, office.is_office, office.keys) == ("office", True, ("city", "partner"))
    assert (trade_agreement.keys, trade_agreement.is_office) == (("partner",), False)
    assert np.isfinite(office.onset).sum() == 12
    for policy, again in zip(one.panel.policies, other.panel.policies, strict=True):
        assert policy.name == again.name
        np.testing.assert_array_equal(policy.onset, again.onset)
    files = {f"analyses/{NAME}/{name}.csv" for name in ("agreements", "offices", "trade_agreements")}
    assert files <= set(list_declared_files(spec))
    assert files <= {record.path for record in one.inputs}


def test_a_check_says_how_many_pairs_and_cities_a_policy_has_and_from_when(project):
    folder, text = project
    said = check_analysis(folder, NAME, text, with_estimates=False)
    assert "  other policies\n    office: 12 pairs of 8 cities, begun from 2008 to 2012\n" in said
    assert "    trade agreement: 16 pairs of 8 cities, begun from 2008 to 2010\n" in said
    ended = folder / f"analyses/{NAME}/offices.csv"
    rows = ended.read_text(encoding="utf-8").splitlines()
    years = ["closed", *("2013" if at < 2 else "" for at in range(len(rows) - 1))]
    ended.write_text("\n".join(f"{row},{year}" for row, year in zip(rows, years, strict=True)), encoding="utf-8")
    declared = text.replace('date = "opened"', 'date = "opened"\nended = "closed"')
    said = check_analysis(folder, NAME, declared, with_estimates=False)
    assert "office: 12 pairs of 8 cities, begun from 2008 to 2012; ended in 2 of them, from 2014 to 2014" in said


def test_a_file_without_policies_has_a_panel_without_any(project):
    folder, text = project
    spec, _ = parse(text)
    bare = spec.model_copy(update={"data": spec.data.model_copy(update={"policies": []})})
    assert observe(NAME, bare, folder).panel.policies == ()


def test_levels_are_refused_in_words(project):
    folder, text = project
    spec, _ = parse(text.replace('date = "opened"', 'date = "opened"\nlevel = "rank"'))
    with pytest.raises(DataError, match="levels"):
        observe(NAME, spec, folder)


def test_a_key_that_no_policy_has_is_named_with_the_right_one():
    with pytest.raises(SpecError, match="ended"):
        parse('title = "x"\n[[data.policies]]\nname = "a"\nfile = "b.csv"\ncity = "c"\ndate = "d"\nendet = "e"\n')

"""Names and options resolved before anything is estimated."""

import dataclasses

import pytest

from twintrade.errors import SpecError
from twintrade.inference.choosing import Situation, decide_for
from twintrade.study.plan.jobs import plan
from twintrade.study.run.columns import build_generator, compute_entropy
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.recipes import RECIPES


def planned(text: str, further: str = ""):
    spec, _ = parse(text + further)
    return plan("tiny", spec)


def test_columns_have_their_own_design_and_a_name_of_what_sets_them_apart(spec_text):
    further = """
[[estimator]]
name = "ppml"
headline = true
[[estimator]]
name = "ppml"
exclude_flagged = true
[[estimator]]
name = "twfe"
transform = "log"
fixed_effects = "two_way"
shape = "static"
comparison = "never_treated"
treatment = { late_from = 6 }
"""
    made = planned(spec_text, further)
    assert [c.job for c in made.columns][:3] == [
        "twfe/log-gravity",
        "ppml/level-gravity",
        "ppml/level-gravity-unflagged",
    ]
    assert [str(c.label) for c in made.columns] == [
        "TWFE, log, gravity effects",
        "PPML, gravity effects",
        "PPML, gravity effects, without flagged pairs",
        "TWFE, log, two-way effects, never treated only, treatment late from 6, shape static",
    ]
    assert [c.is_headline for c in made.columns] == [False, True, False, False]
    assert made.columns[3].design.treatment.late_from == 6
    assert made.columns[3].design.treatment.date == "signed"
    assert made.columns[0].design.treatment.late_from == 12


def test_every_fault_of_every_entry_is_told(spec_text):
    further = """
[[estimator]]
name = "ppmll"
[[estimator]]
name = "twfe"
shap = "static"
windw = [1, 2]
[[estimator]]
name = "twfe"
shape = "statik"
[[diagnostic]]
name = "pretrends"
on = "nowhere"
"""
    with pytest.raises(SpecError) as caught:
        planned(spec_text, further)
    told = str(caught.value)
    assert "[[estimator]] number 2 (ppmll): no estimator is called 'ppmll'; did you mean 'ppml'?" in told
    assert "twfe has no option shap; did you mean shape?" in told
    assert "twfe has no option windw; did you mean window?" in told
    shapes = "input should be 'event', 'static', 'dose' or 'covariates'"
    assert f"number 4 (twfe): shape: {shapes} (given: 'statik'); did you mean static?" in told
    assert "on names 'nowhere'" in told


def test_a_column_that_repeats_another_is_refused(spec_text):
    with pytest.raises(SpecError, match="repeats an earlier entry"):
        planned(spec_text, '[[estimator]]\nname = "twfe"\ntransform = "log"\n')


def test_a_column_may_name_its_own_inference(spec_text):
    made = planned(spec_text, '\n[[estimator]]\nname = "ppml_corrected"\ninference = "weidner_zylkin"\n')
    own = made.columns[-1]
    assert made.inference_of(own).name == "weidner_zylkin"
    assert made.inference_of(made.columns[0]) is made.inference
    assert f"inference/weidner_zylkin/{own.job}" in made.jobs
    with pytest.raises(SpecError, match=r"number 2 \(ppml\): inference.*weidner_zylkin"):
        planned(spec_text, '\n[[estimator]]\nname = "ppml"\ninference = "weidner_zilkin"\n')


@pytest.mark.parametrize(("asked", "expected"), [("", [199, 499]), ("permutations = 59\n", [59, 59])])
def test_columns_beside_the_headline_take_fewer_assignments_where_none_are_asked_for(spec_text, asked, expected):
    text = spec_text.replace('name = "clustered"\n', f'name = "auto"\n{asked}')
    made = planned(text, '[[estimator]]\nname = "ppml"\nheadline = true\n')
    few = decide_for(Situation(has_influence=False, has_weights=False, n_treated=2))
    assert [made.inference_of(column).chosen(few).draws for column in made.columns] == expected


def test_two_headlines_are_refused(spec_text):
    further = '[[estimator]]\nname = "ppml"\nheadline = true\n' * 1
    further += '[[estimator]]\nname = "imputation"\nheadline = true\n'
    with pytest.raises(SpecError, match="one at most"):
        planned(spec_text, further)


def test_jobs_are_named_and_a_new_one_moves_no_seed(spec_text):
    few = planned(spec_text)
    more = planned(spec_text, '[[estimator]]\nname = "ppml"\n')
    assert set(few.jobs) < set(more.jobs)
    assert "inference/clustered/twfe/log-gravity" in few.jobs


def test_seeds_are_stable_and_differ_by_job():
    assert compute_entropy(5, "inference/a") == [5, 10901085845609393788]
    first = build_generator(5, "inference/a").random()
    assert build_generator(5, "inference/a").random() == first
    assert build_generator(5, "inference/b").random() != first
    assert build_generator(6, "inference/a").random() != first


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_every_recipe_can_be_planned(spec_text, recipe):
    text = spec_text[: spec_text.index("[design]")]
    case = '[case]\ncity = "Alder"\npartner = "GBR"\n' if recipe in ("single_case", "chart") else ""
    made = planned(f'recipe = "{recipe}"\n{text}{case}')
    assert len(made.columns) == len(RECIPES[recipe].preset["estimator"])


def test_a_case_shows_its_own_pair(spec_text):
    text = f'recipe = "single_case"\n{spec_text[: spec_text.index("[design]")]}'
    made = planned(text + '[case]\ncity = "Alder"\npartner = "GBR"\n')
    raw = next(c.diagnostic for c in made.checks if c.diagnostic.name == "raw_series")
    assert dataclasses.asdict(raw)["units"] == ("Alder-GBR",)
    for name in ("double_ratio", "synthetic_control"):
        assert [c.donors for c in made.columns if c.estimator.name == name] == ["all", "A", "B"]


def test_a_column_of_its_own_design_is_checked_for_words(spec_text):
    with pytest.raises(SpecError, match=r"transform: input should be .*; did you mean log\?"):
        planned(spec_text, '[[estimator]]\nname = "twfe"\ntransform = "ln"\n')

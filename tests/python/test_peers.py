"""Ten models of pyfixest, and the words of other software."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from peer_models import MODELS, PREDICTED, build_table, choose_new_rows, fit_here, tidy_here

import twintrade as tt
from twintrade.study.by_name import SYNONYMS

STORED = json.loads(Path(__file__).with_name("pyfixest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table():
    return build_table()


@loop_over("name", MODELS)
def test_tidy_is_what_pyfixest_says(name, table):
    there, here = pd.DataFrame(STORED[name]), tidy_here(MODELS[name], table)
    assert len(here) == len(there)
    if "event" not in name:
        assert here["term"].tolist() == there["term"].tolist()
    # pyfixest stops its Poisson iterations at 1e-8.
    for column in there.columns[1:]:
        np.testing.assert_allclose(here[column], there[column], rtol=3e-6, atol=1e-9, err_msg=column)


@loop_over("name", PREDICTED)
def test_fixed_effects_and_predictions_of_new_rows_are_pyfixest_s(name, table):
    there, fit = STORED["predictions"][name], fit_here(MODELS[name], table)
    # pyfixest solves for the effects of weighted and of Poisson fits to about 1e-6.
    bound = 1e-9 if MODELS[name].command == "feols" and MODELS[name].weights is None else 3e-6
    here = fit.predict(choose_new_rows(name, table).drop(columns="pair"))
    np.testing.assert_allclose(here, np.array(there["predicted"], dtype=float), rtol=bound)
    assert np.isnan(here).sum() == 1
    levels = fit.fixef()
    for ours, theirs in (("unit", "pair"), ("period", "year")):
        values = levels[ours].to_numpy()
        np.testing.assert_allclose(values - values[0], there[theirs], atol=10 * bound)


@loop_over("name", MODELS)
def test_rows_of_the_fit_are_predicted_as_they_were_fitted(name, table):
    fit = fit_here(MODELS[name], table)
    rows = fit.design.observations.rows[fit.estimate.sample.rows]
    here = fit.predict(fit.design.panel.to_frame().iloc[rows])
    np.testing.assert_allclose(here, fit.predict(), rtol=1e-8)


def test_every_word_of_other_software_is_an_estimator():
    assert all(name in tt.ESTIMATORS for name in SYNONYMS.values())
    asked = "feols fepois ppmlhdfe sunab csdid att_gt did2s did_imputation jwdid etwfe sdid synth xtevent"
    for word in asked.split():
        assert word in SYNONYMS or word in tt.ESTIMATORS
    with pytest.raises(tt.TwintradeError, match=r"did you mean 'feols' \(twfe\)\?"):
        tt.fit("feolz", None)


def test_methods_complete_by_their_names(example_design):
    for room, registry in (
        (tt.estimators, tt.ESTIMATORS), (tt.inference, tt.INFERENCES), (tt.diagnostics, tt.DIAGNOSTICS)
    ):  # fmt: skip
        assert dir(room) == list(registry)
        assert all(hasattr(room, name) for name in dir(room))
    assert tt.fit(tt.estimators.ppml, example_design, shape="static").estimator.name == "ppml"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tt.estimators.nothing

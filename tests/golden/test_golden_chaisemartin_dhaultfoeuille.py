"""De Chaisemartin-D'Haultfoeuille against DIDmultiplegtDYN 2.1.2."""

import numpy as np
import pytest
from reference_results import read_cases, read_data
from scipy.stats import chi2

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille

CLOSED_FORM = 1e-9
"""Sums and means in both programs."""


def design_of(dataset, weights):
    frame = read_data(dataset)
    if dataset == "favara_imbs":
        frame = frame.assign(state=frame["state_n"].astype(str))
        panel = Panel.from_frame(frame, unit="county", period="year", city="state")
        treatment = Treatment.from_dose(panel, panel.values("inter_bra"))
        return Design(
            panel=panel, treatment=treatment, outcome="Dl_vloans_b", clusters=("city",),
            always_treated="keep",
        )  # fmt: skip
    unit, onset, outcome = {
        "castle": ("sid", "effyear", "l_homicide"),
        "mpdta": ("countyreal", "first.treat", "lemp"),
    }[dataset]
    panel = Panel.from_frame(frame, unit=unit, period="year")
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    treatment = Treatment.from_series(onsets)
    return Design(panel=panel, treatment=treatment, outcome=outcome, weights=weights)


def standard_errors(estimate):
    clusters = np.arange(estimate.uncertainty.units.size)
    return np.sqrt(np.diag(estimate.uncertainty.cross_product(clusters)))


def clustered_errors(estimate, design):
    clusters = design.observations.unit_clusters(design.clusters[0])
    return np.sqrt(np.diag(estimate.uncertainty.cross_product(clusters)))


def method_of(dataset):
    """The authors' call names how many effects and placebos it wants."""
    effects, placebos = (5, 3) if dataset == "favara_imbs" else (3, 2)
    return ChaisemartinDHaultfoeuille(singletons="dropped", effects=effects, placebos=placebos)


CASES = ["castle_3_2", "castle_3_2_weights", "mpdta_3_2", "favara_imbs_nonabsorbing"]


@pytest.mark.parametrize("name", CASES)
def test_effects_placebos_and_average_equal_the_authors_package(name):
    case = read_cases("did_multiplegt_dyn")[name]
    design = design_of(case["dataset"], "popwt" if "weight=" in case["call"] else None)
    fitted = fit(method_of(case["dataset"]), design)
    study, result = fitted.estimate, case["results"]
    for part, sign in (("effects", 1), ("placebos", -1)):
        expected = result[part]
        picked = [
            int(np.flatnonzero(study.event_times == -1 + sign * (i + 1))[0]) for i in range(len(expected["se"]))
        ]
        np.testing.assert_allclose(study.effects[picked], expected["estimate"], rtol=CLOSED_FORM)
        np.testing.assert_allclose(clustered_errors(study, design)[picked], expected["se"], rtol=CLOSED_FORM)
        assert study.n_units[picked].tolist() == expected["switchers"]
    overall = fitted.view("overall")
    np.testing.assert_allclose(overall.effects, result["ate"]["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(clustered_errors(overall, design), result["ate"]["se"], rtol=CLOSED_FORM)


@pytest.mark.parametrize("name", CASES)
def test_joint_tests_of_effects_and_of_placebos_equal_the_authors_package(name):
    """Eight clusters carry favara_imbs: both covariances are singular, and no p-value means anything."""
    case = read_cases("did_multiplegt_dyn")[name]
    design = design_of(case["dataset"], "popwt" if "weight=" in case["call"] else None)
    study, result = fit(method_of(case["dataset"]), design).estimate, case["results"]
    covariance = study.uncertainty.cross_product(design.observations.unit_clusters(design.clusters[0]))
    for part, is_in, key in (
        ("effects", study.event_times >= 0, "p_joint_effects"),
        ("placebos", study.event_times < study.reference, "p_joint_placebo"),
    ):
        picked = np.flatnonzero(is_in)
        assert picked.size == len(result[part]["se"])
        effects, spread = study.effects[picked], np.linalg.eigvalsh(covariance[np.ix_(picked, picked)])
        assert (spread[0] < 1e-10 * spread[-1]) == (name == "favara_imbs_nonabsorbing")
        if name == "favara_imbs_nonabsorbing":
            continue
        wald = effects @ np.linalg.solve(covariance[np.ix_(picked, picked)], effects)
        np.testing.assert_allclose(chi2.sf(wald, picked.size), result[key], rtol=1e-7)

"""What an inference does is what its plan said: the method, the number of refits, and none that is thrown away."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from chosen_designs import OPTIONS, VARIANTS, fit_chosen, is_refused, names, of, varied

from twintrade.errors import DesignError, EstimationError, InferenceError
from twintrade.estimators.base import fit
from twintrade.inference import placebo, randomization
from twintrade.inference.auto import Auto, plan_inference
from twintrade.inference.base import Inference
from twintrade.inference.crv2 import Jackknife
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import leave_out, studentizing
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import plan
from twintrade.study.scaffold import build_simulated_pair
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.recipes import RECIPES

SLOW_TO_REFIT = ("ppml_corrected",)
"""Held by itself, and not again in every recipe that has it."""
LIKE_OTHERS = ("elastic_net_synthetic_control",)
"""Cases whose placebos take seconds, planned as those of the other synthetic controls."""
AUTO = Auto(permutations=4, draws=19)
VIEWS = ("event", "overall", "path", "cohort")


@pytest.fixture
def refits(monkeypatch) -> Counter[str]:
    """Count the estimates that each method begins to make anew."""
    counted: Counter[str] = Counter()

    def watch(module, name, method, count):
        real = getattr(module, name)

        def watched(*args, **options):
            counted[method] += count(*args, **options)
            return real(*args, **options)

        monkeypatch.setattr(module, name, watched)

    watch(randomization, "permute", "randomization", lambda fit, views, onsets, *_: len(onsets))
    watch(studentizing, "permute_one_step", "randomization", lambda dealt, shown, n, *_: n)
    watch(leave_out, "run_jobs", "jackknife", lambda name, function, jobs, **_: len(jobs))
    watch(placebo, "run_jobs", "placebo", lambda name, function, jobs, **_: len(jobs))
    return counted


def hold(fitted, refits, inference=AUTO) -> str:
    """Hold what an inference does against its plan; return the method."""
    views = [view for view in VIEWS if view in fitted.views]
    try:
        planned = plan_inference(inference, fitted, views)
    except InferenceError:
        with pytest.raises(InferenceError):
            inference.infer_views(fitted, views, np.random.default_rng(1))
        assert not refits
        return ""
    assert not refits, "a plan estimates nothing"
    bands = inference.infer_views(fitted, views, np.random.default_rng(1))
    assert {one.inference for one in bands.values()} == {planned.inference.name}
    assert dict(refits) == ({planned.inference.name: planned.refits} if planned.refits else {})
    return planned.inference.name


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LIKE_OTHERS else []) for name in names()]
)
def test_auto_does_what_it_planned(name, refits) -> None:
    assert hold(fit_chosen(name), refits)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "as it is"])
@pytest.mark.parametrize(("name", "options"), [("callaway_santanna", {}), ("stacked", {}), *OPTIONS[:3]])
def test_auto_does_what_it_planned_on_other_panels(name, options, variant, refits) -> None:
    if not is_refused(name, variant):
        assert hold(fit(of(name, **options), varied(name, options, variant, 0.3)), refits)


def lessen(inference: Inference) -> Inference:
    """Return an inference with fewer draws, if it has any."""
    return replace(inference, draws=99) if getattr(inference, "draws", 0) > 99 else inference


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_auto_does_what_it_planned_in_every_recipe(recipe, refits, tmp_path) -> None:
    for path, content in build_simulated_pair("tiny").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    text = (tmp_path / "analyses" / "tiny.toml").read_text(encoding="utf-8")
    case = '[case]\ncity = "Alder"\npartner = "GBR"\n' if recipe in ("single_case", "chart") else ""
    spec, _ = parse(f'recipe = "{recipe}"\n{text[: text.index("[design]")]}{case}')
    designs = Designs(observe("tiny", spec, tmp_path), spec.case)
    made = plan("tiny", spec)
    for column in made.columns:
        if column.estimator.name in SLOW_TO_REFIT:
            continue
        with suppress(DesignError, EstimationError):
            fitted = fit(column.estimator, designs.of(column))
            for inference in (AUTO, lessen(made.inference_of(column))):
                if inference is AUTO or not isinstance(inference, Auto):
                    hold(fitted, refits, inference)
                    refits.clear()


def test_assignments_are_counted_once_for_all_plans_of_a_fit(monkeypatch) -> None:
    fitted, made, deal = fit_chosen("ppml"), [], Randomization.deal
    monkeypatch.setattr(Randomization, "deal", lambda self, *given: made.append(self.draws) or deal(self, *given))
    planned = [plan_inference(Randomization(draws=n), fitted, ["overall"]).refits for n in (31, 31, 33, 31)]
    assert planned == [31, 31, 33, 31]
    assert made == [31, 33]


SOLVED = ("imputation",)
"""Of these a linear model gives the estimates without each cluster."""
LINEAR = ("callaway_santanna", "imputation", "staggered_efficient")


@pytest.mark.parametrize("name", LINEAR)
def test_the_jackknife_refits_as_often_as_it_planned(name, refits) -> None:
    assert hold(fit_chosen(name), refits, Jackknife()) == "jackknife"
    assert refits["jackknife"] >= 60 or name in SOLVED


@pytest.mark.parametrize("name", LINEAR)
def test_a_jackknife_with_too_many_clusters_is_passed_over_before_any_refit(name, refits, monkeypatch) -> None:
    fitted = fit_chosen(name)
    taken = replace(AUTO.decided(fitted), method="jackknife")
    monkeypatch.setattr(Auto, "decided", lambda *_: taken)
    assert hold(fitted, refits) == "jackknife"
    refits.clear()
    monkeypatch.setattr(leave_out, "MOST_REFITS", 59)
    assert hold(fitted, refits) == "randomization"
    said = AUTO.infer(fitted, "overall", np.random.default_rng(1)).messages[0].message
    assert "jackknife cannot be computed (leaving out each of 60 clusters needs as many refits" in said


def test_a_jackknife_without_its_only_treated_cluster_is_passed_over_before_any_refit(refits, monkeypatch) -> None:
    design = varied("imputation", {}, "as it is", 0.3)
    treated = np.flatnonzero(np.isfinite(design.onset))
    onset = np.where(np.arange(design.onset.size) == treated[0], design.onset, np.inf)
    fitted = fit(of("imputation"), design.reassigned(onset))
    taken = replace(AUTO.decided(fitted), method="jackknife")
    monkeypatch.setattr(Auto, "decided", lambda *_: taken)
    assert hold(fitted, refits) == "randomization"
    assert "jackknife gives no p-value" in AUTO.infer(fitted, "overall", np.random.default_rng(1)).messages[0].message

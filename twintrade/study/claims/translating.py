"""What the headline means for all trade of its cities, in the world that an analysis declares."""

import numpy as np
import pandas as pd

from twintrade.data.schema import WorldSource
from twintrade.design import Design
from twintrade.diagnostics.translated import Translation, World, translate
from twintrade.effects import Bands
from twintrade.errors import DesignError, SpecError, TwintradeError
from twintrade.study.observing.observe import Observed
from twintrade.study.run.columns import Estimated, Run
from twintrade.study.spec.analysis import Spec
from twintrade.text import Text, pack_text

PAYLOAD = "translation"


def try_world(observed: Observed, spec: Spec, design: Design) -> list[Text]:
    """Return what is known of the declared world before a run; refuse one in which the pairs cannot be translated."""
    if observed.world is None or spec.translate is None:
        return []
    if spec.design.outcome != "exports" or not design.panel.is_dyadic:
        raise SpecError(Text("study.world-of-exports", outcome=spec.design.outcome, unit=spec.design.unit))
    trial, world = _translate(0.0, design, observed.world, spec.translate), observed.world
    models = int((trial.table["outcome"] == "pairs").sum())
    counts = {"places": world.places.size, "unknown": int(world.lacks_home.sum()), "pairs": len(trial.treated)}
    return [Text("study.world", models=models, **counts)]


def compute_translation(run: Run) -> dict[str, pd.DataFrame]:
    """Return the change of page 1 translated, a row a model and outcome; or the reason why it is not."""
    asked, world, headline = run.plan.spec.translate, run.observed.world, run.ladder.headline
    if asked is None or world is None or headline is None or headline.fit is None:
        return {}
    try:
        translated = _translate(_find_pushed(run, headline), design := headline.fit.design, world, asked)
        effects = design.fixed_effects if isinstance(design.fixed_effects, str) else "gravity"
        share = (*asked.home_share, 0.6)[len(asked.home_share) // 2]
        again = translated.estimate_again(asked.elasticity[len(asked.elasticity) // 2], share, fixed_effects=effects)
    except TwintradeError as error:
        return {PAYLOAD: pd.DataFrame({"reason": [str(error)], "reason_text": [pack_text(error.text)]})}
    effect, low, high = (100 * np.expm1(one) for one in translated.effect)
    pushed = {"effect": effect, "effect_low": low, "effect_high": high, "n_pairs": len(translated.treated)}
    pushed |= {"again": 100 * np.expm1(again), "again_effects": effects}
    return {PAYLOAD: translated.table.assign(**pushed, n_places=world.places.size)}


def _find_pushed(run: Run, headline: Estimated) -> Bands | list[float]:
    """Return the change of page 1 with its interval: the graded one where there is one."""
    overall = next((b for b in headline.bands if b.estimate.kind == "overall"), None)
    if run.ladder.graded is None and overall is not None:
        return overall
    graded = pd.DataFrame() if run.ladder.graded is None else run.ladder.graded.table
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log1p(graded.reindex(columns=["percent", "low", "high"])[:1].to_numpy(np.float64).ravel() / 100)
    if not (logs.size and np.isfinite(logs).all()):
        raise DesignError(Text("study.world-open"))
    return [float(one) for one in logs]


def _translate(effect: float | Bands | list[float], design: Design, world: World, asked: WorldSource) -> Translation:
    options = {name: getattr(asked, name) for name in ("elasticity", "supply", "home_share", "deficits")}
    return translate(effect, design, world, **options)

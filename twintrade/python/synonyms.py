"""What other software calls the methods, for who has its words in the fingers."""

import difflib

from twintrade.design import Design
from twintrade.errors import SpecError
from twintrade.estimators.base import ESTIMATORS

SYNONYMS: dict[str, str] = {
    "feols": "twfe",
    "reghdfe": "twfe",
    "xtreg": "twfe",
    "xtevent": "twfe",
    "fepois": "ppml",
    "ppmlhdfe": "ppml",
    "sunab": "sun_abraham",
    "eventstudyinteract": "sun_abraham",
    "csdid": "callaway_santanna",
    "att_gt": "callaway_santanna",
    "did2s": "two_stage",
    "did_imputation": "imputation",
    "didimputation": "imputation",
    "jwdid": "etwfe",
    "wooldid": "etwfe",
    "did_multiplegt_dyn": "chaisemartin_dhaultfoeuille",
    "lpdid": "local_projections",
    "sdid": "synthetic_did",
    "synthdid": "synthetic_did",
    "synth": "synthetic_control",
    "augsynth": "augmented_synthetic_control",
    "gsynth": "interactive_effects",
}
REGRESSIONS = ("feols", "reghdfe", "xtreg", "fepois", "ppmlhdfe")
"""Commands that estimate the columns of a formula: the treatment's own, or covariates alone."""


def find_estimator(word: str) -> str:
    """Return the name of an estimator, also where the word is another software's.

    Raises
    ------
    SpecError
        No method is called so; the nearest words are named.
    """
    if word in ESTIMATORS:
        return word
    if word in SYNONYMS:
        return SYNONYMS[word]
    near = difflib.get_close_matches(word, [*ESTIMATORS, *SYNONYMS], n=1)
    if not near:
        raise SpecError(f"no estimator is called {word!r}; known: {', '.join(sorted([*ESTIMATORS, *SYNONYMS]))}")
    meant = f"{near[0]!r} ({SYNONYMS[near[0]]})" if near[0] in SYNONYMS else repr(near[0])
    raise SpecError(f"no estimator is called {word!r}; did you mean {meant}?")


def choose_shape(word: str, design: Design) -> dict[str, str]:
    """Return the shape that a regression command has without being asked; none for other words."""
    if word not in REGRESSIONS:
        return {}
    if design.treatment.name:
        return {"shape": "dose"}
    is_untreated = not (design.onset <= design.panel.last_period).any()
    return {"shape": "covariates"} if is_untreated and design.covariates else {}

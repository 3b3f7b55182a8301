"""What the sentences of every method may name of a design."""

from twintrade.design import Design
from twintrade.text import Listed, Value


def describe_design(design: Design) -> dict[str, Value]:
    """Return who is compared within which effects, and the covariates and sampling weights with it."""
    return {
        "units": design.panel.unit_kind,
        "compared": design.comparison.describe(design.panel.unit_kind),
        "effects": design.effects_label,
        "given": len(design.covariates),
        "covariates": Listed(design.covariates, "comma"),
        "weighted": "no" if design.weights is None else "yes",
        "weights": design.weights or "",
    }

"""Clauses of estimand sentences, made from what is averaged: treated rows alike, or by sampling weight."""

from twintrade.design import Design


def describe_weighing(design: Design, one: str = "row") -> str:
    """Return how much each row, or whatever ``one`` names, counts in an average."""
    if design.weights is None:
        return f"each {one} weighing the same"
    return f"each {one} weighing its {design.weights}"


def describe_row_weights(design: Design, rows: str = "treated rows") -> str:
    """Return what an average over cells is weighted by: the number of rows, or the sum of their sampling weights."""
    return rows if design.weights is None else f"the {design.weights} of {rows}"


def describe_cohort_weights(design: Design) -> str:
    """Return what an average over cohorts is weighted by: how many units they have, or the sum of their weights."""
    return "cohort size" if design.weights is None else f"the {design.weights} of each cohort"


def describe_change_of_total(design: Design, without: str, which: str) -> str:
    """Return the sentence of a percent change of the treated total, against ``without`` over ``which`` rows."""
    noun = "pairs" if design.panel.is_dyadic else "cities"
    weighted = f", both sums weighted by {design.weights}" if design.weights is not None else ""
    return (
        f"Percent change of the treated {noun}' total: the sum of their outcomes over {without}, less one, over all "
        f"treated rows{which}{weighted}."
    )


def describe_average_less_before(average: str, base: str = "the reference") -> str:
    """Return the sentence of an overall effect made of a path: its average from onset on less that before."""
    return f"{average}, less the same average before onset. Its path is the first average alone, against {base}."


def describe_beside_static(design: Design, static: str) -> str:
    """Return the sentence of a static effect with what is said of the path beside it."""
    rows = describe_row_weights(design, "its treated rows")
    path = (
        f"Its path averages the effects by event time from onset on against the reference, each weighted by {rows}."
    )
    return f"{static} {path}"


def describe_weights(design: Design) -> str:
    """Return the sentence that rows count by their sampling weights in a regression; empty where they have none."""
    return "" if design.weights is None else f" Each row counts its {design.weights} times."

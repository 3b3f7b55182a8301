"""The same panel under other keys and in other forms: every method says the same, save what is declared here."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from related import BASE, FACTOR, FITS, KEYS, RELATIONS, compare, fitted, record

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.inference.clustered import Clustered

ROUNDED, SEARCHED = 1e-7, 1e-3
"""Relative: other orders of the same sums; and numerical searches, which stop at a tolerance of their own."""

TO_THE_BIT = (*KEYS, "relabel", "reorder rows", "later")
"""Other keys, other names in the same order, shuffled rows, and a hundred years later: no sum changes its order."""

JOINED = ("int + reorder rows", "categorical + relabel", "float + later", "mixed", "tuple")
LONG_JOINED = ("relabel + reorder rows", "mixed + later", "tuple")
"""Several of these at once, by turns, save where one of them is declared to move: each alone is on the slow side."""

BY_SEARCH = ("structural_series", "structural_sensitivity", "posterior")

DRAWS = "draws by the place of a unit, and few times here"
CHOOSES = "chooses its penalty by random parts"
SIZE = "its correction or its weights know how many units there are"
COUNTS = "counts the pairs of the panel"
ZEROS = "looks at zeros too, to say what they change"

MAY_MOVE: Mapping[str, Mapping[str, str]] = {
    # Names in the opposite order.
    "renumber": {
        **dict.fromkeys(("auto", "randomization", "wild", "conley_taber", "ferman_pinto"), DRAWS),
        **dict.fromkeys(("synthetic_did_variance", "power"), DRAWS),
        "matrix_completion": CHOOSES,
    },
    # A hundred years later.
    "later": {"known_shocks": "shocks have their years"},
    # Flows times 1024: effects in levels and their errors are 1024 times as large, all others stay.
    "scale": {"rescaling": "shows that log(1 + X) moves with the unit of money"},
    # 4096 added to every flow, for methods that are linear in levels.
    "shift": {},
    # A copy of every unit: for estimators of several treated units, which average the same.
    "duplicate": {
        **dict.fromkeys(("ppml_corrected", "staggered_efficient", "synthetic_did"), SIZE),
        "matrix_completion": CHOOSES,
    },
    # Every flow as two halves: as a copy, and effects in levels are half as large.
    "split": {
        **dict.fromkeys(("ppml_corrected", "staggered_efficient", "synthetic_did"), SIZE),
        "matrix_completion": CHOOSES,
    },
    # One never treated pair of zeros: logarithms and Poisson regressions leave it out.
    "zeros": {
        "adoption": COUNTS,
        "case_tests": "the double ratio adds its zeros to the donors' flows, and it to their number",
        "percent_effects": ZEROS,
        "rescaling": ZEROS,
        "evidence": DRAWS,
    },
}

FAULTS: Mapping[tuple[str, str], str] = {}
"""Known and open, with what is wrong. Whoever mends one takes its line out: a line that nothing needs fails."""

ON: Mapping[str, tuple[str, ...]] = {
    "auto": ("log", "poisson", "case"),
    "randomization": ("log", "case"),
    "autoregressive": ("series",),
    "posterior": ("structural",),
    "synthetic_did_variance": ("synthetic",),
    "weidner_zylkin": ("three-way",),
    "concentration": ("percent",),
    "honest": ("poisson",),
    "reset": ("log", "ppml"),
    "specification_curve": ("poisson",),
    "structural_sensitivity": ("structural",),
    "twfe_weights": ("log", "poisson", "ppml"),
}
"""Fits that a method is asked about, where these are not those of its kind."""

LONG = (
    *("auto", "randomization", "matrix_completion", "interactive_effects", "structural_series"),
    *("heterogeneity", "honest", "leave_one_out", "pooled_cases", "power", "specification_curve"),
    *("structural_sensitivity", "unknown_break", "evidence", "case_verdict"),
)
"""Methods that take a second or more on all forms: of other keys two are tried, all on the slow side."""

TOO_SMALL = {
    "selection": "needs ten agreements for each of its variables",
    "remainder": "needs a rest of the world among the partners",
    "policies": "needs the dates of another policy",
    "contamination": "needs another policy than the agreement",
    "level_changes": "needs levels, or an agreement that ends",
}

METHODS = [
    *(("estimator", name) for name in ESTIMATORS),
    *(("inference", name) for name in INFERENCES),
    *(("check", name) for name in DIAGNOSTICS),
]


def list_fits(kind: str, name: str) -> tuple[str, ...]:
    if kind == "estimator":
        return f"{name}/log", f"{name}/level"
    return ON.get(name, ("log", "poisson", "ppml", "case") if kind == "inference" else ("log", "poisson", "case"))


def is_linear_in_levels(kind: str, key: str) -> bool:
    return kind == "estimator" and key.endswith("/level") and not ESTIMATORS[key.split("/")[0]].requires.nonnegative


def list_forms(kind: str, name: str, key: str) -> Iterator[str]:
    """Name the forms of the panel that mean the same to a method."""
    yield from (*TO_THE_BIT, "renumber", "scale")
    if is_linear_in_levels(kind, key):
        yield "shift"
    else:
        yield "zeros"
    if kind == "estimator" and not ESTIMATORS[name].requires.single_treated_unit:
        yield from ("duplicate", "split")


def join_forms(kind: str, name: str, key: str, declared: set[str]) -> list[str]:
    """Name the forms that are tried of a method, joined where none of them is declared to move.

    Of those to the bit they are two of the joined, or one of a long method, by turns. Others are all, save a copy of
    every unit, which halves make too.
    """
    joined, n = (LONG_JOINED, 1) if name in LONG else (JOINED, 2)
    turn, others = take_turn(kind, name), [form for form in list_forms(kind, name, key) if form not in TO_THE_BIT]
    taken = [joined[(n * turn + i) % len(joined)] for i in range(n)]
    taken += ["renumber", "scale"] if name in BY_SEARCH else ["renumber + scale"]
    taken += [form for form in others if form not in ("renumber", "scale", "duplicate")]
    parts = [form.split(" + ") for form in taken]
    forms = [form for one in parts for form in ([" + ".join(one)] if declared.isdisjoint(one) else one)]
    return list(dict.fromkeys([*forms, *(form for form in list_forms(kind, name, key) if form in declared)]))


def take_turn(kind: str, name: str) -> int:
    return [one for other, one in METHODS if other == kind].index(name)


def rotate_fits(kind: str, name: str) -> list[str]:
    """Return the fits that a method is asked about, from another one on for every method."""
    keys = list_fits(kind, name)
    first = take_turn(kind, name) % len(keys)
    return [*keys[first:], *keys[:first]]


def list_cases(kind: str, name: str, declared: set[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return fits with forms that are tried, and all others, for the slow side.

    A form is tried on the first fit that an inference or a check has something to say of; those to the bit on one of
    those of an estimator, by turns, and others on both; on all of them where it is declared to move.
    """
    keys = rotate_fits(kind, name)
    pairs = [(key, form) for key in keys for form in list_forms(kind, name, key)]
    able = next((key for key in keys if is_available(kind, name, key)), keys[0])
    tried = [
        (key, form)
        for key in keys
        for form in join_forms(kind, name, key, declared)
        if key == able or form in declared or (kind == "estimator" and not set(form.split(" + ")) <= set(TO_THE_BIT))
    ]
    return tried, [pair for pair in pairs if pair not in tried]


def find_gap(kind: str, name: str, key: str, form: str) -> tuple[float, str]:
    """Return how far what is said of another form lies from what is said of the panel."""

    parts = set(form.split(" + "))

    def is_compared(field: str) -> bool:
        if field == "words":
            return parts <= {"categorical", "relabel", "reorder rows"}
        if ": " not in field or parts <= {*KEYS, "relabel", "reorder rows"}:
            return True
        return form == "zeros" and field.startswith("table: ")

    by = [factor for name, factor in (("scale", FACTOR), ("split", 0.5)) if name in parts]
    factor = by[0] if by and is_linear_in_levels(kind, key) else 1.0
    return compare(record(kind, name, key, BASE), record(kind, name, key, form), factor, is_compared)


def is_available(kind: str, name: str, key: str) -> bool:
    said = record(kind, name, key, BASE)
    return "refused" not in said and said.get("available") is not False


def list_declared(name: str) -> set[str]:
    return {form for form, moved in MAY_MOVE.items() if name in moved} | {f for f, n in FAULTS if n == name}


def find_moves(kind: str, name: str, cases: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what differs by form of the panel, each with its fit and its place."""
    moves: dict[str, list[str]] = {}
    for key, form in cases:
        gap, place = find_gap(kind, name, key, form)
        limit = 0.0 if set(form.split(" + ")) <= set(TO_THE_BIT) else SEARCHED if name in BY_SEARCH else ROUNDED
        if gap > limit:
            moves.setdefault(form, []).append(f"{key}: {place} differs by {gap:.1e}")
    return moves


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_says_the_same_of_the_same_panel(kind: str, name: str) -> None:
    declared = list_declared(name)
    moves = find_moves(kind, name, list_cases(kind, name, declared)[0])
    assert not {form: places for form, places in moves.items() if form not in declared}
    assert set(moves) == declared, "declared to move, and does not"
    assert any(is_available(kind, name, key) for key in rotate_fits(kind, name)) != (name in TOO_SMALL)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_says_the_same_of_the_same_panel_on_every_fit(kind: str, name: str) -> None:
    assert find_moves(kind, name, list_cases(kind, name, list_declared(name))[1]) == {}


def test_what_is_declared_is_registered() -> None:
    known = {name for _, name in METHODS}
    assert set().union(*MAY_MOVE.values(), ON, TOO_SMALL, BY_SEARCH, LONG, (name for _, name in FAULTS)) <= known
    assert set(MAY_MOVE) <= {*TO_THE_BIT, *RELATIONS}


@pytest.mark.parametrize("key", ["log", "poisson", "ppml"])
def test_a_copy_of_every_unit_divides_the_variance_by_two(key: str) -> None:
    way = Clustered(by=("unit",), correction="none")
    one, two = (way.infer(fitted(key, form), "overall", np.random.default_rng(1)).se for form in (BASE, "duplicate"))
    np.testing.assert_allclose(two, one / np.sqrt(2), rtol=ROUNDED)


def test_every_fit_is_asked_about() -> None:
    asked = {key for kind, name in METHODS for key in list_fits(kind, name)}
    assert set(FITS) - asked == set()

"""What is typed in Python, read as it is meant: arguments in either order, other software's words, misspellings."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from numbers import Integral
from types import NoneType
from typing import Any, ParamSpec, TypeVar, get_args, get_type_hints

import numpy as np

from twintrade.design import Design, Panel
from twintrade.design.fixed_effects import EFFECTS, TOGETHER
from twintrade.errors import InferenceError, SpecError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.inference.base import INFERENCES, Inference
from twintrade.methods import Registry
from twintrade.renamed import find_renamed
from twintrade.study.run.columns import build_generator as build_generator
from twintrade.study.spec import spec_faults
from twintrade.study.spec.spec_faults import list_option_names as list_option_names
from twintrade.text import Listed, Text, Words

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# What other software calls the methods, for who has its words in the fingers.

SYNONYMS: dict[str, str] = {
    "feols": "twfe", "reghdfe": "twfe", "xtreg": "twfe", "xtevent": "twfe", "fepois": "ppml", "ppmlhdfe": "ppml",
    "sunab": "sun_abraham", "eventstudyinteract": "sun_abraham", "csdid": "callaway_santanna",
    "att_gt": "callaway_santanna", "did2s": "two_stage", "did_imputation": "imputation",
    "didimputation": "imputation", "jwdid": "etwfe", "wooldid": "etwfe",
    "did_multiplegt_dyn": "chaisemartin_dhaultfoeuille", "lpdid": "local_projections", "sdid": "synthetic_did",
    "synthdid": "synthetic_did", "synth": "synthetic_control", "augsynth": "augmented_synthetic_control",
    "gsynth": "interactive_effects",
}  # fmt: skip
REGRESSIONS = ("feols", "reghdfe", "xtreg", "fepois", "ppmlhdfe")  # of a formula's columns

_ROWS = ("clustered", {"by": ("row",)})
VCOV: dict[str, tuple[str, dict[str, Any]]] = {
    "CRV1": ("clustered", {}), "cluster": ("clustered", {}), "cr1": ("clustered", {}), "CRV2": ("crv2", {}),
    "CRV3": ("jackknife", {}), "hetero": _ROWS, "robust": _ROWS, "HC1": _ROWS, "unadjusted": ("iid", {}),
    "wild_bootstrap": ("wild", {}), "wildboottest": ("wild", {}), "boottest": ("wild", {}),
    "DK": ("driscoll_kraay", {}), "NW": ("newey_west", {}),
    "ritest": ("randomization", {}), "permutation": ("randomization", {}),
}  # fmt: skip
"""What other software calls the errors."""
LEVELS = {"alpha", "conf_level", "conf_int", "ci_level"}  # a level elsewhere, or, alpha, what it leaves out


def find_estimator(word: str) -> str:
    """Return the name of an estimator, also where the word is another software's."""
    if word in ESTIMATORS or word in SYNONYMS:
        return word if word in ESTIMATORS else SYNONYMS[word]
    near = difflib.get_close_matches(word, [*ESTIMATORS, *SYNONYMS], n=1)
    if not near:
        raise SpecError(
            f"no estimator is called {word!r}; tt.compare says what a formula says, and `twintrade list estimators` "
            "names the methods"
        )
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


# Effects and clusters as users name them: by the columns of their own table.

OTHER_NAMES = {"dyad": "unit", "pair": "unit", "id": "unit", "time": "period"}
_COMBINED = {frozenset(("city", "period")): "city_period", frozenset(("partner", "period")): "partner_period"}


def read_effect(panel: Panel, columns: list[str]) -> str:
    """Return the design's word for an effect, or a cluster, of some columns."""
    parts = [part for column in columns for part in str(column).split(TOGETHER)]
    # The design's own names stand before those of the table.
    known = {part for part in parts if part in EFFECTS or part in panel.columns}
    parts = [p if p in known else panel.key_columns.get(p) or OTHER_NAMES.get(p, p) for p in parts]
    combined = _COMBINED.get(frozenset(parts))
    if combined is None and panel.is_dyadic and set(parts) == {"city", "partner"}:
        return TOGETHER.join(parts) if "unit" in panel.key_columns.values() else "unit"
    return combined or TOGETHER.join(parts)


def list_names(names: Any) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    if not isinstance(names, str | Iterable):
        raise SpecError(f"a name or a list of names is needed here, not {names!r}")
    return (names,) if isinstance(names, str) else tuple(names)


# Errors as other software writes them.


def read_inference(
    how: Any, options: Mapping[str, Any], panel: Panel
) -> tuple[str | Inference | None, dict[str, Any]]:
    """Return an inference and its options in the house's words, from what pyfixest, fixest or Stata call them.

    ``vcov`` is the inference by another name, ``cluster`` is ``by``; ``{"CRV1": "city + partner"}`` is both; clusters
    without an inference are clustered errors.
    """
    options = dict(options)
    if "vcov" in options:
        if how is not None:
            raise SpecError(
                f"inference and vcov are given ({how!r}, {options['vcov']!r}); they are the same, give one"
            )
        how = options.pop("vcov")
    if "cluster" in options:
        if "by" in options:
            raise SpecError("cluster and by are given; they are the same, give one")
        options["by"] = options.pop("cluster")
    for word in options.keys() & LEVELS:
        value = options.pop(word)
        options["level"] = 1 - value if word == "alpha" and isinstance(value, float) else value
    if isinstance(how, Mapping):
        if len(how) != 1:
            raise SpecError(f'one kind of error is named as in {{"CRV1": "city"}}, not {len(how)}')
        how, options["by"] = next(iter(how.items()))
    if how is None and "by" in options:
        how = "clustered"
    if not isinstance(how, str | Inference | None):
        raise SpecError(f"an inference is a name of `twintrade list inferences`, not a {type(how).__name__}")
    if isinstance(how, str):
        how, more = VCOV.get(how, (how, {}))
        options = {**more, **options}
    if "by" in options:
        names = [part.strip() for name in list_names(options["by"]) for part in str(name).split("+")]
        options["by"] = tuple(read_effect(panel, [name]) for name in names)
        known = ("unit", "city", "partner", "period", "row", "undirected_pair", "city_period", "partner_period")
        for given, name in zip(names, options["by"], strict=True):
            if TOGETHER not in name and name not in known and name not in panel.columns:
                raise InferenceError(f"errors are clustered by {', '.join(known)} or a column, not {given!r}")
    return how, options


# What a call lacks or misspells, in a sentence; never a table printed, never Python's own error.


VERBS: dict[str, inspect.Signature] = {}  # of the public functions whose calls are explained


def explain_call(verb: Callable[P, R], owner: str = "") -> Callable[P, R]:
    """Return a public function that says in a sentence which of its arguments is missing, misspelt or another's.

    ``owner``: what an object is called whose method it is; its signature then begins with the object.
    """
    signature, start = inspect.signature(verb), 1 if owner else 0
    signature = signature.replace(parameters=list(signature.parameters.values())[start:])
    VERBS[f"{owner}.{verb.__name__}" if owner else f"tt.{verb.__qualname__}"] = signature

    @functools.wraps(verb)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args[start:], **kwargs).arguments
        except TypeError:
            raise SpecError(_find_fault(verb.__name__, signature, args[start:], kwargs)) from None
        for key, value in given.items():
            _require_plain(key, value, signature.parameters[key].annotation)
        return verb(*args, **kwargs)

    return call


AXES = "Axes | None"
PLAIN: dict[Any, tuple[type | tuple[type, ...], str]] = {int: (Integral, "whole"), bool: ((bool, np.bool_), "choice")}


def _require_plain(key: str, value: Any, annotation: Any) -> None:
    """Refuse what is no number, no choice and no axes where the signature says that it is."""
    if annotation == AXES and not (isinstance(value, str | None) or hasattr(value, "add_artist")):
        raise SpecError(Text("python.not-axes", key=key, value=repr(value)))
    kinds = get_args(annotation) or (annotation,)
    if kinds[0] not in PLAIN or set(kinds[1:]) - {NoneType} or (value is None and NoneType in kinds):
        return
    kind, word = PLAIN[kinds[0]]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is Integral):
        raise SpecError(Text(f"python.not-{word}", key=key, value=repr(value)))


def explain_methods(kind: type[T]) -> type[T]:
    """Return a class whose public methods are explained as functions are."""
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_"):
            setattr(kind, name, explain_call(method, "fit" if issubclass(kind, Fit) else "design"))
    return kind


def _find_fault(verb: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Text:
    given = [p for p in signature.parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    names, by_place = [p.name for p in given], [p.name for p in given if p.kind is not p.KEYWORD_ONLY]
    for key in kwargs:
        if key not in names:
            return Text("python.no-argument", verb=verb, key=key, hint=explain_option(key, names, verb))
    if twice := [key for key in by_place[: len(args)] if key in kwargs]:
        return Text("python.given-twice", verb=verb, key=twice[0])
    if len(args) > len(by_place):
        words = Listed(tuple(names[len(by_place) :] or by_place), "comma")
        if not by_place:
            key = "none-by-place" if names else "no-arguments"
            return Text(f"python.{key}", verb=verb, others=words)
        return Text("python.too-many", verb=verb, places=Listed(tuple(by_place)), others=words)
    lacking = [p.name for p in given[len(args) :] if p.name not in kwargs and p.default is p.empty]
    line = f"{verb}({', '.join(by_place)})"
    return Text("python.lacking", verb=verb, lacking=Listed(tuple(lacking)), line=line)


def explain_option(key: str, known: list[str], verb: str) -> Words:
    """Return what is meant by an option that a verb does not have: one of nearly that name, or another verb's."""
    near = difflib.get_close_matches(key, known, n=1)
    owners = tuple(dict.fromkeys(name for name, names in _list_options() if key in names and name != f"tt.{verb}"))
    if owners and not (near and len(set(near[0]) ^ set(key)) <= 1):
        return Text("python.option-of", owners=Listed(owners[:2]))
    if near:
        return Text("python.option-near", near=near[0])
    return Text("python.options-known", n=len(known), known=Listed(tuple(sorted(known)), "comma"))


_NO_OPTIONS = ("panel", "treatment", "outcome", "kept", "left_out", "statistics")  # compare does not name them


def _list_options() -> Iterator[tuple[str, list[str]]]:
    yield from ((verb, list(signature.parameters)) for verb, signature in VERBS.items())
    yield "tt.compare", [name for name in list_option_names(Design) if name not in _NO_OPTIONS]
    yield "tt.infer", ["vcov", *LEVELS]
    for registry, verb in ((ESTIMATORS, "tt.fit"), (INFERENCES, "tt.infer")):
        for name in registry:
            yield f'{verb}(…, "{name}")', list_option_names(registry[name])


def build_method(registry: Registry[T], name: str, options: Mapping[str, Any], verb: str) -> T:
    """Return a method by name with its options; what it has not is said with the verb that has it."""
    if name in registry:
        known = list_option_names(registry[name])
        if "by" in known and len(options.get("by", ())) == 1 and get_type_hints(registry[name])["by"] is str:
            options = {**options, "by": options["by"][0]}
        for key in options:
            if key not in known and key not in find_renamed("option", name):
                hint = explain_option(key, known, verb)
                raise SpecError(Text("python.no-option", verb=verb, name=name, key=key, hint=hint))
    return spec_faults.build_method(registry, name, options, verb)


def require(value: Any, kind: type[T], what: str, maker: str) -> T:
    """Return a value of a kind; ``what`` it is and its ``maker``, for the sentence where it is another."""
    if isinstance(value, kind):
        return value
    called = {"ComparedDesign": "Design", "FitResult": "Fit"}.get(type(value).__name__, type(value).__name__)
    shown = repr(value) if isinstance(value, str | int | float | None) else f"a {called}"
    raise SpecError(f"{what} is needed here, as {maker} makes it, not {shown}")


def sort_arguments(first: Any, second: Any, kind: Any) -> tuple[Any, Any]:
    """Return two arguments in the order in which one of a kind comes first, however they were given."""
    return (second, first) if isinstance(second, kind) and not isinstance(first, kind) else (first, second)


def require_fit(value: Any) -> Fit:
    """Return a fit."""
    return require(value, Fit, "a fit", "tt.fit")

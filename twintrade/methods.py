"""The single list of the methods of a room, read by the CLI, the docs, the spec and the contract tests."""

import difflib
import importlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from twintrade.errors import SpecError
from twintrade.extras import note_library

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

_PLACES: Mapping[str, Mapping[str, str]] = {
    "estimators": {
        "callaway_santanna": "callaway_santanna:CallawaySantAnna staggered_efficient:StaggeredEfficient "
        "triple_difference:TripleDifference",
        "chaisemartin_dhaultfoeuille": "chaisemartin_dhaultfoeuille:ChaisemartinDHaultfoeuille",
        "etwfe": "etwfe:ETWFE",
        "imputation": "imputation:Imputation two_stage:TwoStage",
        "interrupted_series": "interrupted_series:InterruptedSeries structural_series:StructuralSeries",
        "local_projections": "local_projections:LocalProjections",
        "matrix_completion": "interactive_effects:InteractiveEffects matrix_completion:MatrixCompletion",
        "ppml": "ppml:PPML ppml_corrected:PPMLCorrected",
        "sun_abraham": "stacked:Stacked sun_abraham:SunAbraham",
        "synthetic_control": "augmented_synthetic_control:AugmentedSyntheticControl "
        "elastic_net_synthetic_control:ElasticNetSyntheticControl "
        "partially_pooled_synthetic_control:PartiallyPooledSyntheticControl synthetic_control:SyntheticControl",
        "synthetic_did": "double_ratio:DoubleRatio synthetic_did:SyntheticDid",
        "twfe": "twfe:TWFE",
    },
    "inference": {
        "auto": "auto:Auto",
        "clustered": "clustered:Clustered",
        "conformal": "conformal:Conformal prediction_intervals:PredictionIntervals "
        "synthetic_did_variance:SyntheticDidVariance",
        "conley_taber": "conley_taber:ConleyTaber ferman_pinto:FermanPinto",
        "crv2": "crv2:BiasReduced scaled:Scaled weidner_zylkin:WeidnerZylkin",
        "dependence": "autoregressive:Autoregressive conley:Conley driscoll_kraay:DriscollKraay dyadic:Dyadic "
        "hac:Hac iid:EqualVariances newey_west:NeweyWest",
        "jackknife": "jackknife:Jackknife",
        "placebo": "placebo:Placebo posterior:Posterior",
        "randomization": "randomization:Randomization",
        "wild": "multiplier:Multiplier wild:Wild",
    },
    "diagnostics": {
        "mechanisms.heterogeneity": "heterogeneity:Heterogeneity",
        "mechanisms.outcomes": "margins:Margins outcomes:Outcomes percent_effects:PercentEffects",
        "mechanisms.spillovers": "spillovers:Spillovers",
        "pre_period.honest": "honest:Honest",
        "pre_period.placebo_dates": "anticipation:Anticipation placebo_dates:PlaceboDates",
        "pre_period.pretrends": "pretrend_power:PretrendPower pretrends:Pretrends",
        "pre_period.reference_year": "levelling_off:LevellingOff reference_year:ReferenceYear",
        "pre_period.selection": "conditional_trends:ConditionalTrends selection:Selection",
        "sensitivity.clusters": "cluster_leverage:ClusterLeverage clusters:ClusterLadder "
        "influence:UnitInfluenceCheck regions:Regions",
        "sensitivity.dates": "dates:Dates undated_agreements:UndatedPairs",
        "sensitivity.evidence": "evidence:EvidenceOfChange",
        "sensitivity.functional_form": "reset:FunctionalForm",
        "sensitivity.leave_one_out": "hidden_agreements:HiddenAgreements leave_one_out:LeaveOneOut "
        "rescaling:Rescaling",
        "sensitivity.power": "power:Power",
        "sensitivity.specification_curve": "specification_curve:SpecificationCurve window:Window",
        "single_case.case_paths": "donor_weights:DonorWeightTable leave_one_donor_out:LeaveOneDonorOut "
        "paths:CasePaths",
        "single_case.case_tests": "case_tests:CaseTests",
        "single_case.case_verdict": "case_verdict:CaseVerdict",
        "single_case.date_sets": "date_sets:DateSets donor_sets:DonorSets pooled_cases:PooledCases",
        "single_case.known_shocks": "known_shocks:KnownShocks structural_sensitivity:StructuralSensitivity "
        "unknown_break:UnknownBreak",
        "single_case.placebo_space": "placebo_space:PlaceboSpace placebo_time:PlaceboTime",
        "who_is_compared.balance": "adoption:Adoption balance:Balance raw_series:RawSeries",
        "who_is_compared.estimators": "always_treated:AlwaysTreated comparison:ComparisonCheck estimators:Estimators "
        "remainder:Remainder",
        "who_is_compared.twfe_weights": "bacon:Bacon concentration:Concentration leverage:Leverage "
        "twfe_weights:TWFEWeights",
    },
    "sources": {
        "abs": "abs:AustralianBureau eurostat:Eurostat",
        "census": "census:Census",
        "comtrade": "comexstat:Comexstat comtrade:Comtrade",
        "hmrc": "hmrc:Hmrc",
        "wikidata": "arcgis:Arcgis wikidata:Wikidata",
    },
}
"""Names and classes of the methods of each module, by room."""
BUILT_IN: Mapping[str, Mapping[str, str]] = {
    room: {
        name: f"twintrade.{room}.{module}:{method}"
        for module, pairs in modules.items()
        for name, method in (pair.split(":") for pair in pairs.split())
    }
    for room, modules in _PLACES.items()
}
"""Where each method of this package is, by room and name; none is imported before its class is asked for."""

_WORK = ("estimate", "infer", "check")


@cache
def find_methods(room: str) -> Mapping[str, "EntryPoint"]:
    """Return where each method of a room, as "estimators", is, by name, those of other packages among them."""
    from importlib.metadata import EntryPoint, entry_points

    group = f"twintrade.{room.removesuffix('s')}s"
    methods = {name: EntryPoint(name, place, group) for name, place in BUILT_IN[room].items()}
    for entry in entry_points(group=group):
        known = methods.setdefault(entry.name, entry)
        if known.value != entry.value:
            first, second = _name_package(known), _name_package(entry)
            raise SpecError(
                f"two packages have a method called {entry.name!r} in {group}: {first} and {second}; "
                "rename the second, or uninstall it"
            )
    return methods


def list_packages() -> list[str]:
    """Return the other packages that register methods."""
    entries = (entry for room in BUILT_IN for entry in find_methods(room).values())
    return sorted({entry.dist.name for entry in entries if entry.dist is not None})


def load_method(entry: "EntryPoint") -> Any:
    """Return the class of a method."""
    if entry.dist is None:
        return entry.load()
    note_library(entry.dist.name)
    try:
        return entry.load()
    except Exception as error:
        raise SpecError(
            f"{entry.name!r} in {entry.group} cannot be imported from {_name_package(entry)} ({entry.value}): {error}"
        ) from error


def _name_package(entry: "EntryPoint") -> str:
    return "twintrade" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def find_name(room: str, method: str | type[Any] | ModuleType) -> str:
    """Return the name of a method that is given by name, as its class, or by the module that defines it."""
    if isinstance(method, str):
        return method
    if isinstance(method, type):
        return str(method.name)
    names = [name for name, entry in find_methods(room).items() if entry.module == method.__name__]
    if len(names) > 1:  # the one that the module is called after
        names = [name for name in names if name == method.__name__.rpartition(".")[2]]
    if not names:
        raise SpecError(f"{method.__name__} is none of the {room}")
    return names[0]


def find_method_line(room: str, name: str) -> str | None:
    """Return the file and line at which a method does its work, None where the room has none of that name."""
    entry = find_methods(room).get(name)
    if entry is None:
        return None
    method = load_method(entry)
    work = next((method.__dict__[word] for word in _WORK if word in method.__dict__), None)
    line = inspect.getsourcelines(method)[1] if work is None else work.__code__.co_firstlineno
    return f"{method.__module__.replace('.', '/')}.py:{line}"


def find_attribute(room: str, name: str) -> Any:
    """Return what ``tt.estimators.ppml`` is: the module called so, or the class where it lies elsewhere."""
    entry = find_methods(room).get(name)
    if entry is None:
        raise AttributeError(f"module 'twintrade.{room}' has no attribute {name!r}")
    method = load_method(entry)
    return importlib.import_module(entry.module) if entry.module == f"twintrade.{room}.{name}" else method


class Registry(Generic[T]):
    """Classes of one room by their name; a module is imported when its class is asked for.

    ``room``: folder of the package whose modules register themselves when imported ("estimators"); ``noun``: what one
    entry is, for messages ("estimator").

    Examples
    --------
    >>> "ppml" in tt.ESTIMATORS, list(tt.INFERENCES)[0]
    (True, 'auto')
    """

    def __init__(self, room: str, noun: str) -> None:
        self._room = room
        self._noun = noun
        self._entries: dict[str, type[T]] = {}

    def add(self, name: str, entry: type[T]) -> None:
        """Register a class; a name is given once."""
        known = self._entries.get(name)
        taken = known.__qualname__ if known else BUILT_IN[self._room].get(name, "").partition(":")[2]
        if taken not in ("", entry.__qualname__):
            raise SpecError(f"two {self._noun}s are called {name!r}: give {entry.__qualname__} another name")
        self._entries[name] = entry

    def __getitem__(self, name: str) -> type[T]:
        entry = find_methods(self._room).get(name)
        if entry is not None and (name not in self._entries or entry.dist is not None):
            method = load_method(entry)
            if self._entries.get(name) is not method:
                raise SpecError(
                    f"{entry.value} of {_name_package(entry)} is registered as the {self._noun} {name!r} "
                    "and is none called so"
                )
        if name not in self._entries:
            known = sorted(self)
            near = difflib.get_close_matches(name, known, n=1)
            if near:
                raise SpecError(f"no {self._noun} is called {name!r}; did you mean {near[0]!r}?")
            raise SpecError(f"no {self._noun} is called {name!r}; known: {', '.join(known)}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in find_methods(self._room)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*find_methods(self._room), *self._entries}))

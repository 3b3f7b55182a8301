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

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "estimators": {
        "augmented_synthetic_control": "twintrade.estimators.synthetic_control:AugmentedSyntheticControl",
        "callaway_santanna": "twintrade.estimators.callaway_santanna:CallawaySantAnna",
        "chaisemartin_dhaultfoeuille": "twintrade.estimators.chaisemartin_dhaultfoeuille:ChaisemartinDHaultfoeuille",
        "double_ratio": "twintrade.estimators.synthetic_control:DoubleRatio",
        "elastic_net_synthetic_control": "twintrade.estimators.synthetic_control:ElasticNetSyntheticControl",
        "etwfe": "twintrade.estimators.etwfe:ETWFE",
        "imputation": "twintrade.estimators.imputation:Imputation",
        "interactive_effects": "twintrade.estimators.matrix_completion:InteractiveEffects",
        "interrupted_series": "twintrade.estimators.interrupted_series:InterruptedSeries",
        "local_projections": "twintrade.estimators.local_projections:LocalProjections",
        "matrix_completion": "twintrade.estimators.matrix_completion:MatrixCompletion",
        "partially_pooled_synthetic_control": "twintrade.estimators.synthetic_control:PartiallyPooledSyntheticControl",  # noqa: E501
        "ppml": "twintrade.estimators.ppml:PPML",
        "ppml_corrected": "twintrade.estimators.ppml:PPMLCorrected",
        "stacked": "twintrade.estimators.sun_abraham:Stacked",
        "staggered_efficient": "twintrade.estimators.callaway_santanna:StaggeredEfficient",
        "structural_series": "twintrade.estimators.interrupted_series:StructuralSeries",
        "sun_abraham": "twintrade.estimators.sun_abraham:SunAbraham",
        "synthetic_control": "twintrade.estimators.synthetic_control:SyntheticControl",
        "synthetic_did": "twintrade.estimators.synthetic_control:SyntheticDid",
        "triple_difference": "twintrade.estimators.callaway_santanna:TripleDifference",
        "twfe": "twintrade.estimators.twfe:TWFE",
        "two_stage": "twintrade.estimators.imputation:TwoStage",
    },
    "inference": {
        "auto": "twintrade.inference.auto:Auto",
        "autoregressive": "twintrade.inference.dependence:Autoregressive",
        "clustered": "twintrade.inference.clustered:Clustered",
        "conformal": "twintrade.inference.conformal:Conformal",
        "conley": "twintrade.inference.dependence:Conley",
        "conley_taber": "twintrade.inference.conley_taber:ConleyTaber",
        "crv2": "twintrade.inference.crv2:BiasReduced",
        "driscoll_kraay": "twintrade.inference.dependence:DriscollKraay",
        "dyadic": "twintrade.inference.dependence:Dyadic",
        "ferman_pinto": "twintrade.inference.conley_taber:FermanPinto",
        "hac": "twintrade.inference.dependence:Hac",
        "iid": "twintrade.inference.dependence:EqualVariances",
        "jackknife": "twintrade.inference.crv2:Jackknife",
        "multiplier": "twintrade.inference.wild:Multiplier",
        "newey_west": "twintrade.inference.dependence:NeweyWest",
        "placebo": "twintrade.inference.placebo:Placebo",
        "posterior": "twintrade.inference.placebo:Posterior",
        "prediction_intervals": "twintrade.inference.conformal:PredictionIntervals",
        "randomization": "twintrade.inference.randomization:Randomization",
        "scaled": "twintrade.inference.crv2:Scaled",
        "synthetic_did_variance": "twintrade.inference.conformal:SyntheticDidVariance",
        "weidner_zylkin": "twintrade.inference.crv2:WeidnerZylkin",
        "wild": "twintrade.inference.wild:Wild",
    },
    "diagnostics": {
        "adoption": "twintrade.diagnostics.who_is_compared.balance:Adoption",
        "always_treated": "twintrade.diagnostics.who_is_compared.estimators:AlwaysTreated",
        "anticipation": "twintrade.diagnostics.pre_period.reference_year:Anticipation",
        "bacon": "twintrade.diagnostics.who_is_compared.twfe_weights:Bacon",
        "balance": "twintrade.diagnostics.who_is_compared.balance:Balance",
        "case_tests": "twintrade.diagnostics.single_case.case_verdict:CaseTests",
        "case_verdict": "twintrade.diagnostics.single_case.case_verdict:CaseVerdict",
        "cluster_leverage": "twintrade.diagnostics.sensitivity.clusters:ClusterLeverage",
        "clusters": "twintrade.diagnostics.sensitivity.clusters:ClusterLadder",
        "comparison": "twintrade.diagnostics.who_is_compared.estimators:ComparisonCheck",
        "concentration": "twintrade.diagnostics.who_is_compared.twfe_weights:Concentration",
        "conditional_trends": "twintrade.diagnostics.pre_period.selection:ConditionalTrends",
        "contamination": "twintrade.diagnostics.who_is_compared.policy_effects:ContaminationCheck",
        "date_sets": "twintrade.diagnostics.single_case.date_sets:DateSets",
        "dates": "twintrade.diagnostics.sensitivity.dates:Dates",
        "donor_sets": "twintrade.diagnostics.single_case.date_sets:DonorSets",
        "donor_weights": "twintrade.diagnostics.single_case.case_paths:DonorWeightTable",
        "estimators": "twintrade.diagnostics.who_is_compared.estimators:Estimators",
        "evidence": "twintrade.diagnostics.sensitivity.evidence:EvidenceOfChange",
        "heterogeneity": "twintrade.diagnostics.mechanisms.heterogeneity:Heterogeneity",
        "hidden_agreements": "twintrade.diagnostics.sensitivity.leave_one_out:HiddenAgreements",
        "honest": "twintrade.diagnostics.pre_period.honest:Honest",
        "influence": "twintrade.diagnostics.sensitivity.clusters:UnitInfluenceCheck",
        "known_shocks": "twintrade.diagnostics.single_case.known_shocks:KnownShocks",
        "leave_one_donor_out": "twintrade.diagnostics.single_case.case_paths:LeaveOneDonorOut",
        "leave_one_out": "twintrade.diagnostics.sensitivity.leave_one_out:LeaveOneOut",
        "levelling_off": "twintrade.diagnostics.pre_period.reference_year:LevellingOff",
        "leverage": "twintrade.diagnostics.who_is_compared.twfe_weights:Leverage",
        "level_changes": "twintrade.diagnostics.who_is_compared.policy_effects:LevelChanges",
        "margins": "twintrade.diagnostics.mechanisms.outcomes:Margins",
        "outcomes": "twintrade.diagnostics.mechanisms.outcomes:Outcomes",
        "paths": "twintrade.diagnostics.single_case.case_paths:CasePaths",
        "percent_effects": "twintrade.diagnostics.mechanisms.outcomes:PercentEffects",
        "placebo_dates": "twintrade.diagnostics.pre_period.reference_year:PlaceboDates",
        "placebo_space": "twintrade.diagnostics.single_case.placebo_space:PlaceboSpace",
        "placebo_time": "twintrade.diagnostics.single_case.placebo_space:PlaceboTime",
        "pooled_cases": "twintrade.diagnostics.single_case.date_sets:PooledCases",
        "policies": "twintrade.diagnostics.who_is_compared.policies:PoliciesCheck",
        "power": "twintrade.diagnostics.sensitivity.evidence:Power",
        "pretrend_power": "twintrade.diagnostics.pre_period.pretrends:PretrendPower",
        "pretrends": "twintrade.diagnostics.pre_period.pretrends:Pretrends",
        "raw_series": "twintrade.diagnostics.who_is_compared.balance:RawSeries",
        "reference_year": "twintrade.diagnostics.pre_period.reference_year:ReferenceYear",
        "regions": "twintrade.diagnostics.sensitivity.clusters:Regions",
        "remainder": "twintrade.diagnostics.who_is_compared.estimators:Remainder",
        "rescaling": "twintrade.diagnostics.sensitivity.leave_one_out:Rescaling",
        "reset": "twintrade.diagnostics.sensitivity.clusters:FunctionalForm",
        "selection": "twintrade.diagnostics.pre_period.selection:Selection",
        "specification_curve": "twintrade.diagnostics.sensitivity.specification_curve:SpecificationCurve",
        "spillovers": "twintrade.diagnostics.mechanisms.spillovers:Spillovers",
        "structural_sensitivity": "twintrade.diagnostics.single_case.known_shocks:StructuralSensitivity",
        "twfe_weights": "twintrade.diagnostics.who_is_compared.twfe_weights:TWFEWeights",
        "undated_agreements": "twintrade.diagnostics.sensitivity.dates:UndatedPairs",
        "unknown_break": "twintrade.diagnostics.single_case.known_shocks:UnknownBreak",
        "window": "twintrade.diagnostics.sensitivity.specification_curve:Window",
    },
    "sources": {
        "abs": "twintrade.sources.abs:AustralianBureau",
        "arcgis": "twintrade.sources.wikidata:Arcgis",
        "census": "twintrade.sources.census:Census",
        "comexstat": "twintrade.sources.comtrade:Comexstat",
        "comtrade": "twintrade.sources.comtrade:Comtrade",
        "eurostat": "twintrade.sources.abs:Eurostat",
        "hmrc": "twintrade.sources.hmrc:Hmrc",
        "wikidata": "twintrade.sources.wikidata:Wikidata",
    },
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
    if not isinstance(method, ModuleType):
        raise SpecError(f"one of the {room} is asked for by its name, not by {method!r:.40}")
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

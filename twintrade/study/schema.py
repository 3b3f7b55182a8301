"""The JSON Schema of analysis files, with every method and its options, for editors and the reference page."""

from typing import Any

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.methods import Registry
from twintrade.study.spec.analysis import DesignSection, Spec
from twintrade.study.spec.methods import build_option_schema
from twintrade.study.spec.recipes import RECIPES
from twintrade.text import Text


def build_json_schema() -> dict[str, Any]:
    """Return the schema of a whole file."""
    schema = Spec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    properties = schema["properties"]
    properties["recipe"] = {"enum": list(RECIPES), "description": str(Text("spec.preset"))}
    design = DesignSection.model_json_schema()["properties"]
    of_entry = {
        "label": {"type": "string"},
        "key": {"type": "string"},
        "headline": {"type": "boolean"},
        "exclude_flagged": {"type": "boolean"},
        "donors": {"enum": ["all", "A", "B"]},
    }
    entries = [_entry(name, {**options, **design, **of_entry}) for name, options in _methods(ESTIMATORS).items()]
    properties["estimator"] = {"type": "array", "items": {"oneOf": entries}}
    on = {"on": {"type": ["string", "array"], "description": str(Text("spec.on"))}}
    checks = [_entry(name, {**options, **on}) for name, options in _methods(DIAGNOSTICS).items()]
    properties["diagnostic"] = {"type": "array", "items": {"oneOf": checks}}
    further = {k: v for k, v in schema["$defs"]["InferenceSection"]["properties"].items() if k != "name"}
    properties["inference"] = {"oneOf": [_entry(n, {**o, **further}) for n, o in _methods(INFERENCES).items()]}
    return schema


def _methods(registry: Registry[Any]) -> dict[str, dict[str, Any]]:
    return {name: build_option_schema(registry[name]) for name in registry}


def _entry(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": name}, **options},
        "required": ["name"],
        "additionalProperties": False,
    }

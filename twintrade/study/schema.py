"""The JSON Schema of analysis files, with every method and its options, for editors and the reference page."""

from typing import Any

from twintrade.study.inventory import load_registries
from twintrade.study.spec.analysis import DesignSection, Spec
from twintrade.study.spec.methods import build_option_schema
from twintrade.study.spec.recipes import RECIPES
from twintrade.text import Text

_ENTRIES = {"estimators": "estimator", "inferences": "inference", "diagnostics": "diagnostic"}


def build_json_schema() -> dict[str, Any]:
    """Return the schema of a whole file."""
    schema = Spec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    properties = schema["properties"]
    properties["recipe"] = {"enum": list(RECIPES), "description": str(Text("spec.preset"))}
    methods = {room: _methods(room) for room in _ENTRIES}
    design = DesignSection.model_json_schema()["properties"]
    own = {
        "label": {"type": "string"},
        "key": {"type": "string"},
        "headline": {"type": "boolean"},
        "exclude_flagged": {"type": "boolean"},
        "donors": {"enum": ["all", "A", "B"]},
    }
    entries = [_entry(name, {**options, **design, **own}) for name, options in methods["estimators"].items()]
    properties["estimator"] = {"type": "array", "items": {"oneOf": entries}}
    on = {"on": {"type": ["string", "array"], "description": str(Text("spec.on"))}}
    checks = [_entry(name, {**options, **on}) for name, options in methods["diagnostics"].items()]
    properties["diagnostic"] = {"type": "array", "items": {"oneOf": checks}}
    further = {k: v for k, v in schema["$defs"]["InferenceSection"]["properties"].items() if k != "name"}
    properties["inference"] = {"oneOf": [_entry(n, {**o, **further}) for n, o in methods["inferences"].items()]}
    return schema


def _methods(room: str) -> dict[str, dict[str, Any]]:
    registry = load_registries()[room]
    return {name: build_option_schema(registry[name]) for name in registry}


def _entry(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": name}, **options},
        "required": ["name"],
        "additionalProperties": False,
    }

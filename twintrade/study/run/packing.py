"""Values of a fit or of bands in one archive: JSON with the arrays beside it, and nothing that could be run."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from twintrade.errors import StoreError
from twintrade.estimators.base import ESTIMATORS, Estimator
from twintrade.text import Listed, Text, pack_text, parse_text

PARTS = "fit.json"
_ROOMS = ("design", "effects", "estimators", "inference", "numerics")
HOMES = tuple(f"twintrade.{room}." for room in _ROOMS)  # of its classes


@dataclass(frozen=True, slots=True)
class PackedParts:
    """The parts of values in an archive; what occurs twice is kept once."""

    archive: zipfile.ZipFile
    known: dict[int, tuple[int, Any]] = field(default_factory=dict)  # taken apart: number and part, by identity
    read: list[Any] = field(default_factory=list)  # put together, by number

    def pack(self, value: Any) -> Any:
        """Return a value as JSON, its arrays put into the archive."""
        if value is None or type(value) in (str, bool, int, float):
            return value
        if isinstance(value, np.generic):
            return self.pack(value.item())
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.pack(one) for one in value]}
        if isinstance(value, Mapping):
            return {"mapping": [[self.pack(key), self.pack(one)] for key, one in value.items()]}
        if id(value) in self.known:
            return {"again": self.known[id(value)][0]}
        packed = self._pack_once(value)
        self.known[id(value)] = len(self.known), value
        return packed

    def _pack_once(self, value: Any) -> dict[str, Any]:
        if isinstance(value, np.ndarray) and value.dtype == object:
            return {"objects": [self.pack(one) for one in value.ravel()], "shape": value.shape}
        if isinstance(value, np.ndarray):
            np.save(stream := io.BytesIO(), value, allow_pickle=False)
            name = f"{len(self.archive.namelist())}.npy"
            self.archive.writestr(zipfile.ZipInfo(name), stream.getvalue(), zipfile.ZIP_DEFLATED)
            return {"array": name}
        if isinstance(value, pd.DataFrame):
            columns = {name: [str(one.dtype), one.to_numpy()] for name, one in value.items()}
            return {"table": self.pack(columns), "index": self.pack(value.index.to_numpy())}
        if isinstance(value, Text | Listed):
            return {"text": pack_text(value)}
        if isinstance(value, Estimator):
            return {"method": value.name, "options": self.pack(value.options())}
        kind = next((one for one in type(value).__mro__ if one.__module__.startswith(HOMES)), None)
        if kind is None or not is_dataclass(kind):
            raise StoreError(f"a {type(value).__name__} cannot be saved with a fit")
        given = {f.name: getattr(value, f.name) for f in fields(kind) if not f.name.startswith("_")}
        if "__reduce__" in vars(kind):
            given = dict(zip((f.name for f in fields(kind)), value.__reduce__()[1], strict=True))
        return {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": self.pack(given)}

    def unpack(self, packed: Any) -> Any:
        """Return the value that was packed."""
        if not isinstance(packed, dict):
            return packed
        kind, content = next(iter(packed.items()))
        if kind in ("tuple", "list"):
            return (tuple if kind == "tuple" else list)(map(self.unpack, content))
        if kind == "mapping":
            return {self.unpack(key): self.unpack(one) for key, one in content}
        if kind == "again":
            return self.read[content]
        self.read.append(value := self._unpack_once(kind, content, packed))
        return value

    def _unpack_once(self, kind: str, content: Any, packed: dict[str, Any]) -> Any:
        if kind == "array":
            return np.load(io.BytesIO(self.archive.read(content)), allow_pickle=False)
        if kind == "objects":
            return np.fromiter(map(self.unpack, content), dtype=object, count=len(content)).reshape(packed["shape"])
        if kind == "table":
            columns, index = self.unpack(content), self.unpack(packed["index"])
            return pd.DataFrame({n: pd.Series(v, index=index, dtype=t) for n, (t, v) in columns.items()}, index=index)
        if kind == "text":
            return parse_text(content)
        if kind == "method":
            return ESTIMATORS[content](**self.unpack(packed["options"]))
        home, _, name = content.partition(":")
        kept: Any = getattr(import_module(home), name) if home.startswith(HOMES) else None
        if not isinstance(kept, type) or not is_dataclass(kept):
            raise ValueError(content)
        return kept(**self.unpack(packed["fields"]))


def pack_parts(values: Any, facts: Mapping[str, str]) -> bytes:
    """Return values as an archive, facts about them beside them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        content = json.dumps({**facts, "parts": PackedParts(archive).pack(values)})
        archive.writestr(zipfile.ZipInfo(PARTS), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()

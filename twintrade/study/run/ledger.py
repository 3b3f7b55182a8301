"""Finished refits of a run that may be cut short: one line each, taken up again by the next run."""

import base64
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from twintrade.fanout import Arrays
from twintrade.text import Words, pack_text, parse_text

_KINDS = "fiubU"


class FileLedger:
    """A file of one line a finished job, each with its own checksum; a torn line is as good as none.

    ``path``: made when the first job is kept; ``made_from``: hash of everything that results follow from. A file that
    was made from anything else is begun anew.
    """

    def __init__(self, path: Path, made_from: str) -> None:
        self._path, self._made_from = path, made_from
        self._kept = _read(path, made_from)
        self._stream: IO[bytes] | None = None
        self._is_broken = False

    def get(self, key: str) -> tuple[Arrays | None, Words] | None:
        """Return the arrays of a finished job, or its reason for failing; None where it is not finished."""
        return self._kept.get(key)

    def put(self, key: str, values: Arrays | None, reason: Words) -> None:
        """Add one line; a disk that takes no more lines costs the resumption and not the run."""
        if self._is_broken:
            return
        record = {
            "key": key,
            "reason": str(reason),
            "text": pack_text(reason),
            "values": None if values is None else _written(values),
        }
        try:
            if self._stream is None:
                self._stream = self._opened()
            self._stream.write(_line(record))
            self._stream.flush()
        except OSError:
            self._is_broken = True

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file, and remove it where its results are stored."""
        with suppress(OSError):
            if self._stream is not None:
                self._stream.close()
            if remove:
                self._path.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._kept:
            stream = self._path.open("ab")
            stream.write(b"\n")  # ends a line that a kill tore
            return stream
        self._path.unlink(missing_ok=True)
        stream = self._path.open("xb")
        stream.write(_line({"made_from": self._made_from}))
        return stream


def _read(path: Path, made_from: str) -> dict[str, tuple[Arrays | None, Words]]:
    try:
        records = [record for line in path.read_bytes().split(b"\n") if (record := _record(line)) is not None]
    except OSError:
        return {}
    if not records or records[0].get("made_from") != made_from:
        return {}
    return {
        r["key"]: (
            None if r["values"] is None else _arrays(r["values"]),
            parse_text(r["text"]) if r["text"] else r["reason"],
        )
        for r in records[1:]
    }


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, separators=(",", ":")).encode("utf-8")
    return hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n"


def _record(line: bytes) -> dict[str, Any] | None:
    checksum, _, text = line.partition(b" ")
    if not text or hashlib.sha256(text).hexdigest()[:16].encode() != checksum:
        return None
    return dict(json.loads(text))


def _written(values: Arrays) -> dict[str, list[Any]]:
    written = {}
    for name, value in values.items():
        array = np.asarray(value)
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"a job returns numbers, truth values or text, and {name} is of dtype {array.dtype}")
        written[name] = [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]
    return written


def _arrays(written: dict[str, list[Any]]) -> Arrays:
    return {
        name: np.frombuffer(base64.b64decode(content), dtype=np.dtype(kind)).reshape(shape).copy()
        for name, (kind, shape, content) in written.items()
    }

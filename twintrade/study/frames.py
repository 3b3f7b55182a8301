"""Frames as CSV bytes and back: the same bytes for the same numbers, every digit kept, no live formula."""

import io

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WHOLE = {
    *("cohort", "event_time", "onset", "row", "reference", "n_units", "n_cells", "n_rows", "n_treated_units"),
    *("n_zeros", "n_separated", "n_singletons"),
}


def to_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as UTF-8 CSV with line feeds and shortest exact floats.

    Text that a spreadsheet would read as a formula is led by an apostrophe.
    """
    safe = frame.copy()
    for name in safe.columns:
        if pd.api.types.is_float_dtype(safe[name].dtype):
            safe[name] = safe[name] + 0.0
        elif not pd.api.types.is_bool_dtype(safe[name].dtype) and not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = safe[name].map(_neutral)
    safe.columns = [_neutral(str(c)) for c in safe.columns]
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8")


def from_bytes(content: bytes) -> pd.DataFrame:
    """Return what ``to_bytes`` wrote; only empty cells are missing, so that NA stays Namibia."""
    if not content.strip():
        return pd.DataFrame()
    frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""], float_precision="round_trip")
    frame.columns = [_plain(str(c)) for c in frame.columns]
    for name in frame.columns:
        if name in _WHOLE and pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].astype("Int64")
        elif not pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].map(_plain)
    return frame


def _neutral(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _plain(cell: object) -> object:
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

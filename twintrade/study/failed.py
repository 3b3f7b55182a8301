"""How a failure ends: an exit code, a message and a list of faults; earlier results stay as they were."""

from collections.abc import Sequence
from pathlib import Path

from twintrade.data.sources import InvalidDataError, describe
from twintrade.effects import Message
from twintrade.effects.messages import build_messages_frame
from twintrade.errors import DataError, SpecError, StoreError, TwintradeError
from twintrade.study.answers import DATA, ESTIMATION, USAGE, AnalysisEnd
from twintrade.study.store.folder import get_messages_path, get_results_folder, write_beside
from twintrade.study.store.replay import to_bytes
from twintrade.text import Text

_MOST_SHOWN = 8


def record_failure(
    root: Path, name: str, error: TwintradeError, seconds: float, warnings: Sequence[Message] = ()
) -> AnalysisEnd:
    """Return the outcome of an analysis that an error ended, and leave its messages beside the old results."""
    messages = error.messages if isinstance(error, InvalidDataError) else ()
    code = USAGE if isinstance(error, SpecError) else DATA if isinstance(error, DataError) else ESTIMATION
    if not messages:
        kind = type(error).__name__.removesuffix("Error").lower() or "error"
        messages = (Message("error", kind, str(error)), *warnings)
    noted = [f"\n{Text('study.warnings-before')}", *(f"  {describe(w)}" for w in warnings[:_MOST_SHOWN])]
    after = "\n".join(noted) if warnings else ""
    if not get_results_folder(root, name).parent.is_dir():
        return AnalysisEnd(name, "failed", code, _without_list(error) + after, seconds=seconds, has_messages=False)
    try:
        path = get_messages_path(root, name).relative_to(root).as_posix()
        write_beside(root, path, to_bytes(build_messages_frame(messages)))
    except StoreError as second:
        text = f"{_without_list(error)}\n{second}"
        return AnalysisEnd(name, "failed", code, text, seconds=seconds, has_messages=False)
    return AnalysisEnd(name, "failed", code, f"{error}{after}", seconds=seconds)


def _without_list(error: TwintradeError) -> str:
    """The text of an error, without pointing to a list that could not be written."""
    return str(error.unlisted if isinstance(error, InvalidDataError) else error)

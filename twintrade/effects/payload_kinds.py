"""Which picture shows a payload: said by what makes it, read by the page."""

from collections.abc import Mapping
from typing import Literal, get_args

import pandas as pd

PayloadKind = Literal[
    "table",
    "forest",
    "variants",
    "path",
    "placebo",
    "sensitivity",
    "heat_map",
    "cell_weights",
    "bacon",
    "specification_curve",
    "power",
    "size",
    "counts",
    "years",
    "map",
    "weights",
]

PAYLOAD_COLUMNS = ("payload", "kind")


def build_payload_kinds_frame(kinds: Mapping[str, PayloadKind]) -> pd.DataFrame:
    """Return the frame that payloads.csv holds, one row a payload."""
    return pd.DataFrame(sorted(kinds.items()), columns=list(PAYLOAD_COLUMNS))


def read_payload_kinds(frame: pd.DataFrame) -> dict[str, PayloadKind]:
    """Return the kinds that payloads.csv holds."""
    known: dict[str, PayloadKind] = {kind: kind for kind in get_args(PayloadKind)}
    named = dict(zip(frame["payload"].astype(str), frame["kind"].astype(str), strict=True))
    unknown = sorted(set(named.values()) - set(known))
    if unknown:
        raise ValueError(f"payloads.csv has the unknown kind {unknown[0]!r}")
    return {payload: known[kind] for payload, kind in named.items()}

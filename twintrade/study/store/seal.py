"""The manifest as it is written: with the hash of every output."""

import json
from collections.abc import Mapping
from typing import Any

from twintrade.study.store.fingerprint import hash_bytes


def seal_manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes], volatile: Mapping[str, Any]) -> bytes:
    """Return the manifest with the hash of every output, as JSON.

    ``volatile``: what differs from run to run: seconds, memory.
    """
    whole = {
        **manifest,
        "outputs": {path: hash_bytes(files[path]) for path in sorted(files)},
        "volatile": dict(volatile),
    }
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode("utf-8")

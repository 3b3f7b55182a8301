"""Zip archives whose bytes follow from their members alone."""

import io
import zipfile
from collections.abc import Collection, Mapping

ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def normalize_zip(archive: bytes) -> bytes:
    """Return a zip archive with its members in a fixed order and at a fixed time."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        names = sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        return _write({name: source.read(name) for name in names}, {})


def pack_zip(members: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """Return files as a zip archive in the order of their names, each with a fixed time and mode.

    ``members``: by path with forward slashes; ``executable``: paths of programs.
    """
    modes = {name: 0o100755 if name in executable else 0o100644 for name in members}
    return _write({name: members[name] for name in sorted(members)}, modes)


def _write(members: Mapping[str, bytes], modes: Mapping[str, int]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.create_system = 3
            info.external_attr = modes[name] << 16 if name in modes else info.external_attr
            target.writestr(info, content, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()

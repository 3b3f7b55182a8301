"""Zip archives whose bytes follow from their members alone."""

import io
import zipfile

ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def normalize_zip(archive: bytes) -> bytes:
    """Return a zip archive with its members in a fixed order and at a fixed time."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        names = sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        members = [(name, source.read(name)) for name in names]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.create_system = 3
            target.writestr(info, content, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()

"""Delimited files in another encoding, written again in UTF-8 in a stream, because no engine reads GB18030."""

import codecs
import gzip
import time
from pathlib import Path

from twintrade.data.microdata.files import MicrodataFiles, find_codec
from twintrade.errors import DataError
from twintrade.fanout import get_scope
from twintrade.text import Text

_CHUNK = 1 << 22
_SAID_EVERY = 1.0


def transcode_files(files: MicrodataFiles, encoding: str, folder: Path) -> tuple[Path, ...]:
    """Return the files in UTF-8; those that are so already stay where they are."""
    codec = find_codec(encoding)
    if codec == "utf-8":
        return files.paths
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        _decoded(path, shown, codec, folder / f"{i}.csv")
        for i, (path, shown) in enumerate(zip(files.paths, files.names, strict=True))
    )


def _decoded(path: Path, shown: str, codec: str, target: Path) -> Path:
    decoder = codecs.getincrementaldecoder(codec)()
    progress = get_scope().workers.progress or (lambda _: None)
    total, done, lines, said_at = path.stat().st_size, 0, 1, time.monotonic()
    try:
        with path.open("rb") as raw, target.open("wb") as out:
            stream = gzip.GzipFile(fileobj=raw) if shown.lower().endswith(".gz") else raw
            while chunk := stream.read(_CHUNK):
                text = decoder.decode(chunk)
                lines += text.count("\n")
                out.write(text.encode("utf-8"))
                done = raw.tell()
                if time.monotonic() - said_at > _SAID_EVERY:
                    said_at = time.monotonic()
                    progress(str(Text("data.decoding", file=shown, share=done / max(total, 1))))
            out.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError:
        raise DataError(f"{shown}, about row {lines}: not {codec} as declared: correct encoding") from None
    except (OSError, EOFError) as error:
        raise DataError(f"{shown} cannot be decoded ({error})") from None
    return target

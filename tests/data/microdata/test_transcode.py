"""Files in other encodings are decoded in a stream: whole, told how far, and refused where bytes are not of it."""

import gzip
import resource
import signal
import sys

import numpy as np
import pytest
from test_microdata import declared, rows

from twintrade.data.microdata.cells import collapse
from twintrade.data.microdata.engines import transcode_files
from twintrade.data.microdata.files import MicrodataFiles
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.fanout import Workers, use_workers

pytest.importorskip("duckdb", reason="the extra microdata is not installed")

NAMES = {"Lyon": "里昂", "Qingdao": "青岛", "Curitiba": "库里蒂巴"}


@pytest.fixture
def text():
    frame = rows(300)
    frame["town"] = frame["town"].map(NAMES)
    return frame.to_csv(index=False)


def files(path):
    return MicrodataFiles("csv", (path,), (path.name,))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5", "gbk"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_what_is_decoded_is_the_text_however_chunks_fall(tmp_path, monkeypatch, text, encoding, is_packed):
    module = sys.modules["twintrade.data.microdata.engines"]
    monkeypatch.setattr(module, "_CHUNK", 997)
    monkeypatch.setattr(module, "_SAID_EVERY", -1.0)
    text = (
        text.replace("里昂", "台北").replace("青岛", "高雄").replace("库里蒂巴", "台中")
        if encoding == "big5"
        else text
    )
    raw = text.encode(encoding)
    path = tmp_path / ("x.csv.gz" if is_packed else "x.csv")
    path.write_bytes(gzip.compress(raw) if is_packed else raw)
    lines = []
    with use_workers(Workers(progress=lines.append)):
        (decoded,) = transcode_files(files(path), encoding, tmp_path / "decoded")
    assert decoded.read_text(encoding="utf-8") == text
    assert len(lines) == -(-len(raw) // 997)
    assert lines[-1] == f"decode {path.name}: 100%"
    shares = [int(line.split(": ")[1].removesuffix("%")) for line in lines]
    assert (np.diff(shares) >= 0).all()


def test_utf8_is_left_where_it_is(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    assert transcode_files(files(path), "UTF8", tmp_path / "decoded") == (path,)
    assert not (tmp_path / "decoded").exists()


def test_bytes_of_another_encoding_are_told_with_their_row(tmp_path, text):
    raw = text.encode("gb18030").split(b"\n")
    raw[200] = b"\xff\xff" + raw[200]
    (tmp_path / "micro.csv").write_bytes(b"\n".join(raw))
    with pytest.raises(DataError, match=r"micro\.csv, about row \d+: not gb18030 as declared: correct encoding"):
        collapse(declared("micro.csv", encoding="gb18030"), tmp_path, Faults())
    with pytest.raises(DataError, match="is no encoding"):
        collapse(declared("micro.csv", encoding="utf-9"), tmp_path, Faults())
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "micro.csv"]


def test_a_packed_file_that_ends_early(tmp_path, text):
    packed = gzip.compress((text * 20).encode("gb18030"))
    (tmp_path / "micro.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"micro\.csv\.gz cannot be (decoded|read)"):
        collapse(declared("micro.csv.gz", encoding="gb18030"), tmp_path, Faults())


def test_a_disk_that_fills_while_decoding(tmp_path, text):
    (tmp_path / "micro.csv").write_bytes((text * 20).encode("gb18030"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**12, before[1]))
    try:
        with pytest.raises(DataError, match=r"micro\.csv cannot be decoded"):
            collapse(declared("micro.csv", encoding="gb18030"), tmp_path, Faults())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "micro.csv"]

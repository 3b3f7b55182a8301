"""PySpark as the engine: the same statement on any master, from a second thread of this machine to a cluster."""

import os
import shutil
import socket
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa

from twintrade.data.microdata.collapse import ROWS, TEXT, explain_reading, take_first_line
from twintrade.data.microdata.collapse_duckdb import transcode_files
from twintrade.data.microdata.files import MicrodataFiles
from twintrade.data.schema import Microdata
from twintrade.errors import DataError
from twintrade.extras import note_library
from twintrade.text import Text

R = TypeVar("R")
_PLACES = "microdata_places"
_CAUSE: Literal["Caused by: "] = "Caused by: "  # begins the line in which Java names a cause

_SETTINGS = {
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    "spark.sql.parser.escapedStringLiterals": "true", "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true", "spark.log.level": "OFF",
}  # fmt: skip


def open_engine(options: Microdata, root: Path) -> "Spark":
    """Return an engine whose master answers."""
    try:
        from pyspark.sql import SparkSession

        note_library("pyspark")
        note_library("pyarrow")
    except ImportError:
        raise DataError('engine = "spark" needs pyspark and pyarrow: pip install pyspark pyarrow') from None
    _reach(options)
    builder: Any = SparkSession.builder
    spill = root / options.spill
    builder = builder.master(options.master).appName("twintrade").config("spark.driver.memory", _java(options.memory))
    builder = builder.config("spark.local.dir", str(spill)).config("spark.sql.shuffle.partitions", "4")
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1") if options.master.startswith("local") else None
    try:
        session = _within(builder.getOrCreate, options.answer_within, options.master)
        _within(lambda: session.range(1).count(), options.answer_within, options.master)
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"Spark does not start with master = {options.master!r} ({take_first_line(error)}): is Java 17 or later "
            "installed, and is the master right?"
        ) from None
    return Spark(session, options, spill)


class Spark:
    """An engine for files that the workers of a master can read."""

    def __init__(self, session: Any, options: Microdata, spill: Path) -> None:
        self._session, self._options, self._spill = session, options, spill
        self._files: MicrodataFiles | None = None

    def open(self, files: MicrodataFiles, roles: Mapping[str, str], encoding: str | None) -> None:
        """Make the view of the files."""
        if files.kind == "duckdb":
            raise DataError(f'{files.names[0]}: Spark reads no DuckDB file: say engine = "duckdb", or write Parquet')
        self._files = files
        paths = (
            transcode_files(files, encoding, self._spill / "decoded")
            if encoding and files.kind == "csv"
            else files.paths
        )
        parts: dict[tuple[str, ...], list[str]] = {}
        for path, header in zip(paths, files.headers, strict=True):
            parts.setdefault(header, []).append(str(path))
        frames = [self._frame(header, listed, roles) for header, listed in parts.items()]
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionByName(frame)
        whole.createOrReplaceTempView(_PLACES)
        self._session.table(_PLACES).drop("place").createOrReplaceTempView(ROWS)

    def execute(self, statement: str, apart: Sequence[str] = ()) -> pa.Table:
        """Return the rows of a statement; Spark itself takes one partition after another."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                return self._session.sql(statement).toArrow()
        except Exception as error:
            if self._files is None:
                raise DataError(Text("data.cells-not-summed", error=_cause(error))) from None
            paths = [str(path) for path in self._files.paths]
            raise DataError(explain_reading(paths, self._files.names, error, _cause(error))) from None

    def register(self, name: str, table: pa.Table) -> None:
        """Give a small table a name."""
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def make_room(self, n_bytes: int) -> None:
        """Do nothing: the driver has a process of its own."""

    def first_rows(self, role: str, cells: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Return the file of each cell; rows of a file have no order here."""
        wanted = self._session.createDataFrame([(c,) for c in cells], "cell STRING")
        rows = self._session.table(_PLACES).selectExpr(f"COALESCE(CAST({role} AS {TEXT}), '') AS cell", "place")
        places = rows.join(wanted, "cell").groupBy("cell").agg({"place": "min"}).collect()
        assert self._files is not None
        names = {p.name: n for p, n in zip(self._files.paths, self._files.names, strict=True)}
        return {row[0]: (names.get(row[1], row[1]), None) for row in places}

    def close(self) -> None:
        """Forget the view; the session stays for the next source."""
        with suppress(Exception):
            self._session.catalog.dropTempView(ROWS)
            self._session.catalog.dropTempView(_PLACES)
        shutil.rmtree(self._spill / "decoded", ignore_errors=True)

    def _frame(self, header: Sequence[str], paths: list[str], roles: Mapping[str, str]) -> Any:
        assert self._files is not None
        if self._files.kind == "parquet":
            frame = self._session.read.parquet(*paths)
        else:
            schema = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in header)
            reader = self._session.read.schema(schema).option("header", True).option("sep", self._files.separator)
            reader = reader.option("quote", '"').option("escape", '"').option("mode", "FAILFAST")
            frame = reader.option("enforceSchema", True).csv(paths)
        named = (f"`{column.replace('`', '``')}` AS {role}" for role, column in roles.items())
        return frame.selectExpr(*named, "_metadata.file_name AS place")


def _reach(options: Microdata) -> None:
    """Ask a standalone master whether it is there before Spark waits for it."""
    if not options.master.startswith("spark://"):
        return
    for address in options.master.removeprefix("spark://").split(","):
        parts = urlsplit(f"//{address}")
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 7077), options.answer_within):
                return
        except (OSError, ValueError) as error:
            reason = str(error)
    raise DataError(f"the Spark master {options.master} does not answer ({reason}): start it, or correct master")


def _within(call: Callable[[], R], seconds: int, master: str) -> R:
    """Return what a call returns, or stop waiting for it."""
    ended: list[R | BaseException] = []

    def work() -> None:
        try:
            ended.append(call())
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise DataError(
            f"the Spark master {master} gave no worker within {seconds} seconds: start workers, or raise "
            "answer_within"
        )
    if isinstance(ended[0], BaseException):
        raise ended[0]
    return ended[0]


def _java(memory: str) -> str:
    return memory.strip().lower().removesuffix("ib").removesuffix("b").replace(" ", "")


def _cause(error: Exception) -> str:
    """Return the innermost cause that Java names."""
    causes = [line.strip().removeprefix(_CAUSE) for line in str(error).splitlines() if _CAUSE in line]
    return (causes or [take_first_line(error)])[-1]

"""Engines: DuckDB on this machine with a bound on memory, PySpark on any master; both run the same statements."""

import codecs
import gzip
import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa

from twintrade.data.formats.delimited import find_codec
from twintrade.data.microdata.collapse import ROWS, TEXT, explain_reading, quote_literal, take_first_line
from twintrade.data.microdata.files import MicrodataFiles
from twintrade.data.schema import Microdata
from twintrade.errors import DataError
from twintrade.extras import note_library
from twintrade.fanout import get_scope
from twintrade.files import open_file
from twintrade.text import Text

NO_FILES = MicrodataFiles("csv", (), ())  # before any are opened

# Delimited files in another encoding, written again in UTF-8 in a stream, because no engine reads GB18030.

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
        with open_file(path, shown) as raw, target.open("wb") as out:
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


_FIRST_ROW = 2
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_LEAST = 400e6  # bytes that a statement gets in any case, of what was given
_PASSES = 8  # in so many parts a statement is run when its groups, spilled or not, do not fit into memory at once
_PLACE: Literal["CSV Error on Line"] = "CSV Error on Line"
"""Begins the line in which DuckDB says where a file is broken."""
_PAGES = "pages"  # where DuckDB spills, beside the files that were decoded


def open_duckdb(options: Microdata, root: Path) -> "DuckDB":
    """Return an engine with its memory bounded."""
    try:
        import duckdb

        note_library("duckdb")
        note_library("pyarrow")
    except ImportError:
        raise DataError("microdata need duckdb and pyarrow: pip install duckdb pyarrow") from None
    spill = root / options.spill / uuid4().hex
    try:
        spill.mkdir(parents=True)
    except OSError as error:
        raise DataError(f"the spill folder {options.spill} cannot be made ({error.strerror}): name another") from None
    connection: Any = duckdb.connect(":memory:")
    engine = DuckDB(connection, options, spill)
    try:
        connection.execute(f"SET memory_limit = {quote_literal(options.memory)}")
        connection.execute(f"SET temp_directory = {quote_literal(str(spill / _PAGES))}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET autoinstall_known_extensions = false")
    except duckdb.Error as error:
        engine.close()
        raise DataError(f"microdata: {take_first_line(error)}") from None
    return engine


class DuckDB:
    """An engine for files that one machine can read."""

    def __init__(self, connection: Any, options: Microdata, spill: Path) -> None:
        self._connection, self._options, self._spill = connection, options, spill
        self._files = NO_FILES
        self._roles: Mapping[str, str] = {}
        self._paths: list[str] = []
        self._view = ""

    def open(self, files: MicrodataFiles, roles: Mapping[str, str], encoding: str | None) -> None:
        """Make the view of the files."""
        self._files, self._roles = files, roles
        paths = files.paths
        if files.kind == "csv" and encoding is not None:
            paths = transcode_files(files, encoding, self._spill / "decoded")
        self._paths = [str(p) for p in paths]
        columns = ", ".join(f"{self._column(column)} AS {role}" for role, column in roles.items())
        self._view = f"SELECT {columns} FROM {self._source(self._paths)}"
        self.execute(f"CREATE VIEW {ROWS} AS {self._view}")

    def execute(self, statement: str, apart: Sequence[str] = ()) -> pa.Table:
        """Return the rows of a statement."""
        import duckdb

        try:
            try:
                return self._returned(statement)
            except duckdb.OutOfMemoryException as error:
                if not apart or "offload" in str(error):
                    raise
            (get_scope().workers.progress or (lambda _: None))(str(Text("data.memory-short", n=_PASSES)))
            return self._in_passes(statement, apart)
        except duckdb.Error as error:
            raise DataError(self._explain(error)) from None

    def _in_passes(self, statement: str, apart: Sequence[str]) -> pa.Table:
        """Read the files again and again, each time the groups of one hash: what is held is that much smaller."""
        parts = []
        for k in range(_PASSES):
            part = f"SELECT * FROM ({self._view}) AS whole WHERE hash({', '.join(apart)}) % {_PASSES} = {k}"
            self._connection.execute(f"CREATE OR REPLACE VIEW {ROWS} AS {part}")
            parts.append(self._returned(statement))
        self._connection.execute(f"CREATE OR REPLACE VIEW {ROWS} AS {self._view}")
        return pa.concat_tables(parts)

    def _returned(self, statement: str) -> pa.Table:
        relation = self._connection.sql(statement)
        return pa.table({}) if relation is None else relation.to_arrow_table()

    def register(self, name: str, table: pa.Table) -> None:
        """Give a small table a name."""
        self._connection.register(name, table)

    def make_room(self, n_bytes: int) -> None:
        """Lower the bound by so much, not below what a statement needs; it stays where too much is held."""
        import duckdb

        number, unit = self._connection.execute("SELECT current_setting('memory_limit')").fetchone()[0].split()
        given = float(number) * 1024.0 ** _UNITS.index(unit)
        least = max(given - n_bytes, min(given, _LEAST))
        with suppress(duckdb.OutOfMemoryException):
            self._connection.execute(f"SET memory_limit = '{int(least / 1024)}KiB'")

    def first_rows(self, role: str, cells: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Return each cell's first occurrence, read again in the order of the files."""
        places: dict[str, tuple[str, int | None]] = {}
        column, wanted = self._column(self._roles[role]), list(cells)
        self._connection.execute("SET preserve_insertion_order = true")
        for path, name in zip(self._paths, self._files.names, strict=True):
            absent = [cell for cell in wanted if cell not in places]
            if not absent:
                break
            cell = f"COALESCE(CAST({column} AS VARCHAR), '')"
            rows = self._connection.execute(
                f"SELECT cell, MIN(n) FROM (SELECT {cell} AS cell, row_number() OVER () AS n "
                f"FROM {self._source([path])}) WHERE cell IN (SELECT UNNEST(?)) GROUP BY cell",
                [absent],
            ).fetchall()
            places |= {cell: (name, n + _FIRST_ROW - 1) for cell, n in rows}
        return places

    def close(self) -> None:
        """Close the database and remove what it spilled."""
        with suppress(Exception):
            self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)
        with suppress(OSError):
            self._spill.parent.rmdir()

    def _column(self, name: str) -> str:
        quoted = '"' + name.replace('"', '""') + '"'
        return quoted if self._files.kind != "duckdb" else f"CAST({quoted} AS VARCHAR)"

    def _source(self, paths: Sequence[str]) -> str:
        if self._files.kind == "parquet":
            return f"read_parquet({_listed(paths)}, union_by_name = true)"
        if self._files.kind == "csv":
            by_header: dict[tuple[str, ...], list[str]] = {}
            headers = dict(zip(self._paths, self._files.headers, strict=True))
            for path in paths:
                by_header.setdefault(headers[path], []).append(path)
            parts = [f"SELECT * FROM {self._delimited(header, alike)}" for header, alike in by_header.items()]
            return f"({' UNION ALL BY NAME '.join(parts)})"
        self._connection.execute(f"ATTACH IF NOT EXISTS {quote_literal(paths[0])} AS declared (READ_ONLY)")
        return 'declared."' + (self._options.table or ROWS).replace('"', '""') + '"'

    def _delimited(self, header: Sequence[str], paths: Sequence[str]) -> str:
        columns = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in header)
        return (
            f"read_csv({_listed(paths)}, columns = {{{columns}}}, auto_detect = false, header = true, "
            f"delim = {quote_literal(self._files.separator)}, quote = '\"', escape = '\"', strict_mode = true)"
        )

    def _explain(self, error: Exception) -> Text:
        import duckdb

        text = take_first_line(error)
        if isinstance(error, duckdb.OutOfMemoryException) or str(self._spill / _PAGES) in str(error):
            text = text.replace(str(self._spill / _PAGES), self._options.spill)
            names = {"memory": self._options.memory, "spill": self._options.spill}
            return Text("data.memory-and-disk-short", **names, error=text)
        if self._files is NO_FILES:
            return Text("data.cells-not-summed", error=text)
        for path, name in zip(self._paths, self._files.names, strict=True):
            text = text.replace(path, name).replace(Path(path).name, name) if path in str(error) else text
        more = [line.strip() for line in str(error).splitlines() if line.startswith(_PLACE)]
        return explain_reading(self._paths, self._files.names, error, "; ".join([*more, text]))


def _listed(paths: Sequence[str]) -> str:
    return "[" + ", ".join(quote_literal(path) for path in paths) + "]"


# Spark: a second thread of this machine, or a cluster.

R = TypeVar("R")
_PLACES = "microdata_places"
_CAUSE: Literal["Caused by: "] = "Caused by: "  # begins the line in which Java names a cause

_SETTINGS = {
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    "spark.sql.parser.escapedStringLiterals": "true", "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true", "spark.log.level": "OFF",
}  # fmt: skip


def open_spark(options: Microdata, root: Path) -> "Spark":
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
    memory = options.memory.strip().lower().removesuffix("ib").removesuffix("b").replace(" ", "")
    builder = builder.master(options.master).appName("twintrade").config("spark.driver.memory", memory)
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
        self._files = NO_FILES

    def open(self, files: MicrodataFiles, roles: Mapping[str, str], encoding: str | None) -> None:
        """Make the view of the files."""
        if files.kind == "duckdb":
            raise DataError(f'{files.names[0]}: Spark reads no DuckDB file: say engine = "duckdb", or write Parquet')
        self._files, paths = files, files.paths
        if encoding and files.kind == "csv":
            paths = transcode_files(files, encoding, self._spill / "decoded")
        parts: dict[tuple[str, ...], list[str]] = {}
        for path, header in zip(paths, files.headers, strict=True):
            parts.setdefault(header, []).append(str(path))
        frames = (self._frame(header, listed, roles) for header, listed in parts.items())
        reduce(lambda whole, frame: whole.unionByName(frame), frames).createOrReplaceTempView(_PLACES)
        self._session.table(_PLACES).drop("place").createOrReplaceTempView(ROWS)

    def execute(self, statement: str, apart: Sequence[str] = ()) -> pa.Table:
        """Return the rows of a statement; Spark itself takes one partition after another."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                return self._session.sql(statement).toArrow()
        except Exception as error:
            if self._files is NO_FILES:
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
        names = {p.name: n for p, n in zip(self._files.paths, self._files.names, strict=True)}
        return {row[0]: (names.get(row[1], row[1]), None) for row in places}

    def close(self) -> None:
        """Forget the view; the session stays for the next source."""
        with suppress(Exception):
            self._session.catalog.dropTempView(ROWS)
            self._session.catalog.dropTempView(_PLACES)
        shutil.rmtree(self._spill / "decoded", ignore_errors=True)

    def _frame(self, header: Sequence[str], paths: list[str], roles: Mapping[str, str]) -> Any:
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


def _cause(error: Exception) -> str:
    """Return the innermost cause that Java names."""
    causes = [line.strip().removeprefix(_CAUSE) for line in str(error).splitlines() if _CAUSE in line]
    return (causes or [take_first_line(error)])[-1]


Engine: TypeAlias = DuckDB | Spark


def build_engine(options: Microdata, root: Path) -> Engine:
    """Return a closed engine: its methods are the same, and it runs the same statements."""
    return open_duckdb(options, root) if options.engine == "duckdb" else open_spark(options, root)

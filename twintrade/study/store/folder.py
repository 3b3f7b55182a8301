"""Results as files: staged in a temporary folder, flushed, moved by one rename, the manifest last."""

import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path, PurePosixPath

from twintrade.errors import StoreError
from twintrade.files import open_file, read_file
from twintrade.study.store.locating import measure_excess, settle_folder, swap_folders
from twintrade.text import Text

# One run at a time per analysis: a lock that ends with the process that holds it, however that ends.

_WAIT_SECONDS = 0.1  # long enough to meet a holder that is just letting go, too short to be noticed
_FIRST_BYTE = 1
"""Where the holder's name begins: on Windows the lock is the byte before it, which nobody else may read."""


@contextmanager
def hold_lock(path: Path, name: str) -> Iterator[None]:
    """Hold the lock of an analysis, or refuse when another run holds it.

    The file names the holder (process and start time). The lock itself is the kernel's, so a file that a killed run
    left behind is stale by construction and is taken over. Whoever asks the process to end interrupts it, so that the
    file goes too.
    """
    from filelock import FileLock, Timeout  # what only lists or explains takes no lock

    try:
        lock = FileLock(path, timeout=_WAIT_SECONDS, poll_interval=_WAIT_SECONDS / 5).acquire()
    except Timeout:
        raise StoreError(
            f"{name} is being run by another process ({_read_holder(path)}): wait for it to end"
        ) from None
    except OSError as error:
        raise StoreError(f"the lock {path.name} cannot be made ({error.strerror}): is the folder writable?") from None
    with lock, _end_as_interrupted():
        try:
            _write_holder(path)
            yield
        finally:
            # Removed while it is held; one that cannot be removed is stale and does no harm.
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _end_as_interrupted() -> Iterator[None]:
    """Take the signal to end for an interruption; only a main thread may choose."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_holder(path: Path) -> None:
    holder = {"pid": os.getpid(), "started": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        with path.open("r+b", buffering=0) as stream:
            stream.seek(_FIRST_BYTE)
            stream.truncate()
            stream.write(json.dumps(holder).encode())
    except OSError as error:
        raise StoreError(f"the lock {path.name} cannot be written ({error.strerror})") from None


def _read_holder(path: Path) -> str:
    try:
        with open_file(path) as stream:
            stream.seek(_FIRST_BYTE)
            holder = json.loads(stream.read())
        return str(Text("study.held-by", process=int(holder["pid"]), since=str(holder["started"])))
    except (ValueError, KeyError, TypeError, OSError):
        return str(Text("study.lock-empty"))


MANIFEST = "manifest.json"


def get_results_folder(root: Path, name: str) -> Path:
    """Return the folder of an analysis's results."""
    return root / "results" / name


def get_messages_path(root: Path, name: str) -> Path:
    """Return where a run that failed leaves its messages."""
    return root / "results" / f"{name}.messages.csv"


def get_lock_path(root: Path, name: str) -> Path:
    """Return the file whose lock a run of an analysis holds."""
    return root / "results" / f".{name}.lock"


def get_ledger_path(root: Path, name: str) -> Path:
    """Return where a run keeps finished refits until its results stand."""
    return root / "results" / f".{name}.ledger"


def settle(root: Path, name: str) -> None:
    """Clear what interrupted and failed runs left beside results that are fresh, unless another run is at work."""
    target = get_results_folder(root, name)
    ledger = get_ledger_path(root, name)
    left = (get_lock_path(root, name), get_messages_path(root, name), ledger, _old(target), _staged(target))
    if any(os.path.lexists(path) for path in left):
        with suppress(StoreError), hold_lock(get_lock_path(root, name), name):
            prepare(root, name)
            drop_messages(get_messages_path(root, name))
            _drop(ledger)


def prepare(root: Path, name: str) -> Path:
    """Make the folder of all results, put back what an interrupted swap left, clear debris; return the target."""
    target = get_results_folder(root, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        old, staged = _old(target), _staged(target)
        for place in (target.parent, target, old, staged, get_ledger_path(root, name)):
            if place.is_symlink() or not place.resolve().is_relative_to(root.resolve()):
                shown = place.relative_to(root)
                raise StoreError(f"{shown} is a link, and results never leave through one: remove it")
        if old.exists() and not target.exists():
            old.rename(target)
        for debris in (old, staged):
            if debris.exists():
                shutil.rmtree(debris)
    except OSError as error:
        raise StoreError(_format_error("results cannot be prepared", error)) from None
    return target


def write(target: Path, files: Mapping[str, bytes], manifest: bytes) -> None:
    """Replace a result set as a whole, the manifest written after everything else."""
    staged = _staged(target)
    try:
        staged.mkdir()
        for path in sorted(files):
            _write_one(staged, path, files[path])
        _write_one(staged, MANIFEST, manifest)
        for folder in {staged, *(p for p in staged.rglob("*") if p.is_dir())}:
            settle_folder(folder)
        _swap(staged, target)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise StoreError(_format_error(f"the results of {target.name} were not written", error)) from None
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    with suppress(OSError):  # the new results stand already
        settle_folder(target.parent)


def write_file(file: Path, content: bytes) -> None:
    """Write one file and flush it to the disk."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_beside(root: Path, path: str, content: bytes) -> None:
    """Put a file in its place below ``root``, links followed, in one rename, unless it has this content already."""
    file = root / path
    staged = file.with_name(f".{file.name}.part")
    if not file.parent.resolve().is_relative_to(root.resolve()):
        raise StoreError(f"{path} would leave the project through a link: remove the link")
    try:
        if has_content(file, content):
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        staged.unlink(missing_ok=True)
        write_file(staged, content)
        staged.replace(file)
    except OSError as error:
        _drop(staged)
        raise StoreError(_format_error(f"{file.name} was not written", error)) from None
    except BaseException:
        _drop(staged)
        raise


def has_content(file: Path, content: bytes) -> bool:
    """Whether a file is there and has exactly this content."""
    return file.is_file() and read_file(file) == content


def drop_messages(path: Path) -> None:
    """Remove the messages of an earlier failure."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(_format_error(f"{path.name} cannot be removed", error)) from None


def _drop(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _swap(staged: Path, target: Path) -> None:
    if not target.exists():
        staged.rename(target)
    elif swap_folders(staged, target):
        shutil.rmtree(staged, ignore_errors=True)
    else:
        old = _old(target)
        target.rename(old)
        try:
            staged.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _write_one(folder: Path, path: str, content: bytes) -> None:
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise StoreError(f"{path!r} is no path inside a result set")
    file = folder.joinpath(*parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, content)


def _staged(target: Path) -> Path:
    return target.with_name(f".{target.name}.staged")


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _format_error(what: str, error: OSError) -> str:
    if error.filename and (excess := measure_excess(error.filename)):
        return str(Text("study.path-too-long", what=what, excess=excess))
    place = f": {Path(error.filename).name}" if error.filename else ""
    return f"{what}: {error.strerror or error}{place}"


def write_new(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write files that must not be there yet; return their paths as told to the user."""
    if existing := [path for path in files if (folder / path).exists()]:
        raise StoreError(f"{existing[0]} exists already and is not overwritten: choose another name, or remove it")
    for path, content in files.items():
        write_beside(folder, path, content)
    return list(files)


# The bundled analysis of seven US states, written into a folder of the user's.

DEMO = "us-states"
_TABLES = ("us_state_exports_selected", "us_twin_bounds", "us_twin_registry", "us_undated_twins_selected")


def write_demo(folder: Path) -> list[str]:
    """Write the analysis and its data; return the paths written, none where all stand there as they are bundled."""
    package = resources.files("twintrade")
    bundled = package.joinpath("demo")
    # A wheel holds the files; a working copy of the repository has them beside the package.
    place = bundled if bundled.is_dir() else Path(str(package)).parent
    names = [f"analyses/{DEMO}.toml", *(f"data/raw/{table}.{kind}" for table in _TABLES for kind in ("csv", "md"))]
    files = {name: read_file(Path(str(place), *name.split("/"))) for name in names}
    if all(has_content(folder / path, files[path]) for path in files):
        return []
    return write_new(folder, files)

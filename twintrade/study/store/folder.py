"""Results as files: staged beside their target, flushed, moved in one rename, the manifest written last."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from twintrade.errors import StoreError
from twintrade.study.store.lock import hold_lock
from twintrade.study.store.system import measure_excess, settle_folder, swap_folders
from twintrade.text import Text

MANIFEST = "manifest.json"


def get_results_folder(root: Path, name: str) -> Path:
    """Return where the results of an analysis stand."""
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
        _refuse_links(root, target.parent, target, old, staged, get_ledger_path(root, name))
        if old.exists() and not target.exists():
            old.rename(target)
        for debris in (old, staged):
            if debris.exists():
                shutil.rmtree(debris)
    except OSError as error:
        raise StoreError(_format_error("results cannot be prepared", error)) from None
    return target


def write(target: Path, files: Mapping[str, bytes], manifest: bytes) -> None:
    """Replace a result set as a whole.

    ``target``: folder of the result set; ``files``: relative path with forward slashes to content; ``manifest``:
    written after everything else.
    """
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
    """Put a file in its place in one rename, unless it stands there already with this content.

    ``root``: folder that the file must lie in, links followed; ``path``: relative, with forward slashes.
    """
    file = root / path
    staged = file.with_name(f".{file.name}.part")
    if not file.parent.resolve().is_relative_to(root.resolve()):
        raise StoreError(f"{path} would leave the project through a link: remove the link")
    try:
        if file.is_file() and file.read_bytes() == content:
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


def _refuse_links(root: Path, *places: Path) -> None:
    for place in places:
        if place.is_symlink() or not place.resolve().is_relative_to(root.resolve()):
            raise StoreError(f"{place.relative_to(root)} is a link, and results never leave through one: remove it")


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
    existing = [path for path in files if (folder / path).exists()]
    if existing:
        raise StoreError(f"{existing[0]} exists already and is not overwritten: choose another name, or remove it")
    for path, content in files.items():
        write_beside(folder, path, content)
    return list(files)

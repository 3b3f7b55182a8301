"""Results as files: staged beside their target, flushed, moved in one rename, the manifest written last."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from twintrade.errors import StoreError
from twintrade.study.swap import exchange

MANIFEST = "manifest.json"


def results_folder(root: Path, name: str) -> Path:
    """Return where the results of an analysis stand."""
    return root / "results" / name


def messages_path(root: Path, name: str) -> Path:
    """Return where a run that failed leaves its messages."""
    return root / "results" / f"{name}.messages.csv"


def prepare(root: Path, name: str) -> Path:
    """Make the folder of all results, put back what an interrupted swap left, clear debris; return the target.

    Raises
    ------
    StoreError
        The folder cannot be made, or leads out of the project through a link.
    """
    target = results_folder(root, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _refuse_links(root, target)
        old, staged = _old(target), _staged(target)
        if old.exists() and not target.exists():
            old.rename(target)
        for debris in (old, staged):
            if debris.exists():
                shutil.rmtree(debris)
    except OSError as error:
        raise StoreError(_told("results cannot be prepared", error)) from None
    return target


def write(target: Path, files: Mapping[str, bytes], manifest: bytes) -> None:
    """Replace a result set as a whole.

    Parameters
    ----------
    target : Path
        Folder of the result set.
    files : mapping of str to bytes
        Relative path with forward slashes to content.
    manifest : bytes
        Written after everything else.

    Raises
    ------
    StoreError
        Something could not be written; the old results stand untouched.
    """
    staged = _staged(target)
    try:
        staged.mkdir()
        for path in sorted(files):
            _write_one(staged, path, files[path])
        _write_one(staged, MANIFEST, manifest)
        for folder in {staged, *(p for p in staged.rglob("*") if p.is_dir())}:
            _flush(folder)
        _swap(staged, target)
        _flush(target.parent)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise StoreError(_told(f"the results of {target.name} were not written", error)) from None
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def write_file(file: Path, content: bytes) -> None:
    """Write one file and flush it to the disk."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_beside(file: Path, content: bytes) -> None:
    """Put a file in its place in one rename, unless it stands there already with this content.

    Raises
    ------
    StoreError
    """
    staged = file.with_name(f".{file.name}.part")
    try:
        if file.is_file() and file.read_bytes() == content:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(staged, content)
        staged.replace(file)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise StoreError(_told(f"{file.name} was not written", error)) from None


def drop_messages(path: Path) -> None:
    """Remove the messages of an earlier failure."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(_told(f"{path.name} cannot be removed", error)) from None


def _swap(staged: Path, target: Path) -> None:
    if not target.exists():
        staged.rename(target)
    elif exchange(staged, target):
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


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_links(root: Path, target: Path) -> None:
    for place in (target.parent, target):
        if place.is_symlink() or not place.resolve().is_relative_to(root.resolve()):
            raise StoreError(
                f"results/{'' if place == target.parent else target.name} is a link out of the project: remove it"
            )


def _staged(target: Path) -> Path:
    return target.with_name(f".{target.name}.staged")


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _told(what: str, error: OSError) -> str:
    place = f": {Path(error.filename).name}" if error.filename else ""
    return f"{what}: {error.strerror or error}{place}"


def write_new(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write files that must not be there yet; return their paths as told to the user.

    Raises
    ------
    StoreError
        One of them exists, or cannot be written.
    """
    existing = [path for path in files if (folder / path).exists()]
    if existing:
        raise StoreError(f"{existing[0]} exists already and is not overwritten: choose another name, or remove it")
    for path, content in files.items():
        write_beside(folder / path, content)
    return list(files)

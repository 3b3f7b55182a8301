"""Where an input may lie: inside the project or under the folder that TWINTRADE_DATA names, nowhere else."""

import os
from pathlib import Path, PurePosixPath

from twintrade.data.sources.faults import AbsentInputError
from twintrade.errors import DataError
from twintrade.text import Text

DATA_VARIABLE = "TWINTRADE_DATA"


def locate(root: Path, path: str, *, folder_too: bool = False) -> Path:
    """Return the file that a declared path means.

    ``root``: project folder; ``path``: path relative to the project with forward slashes, or ``TWINTRADE_DATA/...``
    for a file under the folder that this environment variable names; ``folder_too``: whether the path may be a folder
    of files.
    """
    relative = PurePosixPath(path)
    if not path.strip() or relative.is_absolute() or "\\" in path or "\0" in path or path[1:2] == ":":
        raise DataError(
            f"{path!r} is not a path relative to the project: write it as data/raw/name.csv, "
            f"or {DATA_VARIABLE}/name.csv for a file kept elsewhere"
        )
    if relative.parts[:1] == (DATA_VARIABLE,):
        return _inside(_outer_folder(path), PurePosixPath(*relative.parts[1:]), path, folder_too)
    return _inside(root, relative, path, folder_too)


def _outer_folder(path: str) -> Path:
    folder = os.environ.get(DATA_VARIABLE, "")
    if not folder:
        raise AbsentInputError(
            f"{path} lies outside the project: set the environment variable {DATA_VARIABLE} to its folder"
        )
    return Path(folder)


def _inside(folder: Path, relative: PurePosixPath, path: str, folder_too: bool) -> Path:
    base = folder.resolve()
    target = (base / relative).resolve()
    if not target.is_relative_to(base):
        raise DataError(
            f"{path} leads out of its folder: inputs are read inside the project or under {DATA_VARIABLE}: "
            "copy it here, for instance into data/raw"
        )
    if not target.is_file() and not (folder_too and target.is_dir()):
        place = "variable" if path.startswith(DATA_VARIABLE) else "project"
        key = "data.is-folder" if target.is_dir() else "data.absent"
        raise AbsentInputError(Text(key, path=path, place=place, variable=DATA_VARIABLE))
    return target

"""The bundled analysis of seven US states, written into a folder of the user's."""

from importlib import resources
from pathlib import Path

from twintrade.study.store.folder import write_new

DEMO = "us-states"
_TABLES = ("us_state_exports_selected", "us_twin_registry", "us_undated_twins_selected")


def write_demo(folder: Path) -> list[str]:
    """Write the analysis and its data; return the paths written, none where all stand there as they are bundled."""
    files = _read_files()
    if all((folder / path).is_file() and (folder / path).read_bytes() == files[path] for path in files):
        return []
    return write_new(folder, files)


def _read_files() -> dict[str, bytes]:
    package = resources.files("twintrade")
    bundled = package.joinpath("demo")
    # A wheel holds the files; a working copy of the repository has them beside the package.
    place = bundled if bundled.is_dir() else Path(str(package)).parent
    names = [f"analyses/{DEMO}.toml", *(f"data/raw/{table}.{kind}" for table in _TABLES for kind in ("csv", "md"))]
    return {name: place.joinpath(*name.split("/")).read_bytes() for name in names}

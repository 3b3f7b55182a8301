"""Inputs lie inside the project or under TWINTRADE_DATA; no path leads out."""

import pytest

from twintrade.data.sources.faults import AbsentInputError
from twintrade.data.sources.provenance import locate
from twintrade.errors import DataError


@pytest.fixture
def folders(tmp_path, monkeypatch):
    inner, outer, other = tmp_path / "project", tmp_path / "outer", tmp_path / "other"
    for folder in (inner, outer, other):
        folder.mkdir()
        (folder / "file.csv").write_text("x")
    monkeypatch.setenv("TWINTRADE_DATA", str(outer))
    return inner, outer, other


def test_a_path_means_one_file(folders):
    inner, outer, _ = folders
    assert locate(inner, "file.csv") == (inner / "file.csv").resolve()
    assert locate(inner, "./sub/../file.csv".replace("sub/../", "")) == (inner / "file.csv").resolve()
    assert locate(inner, "TWINTRADE_DATA/file.csv") == (outer / "file.csv").resolve()


@pytest.mark.parametrize(
    "path",
    [
        *("../other/file.csv", "TWINTRADE_DATA/../other/file.csv", "/etc/passwd", "C:/x.csv", "a\\b.csv", ""),
        *("file\0.csv", "sub/../../other/file.csv"),
    ],
)
def test_no_path_leads_out(folders, path):
    with pytest.raises(DataError, match=r"leads out|not a path"):
        locate(folders[0], path)


def test_a_file_beside_the_project_is_to_be_copied_into_it(folders):
    with pytest.raises(DataError, match=r"copy it here, for instance into data/raw"):
        locate(folders[0], "../other/file.csv")


def test_no_symlink_leads_out(folders):
    inner, _, other = folders
    (inner / "link.csv").symlink_to(other / "file.csv")
    (inner / "folder").symlink_to(other)
    (inner / "fine.csv").symlink_to(inner / "file.csv")
    for path in ("link.csv", "folder/file.csv"):
        with pytest.raises(DataError, match="leads out"):
            locate(inner, path)
    assert locate(inner, "fine.csv").read_text() == "x"


def test_absence_says_what_to_set(folders, monkeypatch):
    with pytest.raises(AbsentInputError, match="is not there under the folder that TWINTRADE_DATA names"):
        locate(folders[0], "TWINTRADE_DATA/none.csv")
    with pytest.raises(AbsentInputError, match="is a folder"):
        locate(folders[0], ".")
    monkeypatch.delenv("TWINTRADE_DATA")
    with pytest.raises(AbsentInputError, match="set the environment variable TWINTRADE_DATA"):
        locate(folders[0], "TWINTRADE_DATA/file.csv")

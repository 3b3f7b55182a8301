"""Nothing that is kept knows on which machine, or from where, it was made."""

import re

MACHINE_PATH = re.compile(r"(?<![\w.>*])/(?:work|home|root|Users)/\w")
PACKAGE_HOST = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|deb\.debian\.org)", re.IGNORECASE)


def lines_with(pattern: re.Pattern[str], written: dict[str, str]) -> list[str]:
    return [
        f"{path}:{number}"
        for path, text in written.items()
        for number, line in enumerate(text.split("\n"), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_some_machine(written):
    assert lines_with(MACHINE_PATH, written) == []


def test_no_file_names_the_place_that_packages_come_from(written):
    assert lines_with(PACKAGE_HOST, written) == []


def test_the_lock_holds_hashes_and_no_address(written):
    lock = written["requirements.lock"]
    assert "://" not in lock
    assert "file:" not in lock
    pinned = re.findall(r"^[\w.-]+==\S+.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pinned) > 30
    assert [block.split("\n")[0] for block in pinned if "--hash=sha256:" not in block] == []

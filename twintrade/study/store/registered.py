"""Where registrations stand: beside the analyses and not among results, for no run may move them."""

from pathlib import Path

from twintrade.study.store.fingerprint import ABSENT, hash_file

FOLDER = "registrations"
REGISTRATION, DEVIATIONS = "registration.json", "deviations.json"


def get_registration_path(root: Path, name: str) -> Path:
    """Return the registration of an analysis."""
    return root / FOLDER / name / REGISTRATION


def hash_registration(root: Path, name: str) -> str:
    """Return the sha256 of the registration's file, "absent" where there is none."""
    path = get_registration_path(root, name)
    return hash_file(path) if path.is_file() else ABSENT

"""What differs between operating systems, here and nowhere else: swaps, flushes, memory, names and paths."""

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LONGEST_PATH = 259
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


def is_device_name(name: str) -> bool:
    """Return whether Windows takes a file of this name, whatever its ending, for a device."""
    return name.partition(".")[0].rstrip().casefold() in _DEVICES


def measure_excess(path: str | os.PathLike[str]) -> int:
    """Return how many characters a path has more than this system takes; none where it takes any."""
    return max(len(os.path.abspath(path)) - _LONGEST_PATH, 0) if sys.platform == "win32" else 0


def swap_folders(one: Path, other: Path) -> bool:
    """Swap two folders atomically; return whether the system could."""
    if sys.platform == "win32":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EPERM, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def settle_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; Windows opens no folder and needs no flush."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def measure_peak_memory_mb() -> int:
    """Return the largest memory this process has used, in mebibytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset) // 2**20
    import resource

    # The kernel keeps the peak; it counts in kibibytes, on a Mac in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10)

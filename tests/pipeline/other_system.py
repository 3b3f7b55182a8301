"""The command line as Windows would have it: without what POSIX alone has, on a console of code page 1252.

Started as a program of its own with commands, each one word of the shell. What twintrade imports is refused where
Windows has none, and the file system refuses what Windows does: opening a folder, moving onto a file, removing an
open file.
"""

import builtins
import contextlib
import os
import pathlib
import sys
import types
import warnings

from posix_only import MEMBERS, MODULES

FACTS = {"os": {"name": "nt", "linesep": "\r\n"}, "sys": {"platform": "win32"}}


class Narrowed(types.ModuleType):
    """A module without some of its members, and with some others."""

    def __init__(self, real, refused=frozenset(), **other):
        super().__init__(real.__name__)
        self.__dict__["_real"], self.__dict__["_refused"] = real, refused
        self.__dict__.update(other)

    def __getattr__(self, name):
        if name in self._refused:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on this system")
        return getattr(self._real, name)


def load_no_library(name, *_, **__):
    raise TypeError("argument of type 'NoneType' is not iterable") if name is None else OSError(f"no library {name}")


def open_no_folder(path, flags, *rest, **more):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    return os.open(path, flags, *rest, **more)


def list_open_files():
    """Return the files that this process has open, where the system tells."""
    found = set()
    for entry in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{entry}"))
    return found


def refuse_what_windows_refuses():
    here = os.getcwd() + os.sep

    def guard(name, *, may_replace):
        real = getattr(os, name)

        def guarded(path, *rest, dir_fd=None, **more):
            place = os.path.abspath(os.fsdecode(path)) if dir_fd is None and not isinstance(path, int) else ""
            if place.startswith(here):
                if any(file == place or file.startswith(place + os.sep) for file in list_open_files()):
                    raise PermissionError(13, "The process cannot access the file: it is in use", place)
                if rest and not may_replace and os.path.lexists(rest[0]):
                    raise FileExistsError(17, "Cannot create a file when that file already exists", place)
            return real(path, *rest, **more) if dir_fd is None else real(path, *rest, dir_fd=dir_fd, **more)

        setattr(os, name, guarded)

    for name in ("unlink", "remove", "rmdir", "rename", "replace"):
        guard(name, may_replace=name != "rename")


def install():
    memory = types.SimpleNamespace(peak_wset=300 * 2**20)
    stood_in = {"psutil": types.SimpleNamespace(Process=lambda: types.SimpleNamespace(memory_info=lambda: memory))}
    real_import = builtins.__import__
    narrowed = {}

    def narrow(module, name):
        if name not in narrowed:
            other = FACTS.get(name, {}) | ({"open": open_no_folder} if name == "os" else {})
            other |= {"CDLL": load_no_library} if name == "ctypes" else {}
            narrowed[name] = Narrowed(module, MEMBERS.get(name, frozenset()), **other)
        return narrowed[name]

    def imported(name, globals=None, locals=None, fromlist=(), level=0):
        def load():
            return real_import(name, globals, locals, fromlist, level)

        first = name.partition(".")[0]
        if level or not str((globals or {}).get("__name__", "")).startswith("twintrade"):
            return load()
        if first in MODULES:
            raise ModuleNotFoundError(f"No module named {first!r}", name=first)
        if name in stood_in:
            return stood_in[name]
        return narrow(load(), first) if name in {*MEMBERS, *FACTS, "ctypes", "os.path"} else load()

    builtins.__import__ = imported


def main():
    install()
    refuse_what_windows_refuses()
    import twintrade
    from twintrade import cli

    # A console program is __main__ on every system; what it reads and writes must name its encoding.
    warnings.filterwarnings("error", category=EncodingWarning, module=r"twintrade\b")
    assert pathlib.Path(twintrade.__file__).is_file()
    assert cli.sys.platform == "win32"
    for words in sys.argv[1:]:
        sys.argv[1:] = words.split()
        try:
            cli.main()
        except SystemExit as ended:
            if ended.code:
                raise


if __name__ == "__main__":
    main()

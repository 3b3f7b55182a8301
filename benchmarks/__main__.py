"""Run the benchmarks named, or all: each module of this package that has a ``main`` and is meant to be run."""

import argparse
import importlib
import pkgutil
import sys

import benchmarks


def names() -> list[str]:
    """Modules that declare themselves benchmarks by ``CASES``."""
    found = (m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    return [name for name in found if hasattr(importlib.import_module(f"benchmarks.{name}"), "CASES")]


def main() -> None:
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all by default")
    options, passed_on = parser.parse_known_args()
    if passed_on and len(options.which) != 1:
        parser.error(f"{passed_on[0]} is an option of one benchmark: name it first")
    unknown = sorted(set(options.which) - set(known))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}; known: {', '.join(known)}")
    for name in options.which or known:
        print(f"\n{name}\n{'=' * len(name)}", flush=True)
        sys.argv = [f"benchmarks.{name}", *passed_on]
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()

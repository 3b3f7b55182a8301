"""Run the benchmarks named, or all that have CASES; with --smoke all that can be run, at their smallest size."""

import argparse
import sys

from benchmarks.smoke import list_programs, run_smallest


def main() -> None:
    programs = list_programs()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "which", nargs="*", metavar="NAME", help=f"of {', '.join(programs)}; those with CASES by default"
    )
    parser.add_argument("--smoke", action="store_true", help="see whether they run, without measuring anything")
    options, passed_on = parser.parse_known_args()
    if passed_on and len(options.which) != 1:
        parser.error(f"{passed_on[0]} is an option of one benchmark: name it first")
    unknown = sorted(set(options.which) - set(programs))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}; known: {', '.join(programs)}")
    if options.smoke:
        sys.exit(run_smallest({name: programs[name] for name in options.which or programs}))
    for name in options.which or (name for name in programs if getattr(programs[name], "CASES", ())):
        print(f"\n{name}\n{'=' * len(name)}", flush=True)
        sys.argv = [f"benchmarks.{name}", *passed_on]
        programs[name].main()


if __name__ == "__main__":
    main()

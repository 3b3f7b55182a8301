"""The command line as a plain install has it, started with a command's words: no library of an extra is found."""

import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from importlib.metadata import DistributionFinder, MetadataPathFinder

MODULES = {"typst", "docx", "lxml", "pyarrow", "duckdb", "numba", "pyspark", "currency_converter"}
PACKAGES = {"typst", "python-docx", "lxml", "pyarrow", "duckdb", "numba", "pyspark", "CurrencyConverter"}


class WithoutExtras(DistributionFinder):
    """Finds what every install has."""

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in MODULES else PathFinder.find_spec(name, path, target)

    def find_distributions(self, context=DistributionFinder.Context()):  # noqa: B008
        return (d for d in MetadataPathFinder.find_distributions(context) if d.name not in PACKAGES)


if __name__ == "__main__":
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, WithoutExtras()]
    from twintrade.cli import main

    main()
    assert not MODULES & {name.partition(".")[0] for name in sys.modules}

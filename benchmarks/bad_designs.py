"""What other packages do with the designs of tests/estimators/test_bad_designs.py: how the table's columns were made.

``python -m benchmarks.bad_designs --peers PYTHON`` writes every spoiled panel to a folder of its own and lets each
package loose on it in its interpreter. A line says how it ended: the error, or the numbers of effects, of missing
ones and of warnings, the largest distance of an effect from that of the unspoiled panel, and the first warning.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.staggered_peers import diffdiff, pyfixest_events, statspai_cs

TESTS = Path(__file__).resolve().parents[1] / "tests" / "estimators" / "test_bad_designs.py"


SMOKE = ((),)


def packages(options: dict) -> dict:
    """Return the calls of the packages that are installed."""
    x = ["x"] if options.get("covariates") else None
    calls = {
        "diff-diff": diffdiff("CallawaySantAnna", x, control_group=options["control"], estimation_method="dr"),
        "statspai": statspai_cs(x),
        "pyfixest": pyfixest_events("saturated"),
    }
    return {name: call for name, call in calls.items() if importlib.util.find_spec(name.replace("-", "_"))}


def write_panels(folder: Path) -> None:
    """Write the panels as a peer reads them: unit, t, g (0 for never), d, y, x, rel."""
    spec = importlib.util.spec_from_file_location("bad_designs", TESTS)
    assert spec is not None
    assert spec.loader is not None
    tests = importlib.util.module_from_spec(spec)
    sys.modules["bad_designs"] = tests
    sys.path.append(str(TESTS.parents[1]))  # what tests share lies there
    spec.loader.exec_module(tests)
    for k, (key, row) in enumerate({"as it should be": tests.Row(lambda f, g: (f, g)), **tests.ROWS}.items()):
        design = tests.design_of(row)
        frame = design.panel.to_frame()
        onset = pd.Series(design.onset, index=design.panel.units)
        g = frame["unit"].map(onset).replace(np.inf, 0)
        codes = pd.factorize(frame["unit"], sort=True)[0]
        data = pd.DataFrame({"unit": codes, "t": frame["period"], "g": g.astype(int)})
        data["d"] = ((g > 0) & (frame["period"] >= g)).astype(int)
        data["y"], data["x"] = frame[tests.OUTCOME], frame["x"]
        data["rel"] = np.where(g > 0, frame["period"] - g, -1).astype(int)
        data.to_csv(folder / f"{k:02d}.csv", index=False)
        control = "never_treated" if (g == 0).any() else "not_yet_treated"
        named = {"row": key, "covariates": bool(row.options), "control": control}
        (folder / f"{k:02d}.json").write_text(json.dumps(named))


def ended(call, data: pd.DataFrame) -> tuple[str, dict]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = call(data)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:90]}", {}
    own = [w for w in caught if not issubclass(w.category, (DeprecationWarning, FutureWarning))]
    effects = {e: b for e, (b, _) in found.items()}
    missing = sum(not np.isfinite(v).all() for v in found.values())
    said = f"; {str(own[0].message)[:70]}" if own else ""
    return f"{len(effects)} effects, {missing} missing, {len(own)} warnings{said}", effects


def run(folder: Path) -> None:
    """Let the packages loose; called with the peers' interpreter."""
    clean: dict[tuple[str, bool], dict] = {}
    for path in sorted(folder.glob("*.csv")):
        named = json.loads(path.with_suffix(".json").read_text())
        for package, call in packages(named).items():
            sentence, effects = ended(call, pd.read_csv(path))
            clean.setdefault((package, False), effects)
            base = clean[package, False]
            gaps = [abs(effects[e] - base[e]) for e in effects if e in base and int(e) >= 0]
            far = f"; moved by {max(gaps):.3f}" if gaps else ""
            print(f"{named['row']:<36}{package:<11}{sentence}{far}".replace("\n", " "), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="their interpreter")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        run(options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_panels(Path(folder))
        subprocess.run([options.peers, "-m", "benchmarks.bad_designs", "--folder", folder], check=True)


if __name__ == "__main__":
    main()

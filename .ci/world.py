"""Write the simulated trade among all places of analyses/whose-trade.toml: python .ci/world.py."""

import sys
from io import BytesIO
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.study.observing.observe import build_simulated_files
from twintrade.study.spec.analysis import parse

ROOT = Path(__file__).resolve().parents[1]
FILE = "data/raw/whose_trade_world.csv"
REST, WORLD = "Rest of the country", "Rest of the world"
YEAR = 2011  # the last one before the agreements


def build_world() -> pd.DataFrame:
    """Return a row an origin and destination; cities without figures of output have none."""
    name = "whose-trade"
    spec, _ = parse((ROOT / f"analyses/{name}.toml").read_text(encoding="utf-8"))
    (content,) = build_simulated_files(name, spec).values()
    trade = pd.read_csv(BytesIO(content)).query("year == @YEAR")
    known = trade.set_index(["city", "partner"])["exports_usd"].astype(float)
    rng = np.random.default_rng(spec.inference.seed)
    size = {**(3 * known.groupby("city").sum()), **(300 * known.groupby("partner").sum())}
    size |= {REST: 5 * sum(size[city] for city in known.index.unique("city"))}
    size |= {WORLD: 3 * sum(size.values())}
    total, cities = sum(size.values()), set(known.index.unique("city"))
    rows = []
    for origin, destination in permutations(size, 2):
        near = 8 if {origin, destination} <= cities | {REST} else 1
        drawn = near * size[origin] * size[destination] / total * rng.lognormal(0, 0.3)
        rows.append((origin, destination, round(known.get((origin, destination), drawn))))
    frame = pd.DataFrame(rows, columns=["origin", "destination", "trade"])
    exports = frame.groupby("origin")["trade"].sum()
    output = {place: round(exports[place] * rng.uniform(1.8, 4.0)) for place in size}
    unknown = {"Arden", "Cedar", "Ivory"}
    known_output = [output[place] if place not in unknown else pd.NA for place in frame["origin"]]
    return frame.assign(output=pd.array(known_output, dtype="Int64"))


def main() -> None:
    """Write the file."""
    build_world().to_csv(ROOT / FILE, index=False, lineterminator="\n")


if __name__ == "__main__":
    sys.exit(main())

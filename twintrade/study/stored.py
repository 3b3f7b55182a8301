"""Results by the path of an analysis file or a folder, the files of a design made in memory, and fits in files."""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.registry import USUAL_KIND
from twintrade.design import Design
from twintrade.design.panel import require_word
from twintrade.effects import ResultSet
from twintrade.errors import SpecError, StoreError
from twintrade.estimators.base import Fit
from twintrade.files import read_file
from twintrade.study.plan.designs import build_usual_design
from twintrade.study.run.packing import PARTS, PackedParts, pack_parts
from twintrade.study.runner import run_all
from twintrade.study.scaffold import check_new_name
from twintrade.study.spec.spec_text import format_toml_line, to_toml
from twintrade.study.store.folder import get_results_folder, write_beside
from twintrade.study.store.locating import FOLDER, Analysis, find_analyses
from twintrade.study.store.replay import read_results
from twintrade.text import Text
from twintrade.version import __version__


def run_stored(path: str, *, force: bool = False, jobs: int | None = None) -> ResultSet:
    """Run an analysis unless its results are fresh, and read them back."""
    (analysis,) = find_analyses(Path.cwd(), [path])
    (end,) = run_all([analysis], jobs=jobs, force=force, log_json=False)
    if end.ending not in ("done", "fresh"):
        raise SpecError(f"{analysis.name}: {end.ending}: {end.text}")
    return read_latest(analysis)


# The project of a design that was made in memory.


def _list_tables(design: Design, flow: str) -> dict[str, pd.DataFrame]:
    """Return the trade, the agreements and the undated pairs of a design as tables of a project."""
    panel = design.panel
    frame = panel.to_frame()
    trade = frame[["city", "partner"]].assign(period=frame["period"].map(panel.label))
    trade[flow] = panel.values(design.outcome)
    pairs = frame.drop_duplicates("unit")[["city", "partner"]].reset_index(drop=True)
    onset = pd.Series(design.treatment.onset, index=design.treatment.units).reindex(panel.units).to_numpy()
    dated = np.isfinite(onset)
    is_yearly = panel.frequency in ("year", "wave")
    freq = "Y" if is_yearly else panel.frequency[0].upper()
    first = pd.PeriodIndex([panel.label(int(o)) for o in onset[dated]], freq=freq)
    dates = first.asfreq("M", "S").strftime("%Y" if is_yearly else "%Y-%m")
    return {
        "trade": trade if design.kept is None else trade[design.kept],
        "agreements": pairs[dated].assign(date=dates, kind=USUAL_KIND),
        "undated": pairs[np.isin(panel.units, list(design.treatment.excluded))],
    }


def build_analysis(design: Design, name: str, money_unit: str, flow: str) -> dict[str, str]:
    """Return the files of a project that asks what a design asks: the analysis, the trade table, the agreements.

    The ladder and the checks are those of a new analysis; sample, window, reference, comparison, fixed effects and
    dates are the design's own.
    """
    lacking = {
        "units that are pairs of city and partner": not design.panel.is_dyadic,
        "a treatment that begins and stays": not design.treatment.is_absorbing,
        "no covariates and no weights": bool(design.covariates or design.weights),
        "an outcome in levels or logs": design.transform not in ("level", "log"),
        "fixed effects by the name of their set": not isinstance(design.fixed_effects, str),
    }
    if missing := [what for what, is_missing in lacking.items() if is_missing]:
        raise SpecError(f"a page needs {'; '.join(missing)}; for others write the analysis with twintrade init")
    require_word("flow", flow, ("exports", "imports"))
    tables = {kind: table for kind, table in _list_tables(design, flow).items() if len(table) or kind != "undated"}
    paths = {kind: f"data/raw/{name}-{kind}.csv" for kind in tables}
    places = {"city": "city", "partner": "partner"}
    trade = {"period": "period", **places, "value": flow, "money_unit": money_unit, "flow": flow}
    frequency = {} if design.panel.frequency in ("year", "wave") else {"frequency": design.panel.frequency}
    agreements = {"date": "date", **places, "partner_city": {"constant": ""}, "kind": "kind"}
    data: dict[str, Any] = {
        "trade": [{"file": paths["trade"], **trade, "reporter": "city", "absent": "missing", **frequency}],
        "twinnings": [{"file": paths["agreements"], **agreements, "kinds": {USUAL_KIND: USUAL_KIND}}],
    }
    if "undated" in tables:
        data["undated"] = {"file": paths["undated"], **places, "policy": "exclude"}
    asked = {
        "fixed_effects": design.fixed_effects, "window": list(design.window), "reference": design.reference,
        "anticipation": design.anticipation, "comparison": design.comparison.name,
        **({"periods": "waves"} if design.panel.waves else {}),
    }  # fmt: skip
    usual = build_usual_design(flow, str(frequency.get("frequency", "year")))
    usual = usual.replace(", late_from = 12", "") if frequency else usual
    for key, value in asked.items():
        line = format_toml_line(key, value)
        usual, n = re.subn(rf"(?m)^{key} = .*$", line, usual, count=1)
        usual = usual if n else usual.replace("[design]\n", f"[design]\n{line}\n")
    head = to_toml({"title": name, "question": "", "limits": [], "data": data})
    files = {paths[kind]: table.to_csv(index=False, lineterminator="\n") for kind, table in tables.items()}
    return {f"{FOLDER}/{name}.toml": head + usual, **files}


def run_design(design: Design, folder: Any, name: str, money_unit: str, flow: str, jobs: int | None) -> ResultSet:
    """Write the project of a design into a folder, over an earlier one of its name, and run it."""
    check_new_name(name)
    folder = _require_path(folder)
    for path, text in build_analysis(design, name, money_unit, flow).items():
        write_beside(folder, path, text.encode("utf-8"))
    return run_stored(str(folder / FOLDER / f"{name}.toml"), jobs=jobs)


def read_latest(analysis: Analysis) -> ResultSet:
    """Return the results of the last run of an analysis."""
    return read_results(get_results_folder(analysis.root, analysis.name))


def keep_finished(analyses: Iterable[Analysis], tell: Callable[[Text], object]) -> list[Analysis]:
    """Return the analyses that have results, and tell which have none."""
    kept = []
    for analysis in analyses:
        if get_results_folder(analysis.root, analysis.name).is_dir():
            kept.append(analysis)
        else:
            tell(Text("study.no-results", name=analysis.name))
    return kept


def read_stored(folder: Any) -> ResultSet:
    """Return the result set in a folder."""
    return read_results(_require_path(folder))


# A fit in one file: what it consists of as JSON, its arrays beside that, and nothing that could be run.

SPOILT = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ArithmeticError)


def write_fit(path: Any, fit: Fit) -> None:
    """Write a fit into one file, without code; the same fit gives the same bytes."""
    path = _require_path(path)
    facts = {"twintrade": __version__, "fit": repr(fit)}
    write_beside(path.parent, path.name, pack_parts([fit.estimator, fit.design, fit.estimate], facts))


def _require_path(path: Any) -> Path:
    if not isinstance(path, str | PathLike):
        raise SpecError(f"the path of a file or folder is needed here, not {path!r}")
    return Path(path)


def read_fit(path: Any) -> Fit:
    """Return the fit in a file; one of another version, or a spoilt one, is refused."""
    path = _require_path(path)
    if not path.is_file():
        raise StoreError(f"there is no file {path.name}; fit.save({path.name!r}) writes one")
    try:
        with zipfile.ZipFile(io.BytesIO(read_file(path))) as archive:
            content = json.loads(archive.read(PARTS))
            if (version := content["twintrade"]) != __version__:
                raise StoreError(
                    f"{path.name} was saved by twintrade {version}, and this is {__version__}; fit again"
                )
            return Fit(*PackedParts(archive).unpack(content["parts"]))
    except (*SPOILT, LookupError, ValueError, TypeError, AttributeError, ImportError):
        raise StoreError(f"{path.name} is no fit that fit.save wrote, or is damaged; fit again") from None

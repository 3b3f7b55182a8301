"""From an analysis file to its plan, with every fault of the file reported."""

from pathlib import Path
from typing import Any

from twintrade.study.observing.observe import build_simulated_files
from twintrade.study.plan.jobs import Plan, plan
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.store.folder import write_beside
from twintrade.study.store.locating import FOLDER


def plan_analysis(root: Path, name: str, text: str) -> tuple[Plan, dict[str, Any]]:
    """Return the plan of an analysis and its file as written, with its simulated tables drawn."""
    file = f"{FOLDER}/{name}.toml"
    spec, raw = parse(text, file)
    with locate_faults(text, file):
        analysis_plan = plan(name, spec)
    if spec.report.model_fields_set:
        from twintrade.study.spec.report_options import read_report_options

        read_report_options(spec.report, root)
    for file, content in build_simulated_files(name, spec).items():
        write_beside(root, file, content)
    return analysis_plan, raw

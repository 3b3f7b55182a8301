"""The placebo laboratory of an analysis: from its file to the table that its page quotes."""

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd

from twintrade.errors import InferenceError, SpecError, TwintradeError
from twintrade.estimators.base import fit
from twintrade.fanout import Progress, Workers, limit_threads, use_workers
from twintrade.inference.calibration import Calibration, build_laboratory, measure_rates
from twintrade.inference.refits import DealtCase, build_case
from twintrade.render.reading import GRADED
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan, plan_analysis
from twintrade.study.run.columns import build_generator
from twintrade.study.run.ledger import FileLedger, hash_origins
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.store.fingerprint import get_calibration_path
from twintrade.study.store.folder import get_ledger_path, get_lock_path, hold_lock, prepare, write_beside
from twintrade.study.store.locating import FOLDER, Analysis
from twintrade.study.store.replay import MADE_FROM, hash_verdict, to_bytes
from twintrade.text import DEFAULT, Text, pack_text, use_language
from twintrade.text.numbers import convert_log_to_percent


def write_calibration(analysis: Analysis, *, times: int, draws: int, workers: Workers, progress: Progress) -> str:
    """Judge placebo registers of an analysis, write their rates and return the path; goes on where it stopped."""
    root, name = analysis.root, analysis.name
    path = get_calibration_path(root, name).relative_to(root).as_posix()
    write_beside(root, path, _judge_registers(analysis, times, draws, workers, progress))
    get_ledger_path(root, f"{name}.calibration").unlink(missing_ok=True)
    return path


def _judge_registers(analysis: Analysis, times: int, draws: int, workers: Workers, progress: Progress) -> bytes:
    """Return the table of an analysis's rates."""
    root, name, text = analysis.root, analysis.name, analysis.text
    plan, raw = plan_analysis(root, name, text)
    column = next((one for one in plan.columns if one.is_headline), None)
    check: Any = next((one.diagnostic for one in plan.checks if one.diagnostic.name == GRADED), None)
    is_case = plan.spec.case is not None
    if column is None or check is None or is_case:
        raise SpecError(Text("study.calibrate-needs", name=name, case="yes" if is_case else "no"))
    prepare(root, name)
    with hold_lock(get_lock_path(root, f"{name}.calibration"), name), limit_threads():
        progress("read")
        with locate_faults(text, f"{FOLDER}/{name}.toml"), use_workers(replace(workers, progress=progress)):
            observed = observe(name, plan.spec, root)
        cases = list(_list_cases(plan, column, Designs(observed), check))
        ledger = FileLedger(get_ledger_path(root, f"{name}.calibration"), hash_origins(raw, observed.inputs))
        progress("calibrate")
        try:
            with use_workers(replace(workers, ledger=ledger, progress=progress), f"calibrate/{draws}"):
                rng = build_generator(plan.spec.inference.seed, "calibrate")
                calibration = measure_rates(
                    build_laboratory(cases, draws, math.log1p(check.matters / 100)), times, rng
                )
        finally:
            ledger.close()
        with use_language(DEFAULT):
            made_from = hash_verdict(resolve_spec(plan.spec), ((one.path, one.sha256) for one in observed.inputs))
            return to_bytes(tabulate_calibration(calibration).assign(**{MADE_FROM: made_from}))


def _list_cases(plan: Plan, column: LadderColumn, designs: Designs, check: Any) -> Iterator[DealtCase]:
    """Yield the headline's outcome and dates, by Holm, then others of the file's columns on its pairs and periods."""
    fitted = fit(column.estimator, designs.of(column))
    if not check.grades(fitted):
        raise InferenceError(Text("checks.evidence-no-total"))
    main = replace(build_case(fitted, check.others), tests=float(len({column.design.outcome, *check.others})))
    yield main
    known = {(column.design.outcome, column.design.treatment.model_dump_json())}
    for other in plan.columns:
        outcome, treatment = other.design.outcome, other.design.treatment
        if (key := (outcome, treatment.model_dump_json())) in known:
            continue
        known.add(key)
        design = column.design.model_copy(update={"outcome": outcome, "treatment": treatment})
        with suppress(TwintradeError):
            case = build_case(fit(column.estimator, designs.of(replace(column, design=design))), check.others)
            if case.table.shape == main.table.shape:
                yield replace(case, tests=main.tests)


def tabulate_calibration(calibration: Calibration) -> pd.DataFrame:
    """Return rates in percent by name, then how many in a hundred of each planted effect were called evidence."""
    rise, fall = calibration.detectable
    rates = {
        "registers": calibration.times,
        "draws": calibration.draws,
        "some": 100 * calibration.some,
        "strong": 100 * calibration.strong,
        "family": 100 * calibration.family,
        "slight": 100 * calibration.slight[0],
        "slight-wrongly": 100 * calibration.slight[1],
        "coverage": 100 * calibration.coverage,
        "rise": convert_log_to_percent(rise),
        "fall": convert_log_to_percent(fall) if math.isfinite(fall) else fall,
        "rise-printed": calibration.overstated[0],
        "fall-printed": calibration.overstated[1],
    }
    n, none = calibration.n_designs, float("nan")
    named = [(Text(f"checks.calibration-{key}", n=n), none, rate) for key, rate in rates.items()]
    named += [
        (Text("checks.calibration-found"), convert_log_to_percent(float(effect)), 100 * float(share))
        for effect, share in zip(calibration.effects, calibration.shares, strict=True)
    ]
    rows = [(str(words), pack_text(words), effect, rate) for words, effect, rate in named if rate == rate]
    return pd.DataFrame(rows, columns=["quantity", "quantity_text", "effect", "value"])

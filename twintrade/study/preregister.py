"""Registers an analysis: fixes its specification, and runs it on simulated outcomes of the same design."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.effects.result_set import ErrorSource, RegisteredClaim, RegisteredColumn, Registration
from twintrade.errors import InferenceError, SpecError, StoreError, TwintradeError
from twintrade.estimators.base import fit
from twintrade.fanout import Progress, Workers, limit_threads, use_workers
from twintrade.inference.calibration import Calibration, build_laboratory, measure_rates
from twintrade.inference.refits import DealtCase, build_case
from twintrade.render.reading import GRADED, Record, list_records, read_truth, take_text
from twintrade.render.registration import render, render_registration
from twintrade.study.claims.ledger import PAYLOAD as CLAIMS
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan, plan_analysis
from twintrade.study.registering import deviations
from twintrade.study.registering.outcomes import Blank, drop_outcomes, simulate_headline
from twintrade.study.run.columns import Run, build_generator, collect_headline_facts, run
from twintrade.study.run.ledger import FileLedger, build_manifest, hash_origins
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.spec.page_spec import is_registry
from twintrade.study.spec.report_options import read_report_options
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.store import FOLDER as ANALYSES
from twintrade.study.store import Analysis, get_results_folder, write_new
from twintrade.study.store.fingerprint import FOLDER, REGISTRATION, get_calibration_path, hash_bytes
from twintrade.study.store.folder import MANIFEST, get_ledger_path, get_lock_path, hold_lock, prepare, write_beside
from twintrade.study.store.replay import MADE_FROM, build_tidy_files, hash_verdict, replay_results, to_bytes
from twintrade.text import DEFAULT, Text, Words, pack_text, use_language
from twintrade.text.numbers import convert_log_to_percent
from twintrade.version import __version__

FEWEST_DRAWS = 19
_PAGES = ("appendix.html", "appendix.pdf", "brief.html", "brief.pdf")
"""Of the rehearsal; its figures and tables are in them."""

T = TypeVar("T", RegisteredColumn, RegisteredClaim)


def register_analysis(
    analysis: Analysis, now: datetime, draws: int, errors: ErrorSource | None, workers: Workers, progress: Progress
) -> tuple[list[str], str]:
    """Register an analysis and return the paths and hash; no outcome after an agreement is looked at."""
    root, name, text = analysis.root, analysis.name, analysis.text
    if is_registry(analysis.raw):
        raise SpecError(Text("registration.nothing-estimated", name=name))
    if (earlier := deviations.read_registration(root, name)) is not None:
        raise StoreError(Text("registration.exists", name=name, date=earlier.registered[:10], folder=FOLDER))
    plan, raw = plan_analysis(root, name, text)
    options = read_report_options(plan.spec.report, root)
    progress("read")
    with locate_faults(text, f"{ANALYSES}/{name}.toml"), use_workers(replace(workers, progress=progress)):
        blank = drop_outcomes(plan.spec, observe(name, plan.spec, root), errors)
        rehearsed = run(plan, blank.draw(build_generator(plan.spec.inference.seed, "registration/page")), progress)
        performance = None
        headline = rehearsed.ladder.headline
        if headline is not None and headline.fit is not None and "overall" in headline.fit.views:
            progress("registration")
            performance = simulate_headline(blank, plan, headline.column, draws)
    progress("draw")
    manifest = build_manifest(rehearsed, raw, root) | {"headline": collect_headline_facts(rehearsed.ladder)}
    results = assemble_results(rehearsed, manifest)
    earlier_results, existed = get_results_folder(root, name) / MANIFEST, ""
    if earlier_results.is_file():
        existed = datetime.fromtimestamp(earlier_results.stat().st_mtime, UTC).date().isoformat()
    dated: dict[str, Any] = {"results_existed": existed, "performance": performance}
    dated["registered"] = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    registration = _describe(plan, blank, rehearsed, results, **dated)
    sealed = deviations.seal_content(deviations.ADAPTER.dump_python(registration, mode="json"), "registration")
    sha256 = hash_bytes(sealed)
    rehearsal = render(replay_results(build_tidy_files(results), manifest), options.appendix)
    files: Mapping[str, bytes] = {
        REGISTRATION: sealed,
        **render_registration(registration, sha256, options.appendix),
        **{f"rehearsal/{page}": rehearsal.files[page] for page in _PAGES if page in rehearsal.files},
    }
    return [f"{FOLDER}/{name}/{path}" for path in write_new(root / FOLDER / name, files)], sha256


def _describe(plan: Plan, blank: Blank, rehearsed: Run, results: ResultSet, **dated: Any) -> Registration:
    """Return what is registered; ``dated``: when, whether results existed, and what simulations say."""
    headline = rehearsed.ladder.headline
    messages = [m for bands in (headline.bands if headline else ()) for m in bands.messages]
    # Why the headline takes the inference that it takes, empty where the analysis file names the method.
    reason: Words = next((m.text for m in messages if m.code.startswith("inference-")), "")
    return Registration(
        analysis=plan.name,
        title=plan.spec.title,
        question=plan.spec.question,
        version=__version__,
        specification=deviations.select_registered(resolve_spec(plan.spec)),
        facts=deviations.collect_registered_design(results),
        errors=blank.shocks.errors,
        columns=tuple(_pick(RegisteredColumn, row) for row in list_records(results.specifications)),
        inference=plan.spec.inference.name,
        inference_reason=str(reason),
        inference_reason_text=pack_text(reason),
        checks=tuple(dict.fromkeys(check.diagnostic.name for check in plan.checks)),
        claims=tuple(_pick(RegisteredClaim, row) for row in list_records(results.payloads[CLAIMS])),
        **dated,
    )


def _pick(kind: type[T], row: Record) -> T:
    cells = ((f, row.get(f.name)) for f in fields(kind))
    return kind(**{f.name: read_truth(cell) if f.type is bool else take_text(cell) for f, cell in cells})  # type: ignore[arg-type]


# The placebo laboratory of an analysis: from its file to the table that its page quotes.


def write_calibration(analysis: Analysis, times: int, draws: int, workers: Workers, progress: Progress) -> str:
    """Judge placebo registers of an analysis, write their rates and return the path; goes on where it stopped."""
    root, name, text = analysis.root, analysis.name, analysis.text
    plan, raw = plan_analysis(root, name, text)
    column = next((one for one in plan.columns if one.is_headline), None)
    check: Any = next((one.diagnostic for one in plan.checks if one.diagnostic.name == GRADED), None)
    is_case = plan.spec.case is not None
    if column is None or check is None or is_case:
        raise SpecError(Text("study.calibrate-needs", name=name, case=is_case))
    prepare(root, name)
    with hold_lock(get_lock_path(root, f"{name}.calibration"), name), limit_threads():
        progress("read")
        with locate_faults(text, f"{ANALYSES}/{name}.toml"), use_workers(replace(workers, progress=progress)):
            observed = observe(name, plan.spec, root)
        cases = list(_list_cases(plan, column, Designs(observed), check))
        ledger = FileLedger(get_ledger_path(root, f"{name}.calibration"), hash_origins(raw, observed.inputs))
        progress("calibrate")
        try:
            with use_workers(replace(workers, ledger=ledger, progress=progress), f"calibrate/{draws}"):
                rng = build_generator(plan.spec.inference.seed, "calibrate")
                laboratory = build_laboratory(cases, draws, math.log1p(check.matters / 100))
                calibration = measure_rates(laboratory, times, rng)
        finally:
            ledger.close()
        with use_language(DEFAULT):
            made_from = hash_verdict(resolve_spec(plan.spec), ((one.path, one.sha256) for one in observed.inputs))
            content = to_bytes(tabulate_calibration(calibration).assign(**{MADE_FROM: made_from}))
    path = get_calibration_path(root, name).relative_to(root).as_posix()
    write_beside(root, path, content)
    get_ledger_path(root, f"{name}.calibration").unlink(missing_ok=True)
    return path


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

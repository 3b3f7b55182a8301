"""Registers an analysis: fixes its specification, and runs it on simulated outcomes of the same design."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from twintrade.effects import ResultSet
from twintrade.effects.result_set import ErrorSource, RegisteredClaim, RegisteredColumn, Registration
from twintrade.errors import SpecError, StoreError
from twintrade.fanout import Progress, Workers, use_workers
from twintrade.render.reading import Record, list_records, read_truth, take_text
from twintrade.render.registration import render, render_registration
from twintrade.study.claims.ledger import PAYLOAD as CLAIMS
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.plan.jobs import Plan, plan_analysis
from twintrade.study.registering import deviations
from twintrade.study.registering.outcomes import Blank, drop_outcomes, simulate_headline
from twintrade.study.run.columns import Run, build_generator, collect_headline_facts, run
from twintrade.study.run.ledger import build_manifest
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.spec.page_spec import is_registry
from twintrade.study.spec.report_options import read_report_options
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.store import FOLDER as ANALYSES
from twintrade.study.store import get_results_folder, write_new
from twintrade.study.store.fingerprint import FOLDER, REGISTRATION, hash_bytes
from twintrade.study.store.folder import MANIFEST
from twintrade.study.store.replay import build_tidy_files, replay_results
from twintrade.text import Text, Words, pack_text
from twintrade.version import __version__

DRAWS = 199
FEWEST_DRAWS = 19
_PAGES = ("appendix.html", "appendix.pdf", "brief.html", "brief.pdf")
"""Of the rehearsal; its figures and tables are in them."""

T = TypeVar("T", RegisteredColumn, RegisteredClaim)


def register_analysis(
    root: Path,
    name: str,
    text: str,
    now: datetime,
    *,
    draws: int = DRAWS,
    errors: ErrorSource | None = None,
    workers: Workers | None = None,
    progress: Progress = lambda _: None,
) -> tuple[list[str], str]:
    """Register an analysis and return the paths and hash; no outcome after an agreement is looked at."""
    if is_registry(parse_tables(text, f"{ANALYSES}/{name}.toml")):
        raise SpecError(Text("registration.nothing-estimated", name=name))
    earlier = deviations.read_registration(root, name)
    if earlier is not None:
        raise StoreError(Text("registration.exists", name=name, date=earlier.registered[:10], folder=FOLDER))
    plan, raw = plan_analysis(root, name, text)
    options = read_report_options(plan.spec.report, root)
    progress("read")
    with (
        locate_faults(text, f"{ANALYSES}/{name}.toml"),
        use_workers(replace(workers or Workers(), progress=progress)),
    ):
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
    registration = replace(
        _describe(plan, blank, rehearsed, results),
        performance=performance,
        registered=now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        results_existed=existed,
    )
    sealed = deviations.seal_content(deviations.ADAPTER.dump_python(registration, mode="json"), "registration")
    sha256 = hash_bytes(sealed)
    rehearsal = render(replay_results(build_tidy_files(results), manifest), options.appendix)
    files: Mapping[str, bytes] = {
        REGISTRATION: sealed,
        **render_registration(registration, sha256, options.appendix),
        **{f"rehearsal/{page}": rehearsal.files[page] for page in _PAGES if page in rehearsal.files},
    }
    return [f"{FOLDER}/{name}/{path}" for path in write_new(root / FOLDER / name, files)], sha256


def _describe(plan: Plan, blank: Blank, rehearsed: Run, results: ResultSet) -> Registration:
    """Return what is registered but for the date and what simulations say."""
    reason = _find_reason(rehearsed)
    return Registration(
        analysis=plan.name,
        title=plan.spec.title,
        question=plan.spec.question,
        version=__version__,
        registered="",
        results_existed="",
        specification=deviations.select_registered(resolve_spec(plan.spec)),
        facts=deviations.collect_registered_design(results),
        errors=blank.shocks.errors,
        columns=tuple(_pick(RegisteredColumn, row) for row in list_records(results.specifications)),
        inference=plan.spec.inference.name,
        inference_reason=str(reason),
        inference_reason_text=pack_text(reason),
        checks=tuple(dict.fromkeys(check.diagnostic.name for check in plan.checks)),
        claims=tuple(_pick(RegisteredClaim, row) for row in list_records(results.payloads[CLAIMS])),
        performance=None,
    )


def _pick(kind: type[T], row: Record) -> T:
    """Return what of a row is registered."""
    cells = ((f, row.get(f.name)) for f in fields(kind))
    return kind(**{f.name: read_truth(cell) if f.type is bool else take_text(cell) for f, cell in cells})  # type: ignore[arg-type]


def _find_reason(rehearsed: Run) -> Words:
    """Return why the headline takes the inference that it takes, empty where the analysis file names the method."""
    headline = rehearsed.ladder.headline
    messages = [m for bands in (headline.bands if headline else ()) for m in bands.messages]
    return next((m.text for m in messages if m.code.startswith("inference-")), "")

"""One analysis from its file to its results folder, under a lock, whole or not at all."""

import gc
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from twintrade.design import Panel, Treatment
from twintrade.design.panel import suggest_word
from twintrade.effects import Bands, Message, ResultSet, build_findings_frame
from twintrade.effects.messages import build_messages_frame
from twintrade.effects.result_set import Deviation
from twintrade.errors import DataError, SpecError, StoreError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.extras import note_libraries
from twintrade.fanout import Progress, Workers, limit_threads, use_workers
from twintrade.render.registration import Rendered, render
from twintrade.study.answers import AnalysisEnd
from twintrade.study.checking import list_open_guesses
from twintrade.study.claims.ledger import add_ledger
from twintrade.study.claims.money import try_world
from twintrade.study.failed import record_failure
from twintrade.study.observing.observe import Observed, list_simulated_names, observe
from twintrade.study.page import assemble
from twintrade.study.page.specifications import build_specifications
from twintrade.study.plan.designs import Designs, confirm_or_stop, weigh_guesses
from twintrade.study.plan.jobs import LadderColumn, plan_analysis
from twintrade.study.proof import add_cross_checks
from twintrade.study.registering import watching
from twintrade.study.registering.deviations import PAYLOAD as DEVIATIONS
from twintrade.study.registering.deviations import add_registration, count_designs, read_registration
from twintrade.study.registry_study import build_empty_tables, build_registry_results, run_registry
from twintrade.study.run.columns import LISTED_VIEWS, Estimated, Expect, Ladder, collect_headline_facts, run
from twintrade.study.run.ledger import (
    FileLedger,
    build_manifest,
    build_registry_manifest,
    collect_surroundings,
    describe_design,
    hash_origins,
)
from twintrade.study.spec.analysis import DesignSection, Spec, WatchSection, resolve_spec
from twintrade.study.spec.page_spec import is_registry, parse_registry
from twintrade.study.spec.report_options import ReportOptions, read_report_options
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.spec.spec_text import count_open_guesses
from twintrade.study.store import fingerprint, folder
from twintrade.study.store.locating import FOLDER, Analysis, measure_peak_memory_mb
from twintrade.study.store.replay import add_calibration, build_tidy_files, replay_results, seal_manifest, to_bytes
from twintrade.text import DEFAULT, Text, Words, use_language

# Fits made one by one, as the result set that a run of the same fits would have.


def build_results_of_fits(fits: Mapping[str, Fit], bands: Sequence[Sequence[Bands]]) -> ResultSet:
    """Return fits by their labels, with the bands of each, as a result set of that ladder."""
    estimated = []
    for i, ((label, fit), bands_of_fit) in enumerate(zip(fits.items(), bands, strict=True)):
        head, design = label or fit.estimator.title or fit.estimator.name, fit.design
        section = DesignSection.model_construct(outcome=design.outcome, transform=design.transform)
        column = LadderColumn(fit.estimator, str(i), head, section, is_headline=i == 0)
        views = tuple(fit.view(view) for view in LISTED_VIEWS if view in fit.views)
        estimated.append(Estimated(column, design, fit, views, tuple(bands_of_fit)))
    ladder, design = Ladder(tuple(estimated)), next(iter(fits.values())).design
    return ResultSet(
        name="",
        title="",
        data=assemble.build_data_frame(design),
        twinnings=pd.DataFrame(),
        specifications=build_specifications(ladder),
        effects=assemble.build_effects_frame(ladder),
        bands=assemble.build_bands_frame(ladder),
        findings=build_findings_frame([]),
        messages=build_messages_frame([m for bands_of_fit in bands for b in bands_of_fit for m in b.messages]),
        sections={"period_name": design.panel.frequency},
    )


ALONE = Workers()
DEBUG = "TWINTRADE_DEBUG"  # environment variable under which a fault of the program shows its traceback


class ProgramError(TwintradeError):
    """Something that no user can correct; it stops one analysis and no other."""


def execute(
    root: Path,
    name: str,
    text: str,
    progress: Progress = lambda _: None,
    why: str = "",
    workers: Workers = ALONE,
    expect: Expect = lambda _: None,
) -> AnalysisEnd:
    """Run one analysis and store its results; a failure leaves the old results, with its messages beside them."""
    started = time.monotonic()
    warnings: list[Message] = []
    gc.freeze()  # what is imported by now is no garbage, and takes most of a search for any
    try:
        folder.prepare(root, name)
        with folder.hold_lock(folder.get_lock_path(root, name), name), limit_threads():
            summary = _stored(Analysis(root, name, text), started, progress, workers, expect, warnings)
    except TwintradeError as error:
        return record_failure(root, name, error, time.monotonic() - started, warnings)
    except MemoryError:
        fault = DataError(Text("common.no-memory-here"))
        return record_failure(root, name, fault, time.monotonic() - started, warnings)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        words = Text("study.fault", error=f"{type(error).__name__}: {error}", variable=DEBUG)
        return record_failure(root, name, ProgramError(words), time.monotonic() - started)
    finally:
        gc.unfreeze()
    return AnalysisEnd(name, "done", text=why, summary=summary, seconds=time.monotonic() - started)


def _stored(
    analysis: Analysis, started: float, progress: Progress, workers: Workers, expect: Expect, warnings: list[Message]
) -> Mapping[str, Any]:
    root, name, text = analysis.root, analysis.name, analysis.text
    if is_registry(analysis.raw):
        spec, raw = parse_registry(text, f"{FOLDER}/{name}.toml")
        options = read_report_options(spec.report, root)
        with use_language(DEFAULT):
            counted = run_registry(spec, root)
            manifest = build_registry_manifest(name, spec.title, raw, counted.inputs, root)
            tidy = build_tidy_files(build_registry_results(name, spec, counted, manifest))
        _write(root, name, {**tidy, **draw_pages(tidy, manifest, options).files}, manifest, measure_costs(started))
        return manifest["headline"]  # type: ignore[no-any-return]
    if "watch" in analysis.raw:
        return run_watch(root, name, text, date.today().isoformat(), started=started)[1]
    options, ledger, tidy, manifest, messages = _estimate_plan(root, name, text, progress, workers, expect, warnings)
    progress("draw")
    tried = count_designs(root, name, manifest["design"], options.designs_tried, date.today().isoformat())
    page = draw_pages(tidy, manifest | {"designs_tried": tried}, options)
    if page.messages:
        tidy["messages.csv"] = to_bytes(build_messages_frame([*messages, *page.messages]))
    volatile = measure_costs(started) | {"designs_tried": tried}
    progress("write")
    _write(root, name, {**tidy, **page.files}, manifest, volatile)
    ledger.close(remove=True)
    return manifest["headline"]  # type: ignore[no-any-return]


def _estimate_plan(
    root: Path, name: str, text: str, progress: Progress, workers: Workers, expect: Expect, warnings: list[Message]
) -> tuple[ReportOptions, FileLedger, dict[str, bytes], dict[str, Any], tuple[Message, ...]]:
    """Return what the page is made from; data and estimates are let go before it is drawn."""
    with note_libraries() as registering, use_language(DEFAULT):
        analysis_plan, raw = plan_analysis(root, name, text)
    read_registration(root, name)
    options = read_report_options(analysis_plan.spec.report, root)
    progress("read")
    with note_libraries() as used, locate_faults(text, f"{FOLDER}/{name}.toml"), use_language(DEFAULT):
        with use_workers(replace(workers, progress=progress)):
            observed = observe(name, analysis_plan.spec, root)
            designs = Designs(observed, analysis_plan.spec.case)
            moving = confirm_or_stop(name, text, weigh_guesses(root, text, analysis_plan, observed, designs))
            open_guesses = list_open_guesses(name, text, "warning")
            observed = replace(observed, messages=(*observed.messages, *open_guesses, *moving))
            # What a run knows before it estimates, for a run that fails as well.
            known = [*observed.messages]
            with suppress(TwintradeError):
                known += designs.base(analysis_plan.spec.design).treatment.messages
            warnings += [message for message in dict.fromkeys(known) if message.level == "warning"]
            try_world(observed, analysis_plan.spec, designs.base(analysis_plan.spec.design))
        ledger = FileLedger(folder.get_ledger_path(root, name), hash_origins(raw, observed.inputs))
        try:
            with use_workers(replace(workers, ledger=ledger, progress=progress)):
                finished = run(analysis_plan, observed, progress, expect, designs)
        finally:
            ledger.close()
    with use_language(DEFAULT):
        headline = collect_headline_facts(finished.ladder) | count_open_guesses(text)
        manifest = build_manifest(finished, raw, root, used | registering)
        manifest |= {"headline": headline, "design": describe_design(finished)}
        progress("collect")
        checked = add_cross_checks(assemble.assemble_results(finished, manifest))
        calibrated = add_ledger(add_calibration(checked, root), analysis_plan.spec.claim)
        results = add_registration(calibrated, root, date.today().isoformat())
        return options, ledger, build_tidy_files(results), manifest, tuple(finished.messages)


def _write(
    root: Path, name: str, files: Mapping[str, bytes], manifest: Mapping[str, Any], volatile: Mapping[str, Any]
) -> None:
    folder.drop_messages(folder.get_messages_path(root, name))
    folder.write(folder.get_results_folder(root, name), files, seal_manifest(manifest, files, volatile))


def run_watch(
    root: Path, name: str, text: str, today: str, at: str = "", started: float = 0.0
) -> tuple[list[Text], Mapping[str, Any]]:
    """Take the looks of a watch that are due and store its page; return a line a look, and the summary's facts."""
    watch, manifest, files = _draw_watch(root, name, text, partial(watching.look_again, today=today, at=at))
    folder.write(folder.prepare(root, name), files, seal_manifest(manifest, files, measure_costs(started)))
    return watching.describe_looks(watch), manifest["headline"]


def register_watch(root: Path, name: str, text: str, now: str) -> tuple[list[Text], list[str], str]:
    """Fix a watch before its first agreement; return what can be learned, the paths, and the hash of its file."""
    if (earlier := watching.read_plan(root, name)) is not None:
        date_of = earlier.registered[:10]
        raise StoreError(Text("registration.exists", name=name, date=date_of, folder=fingerprint.FOLDER))
    watch, _, drawn = _draw_watch(root, name, text, partial(watching.open_watch, now=now))
    sealed = watching.seal_plan(watch.plan)
    files = {"watch.json": sealed, **{path: drawn[path] for path in drawn if path.startswith("brief.")}}
    paths = folder.write_new(root, {f"{fingerprint.FOLDER}/{name}/{path}": files[path] for path in files})
    return watching.describe_plan(watch), paths, fingerprint.hash_bytes(sealed)


def _draw_watch(
    root: Path, name: str, text: str, make: Callable[[str, Spec, WatchSection, Path, Observed], watching.Watch]
) -> tuple[watching.Watch, dict[str, Any], dict[str, bytes]]:
    """Return a watch with its manifest, and its numbers and pages as files."""
    with use_language(DEFAULT), locate_faults(text, f"{FOLDER}/{name}.toml"):
        planned, raw = plan_analysis(root, name, text)
        observed = observe(name, planned.spec, root)
        if planned.spec.watch is None:
            raise SpecError(Text("watch.no-table", name=name))
        watch = make(name, planned.spec, planned.spec.watch, root, observed)
        drawn = list_simulated_names(name, planned.spec)
        manifest = build_registry_manifest(name, planned.spec.title, raw, observed.inputs, root, *drawn)
        rang = next((watch.table.frequency.label(look.look) for look in watch.looks if look.rang), "")
        manifest |= {"is_simulated": observed.is_simulated, "spec": resolve_spec(planned.spec)}
        manifest["headline"] = {"looks": len(watch.looks), "rang": rang}
        sealed = fingerprint.hash_bytes(watching.seal_plan(watch.plan))
        results = build_watch_results(name, planned.spec, planned.spec.watch, watch, manifest, sealed)
        tidy = build_tidy_files(add_ledger(results, planned.spec.claim))
    options = read_report_options(planned.spec.report, root)
    return watch, manifest, {**tidy, **draw_pages(tidy, manifest, options).files}


def build_watch_results(
    name: str, spec: Spec, section: WatchSection, watch: watching.Watch, manifest: Mapping[str, Any], sha256: str
) -> ResultSet:
    """Return a watch as payloads: the facts in one row, the path, what can be learned, the pairs, deviations."""
    plan, path = watch.plan, watching.build_path_frame(watch.plan, watch.looks, watch.table)
    facts = {
        **{key: getattr(section, key) for key in ("boundary", "alike", "alpha")}, "largest": max(plan.weights),
        "n_pairs": len(plan.pairs), "n_controls": len(plan.controls), "n_looks": len(plan.looks),
        "n_cross": plan.allowed[-1], "n_alike": min(plan.alike), "n_gaps": plan.n_gaps, "p_before": plan.p_before,
        "selection": "objects" if plan.p_before <= watching.EARLY else "none", "registered": plan.registered,
        "concentration": "half" if len(plan.pairs) > 1 and max(plan.weights) >= watching.HALF else "none",
        "first_look": path["period_label"][int(path["can_ring"].argmax())],
        "overlap": np.mean([len({*row} & {*plan.pairs}) / len(row) for row in plan.controls]),
        "planted": sum(entry.simulate.effect for entry in spec.data.trade if entry.simulate is not None),
    }  # fmt: skip
    since = [watch.table.frequency.label(start) for start in plan.starts]
    pairs = {"unit": plan.pairs, "since": since, "weight": plan.weights, "n_alike": plan.alike}
    payloads = {"watch": pd.DataFrame([facts]), "watch_path": path, "watch_pairs": pd.DataFrame(pairs)}
    payloads["watch_learned"] = pd.DataFrame(plan.learned, columns=list(watching.LEARNED))
    sections: dict[str, Words] = {"question": spec.question, "limits": "\n".join(spec.limits)}
    sections["learned"] = watching.describe_learned(plan)
    if plan.registered:
        columns, n = [f.name for f in fields(Deviation)], sum(one.in_force for one in watch.deviations)
        payloads[DEVIATIONS] = pd.DataFrame(map(asdict, watch.deviations), columns=columns)
        sections["registered"] = Text("registration.status", date=plan.registered[:10], n=n, late="no", existed="")
        sections |= {"registered_on": plan.registered, "registered_sha256": sha256}
    return ResultSet(
        name=name, title=spec.title, payloads=payloads, manifest=manifest, **build_empty_tables(),
        findings=build_findings_frame([]), messages=build_messages_frame(watch.observed.messages),
        is_simulated=watch.observed.is_simulated, sections=assemble.write_sections(sections),
    )  # fmt: skip


def try_watch(
    panel: Panel, outcome: str, treatment: Treatment | None, options: Mapping[str, Any], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a watch would have seen, a row a look, and how often lasting rises ring, before any signing."""
    try:
        section = WatchSection(**options)
    except ValidationError as error:
        faults = []
        for one in error.errors():
            key = ".".join(map(str, one["loc"]))
            hint = suggest_word(key, list(WatchSection.model_fields))
            fault = f"watch.{key}: {one['msg'][:1].lower()}{one['msg'][1:]} (given: {one['input']!r})"
            is_unknown = one["type"] == "extra_forbidden"
            faults.append(str(Text("spec.unknown", place="watch", key=key, hint=hint)) if is_unknown else fault)
        raise SpecError("; ".join(faults)) from None
    table = watching.build_watch_table(panel, outcome, treatment)
    plan = watching.plan_watch("", section, table, seed)
    path = watching.build_path_frame(plan, watching.take_looks(plan, table, (), ""), table).drop(columns="taken")
    return path, pd.DataFrame(plan.learned, columns=list(watching.LEARNED))


def draw_pages(tidy: Mapping[str, bytes], manifest: Mapping[str, Any], options: ReportOptions) -> Rendered:
    """Return the report of tidy files in all its languages; the files themselves are in English."""
    results = replay_results(tidy, manifest)
    return render(results, options.appendix, options.others, word_template=options.word_template)


def measure_costs(started: float) -> dict[str, Any]:
    """Return what differs from run to run: time, memory, and the machine they were measured on."""
    spent = {"seconds": round(time.monotonic() - started, 2), "peak_memory_mb": measure_peak_memory_mb()}
    return spent | collect_surroundings()

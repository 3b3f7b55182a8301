"""Pages drawn again from stored numbers; nothing that estimates is imported here, so that it begins at once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

from twintrade.effects import ResultSet
from twintrade.errors import TwintradeError
from twintrade.render.binder import bind
from twintrade.render.blocks import Document
from twintrade.render.registration import render
from twintrade.study.answers import AnalysisEnd
from twintrade.study.claims.ledger import add_ledger
from twintrade.study.failed import record_failure
from twintrade.study.registering.deviations import add_registration, count_designs
from twintrade.study.spec.analysis import Spec, parse, resolve_spec
from twintrade.study.spec.page_spec import ReportSection, is_registry, parse_registry
from twintrade.study.spec.report_options import read_report_options
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.store import folder, replay
from twintrade.study.store.fingerprint import OF_PAGES, OF_THE_PAGE, hash_page, list_versions
from twintrade.study.store.freshness import PAGE, list_changes, read_manifest
from twintrade.study.store.locating import FOLDER, Analysis
from twintrade.text import DEFAULT, use_language
from twintrade.version import __version__


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """The results that pages were drawn from, and the appendix as blocks."""

    results: ResultSet
    document: Document


def redraw(
    root: Path, name: str, text: str, change: Callable[[ResultSet], ResultSet] = lambda results: results
) -> Redrawn:
    """Draw exhibits and pages again from stored numbers with ``change``, as the analysis file now wants them."""
    file = f"{FOLDER}/{name}.toml"
    spec, raw = parse_registry(text, file) if is_registry(parse_tables(text, file)) else parse(text, file)
    options = read_report_options(spec.report, root)
    target = folder.prepare(root, name)
    with folder.hold_lock(folder.get_lock_path(root, name), name):
        stored = replay.read_results(target)
        manifest = read_manifest(target) or {}
        kept = {k: v for k, v in manifest.items() if k not in ("outputs", "volatile")}
        versions = {k: v for k, v in manifest.get("versions", {}).items() if k not in OF_PAGES}
        printing = {k: v for k, v in list_versions().items() if k in OF_PAGES}
        kept |= {"page_sha256": hash_page(root, name, raw), "versions": versions | printing}
        with use_language(DEFAULT):
            if isinstance(spec, Spec):
                of_page = {key: value for key, value in resolve_spec(spec).items() if key in OF_THE_PAGE}
                kept["spec"] = {k: v for k, v in kept.get("spec", {}).items() if k not in OF_THE_PAGE} | of_page
            stored = replay.add_calibration(change(replace(stored, manifest=kept)), root)
            stored = add_ledger(stored, spec.claim)
            tidy = replay.build_tidy_files(add_registration(stored, root, date.today().isoformat()))
        today, volatile = date.today().isoformat(), manifest.get("volatile", {})
        tried = count_designs(root, name, kept.get("design", {}), options.designs_tried, today)
        tried = max(tried, volatile.get("designs_tried", 1))
        results = replay.replay_results(tidy, kept | {"designs_tried": tried})
        page = render(results, options.appendix, options.others, word_template=options.word_template)
        files = {**tidy, **page.files}
        folder.write(target, files, replay.seal_manifest(kept, files, volatile | {"designs_tried": tried}))
    return Redrawn(results, page.document)


def redraw_fresh(analysis: Analysis) -> bool:
    """Draw an analysis again whose numbers are fresh; return whether they are."""
    is_fresh = {PAGE}.issuperset(list_changes(analysis.root, analysis.name, analysis.raw, analysis.n_guesses))
    if is_fresh:
        redraw(analysis.root, analysis.name, analysis.text)
    return is_fresh


def redraw_outcome(root: Path, name: str, text: str) -> AnalysisEnd:
    """Draw an analysis again whose numbers are fresh and whose report is not."""
    started = time.monotonic()
    try:
        results = redraw(root, name, text).results
    except TwintradeError as error:
        return record_failure(root, name, error, time.monotonic() - started)
    summary = results.manifest.get("headline", {})
    return AnalysisEnd(name, "done", text=str(PAGE), summary=summary, seconds=time.monotonic() - started)


# Several analyses bound in one report, from their stored numbers and the appendices just drawn from them.

BOUND = "appendix"  # folder of the bound report under results/; no analysis has this name, for it is a target of make


def drop_bound_report(words: Sequence[str]) -> list[str]:
    """Return names of analyses for words that may be folders of results; the bound report is none of them."""
    names = []
    for word in words:
        path = PurePosixPath(word)
        is_folder = path.parent.name == "results" and path.suffix == ""
        name = path.name if is_folder else word
        if name and not (is_folder and (name == BOUND or name.startswith("."))):
            names.append(name)
    return [word for word in names if not word.endswith(".messages.csv")]


def write_bound_report(root: Path, drawn: Sequence[Redrawn], style: str = "") -> str:
    """Write the bound report of pages in their order and return its path; ``style`` is for the pages that it adds."""
    options = read_report_options(ReportSection(style=style), root)
    target = folder.prepare(root, BOUND)
    with folder.hold_lock(folder.get_lock_path(root, BOUND), BOUND):
        bound = bind([d.results for d in drawn], options.appendix, drawn=[d.document for d in drawn])
        manifest = {
            "analysis": BOUND,
            "title": bound.document.title,
            "tool": {"name": "twintrade", "version": __version__},
            "bound": {d.results.name: d.results.manifest.get("spec_sha256", "") for d in drawn},
            "is_simulated": bound.document.is_simulated,
        }
        folder.write(target, bound.files, replay.seal_manifest(manifest, bound.files, {}))
    return f"results/{BOUND}/appendix.html"

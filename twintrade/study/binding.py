"""Several analyses bound in one report, from their stored numbers and the appendices just drawn from them."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from twintrade.render.binder import bind
from twintrade.study.redraw import Redrawn
from twintrade.study.spec.page_spec import ReportSection
from twintrade.study.spec.report_options import read_report_options
from twintrade.study.store.folder import get_lock_path, prepare, write
from twintrade.study.store.lock import hold_lock
from twintrade.study.store.seal import seal_manifest
from twintrade.version import __version__

BOUND = "appendix"
"""Folder of the bound report under results/; no analysis has this name, for it is a target of make."""


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
    """Write the bound report and return the path of its page.

    ``root``: project folder; ``drawn``: in the order in which they are to stand; ``style``: a style file for the
    pages that the report adds, below the project.
    """
    options = read_report_options(ReportSection(style=style), root)
    target = prepare(root, BOUND)
    with hold_lock(get_lock_path(root, BOUND), BOUND):
        bound = bind([d.results for d in drawn], options.appendix, drawn=[d.document for d in drawn])
        manifest = {
            "analysis": BOUND,
            "title": bound.document.title,
            "tool": {"name": "twintrade", "version": __version__},
            "bound": {d.results.name: d.results.manifest.get("spec_sha256", "") for d in drawn},
            "is_simulated": bound.document.is_simulated,
        }
        write(target, bound.files, seal_manifest(manifest, bound.files, {}))
    return f"results/{BOUND}/appendix.html"

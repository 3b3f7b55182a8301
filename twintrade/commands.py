"""Secondary commands: registers, fetch, schema, export, bundle."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twintrade.errors import SpecError
from twintrade.text import Text, list_some

if TYPE_CHECKING:
    from twintrade.study.store import Analysis

_INTERRUPTED, _FAULTY, _DIFFERS = 130, 3, 4
_MOST_NAMED = 6
registry = typer.Typer(help="Lists of agreements: merge, check and compare them.", no_args_is_help=True)
Specs = Annotated[list[str] | None, typer.Argument(help="Analyses; all when none is given.")]
OneSpec = Annotated[str, typer.Argument(help="Analysis file or its name.")]
Files = Annotated[list[str], typer.Argument(help="Lists of agreements, relative to the project.")]


@contextmanager
def tell_of_interruption(text: Text) -> Iterator[None]:
    """End a command that the user interrupts, and say what that means."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"twintrade: {text}", err=True)
        raise typer.Exit(_INTERRUPTED) from None


def list_analyses(specs: list[str] | None) -> "list[Analysis]":
    """Return the analyses that are meant; all where none is named."""
    from twintrade.study.store import find_analyses

    return find_analyses(Path.cwd(), specs or [])


@registry.command()
def merge(
    files: Files,
    name: Annotated[str, typer.Option(help="Of the register: data/raw/NAME.csv and its card are written.")],
) -> None:
    """Merge lists into one register: no row is left out, and conflicts are named."""
    from twintrade.study.register_lists import merge_registers

    _tell(merge_registers(_find_root(), files, name))


@registry.command()
def check(
    files: Annotated[list[str] | None, typer.Argument(help="Lists of agreements, relative to the project.")] = None,
    analysis: Annotated[
        str, typer.Option(help="Also list this analysis's pairs without a date, those to look up first on top.")
    ] = "",
) -> None:
    """Find rows that repeat, dates that cannot be, and ends in one country; list the dates worth looking up."""
    from twintrade.study.register_lists import check_register, list_dates_to_find

    if not (files or analysis):
        raise SpecError("registry check needs a list of agreements, or --analysis NAME")
    _tell(list_dates_to_find(Path.cwd(), analysis) if analysis else ())
    n_faults = 0
    for file in files or ():
        faults = check_register(_find_root(), file)
        n_faults += len(faults)
        typer.echo("\n".join(f"{file}, {line}" for line in faults) or Text("study.listed-right", file=file))
    raise typer.Exit(_FAULTY if n_faults else 0)


@registry.command()
def coverage(
    files: Files,
    pairs: Annotated[int | None, typer.Option(help="Comparison pairs of an analysis: which share is hidden.")] = None,
) -> None:
    """Estimate from two lists how many agreements neither of them has."""
    from twintrade.study.register_lists import compare_registers

    _tell(compare_registers(_find_root(), files, pairs))


watch = typer.Typer(help="Watch agreements while they run: register before signing, then look.", no_args_is_help=True)


@watch.command()
def register(spec: OneSpec) -> None:
    """Fix pairs, looks, boundary and controls before the agreements begin, and say what can be learned."""
    from datetime import UTC, datetime

    from twintrade.study.execute import register_watch

    (analysis,) = list_analyses([spec])
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    learned, paths, sha256 = register_watch(analysis.root, analysis.name, analysis.text, now)
    lines = *(Text("study.wrote", path=path) for path in paths), Text("watch.sha256", file=paths[0], sha256=sha256)
    _tell((*learned, *lines, Text("watch.next", file=paths[0], name=analysis.name)))


@watch.command()
def look(
    spec: OneSpec, at: Annotated[str, typer.Option(help="Until this registered look, as 2027 or 2027-03.")] = ""
) -> None:
    """Take every registered look that the trade table reaches, each once, and draw the page."""
    from datetime import date

    from twintrade.study.execute import run_watch

    (analysis,) = list_analyses([spec])
    lines, _ = run_watch(analysis.root, analysis.name, analysis.text, date.today().isoformat(), at)
    _tell((*lines, Text("study.wrote", path=f"results/{analysis.name}/brief.html")))


def fetch(
    source: Annotated[str, typer.Argument(help="Publisher, as twintrade list sources names it.")],
    name: Annotated[str, typer.Argument(help="Of the table: data/raw/NAME.csv and its card are written.")],
    cities: Annotated[str, typer.Option(help="Codes of cities, states or regions, separated by commas.")] = "",
    partners: Annotated[str, typer.Option(help="Countries: ISO codes, or the publisher's own; all by default.")] = "",
    first: Annotated[str, typer.Option("--from", help="First year, or month as 2016-03.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last year, or month.")] = "",
    flow: Annotated[str, typer.Option(help="exports or imports.")] = "exports",
    product: Annotated[str, typer.Option(help="Code of the publisher; all products together by default.")] = "",
    by: Annotated[str, typer.Option(help="year, quarter or month; by default the source's usual one.")] = "",
    further: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE that one source alone understands; may repeat.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and ask nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the answers of an interrupted fetch.")] = False,
) -> None:
    """Bring official data from their publisher to data/raw, with a card; run never does."""
    import os
    import time

    from twintrade import __version__
    from twintrade.sources.base import SOURCES, Query
    from twintrade.sources.client import Client, Timer
    from twintrade.study.fetching import describe_fetch, fetch_table, report_requests

    publisher = SOURCES[source]()
    asked: dict[str, Any] = {"cities": _split(cities), "partners": _split(partners), "first": first, "last": last}
    asked |= {"flow": _choose("--flow", flow, ("exports", "imports")), "product": product}
    asked["step"] = _choose("--by", by, ("", "year", "quarter", "month"))
    query = Query(**asked, options=dict(map(_pair, further or [])))
    if dry_run:
        _tell(describe_fetch(publisher, query, os.environ))
        return
    clock = Timer(time.time, time.sleep)
    client = Client(publisher, os.environ, clock, __version__)
    with tell_of_interruption(Text("study.fetch-stopped")), closing(client), report_requests(name) as tell:
        fetched = fetch_table(_find_root(), name, publisher, query, client, clock, resume=resume, tell=tell)
    _tell(Text("study.wrote", path=path) for path in fetched.paths)
    if fetched.silent:
        typer.echo(Text("study.fetch-silent", n=len(fetched.silent), spots=list_some(fetched.silent, _MOST_NAMED)))
    typer.echo(f"{Text('study.fetch-rows', n=fetched.n_rows, name=name)}\n\n{fetched.block}", nl=False)


def schema(
    of: Annotated[str, typer.Argument(help="analysis, or the answer of check, explain, list or run.")] = "analysis",
    markdown: Annotated[bool, typer.Option("--markdown", help="The reference page docs/spec.md instead.")] = False,
) -> None:
    """Print the JSON Schema of analysis files, for editors, or of what a command answers with --json."""
    import json

    from twintrade.study.answers import build_answer_schema
    from twintrade.study.schema import build_json_schema, render_reference_page

    if markdown:
        typer.echo(render_reference_page(), nl=False)
        return
    content = build_json_schema() if of == "analysis" else build_answer_schema(of)
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False))


def guide(
    task: Annotated[
        str, typer.Argument(help="first, files, read, change, verify, power or program; all if none.")
    ] = "",
) -> None:
    """Print the shortest correct path for each task."""
    from twintrade.study.answers import read_guide

    typer.echo(read_guide(task), nl=False)


def simulate(
    folder: Annotated[str, typer.Argument(help="New folder for trade.csv, twinnings.csv and truth.csv.")],
    seed: Annotated[int, typer.Option(min=0)] = 1,
    cities: Annotated[int, typer.Option(min=2)] = 12,
    partners: Annotated[int, typer.Option(min=2)] = 10,
    periods: Annotated[int, typer.Option(min=4)] = 14,
    effect: Annotated[float, typer.Option(help="Log points after an agreement.")] = 0.2,
) -> None:
    """Write a trade table whose effect of an agreement is known, for power and practice."""
    from twintrade.study.register_lists import simulate_known_effect
    from twintrade.study.store import write_new

    for path in write_new(Path(folder), simulate_known_effect(seed, cities, partners, periods, effect)):
        typer.echo(Text("study.wrote", path=str(Path(folder, path))))


def cross_check(specs: Specs = None) -> None:
    """Estimate every column again with other software; end with 4 where the same number comes out differently."""
    from twintrade.study.proof import add_checks, check_results
    from twintrade.study.redraw import redraw
    from twintrade.study.stored import keep_finished, read_latest

    n_apart, analyses = 0, list_analyses(specs)
    for analysis in analyses if specs else keep_finished(analyses, typer.echo):
        lines, n, missing = check_results(read_latest(analysis))
        if missing:
            redraw(analysis.root, analysis.name, analysis.text, partial(add_checks, checks=missing))
        typer.echo("\n".join(lines))
        n_apart += n
    raise typer.Exit(_DIFFERS if n_apart else 0)


def preregister(
    spec: OneSpec,
    draws: Annotated[int, typer.Option(help="Simulated outcomes for size and power.")] = 199,
    errors: Annotated[
        str, typer.Option(help="Of simulated outcomes: stated, or before (rows before the first agreement).")
    ] = "",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes, by default one a core.")] = None,
) -> None:
    """Fix an analysis before its outcomes are looked at, and run it on simulated ones."""
    from datetime import UTC, datetime

    from twintrade.fanout import Workers, count_cores
    from twintrade.study.preregister import FEWEST_DRAWS, register_analysis
    from twintrade.study.progress import report_progress

    source: Any = _choose("--errors", errors, ("", "stated", "before"))
    if draws < FEWEST_DRAWS:
        raise SpecError(Text("registration.draws-few", fewest=FEWEST_DRAWS))
    (analysis,) = list_analyses([spec])
    with report_progress(log_json=False) as report:
        progress, workers = partial(report, analysis.name), Workers(n=jobs or count_cores())
        paths, sha256 = register_analysis(analysis, datetime.now(UTC), draws, source or None, workers, progress)
        report(analysis.name, "done")
    lines = (*(Text("study.wrote", path=path) for path in paths), Text("registration.sha256", sha256=sha256))
    _tell((*lines, Text("registration.next-stamp", name=analysis.name)))


def calibrate(
    spec: OneSpec,
    times: Annotated[int, typer.Option(min=10, help="Placebo registers.")] = 200,
    draws: Annotated[int, typer.Option(min=99, help="Deals of each kind behind a verdict.")] = 199,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes, by default one a core.")] = None,
) -> None:
    """Say how often the verdict of page 1 is right, by placebo agreements among your own pairs without one."""
    from twintrade.fanout import Workers, count_cores
    from twintrade.study.preregister import write_calibration
    from twintrade.study.progress import report_progress
    from twintrade.study.redraw import redraw_fresh

    (analysis,) = list_analyses([spec])
    with report_progress(log_json=False) as report:
        report.expect(analysis.name, [("calibrate", 0.0)])
        progress, workers = partial(report, analysis.name), Workers(n=jobs or count_cores())
        with tell_of_interruption(Text("study.interrupted")):
            path = write_calibration(analysis, times, draws, workers, progress)
        report(analysis.name, "done")
    typer.echo(Text("study.wrote", path=path))
    name, is_drawn = analysis.name, redraw_fresh(analysis)
    typer.echo(f"results/{name}/appendix.html" if is_drawn else Text("study.next-run", name=name))


def export(name: OneSpec, to: Annotated[str, typer.Option(help="r, stata or python.")]) -> None:
    """Write the panel, and a script that repeats every column in R, Stata or Python, to exports/NAME-TO/."""
    from twintrade.study.proof import export_results
    from twintrade.study.store import write_beside
    from twintrade.study.stored import read_latest

    (analysis,) = list_analyses([name])
    for file, content in export_results(read_latest(analysis), to).items():
        write_beside(analysis.root, path := f"exports/{analysis.name}-{to}/{file}", content)
        typer.echo(Text("study.wrote", path=path))


def replication_readme(specs: Specs = None) -> None:
    """Print the README of a replication package, filled from analysis files and manifests."""
    from twintrade.study.deposit import render_replication_readme as written

    typer.echo(written(list_analyses(specs)), nl=False)


def bundle(
    name: Annotated[str, typer.Argument(help="Analysis file or its name, with fresh results.")],
    out: Annotated[str, typer.Option(help="The zip to write; by default results/NAME.zip.")] = "",
) -> None:
    """Write the deposit of an analysis in one zip: README, code, data that may be passed on, results, checksums."""
    from twintrade.study.deposit import build_bundle
    from twintrade.study.store import write_beside
    from twintrade.text import Listed

    (analysis,) = list_analyses([name])
    content, withheld = build_bundle(analysis)
    file = Path(out).absolute() if out else analysis.root / "results" / f"{analysis.name}.zip"
    write_beside(file.parent, file.name, content)
    typer.echo(Text("study.wrote", path=out or f"results/{file.name}"))
    if withheld:
        typer.echo(Text("bundle.left-out", n=len(withheld), files=Listed(withheld, "comma")))


def trace(
    name: OneSpec,
    number: Annotated[str, typer.Argument(help="'Table 7, row 2, column 3', or the key that the page shows.")],
) -> None:
    """Say where a printed number comes from: file, row, estimator, design, rows of the data, line of code."""
    from twintrade.study.deposit import trace_number
    from twintrade.study.store import get_results_folder

    (analysis,) = list_analyses([name])
    _tell(trace_number(get_results_folder(analysis.root, analysis.name), analysis.name, number))


def version() -> None:
    """Print the version."""
    from twintrade import __version__

    typer.echo(__version__)


OTHERS = (
    cross_check,
    calibrate,
    export,
    guide,
    preregister,
    schema,
    simulate,
    replication_readme,
    bundle,
    trace,
    version,
)
"""Commands in the order of the help, behind those of the main path."""


def _tell(lines: Iterable[object]) -> None:
    for line in lines:
        typer.echo(line)


def _find_root() -> Path:
    from twintrade.study.store import find_project_root

    return find_project_root(Path.cwd())


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _choose(option: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise SpecError(f"{option} is {' or '.join(filter(None, known))}, not {given!r}")
    return given


def _pair(line: str) -> tuple[str, str]:
    key, sign, value = line.partition("=")
    if not sign or not key.strip():
        raise SpecError(f"--set takes KEY=VALUE, not {line!r}")
    return key.strip(), value.strip()

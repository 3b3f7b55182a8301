"""What a person types: arguments in, one message or one table out; everything heavy is imported inside a command."""

import gc
import io
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from twintrade.commands import OTHERS, fetch, list_analyses, registry, tell_of_interruption, watch
from twintrade.errors import DataError, SourceError, SpecError, TwintradeError
from twintrade.files import check_address_space
from twintrade.text import LOCALES, Listed, Text, choose_language, find_choice, use_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from twintrade.study.store import Analysis

# The language in which a command answers: the one asked for, else that of the reports it is about.


def _speak(context: typer.Context, language: str) -> str:
    if language and language not in LOCALES:
        raise typer.BadParameter(f"{language!r} is none of {', '.join(LOCALES)}")
    context.with_resource(choose_language(language))
    return language


Language = Annotated[
    str,
    typer.Option(
        "--language", callback=_speak, is_eager=True, show_default=False,
        help="Answer, and draw pages, in this language, whatever the analysis file says: en-GB, en-US or zh-CN.",
    ),
]  # fmt: skip


def use_language_of(analyses: "Sequence[Analysis]") -> "AbstractContextManager[None]":
    """Use the language that was chosen, else the one in which the reports of all these analyses are."""
    named = {analysis.language for analysis in analyses} if not find_choice() else set()
    return use_language(named.pop() if len(named) == 1 else "")


Json = Annotated[bool, typer.Option("--json", help="Answer as JSON; twintrade schema COMMAND prints its schema.")]


def answer(command: str, value: object) -> None:
    """Print an answer as JSON."""
    from twintrade.study.answers import format_answer

    typer.echo(format_answer(command, value))


def list_methods(
    what: Annotated[
        str,
        typer.Argument(
            help="analyses, estimators, inferences, diagnostics, sources, recipes, exhibits, all; or sentences."
        ),
    ] = "all",
    as_json: Json = False,
    language: Language = "",
) -> None:
    """List analyses, methods and recipes."""
    from twintrade.study.inventory import collect_lists, format_lists

    if as_json:
        answer("list", collect_lists(what, Path.cwd()))
    else:
        typer.echo(format_lists(what, Path.cwd()))


app = typer.Typer(
    name="twintrade",
    help="What does a twinning agreement do to trade? Analyses from files, results in results/.",
    epilog="Exit codes: 0 done, up to date or skipped with a reason; 1 the design, an estimate or writing failed; "
    "2 usage or the analysis file; 3 the data; 4 verify or cross-check found results that do not follow from what "
    "stands there; 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(fetch)
app.add_typer(registry, name="registry")
app.add_typer(watch, name="watch")


def _complete(incomplete: str) -> list[str]:
    from twintrade.study.store import FOLDER, find_project_root

    return sorted(file.stem for file in (find_project_root(Path.cwd()) / FOLDER).glob(f"{incomplete}*.toml"))


Specs = Annotated[
    list[str] | None,
    typer.Argument(
        help="Analysis files or their names; all of analyses/ when none is given.",
        show_default=False,
        autocompletion=_complete,
    ),
]
OneSpec = Annotated[str, typer.Argument(help="Analysis file or its name.", autocompletion=_complete)]
DONE, ESTIMATION, USAGE, DATA, STALE = 0, 1, 2, 3, 4
LEAST_BYTES = 1000 * 2**20  # of address space, below which libraries end a run without a word
NEW_OBJECTS = 500_000
"""So many are made before any out of reach are looked for: more than are imported, which are none and take long."""


def main() -> None:
    """Run the command line and end with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the minus sign gets a question mark
    gc.set_threshold(NEW_OBJECTS)
    try:
        app()
    except TwintradeError as error:
        _complain(str(getattr(error, "unlisted", error)))  # no messages.csv is written on the way here
        sys.exit(_code(error))
    except MemoryError:
        _complain(str(Text("common.no-memory-here")))
        sys.exit(DATA)
    finally:
        gc.freeze()  # else all that is left would be looked through at the end


def _print_version(wanted: bool) -> None:
    if wanted:
        from twintrade import __version__

        typer.echo("twintrade " + __version__)
        raise typer.Exit(DONE)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Take what is asked of the program itself, before any command."""


@app.command()
def run(
    specs: Specs = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes, by default one a core: over analyses, or refits; changes no number."),
    ] = None,
    backend: Annotated[str, typer.Option(help="loky, this machine; or dask, a cluster for the refits.")] = "loky",
    scheduler: Annotated[str, typer.Option(help="Address of the dask scheduler, tcp://host:8786.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Run even when nothing changed.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="One JSON line an event, on standard error.")] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm every guess of the analysis files: remove their marks.")
    ] = False,
    as_json: Json = False,
    language: Language = "",
) -> None:
    """Run analyses whose results are stale, and summarize all of them."""
    check_address_space(LEAST_BYTES)
    from twintrade.study.answers import summarize_outcomes
    from twintrade.study.runner import run_all
    from twintrade.study.store import confirm_analysis

    analyses = [confirm_analysis(analysis) if confirm else analysis for analysis in list_analyses(specs)]
    with use_language_of(analyses):
        with tell_of_interruption(Text("study.interrupted")):
            outcomes = run_all(
                analyses, jobs=jobs, force=force, log_json=log_json, backend=backend, scheduler=scheduler
            )
        if as_json:
            answer("run", outcomes)
        else:
            sys.stdout.write(summarize_outcomes(outcomes))
    raise typer.Exit(next((o.code for o in outcomes if o.code), DONE))


@app.command()
def demo(
    starts: Annotated[bool, typer.Option("--run/--no-run", help="Run it too; this takes a few minutes.")] = True,
) -> None:
    """Write the bundled analysis of seven US states, with its data, into this folder and run it."""
    from twintrade.study.store import DEMO, write_demo

    for path in write_demo(Path.cwd()):
        typer.echo(Text("study.wrote", path=path))
    if starts:
        run([DEMO])


@app.command()
def check(
    specs: Specs = None,
    as_json: Json = False,
    no_estimates: Annotated[bool, typer.Option("--no-estimates", help="Estimate nothing.")] = False,
    language: Language = "",
) -> None:
    """Check analysis files and data, and try each column and other answers to guesses: effects alone."""
    raise typer.Exit(_checked(specs, as_json=as_json, with_estimates=not no_estimates))


def _checked(specs: list[str] | None, *, as_json: bool = False, with_estimates: bool = True) -> int:
    """Report on the data of analyses; return the exit code of the first fault."""
    check_address_space(LEAST_BYTES)
    from twintrade.study.answers import CheckedAnalysis
    from twintrade.study.checking import check_analysis
    from twintrade.study.progress import report_when_slow

    answers = []
    for analysis in list_analyses(specs):
        with use_language_of([analysis]):
            try:
                with report_when_slow(analysis.name, Text("study.stage-check")):
                    report = check_analysis(
                        analysis.root, analysis.name, analysis.text, with_estimates=with_estimates
                    )
                answers.append(CheckedAnalysis(analysis.name, DONE, report))
            except TwintradeError as error:
                answers.append(CheckedAnalysis(analysis.name, _code(error), error=str(error)))
        if as_json:
            continue
        if answers[-1].error:
            _complain(f"{analysis.name}: {answers[-1].error}")
        else:
            typer.echo(answers[-1].report)
    if as_json:
        answer("check", answers)
    return next((a.code for a in answers if a.code), DONE)


@app.command()
def explain(spec: OneSpec, as_json: Json = False, language: Language = "") -> None:
    """Say in sentences what an analysis does and assumes, then its full specification."""
    from twintrade.study.explaining import collect_explanation, explain_analysis

    (analysis,) = list_analyses([spec])
    with use_language_of([analysis]):
        if as_json:
            answer("explain", collect_explanation(analysis.root, analysis.name, analysis.text))
        else:
            typer.echo(explain_analysis(analysis.root, analysis.name, analysis.text))


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    trade: Annotated[str | None, typer.Option(help="Your trade table, relative to the project.")] = None,
    twinnings: Annotated[
        str | None, typer.Option(help="Your registry of agreements, relative to the project.")
    ] = None,
    fetched: Annotated[str | None, typer.Option(help="A table that twintrade fetch brought, by its name.")] = None,
    undated: Annotated[
        str | None, typer.Option(help="A list of agreements without a date: their pairs are never a comparison.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: leave what the files do not tell as marked lines.")
    ] = False,
) -> None:
    """Start an analysis: on your files, which are then checked, or on a small simulated pair that runs as it is."""
    from twintrade.study.scaffold import write_scaffold
    from twintrade.study.store import FOLDER, find_project_root

    root = find_project_root(Path.cwd())
    if not (root / FOLDER).is_dir():
        typer.echo(Text("study.new-project", folder=FOLDER))
    elif root != Path.cwd():
        typer.echo(Text("study.project-above", root=str(root), folder=FOLDER))
    paths, readings = write_scaffold(
        root, name, _slash(trade), _slash(twinnings), fetched, _choose_asker(yes), _slash(undated)
    )
    typer.echo("\n".join([*(str(Text("study.wrote", path=str(path))) for path in paths), *map(str, readings)]))
    if trade is None and fetched is None:
        typer.echo(Text("study.next-check", name=name))
        return
    _check_new(name)


@app.command()
def swap(
    analysis: Annotated[str, typer.Argument(help="The analysis whose design is taken over.")],
    new: Annotated[str, typer.Argument(help="Name of the new one: lower-case letters, digits and hyphens.")],
    trade: Annotated[str, typer.Option(help="The trade table of the new pair, relative to the project.")],
    twinnings: Annotated[str, typer.Option(help="Its registry of agreements, relative to the project.")],
    pair: Annotated[str, typer.Option(help="City and partner country of the new pair, as 'Jinan–GBR'.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: leave open lines marked.")] = False,
) -> None:
    """Take the design of an analysis to another pair: your tables are read as by init, no sentence comes along."""
    from twintrade.study.scaffold import swap_pair

    files = (PurePath(trade).as_posix(), PurePath(twinnings).as_posix())
    path, sentences, left = swap_pair(list_analyses([analysis])[0], new, *files, pair, _choose_asker(yes))
    typer.echo("\n".join([str(Text("study.wrote", path=path)), *map(str, sentences)]))
    if left:
        typer.echo(Text("study.swap-left", name=analysis, keys=Listed(left, "comma")))
    _check_new(new)


def _check_new(name: str) -> None:
    """Check an analysis that was just written, and end with the code of the check."""
    from twintrade.study.store import FOLDER

    typer.echo(f"{Text('study.every-guess', folder=FOLDER, name=name)}\n")
    code = _checked([name])
    typer.echo(Text("study.next-run" if code == DONE else "study.next-correct", name=name))
    raise typer.Exit(code)


@app.command()
def verify(
    specs: Specs = None,
    against: Annotated[str, typer.Option(help="Compare the results with these checksums too.")] = "",
    language: Language = "",
) -> None:
    """Hash inputs and results again and tell every difference from what the run recorded."""
    from twintrade.study.registering import read_registration
    from twintrade.study.store import verify_results

    code = DONE
    for analysis in list_analyses(specs):
        read_registration(analysis.root, analysis.name)
        texts, is_same = verify_results(analysis, against)
        typer.echo("\n".join(map(str, texts)))
        code = code if is_same else STALE
    raise typer.Exit(code)


@app.command()
def appendix(
    specs: Annotated[
        list[str] | None,
        typer.Argument(help="Analysis files, names or result folders; all when none is given.", show_default=False),
    ] = None,
    style: Annotated[str | None, typer.Option(help="Style file of the bound report, below the project.")] = None,
    bind: Annotated[bool, typer.Option(help="Bind several into results/appendix, with a summary.")] = True,
    language: Language = "",
) -> None:
    """Draw figures, tables and appendices again from stored numbers, without estimating; bind several in one."""
    from twintrade.study.redraw import drop_bound_report, redraw, write_bound_report
    from twintrade.study.stored import keep_finished

    drawn = []
    analyses = list_analyses(drop_bound_report(specs) if specs else specs)
    for analysis in analyses if specs else keep_finished(analyses, typer.echo):
        drawn.append(redraw(analysis.root, analysis.name, analysis.text))
        typer.echo(f"results/{analysis.name}/appendix.html")
    if bind and len(drawn) > 1:
        typer.echo(write_bound_report(analyses[0].root, drawn, style or ""))


def _choose_asker(is_silent: bool) -> "Callable[[str], str] | None":
    """Return what asks the user, None where nobody is to be asked or sits at a terminal."""
    if is_silent or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return lambda question: str(typer.prompt(question, default="", show_default=False))


def _slash(path: str | None) -> str | None:
    return PurePath(path).as_posix() if path else None


def _complain(text: str) -> None:
    typer.echo(f"twintrade: {text}", err=True)


def _code(error: TwintradeError) -> int:
    is_data = isinstance(error, DataError | SourceError)
    return USAGE if isinstance(error, SpecError) else DATA if is_data else ESTIMATION


app.command("list")(list_methods)
for _command in OTHERS:
    app.command()(_command)

if __name__ == "__main__":
    main()

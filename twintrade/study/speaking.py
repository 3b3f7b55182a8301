"""The language in which a command answers: the one asked for, else that of the reports it is about."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twintrade.text import LOCALES, choose_language, find_choice, use_language

if TYPE_CHECKING:
    from twintrade.study.store import Analysis


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


def use_language_of(analyses: "Sequence[Analysis]") -> AbstractContextManager[None]:
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

"""An analysis in sentences: what is compared with what, how each column works, and what it assumes."""

from collections.abc import Iterator
from pathlib import Path

from twintrade.errors import DataError, DesignError
from twintrade.study.checking import check_registry
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.citations import format_citation
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.registry_spec import is_registry
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.spec.toml_text import to_toml
from twintrade.study.store.locating import FOLDER
from twintrade.text import Text


def explain_analysis(root: Path, name: str, text: str) -> str:
    """Return the plan in sentences, the assumptions in words, every job, and the full specification.

    Raises
    ------
    SpecError
    """
    if is_registry(parse_tables(text, f"{FOLDER}/{name}.toml")):
        return check_registry(root, name, text)
    made, _ = plan_analysis(root, name, text)
    lines = [made.spec.title, *_recipe(made), made.spec.question, ""]
    try:
        designs = Designs(observe(name, made.spec, root), made.spec.case)
        lines += [*_design(made, designs), *(line for c in made.columns for line in _column(c, designs))]
    except (DataError, DesignError) as error:
        lines += [
            f"The data cannot be read, so the assumptions stay unsaid: {error}",
            *(str(c.label) for c in made.columns),
        ]
    lines += [
        "",
        *_inference(made),
        "",
        "Jobs, in order; each has a seed made from its name and the seed above:",
    ]
    lines += [f"  {job}" for job in made.jobs] or ["  none: the series are shown as they are"]
    return "\n".join([*lines, "", "Full specification:", "", to_toml(dict(resolve_spec(made.spec)))])


def _recipe(plan: Plan) -> Iterator[str]:
    if plan.spec.recipe is not None:
        recipe = RECIPES[plan.spec.recipe]
        yield f"Recipe {plan.spec.recipe}: {recipe.equation}. {recipe.sentence}"


def _design(plan: Plan, designs: Designs) -> Iterator[str]:
    design = designs.base(plan.spec.design)
    yield f"Agreements: {design.treatment.rule}"
    if designs.case_unit is not None:
        yield f"Case: {designs.case_unit}; every other pair that is treated or linked is left out of its donors."
    else:
        yield f"Comparison: {design.comparison.describe(design.panel.unit_kind)}."


def _column(column: LadderColumn, designs: Designs) -> Iterator[str]:
    yield ""
    yield f"{column.label} ({format_citation(column.estimator.citation)})" + (
        "  ← headline" if column.is_headline else ""
    )
    try:
        design = designs.of(column)
        lacking = column.estimator.unmet(design)
    except DesignError as error:
        yield f"  Will be skipped: {error}"
        return
    if lacking:
        yield f"  Will be skipped: {'; '.join(map(str, lacking))}"
        return
    equation = column.estimator.equation(design)
    if equation:
        yield f"  {equation}"
    yield f"  Averages: {column.estimator.estimand(design)}"
    yield f"  Assumes: {column.estimator.assumption(design)}"
    if column.estimator.name_comparison(design) != design.comparison.label:
        yield f"  {Text('design.with-treated', units=design.panel.unit_kind)}"


def _inference(plan: Plan) -> Iterator[str]:
    options = ", ".join(f"{k} {v}" for k, v in plan.spec.inference.options.items())
    yield f"Inference: {plan.inference.name}{f' ({options})' if options else ''}, seed {plan.spec.inference.seed}."
    if plan.beside:
        yield f"Beside it, for the overall effect: {', '.join(i.name for i in plan.beside)}."
    for check in plan.checks:
        yield f"Check {check.diagnostic.name}: {(type(check.diagnostic).__doc__ or '').strip().splitlines()[0]}"

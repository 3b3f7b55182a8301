"""An analysis in sentences: what is compared with what, how each column works, and what it assumes."""

from collections.abc import Iterator
from pathlib import Path

from twintrade.errors import DataError, DesignError
from twintrade.estimators.base import describe_assumption
from twintrade.study.answers import Explanation
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan, plan_analysis
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.spec.page_spec import is_registry
from twintrade.study.spec.recipes import RECIPES, format_citation
from twintrade.study.spec.spec_text import parse_tables, to_toml
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text


def explain_analysis(root: Path, name: str, text: str) -> str:
    """Return the plan in sentences, the assumptions in words, every job, and the full specification."""
    if is_registry(parse_tables(text, f"{FOLDER}/{name}.toml")):
        from twintrade.study.checking import check_registry

        return check_registry(root, name, text)
    plan, _ = plan_analysis(root, name, text)
    lines = [plan.spec.title, *_recipe(plan), plan.spec.question, "", *_compared(plan, root), "", *_inference(plan)]
    lines += ["", str(Text("study.jobs"))]
    lines += [f"  {job}" for job in plan.jobs] or [f"  {Text('study.no-jobs')}"]
    return "\n".join([*lines, "", str(Text("study.full")), "", to_toml(dict(resolve_spec(plan.spec)))])


def collect_explanation(root: Path, name: str, text: str) -> Explanation:
    """Return the same as values."""
    tables = parse_tables(text, f"{FOLDER}/{name}.toml")
    if is_registry(tables):
        from twintrade.study.checking import check_registry

        sentences = tuple(filter(None, check_registry(root, name, text).splitlines()))
        return Explanation(name, str(tables.get("title", "")), "", sentences, (), tables)
    plan, _ = plan_analysis(root, name, text)
    lines = [*_recipe(plan), *_compared(plan, root), *_inference(plan)]
    sentences, spec = tuple(line.strip() for line in lines if line.strip()), plan.spec
    return Explanation(name, spec.title, spec.question, sentences, tuple(plan.jobs), resolve_spec(spec))


def _compared(plan: Plan, root: Path) -> list[str]:
    """Return what is compared and what each column does, or their names and why no more can be said."""
    try:
        designs = Designs(observe(plan.name, plan.spec, root), plan.spec.case)
        return [*_design(plan, designs), *(line for c in plan.columns for line in _column(c, designs))]
    except (DataError, DesignError) as error:
        return [str(Text("study.unsaid", why=error.text)), *(str(c.label) for c in plan.columns)]


def _recipe(plan: Plan) -> Iterator[str]:
    if plan.spec.recipe is not None:
        recipe = RECIPES[plan.spec.recipe]
        yield str(Text("study.recipe", name=plan.spec.recipe, equation=recipe.equation, said=recipe.sentence))


def _design(plan: Plan, designs: Designs) -> Iterator[str]:
    design = designs.base(plan.spec.design)
    yield str(Text("study.rule", rule=design.treatment.rule))
    if designs.case_unit is not None:
        yield str(Text("study.case", unit=designs.case_unit))
    else:
        yield str(Text("study.comparison", comparison=design.comparison.describe(design.panel.unit_kind)))


def _column(column: LadderColumn, designs: Designs) -> Iterator[str]:
    yield ""
    citation = format_citation(column.estimator.citation)
    yield str(Text("study.column", label=column.label, citation=citation, is_headline=column.is_headline))
    try:
        design = designs.of(column)
        lacking = tuple(column.estimator.unmet(design))
    except DesignError as error:
        lacking = (error.text,)
    if lacking:
        yield f"  {Text('study.skipped', why=Listed(lacking, 'semicolon'))}"
        return
    if equation := column.estimator.equation(design):
        yield f"  {equation}"
    yield f"  {Text('study.averages', estimand=column.estimator.estimand(design))}"
    yield f"  {Text('study.assumes', assumption=describe_assumption(column.estimator, design))}"
    if column.estimator.name_comparison(design) != design.comparison.label:
        yield f"  {Text('design.with-treated', units=design.panel.unit_kind)}"


def _inference(plan: Plan) -> Iterator[str]:
    options = ", ".join(f"{k} {v}" for k, v in plan.spec.inference.options.items())
    seed = plan.spec.inference.seed
    yield str(Text("study.inference", name=plan.inference.name, options=options or "none", seed=seed))
    if plan.beside:
        yield str(Text("study.beside", names=Listed(tuple(i.name for i in plan.beside), "comma")))
    for check in plan.checks:
        purpose = (type(check.diagnostic).__doc__ or "").strip().splitlines()[0]
        yield str(Text("study.check", name=check.diagnostic.name, said=purpose))

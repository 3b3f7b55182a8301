"""Rows without weights weigh one, and only who keeps the weights says so: everybody else takes an array."""

import ast

# Weights are kept here, None where a solver is quicker without; each hands out an array as well.
KEEPERS = {
    "design/observations.py",
    "estimators/local_projections.py",
    "estimators/cohort_means/wide.py",
    "estimators/switching/switchers.py",
    "numerics/absorption/absorb.py",
}
# Solvers that build their own equations from weights or without.
SOLVERS = {"numerics/absorption/normal_equations.py", "numerics/linear/regression.py", "numerics/poisson/fit.py"}


def makes_ones_of_weights(node: ast.AST) -> bool:
    """Say whether an expression is np.ones(...) if ...weights is None else something."""
    if not isinstance(node, ast.IfExp):
        return False
    return "weights is None" in ast.unparse(node.test) and ast.unparse(node.body).startswith("np.ones(")


def test_only_who_keeps_weights_makes_ones_of_them(modules):
    makers = {m.path for m in modules for node in m.nodes if makes_ones_of_weights(node)}
    assert makers == KEEPERS | SOLVERS


def test_a_branch_on_weights_is_found():
    tree = ast.parse("def f(o):\n    return np.ones(o.n) if o.weights is None else o.weights")
    assert sum(map(makes_ones_of_weights, ast.walk(tree))) == 1

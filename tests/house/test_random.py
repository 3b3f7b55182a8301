"""Randomness comes from a seeded generator that is passed in, and from nowhere else."""

import ast

GENERATORS = {"Generator", "default_rng", "SeedSequence", "BitGenerator", "PCG64", "PCG64DXSM", "Philox", "SFC64"}


def dotted(node: ast.expr) -> str:
    """Return a.b.c for an attribute chain, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def test_the_global_random_state_is_not_used(modules):
    wrong = []
    for m in modules:
        for node in m.nodes:
            if isinstance(node, ast.Import):
                wrong += [m.at(node) for alias in node.names if alias.name == "random"]
            elif isinstance(node, ast.ImportFrom):
                outside = {alias.name for alias in node.names} - GENERATORS
                if node.module == "random" or (node.module == "numpy.random" and outside):
                    wrong.append(m.at(node))
            elif isinstance(node, ast.Attribute):
                name = dotted(node)
                legacy = name.startswith(("np.random.", "numpy.random.")) and name.split(".")[2] not in GENERATORS
                if legacy:
                    wrong.append(f"{m.at(node)} {name}")
    assert wrong == []


def test_every_generator_has_a_seed(modules):
    wrong = [
        m.at(node)
        for m in modules
        for node in m.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] in {"default_rng", "SeedSequence"}
        and not node.args
        and not node.keywords
    ]
    assert wrong == []

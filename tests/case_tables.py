"""Tables of small cases within one test, and products of which the pairs are quick and the rest is slow."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from itertools import combinations, product

import pytest

FAILURES = (Exception, pytest.fail.Exception)
"""What ends a case."""


def loop_over(names: str | Sequence[str], cases: Iterable[object], ids: object = None) -> Callable:
    """Call the test with every case, and fail with all cases that failed, each named in a note.

    Takes what parametrize takes; decorators may be stacked. Fixtures are shared by all cases, but what a case changes
    through ``monkeypatch`` is undone after it. Where a case is skipped, the others are run, and the test counts as
    skipped with the number of such cases and the reason of the first.
    """
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    labels = ids if callable(ids) or ids is None else [*ids]
    table = [_read(keys, case, labels, i) for i, case in enumerate(cases)]

    def decorate(test: Callable) -> Callable:
        @wraps(test)
        def test_all(*args: object, **fixtures: object) -> None:
            failures: list[BaseException] = []
            reasons: list[str] = []
            for label, values in table:
                try:
                    _call(test, args, fixtures | values)
                except pytest.skip.Exception as skipped:
                    reasons.append(str(skipped))
                except FAILURES as failure:
                    failure.add_note(f"case: {label}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} cases failed", failures)
            if reasons:
                pytest.skip(f"{len(reasons)} of {len(table)} cases: {reasons[0]}")

        signature = inspect.signature(test)
        missing = set(keys) - set(signature.parameters)
        if missing or not table:
            raise TypeError(f"{test.__name__} takes no {sorted(missing)}" if missing else "a table without cases")
        left = [parameter for name, parameter in signature.parameters.items() if name not in keys]
        test_all.__signature__ = signature.replace(parameters=left)
        return test_all

    return decorate


def pair_up(*levels: Iterable[object]) -> list[object]:
    """Return every combination of levels for ``parametrize``; those without a pair that has not met are slow."""
    chosen, rest = split_pairs(*levels)
    return [
        pytest.param(*case, marks=slow) for cases, slow in ((chosen, []), (rest, pytest.mark.slow)) for case in cases
    ]


def loop_over_pairs(**levels: Iterable[object]) -> Callable:
    """Call the test with combinations in which all pairs of levels meet; and with all others on the slow side."""
    names, split = list(levels), split_pairs(*levels.values())

    def decorate(test: Callable) -> Callable:
        calls = [loop_over(names, cases)(test) for cases in split]

        @wraps(test)
        def test_pairs(*args: object, is_rest: bool, **fixtures: object) -> None:
            calls[is_rest](*args, **fixtures)

        extra = inspect.Parameter("is_rest", inspect.Parameter.KEYWORD_ONLY)
        left = inspect.signature(calls[0]).parameters.values()
        test_pairs.__signature__ = inspect.Signature([*left, extra])
        return pytest.mark.parametrize("is_rest", [False, pytest.param(True, marks=pytest.mark.slow)])(test_pairs)

    return decorate


def split_pairs(*levels: Iterable[object]) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return combinations in which all pairs of levels meet, and the others.

    The first has the first level of each; then comes, again and again, the one with most pairs that have not met.
    """
    waiting = [tuple(enumerate(case)) for case in product(*(range(len(one)) for one in map(list, levels)))]
    pairs = {case: set(combinations(case, 2)) for case in waiting}
    met: set[object] = set()
    chosen = []
    while (best := max(waiting, key=lambda case: len(pairs[case] - met), default=None)) and pairs[best] - met:
        waiting.remove(best)
        chosen.append(best)
        met |= pairs[best]
    known = [list(one) for one in levels]
    read = [[tuple(known[i][k] for i, k in case) for case in cases] for cases in (chosen, waiting)]
    return read[0], read[1]


def _call(test: Callable, args: tuple[object, ...], values: dict[str, object]) -> None:
    if "monkeypatch" not in values:
        return test(*args, **values)
    with pytest.MonkeyPatch.context() as patch:
        return test(*args, **values | {"monkeypatch": patch})


def _read(keys: list[str], case: object, labels: object, index: int) -> tuple[str, dict[str, object]]:
    """Return the label and the arguments of a case."""
    label = labels(case) if callable(labels) else labels[index] if labels is not None else None
    if hasattr(case, "values") and hasattr(case, "marks"):  # pytest.param
        if case.marks:
            raise TypeError("a case of a table carries no marks: parametrize it")
        label, case = case.id or label, case.values if len(keys) > 1 else case.values[0]
    values = (case,) if len(keys) == 1 else tuple(case)
    arguments = dict(zip(keys, values, strict=True))
    return str(label) if label is not None else ", ".join(f"{k}={v!r}"[:80] for k, v in arguments.items()), arguments

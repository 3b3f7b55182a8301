"""Commands for all analyses go past those without results, and name them."""

from twintrade.study.store import find_analyses
from twintrade.study.stored import keep_finished


def test_analyses_without_results_are_named_and_left_out(project, spec_text) -> None:
    for name in ("done", "new"):
        (project / "analyses" / f"{name}.toml").write_text(spec_text, encoding="utf-8")
    (project / "results" / "done").mkdir(parents=True)
    told: list[str] = []
    kept = keep_finished(find_analyses(project, []), lambda text: told.append(str(text)))
    assert [analysis.name for analysis in kept] == ["done"]
    assert "new: no results yet" in told

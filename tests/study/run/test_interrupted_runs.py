"""Neither an interruption nor the number of processes moves a number; what was finished is not done again."""

from collections import Counter

import pytest

from twintrade.fanout import Workers, jobs
from twintrade.inference.randomization import Randomization
from twintrade.study.execute import execute
from twintrade.study.run import columns

ESTIMATORS = """[[estimator]]
name = "twfe"
transform = "log"
headline = true

[[estimator]]
name = "callaway_santanna"
transform = "log"
fixed_effects = "two_way"

[inference]
name = "randomization"
draws = 20
seed = 5

[[diagnostic]]
name = "estimators"
names = ["imputation"]
on = "twfe"

[report]
exhibits = ["ladder"]
"""


@pytest.fixture
def impatient(monkeypatch):
    """Every refit is told and kept, however short."""
    monkeypatch.setattr(jobs, "ALONE_SECONDS", -1.0)
    monkeypatch.setattr(jobs, "TOLD_EVERY", -1.0)
    monkeypatch.setattr(columns, "LONG_SECONDS", -1.0)


@pytest.fixture
def counted(monkeypatch):
    """Return how often each column's inference was made."""
    counts = Counter()
    made = Randomization.infer_views

    def infer_views(self, fit, views, rng):
        counts[fit.estimator.name] += 1
        return made(self, fit, views, rng)

    monkeypatch.setattr(Randomization, "infer_views", infer_views)
    return counts


def test_a_run_goes_on_where_the_last_was_interrupted(project, spec_text, impatient, counted, unprinted):
    text = spec_text[: spec_text.index("[[estimator]]")] + ESTIMATORS
    whole = execute(project, "tiny", text)
    assert whole.ending == "done", whole.text
    results = project / "results" / "tiny"
    files = ("bands.csv", "specifications.csv", "messages.csv", "findings.csv")
    expected = {name: (results / name).read_bytes() for name in files if (results / name).exists()}
    assert counted == {"twfe": 1, "callaway_santanna": 1}

    def interrupt(event):
        """Stop in the middle of the second column; the first is drawn from one model, at once."""
        if str(event).startswith("randomization: 10 of 20"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(project, "tiny", text, interrupt)
    assert counted == {"twfe": 2, "callaway_santanna": 2}
    lines = []
    again = execute(project, "tiny", text, lines.append)
    assert again.ending == "done", again.text
    assert counted == {"twfe": 2, "callaway_santanna": 3}, "the finished inference is not made again"
    told = [line.split(",")[0] for line in map(str, lines) if line.startswith("randomization")]
    rest = [f"randomization: {n} of 20" for n in range(11, 21)]
    assert told == [*rest, "randomization: 1 of 1"], "the rest, then the check's own, of a linear model"
    assert {name: (results / name).read_bytes() for name in expected} == expected
    assert list((project / "results").iterdir()) == [results], "no ledger is left"


def test_two_processes_give_the_bytes_of_one(project, spec_text, impatient, plain_pictures):
    text = spec_text[: spec_text.index("[[estimator]]")] + ESTIMATORS
    results = project / "results" / "tiny"
    files = []
    for n in (1, 2):
        lines = []
        assert execute(project, "tiny", text, lines.append, workers=Workers(n=n)).ending == "done"
        assert any(str(line).startswith("randomization: 20 of 20") for line in lines)
        csv = [path for path in results.rglob("*.csv") if "machine" not in path.name]
        files.append({path.relative_to(results): path.read_bytes() for path in csv})
    assert files[0] == files[1]

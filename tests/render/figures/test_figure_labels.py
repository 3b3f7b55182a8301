"""No label of any figure runs over another, over a mark, or out of the picture, measured as matplotlib draws them."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from label_faults import list_faults

from twintrade.render.brief import drawings
from twintrade.render.brief.facts import Effect
from twintrade.render.figures import counts, forest, percent_paths, points, raw_series
from twintrade.render.figures.theme import mark_simulated, open_figure
from twintrade.render.style import Theme

LONG = "San Pedro de Macorís and Santiago de los Caballeros with Llanfairpwllgwyngyll, United Kingdom"
CHINESE = "新疆维吾尔自治区伊犁哈萨克自治州与圣文森特和格林纳丁斯的友好城市协议（第二次签署）"
NAMES = {"short": "A", "long": LONG, "chinese": CHINESE}


@pytest.fixture(autouse=True)
def can_draw_the_names(request):
    """Boxes in place of Chinese have other widths."""
    if getattr(request.node, "callspec", None) is not None and request.node.callspec.params.get("kind") == "chinese":
        request.getfixturevalue("chinese_typeface")


def name(kind, n):
    return [f"{i} {NAMES[kind]}" for i in range(n)]


def spread(n, scale=1.0, seed=3):
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, scale, n)
    return {"effect": effect, "low": effect - 1.9 * scale, "high": effect + 2.1 * scale}


def find_faults(drawing, theme=None):
    mark_simulated(drawing, theme or Theme())
    return list_faults(drawing, theme or Theme())[:6]


KINDS = pytest.mark.parametrize("kind", NAMES)
HARD = pytest.mark.parametrize(("kind", "n", "scale"), [("short", 40, 1e9), ("long", 12, 0.3), ("chinese", 1, 1e-6)])


def make_effects(kind, n, scale):
    groups = [f"{i // 5} {NAMES[kind][:60]}" for i in range(n)]
    differences = {
        f"difference{end}": v for end, v in zip(("", "_low", "_high"), spread(n, scale).values(), strict=True)
    }
    return pd.DataFrame({"label": name(kind, n), "group": groups, "p": 0.2, **spread(n, scale), **differences})


@HARD
def test_forests(kind, n, scale):
    assert find_faults(forest.draw_forest(make_effects(kind, n, scale))) == []


@HARD
def test_differences(kind, n, scale):
    assert find_faults(forest.draw_differences(make_effects(kind, n, scale))) == []


@HARD
def test_changes(kind, n, scale):
    drawing = forest.draw_changes(make_effects(kind, n, min(scale, 1)), headline=(0.1, -0.2, np.inf))
    assert find_faults(drawing) == []


@pytest.mark.parametrize(("kind", "n", "percent"), [("short", 2, 1e5), ("long", 5, 30.0), ("chinese", 9, 0.01)])
def test_methods_of_a_brief(kind, n, percent):
    theme = Theme(width=6.53)  # of the text, over which it is drawn
    effects = [max(percent * (k - 2), -98.0) for k in range(n)]
    rows = [
        (label, Effect(percent=p, low=-99.9 if k % 2 else -np.inf, high=percent * 9), k == 1)
        for k, (label, p) in enumerate(zip(name(kind, n), effects, strict=True))
    ]
    assert find_faults(drawings.draw_methods(rows, theme), theme) == []


@loop_over(("n", "scale"), [(2, 1.0), (7, 1e12), (15, 1e3), (16, 1e9), (60, 1e5)])
@loop_over("seed", range(2))
def test_totals_of_a_brief(n, scale, seed):
    rng = np.random.default_rng(seed)
    theme = Theme(width=4.09)
    observed, expected = (scale * np.exp(rng.normal(0, 0.2, n).cumsum()) for _ in range(2))
    frame = pd.DataFrame(
        {"period": range(n), "period_label": [f"{2000 + i // 4}Q{i % 4 + 1}" for i in range(n)], "observed": observed,
         "expected": expected, "low": expected * 0.6, "high": expected * 1.5, "n_in_force": range(n), "unit": "x"}
    )  # fmt: skip
    frame.loc[: n // 3, ["low", "high"]] = np.nan
    assert find_faults(drawings.draw_totals(frame, "US dollars", "quarter", theme), theme) == []


def make_events(n, label, scale, seed):
    times = np.arange(-n, n + 1)
    rows = pd.DataFrame(
        {"event_time": times, "event_label": [str(t).replace("-", "−") for t in times], "label": label,
         "is_reference": times == -1, "n_units": 12345, "level": 0.95, "scale": "log points", "base": "",
         **spread(2 * n + 1, scale, seed)}
    )  # fmt: skip
    return rows.assign(simultaneous_low=rows["low"] - scale, simultaneous_high=rows["high"] + scale)


def make_studies(*labels, n=3):
    """Return event studies of several methods."""
    return pd.concat([make_events(n, label, 0.3, k) for k, label in enumerate(labels)], ignore_index=True)


@pytest.mark.parametrize(
    ("kind", "n", "methods", "scale"), [("short", 1, 1, 0.01), ("long", 5, 2, 0.3), ("chinese", 12, 4, 3.0)]
)
def test_event_studies(kind, n, methods, scale):
    frame = pd.concat([make_events(n, label, scale, k) for k, label in enumerate(name(kind, methods))])
    with open_figure(Theme(), 6.0) as drawing:
        percent_paths.draw_study_in(drawing.subplots(), frame, None, "year", Theme())
    assert find_faults(drawing) == []
    assert find_faults(percent_paths.draw_path(frame, "year")) == []


@HARD
def test_bars(kind, n, scale):
    rng = np.random.default_rng(n)
    frame = pd.DataFrame({"label": name(kind, n), "value": rng.exponential(scale, n)})
    assert find_faults(counts.draw_counts(frame, "label", "value")) == []


@HARD
def test_points_with_names(kind, n, scale):
    rng = np.random.default_rng(n)
    frame = pd.DataFrame(
        {"city": name(kind, n), "population": 1e4 * np.exp(rng.normal(2, 1, n)), "twins": rng.integers(0, 40, n),
         "country": [f"{i % 5} {NAMES[kind]}" for i in range(n)]}
    )  # fmt: skip
    axes = {"x_label": "Population", "y_label": "Twins", "is_log_x": True}
    drawing = points.draw_scatter(frame, "population", "twins", group="country", label="city", **axes)
    assert find_faults(drawing) == []


@HARD
def test_curves(kind, n, scale):
    frame = pd.DataFrame(
        {"is_headline": [i == 0 for i in range(n)], "estimator": [f"{i % 9} {NAMES[kind]}" for i in range(n)],
         **spread(n, scale)}
    )  # fmt: skip
    assert find_faults(forest.draw_specification_curve(frame, ["estimator"])) == []


@pytest.mark.parametrize("n", [3, 50, 130])
def test_years(n):
    frame = pd.DataFrame({"label": [*map(str, range(1900, 1900 + n)), "undated"], "count": range(n + 1)})
    assert find_faults(counts.draw_years(frame)) == []


@pytest.mark.parametrize(("n", "scale"), [(1, 1e7), (6, 1e-4), (20, 1.0)])
def test_heat_maps(n, scale):
    grid = pd.MultiIndex.from_product([range(1990, 1990 + n), range(-n, n + 1)], names=["cohort", "event_time"])
    frame = grid.to_frame(index=False)
    frame["effect"] = np.random.default_rng(n).normal(0, scale, len(grid))
    drawing = points.draw_heat_map(frame, {}, x_label="Years since onset", value_label="Effect")
    assert find_faults(drawing) == []


@pytest.mark.parametrize(("kind", "n"), [("short", 1), ("long", 9), ("chinese", 40), ("short", 80)])
def test_who_is_treated(kind, n):
    grid = pd.MultiIndex.from_product([name(kind, n), range(1990, 2025)], names=["unit", "period"])
    frame = grid.to_frame(index=False)
    frame["period_label"] = [f"{year}-12" for year in frame["period"]]
    states = np.array(["treated", "not yet treated", "comparison", "always treated", "undated"])
    assert find_faults(counts.draw_adoption(frame.assign(status=states[np.arange(len(frame)) % 5]))) == []


PERIODS = pd.DataFrame({"period": range(1990, 2020), "period_label": [f"{year}-12" for year in range(1990, 2020)]})


def make_context(kind):
    dates = pd.DataFrame(
        {"period": [2001, 2002, 2002, 2009], "label": name(kind, 4), "is_chosen": [True] + [False] * 3}
    )
    shocks = pd.DataFrame({"label": name(kind, 2), "first": [2003, 2008], "last": [2003, 2009]})
    return dates, shocks.assign(first_label=["2003", "2008"], last_label=["2003", "2009"])


def make_series(kind, scale, *panels):
    rng = np.random.default_rng(len(panels))
    return pd.concat(
        [PERIODS.assign(series=f"{i} {NAMES[kind]}", panel=panel, value=rng.exponential(scale, 30), unit="US dollars")
         for panel in panels for i in range(4)]
    )  # fmt: skip


CASES = pytest.mark.parametrize(
    ("kind", "sets", "scale"), [("short", 1, 1e9), ("long", 2, 0.3), ("chinese", 3, 1e-3)]
)


@CASES
def test_cases(kind, sets, scale):
    rng = np.random.default_rng(sets)
    keys, names = "ABC"[:sets], {key: f"{key} {NAMES[kind]}" for key in "ABC"}
    rows = pd.concat(
        [PERIODS.assign(method=method, donor_set=key, observed=rng.exponential(scale, 30),
                        counterfactual=rng.exponential(scale, 30), gap=rng.normal(0, scale, 30))
         for method in ("synthetic_control", "synthetic_did") for key in keys]
    )  # fmt: skip
    drawing = raw_series.draw_case(rows, *make_context(kind), set_names=names, sets=keys, gap_label="Gap")
    assert find_faults(drawing) == []
    one = rows[rows["method"] == "synthetic_did"]
    placebos = pd.concat(
        [one.assign(unit=f"u{i}", value=rng.normal(0, scale, len(one)), is_treated=i == 0) for i in range(5)]
    )
    placebos = placebos.assign(donor_set=placebos["donor_set"].map(names), event_time=placebos["period"] - 2001)
    assert find_faults(points.draw_placebo(placebos, y_label="Gap")) == []
    ranks = placebos[placebos["period"] == 2000].assign(statistic=lambda frame: frame["value"])
    drawing = points.draw_placebo(ranks[["unit", "donor_set", "statistic", "is_treated"]], y_label="Ratio")
    assert find_faults(drawing) == []


@CASES
def test_series(kind, sets, scale):
    raw = make_series(kind, scale, *("level", "log", "index")[:sets])
    dates, shocks = make_context(kind)
    assert find_faults(raw_series.draw_raw_series(raw, dates, shocks)) == []
    index = raw.assign(panel="index").head(120)
    cases, on = (pd.concat([f.assign(case=c) for c in name(kind, 4 * sets)]) for f in (index, dates))
    assert find_faults(raw_series.draw_grid(cases, on)) == []
    assert find_faults(raw_series.draw_path(raw[raw["panel"] == "level"], y_label="Value")) == []


def test_a_value_that_is_no_number_is_left_out_of_a_small_panel():
    frame = pd.DataFrame({"period": range(2000, 2008), "value": [np.nan, 1.0, 2.0, np.inf, 3.0, 4.0, 5.0, 6.0]})
    frame = frame.assign(case="one", series="treated", panel="index", period_label=frame["period"].astype(str))
    axes = next(axes for axes in raw_series.draw_grid(frame).axes if axes.get_visible())
    assert axes.lines[0].get_ydata().tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    low, high = axes.get_ylim()
    assert 0 < low < 1
    assert 6 < high < 7


@pytest.mark.parametrize(("n", "scale"), [(1, 1e-6), (3, 1.0), (12, 1e9)])
def test_what_would_overturn_it(n, scale):
    sizes = pd.DataFrame({"size": np.linspace(0.1, 2, n) * scale, **spread(n, scale)})
    sizes["kind"] = ["original", *["robust"] * (n - 1)]
    frame = pd.concat([sizes.assign(restriction=name) for name in ("relative_magnitudes", "smoothness")])
    assert find_faults(forest.draw_sensitivity(frame)) == []
    curve = pd.DataFrame({"effect": np.linspace(0, scale, n + 1), "rejection_rate": np.linspace(0.05, 1, n + 1)})
    assert find_faults(points.draw_power(curve, x_label="Effect")) == []


def test_an_interval_that_is_far_longer_than_the_original_ends_in_an_arrow():
    sizes = pd.DataFrame({"size": [0.0, 1.0, 2.0], "effect": 5.0, "low": [-10.0, -40.0, -100.0]})
    sizes["kind"], sizes["high"] = ["original", "robust", "robust"], [20.0, 90.0, 2e11]
    figure = forest.draw_sensitivity(sizes.assign(restriction="relative_magnitudes"))
    (axes,) = figure.axes
    assert axes.get_ylim()[1] < 120
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "^"] == [2]
    assert not [line for line in axes.lines if line.get_marker() == "v"]
    assert find_faults(figure) == []


@pytest.mark.parametrize(("kind", "n"), [("short", 1), ("long", 6), ("chinese", 30)])
def test_maps(kind, n):
    rng = np.random.default_rng(n)
    ends = {
        f"{end}{column}": values
        for end in ("", "partner_")
        for column, values in (
            ("city", name(kind, n)), ("latitude", rng.uniform(-50, 75, n)), ("longitude", rng.uniform(-175, 175, n))
        )
    }  # fmt: skip
    assert find_faults(counts.draw_world_map(pd.DataFrame(ends))) == []


@pytest.mark.parametrize(("low", "percent", "high"), [(-9.9, 2.0, 15.5), (-90.0, -24.0, 200.0), (-99.0, 3.0, np.inf)])
@pytest.mark.parametrize("amount", ["", "−10 billion US dollars"])
def test_the_ruler_of_a_brief(low, percent, high, amount):
    theme = Theme(width=6.53)
    effect = Effect(percent=percent, low=low, high=high)
    assert find_faults(drawings.draw_ruler(effect, (amount,) * 3, 132.0, theme), theme) == []


@pytest.mark.parametrize("kind", ["short", "long", "chinese"])
@pytest.mark.parametrize("gaps", [(-2.28, -0.18, 0.04), (0.5, -0.5), (9.0, 8.0, 7.0, -20.0, 0.01)])
def test_the_gap_of_a_brief(kind, gaps):
    theme = Theme(width=2.32)
    rows = list(zip(name(kind, len(gaps)), gaps, strict=True))
    assert find_faults(drawings.draw_gap(rows, (9.11, 9.11 + sum(gaps)), theme), theme) == []


@pytest.mark.parametrize(("low", "high"), [(20.0, 80.0), (45.0, 58.0), (-90.0, 200.0)])
def test_both_ends_of_the_range_stand_below_the_ruler_however_long_the_money_is(low, high):
    effect = Effect(percent=51.2, low=low, high=high)
    drawing = drawings.draw_ruler(effect, ("155 million US dollars",) * 3, np.nan, Theme(width=6.53))
    words = "\n".join(text.get_text() for text in drawing.axes[0].texts)
    assert all(f"{end:+.1f}%".replace("-", "−") in words for end in (low, high)), words


@pytest.mark.parametrize("detectable", [74.0, 95.0, 132.0, 1e6, np.inf, np.nan])
def test_the_mark_of_a_rise_that_is_found_is_drawn_where_the_note_says_so(detectable):
    effect = Effect(percent=51.2, low=20.0, high=80.0)
    drawing = drawings.draw_ruler(effect, ("",) * 3, detectable, Theme(width=6.53))
    marks = [line for line in drawing.axes[0].get_lines() if line.get_marker() == "v"]
    assert len(marks) == drawings.is_on_ruler(effect, detectable)
    assert drawings.is_on_ruler(effect, detectable) == (detectable in (95.0, 132.0))

"""Coordinates that an analysis file gives: columns of the panel, rings and spatial errors from them."""

import numpy as np
import pytest

from twintrade.errors import SpecError
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import run

RINGS = '\n[[diagnostic]]\nname = "spillovers"\nedges = [900.0]\n'


def with_places(project, text, places):
    listed = "\n".join(f'"{name}" = [{a}, {b}]' for name, (a, b) in places.items())
    (project / "analyses" / "tiny.toml").write_text(f"{text}{RINGS}\n[data.places]\n{listed}\n", encoding="utf-8")
    made, _ = plan_analysis(project, "tiny", (project / "analyses" / "tiny.toml").read_text(encoding="utf-8"))
    return made


@pytest.fixture
def ends(project, spec_text):
    panel = observe("tiny", plan_analysis(project, "tiny", spec_text)[0].spec, project).panel
    return panel.cities, panel.partners


def test_rings_and_spatial_errors_from_places_in_the_file(project, spec_text, ends) -> None:
    cities, partners = ends
    places = {str(c): (30.0 + 3 * k, 110.0) for k, c in enumerate(cities)}
    places |= {str(p): (50.0, 8.0 * k) for k, p in enumerate(partners)}
    text = spec_text.replace('name = "clustered"\ndraws', 'name = "conley"\ncutoff = 700.0\ndraws')
    made = with_places(project, text, places)
    observed = observe("tiny", made.spec, project)
    frame = observed.panel.to_frame()
    assert frame["latitude"].tolist() == [places[c][0] for c in frame["city"]]
    assert frame["partner_longitude"].tolist() == [places[p][1] for p in frame["partner"]]
    assert made.spec.inference.name == "conley"
    rings = assemble_results(run(made, observed), {}).payloads["spillover_rings"]
    assert set(rings["label"]) == {"direct", "0 to 900 km", "beyond 900 km: the comparison", "net"}
    assert np.isfinite(rings.loc[rings["label"].isin(["direct", "0 to 900 km"]), "effect"]).all()


def test_one_end_alone_brings_the_columns_of_that_end(project, spec_text, ends) -> None:
    made = with_places(project, spec_text, {str(ends[0][0]): (31.0, 121.0)})
    columns = observe("tiny", made.spec, project).panel.columns
    assert "latitude" in columns
    assert "partner_latitude" not in columns
    assert np.isnan(columns["latitude"]).any()


def test_a_place_that_is_nowhere_in_the_tables_is_named(project, spec_text) -> None:
    made = with_places(project, spec_text, {"Atlantis": (31.0, -40.0)})
    with pytest.raises(SpecError, match=r"data\.places names Atlantis: neither a city nor a partner"):
        observe("tiny", made.spec, project)


def test_without_places_the_panel_has_no_such_column(project, spec_text) -> None:
    columns = observe("tiny", plan_analysis(project, "tiny", spec_text)[0].spec, project).panel.columns
    assert not [name for name in columns if "itude" in name]

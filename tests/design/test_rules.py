"""Registry to onset: the rules in words, in small tables, and on the bundled registry."""

import json

import numpy as np
import pandas as pd
import pytest
from bundled_sources import US_EXPORTS, US_REGISTRY, US_UNDATED
from case_tables import loop_over

from twintrade.data.calendar import DateSpan, Frequency, parse_date
from twintrade.data.geography.cities import list_near_names
from twintrade.data.registry.reading import read_twinnings, read_undated
from twintrade.data.trade import read_trade
from twintrade.design import Design, Panel
from twintrade.design.case import build_donor_sets, explain_exclusion
from twintrade.design.observations import EXCLUSIONS
from twintrade.design.register import Agreements, CandidateDate, find_end, find_onset, find_spans
from twintrade.design.rules import TreatmentRule, build_treatment, list_flagged_units
from twintrade.errors import DesignError
from twintrade.text import name_fact


def panel_of(cities="AB", partners=("GBR", "FRA"), years=range(2000, 2010), frequency="year") -> Panel:
    index = pd.MultiIndex.from_product(
        [list(cities), list(partners), list(years)], names=["city", "partner", "period"]
    )
    frame = index.to_frame(index=False).assign(exports=1.0)
    return Panel.from_frame(frame, city="city", partner="partner", frequency=frequency)


def ties_of(*rows, undated=(), **options) -> Agreements:
    """Rows of (city, partner, {event: date}) and optionally kind and end."""
    registry = pd.DataFrame(
        [
            {
                "twinning": f"t{i}",
                "city": row[0],
                "partner": row[1],
                "partner_city": f"town {i}",
                "kind": row[3] if len(row) > 3 else "sister city",
                "dates": tuple(CandidateDate(event, parse_date(date)) for event, date in row[2].items()),
                "ended": parse_date(row[4]) if len(row) > 4 else None,
                "source": "a page",
                "note": "",
                "span": span_of(*row[5:]) if len(row) > 5 else None,
            }
            for i, row in enumerate(rows)
        ]
    )
    links = pd.DataFrame(list(undated), columns=["city", "partner"])
    return Agreements(registry, links, undated_policy="exclude", **options)


def span_of(first: str, last: str) -> DateSpan:
    return DateSpan(*(parse_date(text) if text else None for text in (first, last)))


def bounded(first: str, last: str, city: str = "A") -> tuple:
    """An agreement with GBR of which only bounds of the date are known."""
    return city, "GBR", {}, "sister city", "2030", first, last


def onset(treatment, unit: str) -> float:
    return float(treatment.onset[list(treatment.units).index(unit)])


@loop_over(
    ("date", "frequency", "late_from", "expected"),
    [
        ("2004", "year", 12, 2004),
        ("2004-11", "year", 12, 2004),
        ("2004-12", "year", 12, 2005),
        ("2004-12-31", "year", 13, 2004),
        ("2004-06-01", "year", 6, 2005),
        ("2004-12-31", "quarter", 12, 2004 * 4 + 3),
        ("2004-04", "quarter", 12, 2004 * 4 + 1),
        ("2004-12", "month", 12, 2004 * 12 + 11),
        ("2004", "month", 12, 2004 * 12),
    ],
)
def test_a_date_counts_from_its_period_and_late_in_a_year_from_the_next(date, frequency, late_from, expected):
    assert find_onset(parse_date(date), Frequency(frequency), late_from) == expected


def test_a_date_known_by_its_year_can_be_moved_one_year_and_others_cannot():
    assert find_onset(parse_date("2004"), Frequency.YEAR, 12, 1) == 2005
    assert find_onset(parse_date("2004-03"), Frequency.YEAR, 12, 1) == 2004


def test_a_tie_counts_to_the_end_of_the_period_in_which_it_ended():
    assert find_end(parse_date("2004"), Frequency.YEAR) == 2005
    assert find_end(parse_date("2004"), Frequency.MONTH) == 2005 * 12


def test_the_first_agreement_with_the_country_makes_the_onset_and_later_ones_stay_on_record():
    found = build_treatment(
        ties_of(("A", "GBR", {"signed": "2006-05"}), ("A", "GBR", {"signed": "2003"})), panel_of()
    )
    assert onset(found, "A-GBR") == 2003
    assert onset(found, "A-FRA") == np.inf
    assert list(found.register["onset"]) == [2003, 2006]


def test_the_nth_agreement():
    ties = ties_of(
        ("A", "GBR", {"signed": "2006"}), ("A", "GBR", {"signed": "2003"}), ("B", "GBR", {"signed": "2004"})
    )
    found = build_treatment(ties, panel_of(), TreatmentRule(rule="nth_agreement", n=2))
    assert onset(found, "A-GBR") == 2006
    assert onset(found, "B-GBR") == np.inf


def test_a_dose_counts_the_ties_in_force():
    ties = ties_of(("A", "GBR", {"signed": "2003"}), ("A", "GBR", {"signed": "2006"}))
    panel = panel_of()
    found = build_treatment(ties, panel, TreatmentRule(rule="dose"))
    mine = panel.units[panel.unit] == "A-GBR"
    assert list(found.dose[mine]) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert found.dose[~mine].sum() == 0
    assert found.is_absorbing


def test_a_tie_that_ends_within_the_sample_makes_a_treatment_that_ends():
    panel = panel_of()
    ended = build_treatment(ties_of(("A", "GBR", {"signed": "2003"}, "sister city", "2006")), panel)
    assert not ended.is_absorbing
    assert list(ended.dose[panel.units[panel.unit] == "A-GBR"]) == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]
    after = build_treatment(ties_of(("A", "GBR", {"signed": "2003"}, "sister city", "2012")), panel)
    assert after.is_absorbing
    assert after.dose is None


@loop_over(
    ("date", "expected"),
    [("signed", 2004), ("memorandum", 2002), ("first", 2001), ("last", 2005), (("ratified", "signed"), 2004)],
)
def test_the_date_that_counts_is_named(date, expected):
    dates = {"first_contact": "2001", "memorandum": "2002", "signed": "2004", "activated": "2005", "other": "2008"}
    found = build_treatment(ties_of(("A", "GBR", dates)), panel_of(), TreatmentRule(date=date))
    assert onset(found, "A-GBR") == expected
    assert len(json.loads(found.register["candidates"][0])) == 5


def test_an_event_that_begins_nothing_is_never_the_onset():
    found = build_treatment(ties_of(("A", "GBR", {"other": "2003"})), panel_of(), TreatmentRule(date="first"))
    assert onset(found, "A-GBR") == np.inf
    assert found.excluded == {"A-GBR": "undated"}


def test_a_tie_without_the_date_asked_for_is_undated_and_no_comparison():
    ties = ties_of(("A", "GBR", {"signed": "2004"}))
    found = build_treatment(ties, panel_of(), TreatmentRule(date="memorandum"))
    assert found.excluded == {"A-GBR": "undated"}


def test_ties_of_other_kinds_keep_their_unit_out_of_the_comparison():
    ties = ties_of(("A", "GBR", {"signed": "2004"}, "memorandum"), ("B", "FRA", {"signed": "2004"}))
    found = build_treatment(ties, panel_of(), TreatmentRule(kinds=("sister city",)))
    assert found.excluded == {"A-GBR": "other-kind"}
    assert found.register["status"].tolist() == ["other-kind", "treated"]
    assert onset(found, "B-FRA") == 2004


@pytest.mark.parametrize("reason", EXCLUSIONS)
def test_a_reason_for_exclusion_is_printed_in_words(reason):
    assert name_fact("labels.status-", reason).startswith("with a")
    assert str(explain_exclusion(reason)) == name_fact("labels.status-", reason)


def test_undated_ties_stop_the_analysis_unless_it_says_to_leave_them_out():
    ties = ties_of(("A", "GBR", {"signed": "2004"}), undated=[("B", "FRA")])
    with pytest.raises(DesignError, match=r"1 unit has an agreement.*not known.*undated = \"exclude\" under each"):
        build_treatment(Agreements(ties.registry, ties.undated), panel_of())
    assert build_treatment(ties, panel_of()).excluded == {"B-FRA": "undated"}


def test_an_undated_link_beside_a_dated_tie_is_a_flag_within_the_sample_and_an_exclusion_after_it():
    ties = ties_of(
        ("A", "GBR", {"signed": "2004"}), ("B", "GBR", {"signed": "2015"}), undated=[("A", "GBR"), ("B", "GBR")]
    )
    found = build_treatment(ties, panel_of())
    assert found.excluded == {"B-GBR": "undated"}
    assert list_flagged_units(found) == ("A-GBR",)


def test_an_undated_link_between_the_places_of_a_dated_agreement_is_no_other_link():
    ties = ties_of(("A", "GBR", {"signed": "2004"}))
    registry = ties.registry.assign(signatory="Alder", partner_city="York")
    for town, flagged in (("YORK", ()), ("Leeds", ("A-GBR",)), ("", ("A-GBR",))):
        links = pd.DataFrame([("A", "GBR", "Alder", town)], columns=["city", "partner", "signatory", "partner_city"])
        found = build_treatment(Agreements(registry, links, undated_policy="exclude"), panel_of())
        assert list_flagged_units(found) == flagged, town


def test_a_first_date_beside_an_undated_link_can_be_no_first_date_at_all():
    ties = ties_of(
        *(("A", "GBR", {"signed": "2004"}), ("B", "GBR", {"signed": "1999"}), ("B", "FRA", {"signed": "2006"})),
        undated=[("A", "GBR"), ("B", "GBR")],
    )
    found = build_treatment(ties, panel_of(), TreatmentRule(undated_link="exclude"))
    assert found.excluded == {"A-GBR": "undated"}
    assert [onset(found, unit) for unit in ("A-GBR", "B-GBR", "B-FRA")] == [np.inf, 1999, 2006]
    assert list_flagged_units(found) == ()
    assert {row.status for row in found.register.itertuples() if row.unit == "A-GBR"} == {"undated"}
    assert "treated-with-undated-link" not in {m.code for m in found.messages}
    assert "an undated link excludes a pair whose agreements are all from within the sample" in str(found.rule)


def test_units_that_count_from_another_date_than_the_one_asked_for_are_counted_and_named():
    ties = ties_of(
        ("A", "GBR", {"ratified": "2004-05"}),
        ("A", "FRA", {"ratified": "2003", "signed": "2006"}),
        ("B", "GBR", {"ratified": "1995"}),
        ("B", "FRA", {"signed": "2005"}),
        ("B", "FRA", {"ratified": "2008"}),
    )
    found = build_treatment(ties, panel_of(), TreatmentRule(date=("signed", "ratified")))
    assert [onset(found, unit) for unit in ("A-GBR", "A-FRA", "B-GBR", "B-FRA")] == [2004, 2006, 1995, 2005]
    message = next(m for m in found.messages if m.code == "other-date")
    assert message.message == (
        "2 pairs count from another date than “signed”, as none is known (treated within the sample: 1): "
        "A-GBR (ratified 2004-05), B-GBR (ratified 1995)"
    )
    assert "other-date" not in {m.code for m in build_treatment(ties, panel_of()).messages}


def test_a_year_alone_is_too_coarse_for_months_within_the_sample_and_enough_outside_it():
    panel = panel_of(years=range(2000 * 12, 2010 * 12), frequency="month")
    ties = ties_of(
        ("A", "GBR", {"signed": "2004"}), ("A", "FRA", {"signed": "1990"}), ("B", "GBR", {"signed": "2015"})
    )
    found = build_treatment(ties, panel)
    assert found.excluded == {"A-GBR": "undated"}
    assert onset(found, "A-FRA") == 1990 * 12
    assert onset(found, "B-GBR") == 2015 * 12


def test_ties_outside_the_panel_are_listed():
    found = build_treatment(ties_of(("Z", "GBR", {"signed": "2004"})), panel_of())
    assert list(found.register["status"]) == ["no such unit in the panel"]
    assert any(m.code == "unknown-city" for m in found.messages)


def test_a_misspelt_city_is_told_and_its_pair_is_no_comparison():
    panel = panel_of(cities=("Lyon", "Paris"))
    found = build_treatment(
        ties_of(("Lyons", "GBR", {"signed": "2004"}), ("Paris", "FRA", {"signed": "2003"})), panel
    )
    assert found.excluded == {"Lyon-GBR": "unmatched"}
    told = [m for m in found.messages if m.code == "unmatched-city"]
    assert [m.level for m in told] == ["warning"]
    assert "t0 (Lyons–GBR): is Lyon meant?" in told[0].message
    assert "city_names" in told[0].message
    dropped = Design(panel=panel, treatment=found, outcome="exports").observations.dropped
    assert {d.reason: d.n_units for d in dropped if d.reason == "unmatched"} == {"unmatched": 1}


def test_a_misspelling_beside_a_good_tie_leaves_the_pair_treated():
    ties = ties_of(("Lyons", "GBR", {"signed": "2004"}), ("Lyon", "GBR", {"signed": "2006"}))
    found = build_treatment(ties, panel_of(cities=("Lyon", "Paris")))
    assert not found.excluded
    assert onset(found, "Lyon-GBR") == 2006


def test_ties_of_unknown_cities_are_a_warning_that_names_the_first_five():
    rows = [(f"Elsewhere {i}", "GBR", {"signed": "2004"}) for i in range(7)]
    found = build_treatment(ties_of(*rows), panel_of(cities=("Lyon", "Paris")))
    assert not found.excluded
    (note,) = (m for m in found.messages if m.code == "unknown-city")
    assert note.level == "warning"
    assert note.message.count("Elsewhere") == 5
    assert "and 2 more" in note.message


@loop_over(
    ("name", "cities", "near"),
    [
        ("Lyons", ("Lyon", "Paris"), "Lyon"),
        ("lyon", ("Lyon",), "Lyon"),
        ("Düsseldorf", ("Dusseldorf",), "Dusseldorf"),
        ("Marseile", ("Marseille", "Versailles"), "Marseille"),
        ("CA", ("CO", "GA", "PA"), ""),
        ("City 1", ("City 11", "City 2"), ""),
        ("South Carolina", ("North Carolina",), ""),
        ("Nantes", ("Lyon",), ""),
        ("", ("Lyon",), ""),
    ],
)
def test_near_names_are_spellings_and_not_other_cities(name, cities, near):
    assert list_near_names(name, cities) == ((near,) if near else ())


def test_a_panel_of_cities_takes_ties_with_any_country():
    frame = panel_of().to_frame().groupby(["city", "period"], as_index=False)["exports"].sum()
    panel = Panel.from_frame(frame, city="city")
    found = build_treatment(ties_of(("A", "USA", {"signed": "2004"}), ("A", "GBR", {"signed": "2002"})), panel)
    assert onset(found, "A") == 2002
    assert onset(found, "B") == np.inf


def test_a_link_named_in_the_spec_must_be_a_unit():
    with pytest.raises(DesignError, match="'A-USA' is named as linked"):
        build_treatment(ties_of(("A", "GBR", {"signed": "2004"}), also_linked=("A-USA",)), panel_of())


def test_a_flow_moved_by_another_event_is_in_no_comparison_and_says_which():
    tied = ("A", "GBR", {"signed": "2004"})
    found = build_treatment(ties_of(tied, other_events={"B-GBR": "car plant opened in 2003"}), panel_of())
    assert found.excluded == {"B-GBR": "another event: car plant opened in 2003"}
    assert any(m.code == "other-event-excluded" and "B-GBR" in m.message for m in found.messages)
    sets = build_donor_sets(Design(panel=panel_of(), treatment=found, outcome="exports"), "A-GBR")
    assert sets[1].donors.units == ()
    assert sets[1].excluded["reason"].tolist() == ["another event: car plant opened in 2003"]
    with pytest.raises(DesignError, match="'B-USA' is named with another event"):
        build_treatment(ties_of(tied, other_events={"B-USA": "x"}), panel_of())
    with pytest.raises(DesignError, match="A-GBR is treated within the sample itself"):
        build_treatment(ties_of(tied, other_events={"A-GBR": "x"}), panel_of())


@pytest.mark.parametrize("options", [{"late_from": 0}, {"late_from": 14}, {"n": 0}, {"rule": "last_agreement"}])
def test_a_rule_that_makes_no_sense_is_refused(options):
    with pytest.raises(DesignError):
        TreatmentRule(**options)


def test_the_bundled_registry_gives_the_counts_of_its_data_card(root):
    from twintrade.data.covariates import complete
    from twintrade.study.observing.observe import build_agreements_frame

    table = complete(read_trade([US_EXPORTS], root)).frame.rename(columns={"value": "exports"})
    panel = Panel.from_frame(table[["city", "partner", "period", "exports"]], city="city", partner="partner")
    registry = build_agreements_frame(read_twinnings([US_REGISTRY], root))
    links = read_undated([US_UNDATED], root).frame
    rule = TreatmentRule(date=("signed", "ratified"), undated_link="exclude")
    found = build_treatment(Agreements(registry, links, undated_policy="exclude"), panel, rule)
    o = Design(panel=panel, treatment=found, outcome="exports", fixed_effects="gravity").observations
    treated = dict(zip(o.unit_ids[o.is_ever_treated], o.unit_onset[o.is_ever_treated].astype(int), strict=True))
    assert treated == {
        "CA-PAK": 2023,
        "DE-IND": 2019,
        "OH-RWA": 2024,
        "OH-ZAF": 2024,
        "TN-GHA": 2022,
        "TN-IRQ": 2023,
        "TX-PHL": 2022,
    }
    dropped = {d.reason: d.n_units for d in o.dropped}
    assert dropped == {"undated": 33, "always-treated": 30}
    assert o.n_units - len(treated) == 98
    early = {unit: onset(found, unit) for unit in ("HI-IND", "CA-ARM", "NJ-ISR")}
    assert early == {"HI-IND": 1970, "CA-ARM": 1991, "NJ-ISR": 1988}
    assert {found.excluded[unit] for unit in ("NJ-IND", "NJ-PHL")} == {"undated"}
    votes = next(m.message for m in found.messages if m.code == "other-date")
    assert votes.startswith(
        "2 pairs count from another date than “signed”, as none is known (treated within the sample: 0)"
    )


@loop_over(
    ("first", "last", "frequency", "expected", "reason"),
    [
        ("", "2000-06", "year", 2000, None),  # always treated
        ("", "1999", "year", 2000, None),
        ("2004", "2004", "year", 2004, None),  # a date known by its year
        ("2004-12", "2005-11", "year", 2005, None),  # December counts from the next year
        ("2010", "", "year", 2010, None),  # after the sample
        ("2003", "2006", "year", np.inf, "undated"),
        ("", "2006", "year", np.inf, "undated"),
        ("2006", "", "year", np.inf, "undated"),
        ("", "2000", "year", np.inf, "undated"),  # it may be of December, which counts from the second year
        ("2004-03", "2004-03-20", "month", 2004 * 12 + 2, None),
        ("2004", "2004", "month", np.inf, "undated"),
    ],
)
def test_bounds_of_a_date_give_an_onset_or_set_the_pair_aside(first, last, frequency, expected, reason):
    years = range(2000, 2010) if frequency == "year" else [12 * y + m for y in range(2000, 2010) for m in range(12)]
    found = build_treatment(ties_of(bounded(first, last)), panel_of(years=years, frequency=frequency))
    assert onset(found, "A-GBR") == expected
    assert found.excluded.get("A-GBR") == reason
    assert (reason is None) == (not find_spans(found.register))


def test_a_pair_set_aside_is_named_with_what_is_known_of_its_date():
    found = build_treatment(ties_of(bounded("2003", "2006"), bounded("", "2004", "B")), panel_of())
    (said,) = [str(m.message) for m in found.messages if m.code == "bounded-excluded"]
    assert "A-GBR (2003 to 2007)" in said
    assert "B-GBR (by 2005)" in said
    assert find_spans(found.register) == {"A-GBR": (2003, 2007), "B-GBR": (-np.inf, 2005)}
    assert not [m for m in found.messages if m.code == "undated-excluded"]


def test_of_several_links_the_first_that_may_count_bounds_the_onset():
    both = build_treatment(ties_of(bounded("2003", "2006"), bounded("2002-02", "2008-02")), panel_of())
    assert find_spans(both.register) == {"A-GBR": (2002, 2007)}
    dated = build_treatment(ties_of(bounded("2005", "2006"), ("A", "GBR", {"signed": "2004"})), panel_of())
    assert onset(dated, "A-GBR") == 2004
    assert not dated.register["has_undated_link"].any()
    older = build_treatment(ties_of(bounded("2002", "2006"), ("A", "GBR", {"signed": "2004"})), panel_of())
    assert older.register["has_undated_link"].any()


def test_a_link_that_is_certainly_older_than_a_dated_agreement_sets_its_pair_aside():
    found = build_treatment(ties_of(bounded("2003", "2005"), ("A", "GBR", {"signed": "2008"})), panel_of())
    assert (onset(found, "A-GBR"), found.excluded) == (np.inf, {"A-GBR": "undated"})
    assert find_spans(found.register) == {"A-GBR": (2003, 2006)}
    friends = "A", "GBR", {}, "friendship", "2030", "2003", "2005"
    sisters = TreatmentRule(kinds=("sister city",))
    other = build_treatment(ties_of(friends, ("A", "GBR", {"signed": "2008"})), panel_of(), sisters)
    assert onset(other, "A-GBR") == 2008


def test_a_later_link_without_a_date_still_counts_in_the_number_of_agreements():
    ties = ties_of(bounded("2005", "2008"), ("A", "GBR", {"signed": "2003"}))
    assert list_flagged_units(build_treatment(ties, panel_of(), TreatmentRule(rule="dose"))) == ("A-GBR",)
    aside = build_treatment(ties, panel_of(), TreatmentRule(rule="dose", undated_link="exclude"))
    assert aside.excluded == {"A-GBR": "undated"}


def test_bounds_of_a_link_that_begins_nothing_bound_no_onset():
    kind = build_treatment(
        ties_of(("A", "GBR", {}, "friendship", "2030", "2003", "2005")),
        panel_of(), TreatmentRule(kinds=("sister city",)),
    )  # fmt: skip
    second = TreatmentRule(rule="nth_agreement", n=2)
    of_two = build_treatment(ties_of(bounded("2002", "2004"), bounded("2006", "2008")), panel_of(), second)
    for found in (kind, of_two):
        assert found.excluded == {"A-GBR": "undated"}
        assert not find_spans(found.register)


def test_a_year_is_narrowed_by_the_months_of_its_ends_and_crossed_bounds_are_refused():
    assert onset(build_treatment(ties_of(bounded("2005-12", "2005")), panel_of()), "A-GBR") == 2006
    later = TreatmentRule(vague_years_later=1)
    assert onset(build_treatment(ties_of(bounded("2005-03", "2005-09")), panel_of(), later), "A-GBR") == 2005
    with pytest.raises(DesignError, match="correct one of the two dates"):
        build_treatment(ties_of(bounded("2012", "2005")), panel_of())


LEVELS = TreatmentRule(rule="levels", kinds=("memorandum", "sister city"))


def test_levels_are_the_highest_kind_in_force():
    """A memorandum, a sister city beside it, and after that has ended the memorandum again."""
    ties = ties_of(
        ("A", "GBR", {"signed": "2002"}, "memorandum"),
        ("A", "GBR", {"signed": "2004"}, "sister city", "2006"),
        ("B", "GBR", {"signed": "2005"}),
    )
    panel = panel_of()
    found = build_treatment(ties, panel, LEVELS)
    level = {str(unit): found.dose[panel.unit == k].tolist() for k, unit in enumerate(panel.units)}
    assert level["A-GBR"] == [0, 0, 1, 1, 2, 2, 2, 1, 1, 1]
    assert level["B-GBR"] == [0, 0, 0, 0, 0, 2, 2, 2, 2, 2]
    assert onset(found, "A-GBR") == 2002
    assert found.levels == ("memorandum", "sister city")
    assert not found.is_absorbing
    assert "memorandum" in str(found.rule)


def test_levels_need_their_names_in_order():
    with pytest.raises(DesignError, match="kinds"):
        TreatmentRule(rule="levels")

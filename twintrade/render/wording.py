"""Every sentence the page says by itself, as data: a department may change any of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from twintrade.errors import SpecError
from twintrade.render.absent_wording import ABSENT_SENTENCES
from twintrade.render.case_wording import CASE_SENTENCES
from twintrade.render.effect_wording import EFFECT_SENTENCES
from twintrade.render.money_wording import MONEY_SENTENCES
from twintrade.text.numbers import typeset

_FIELD = re.compile(r"\{([a-z_]+)\}")

SENTENCES: Mapping[str, str] = {
    **CASE_SENTENCES,
    **ABSENT_SENTENCES,
    **MONEY_SENTENCES,
    **EFFECT_SENTENCES,
    # the first page
    "document_title": "{title}: statistical appendix",
    "simulated": "SIMULATED. Every number, figure and table here is made from simulated series. Nothing here says "
    "anything about real trade.",
    "simulated_short": "SIMULATED",
    "simulated_note": "SIMULATED data.",
    "summary": "Summary",
    "question": "This appendix asks how {outcome} changed after twinning agreements. It can be rebuilt from the "
    "analysis file and the input data with one command.",
    "finding_percent": "After an agreement, {outcome} stood {size} {direction} than the comparison implies "
    "({level} interval {low} to {high}; {effect} log points; {label}).",
    "finding_level": "After an agreement, {outcome} stood {size} {direction} than the comparison implies "
    "({level} interval {low} to {high}; {label}).",
    "finding_percent_no_interval": "After an agreement, {outcome} stood {size} {direction} than the "
    "comparison implies "
    "({effect} log points; {label}). The inference used gives no interval{p}.",
    "finding_percent_unbounded": "After an agreement, {outcome} stood {size} {direction} than the "
    "comparison implies "
    "({effect} log points; {label}). The {level} interval has no end on either side{p}.",
    "finding_level_unbounded": "After an agreement, {outcome} stood {size} {direction} than the comparison implies "
    "({label}). The {level} interval has no end on either side{p}.",
    "mean_size": "on average {size} a {period_name}",
    "no_end": "no upper end",
    "no_lower_end": "no lower end",
    "finding_level_no_interval": "After an agreement, {outcome} stood {size} {direction} than the comparison implies "
    "({label}). The inference used gives no interval{p}.",
    "finding_absent": "No effect was estimated: {reason}.",
    "finding_absent_reason": "the analysis describes a series and has no comparison to estimate from",
    "higher": "higher",
    "lower": "lower",
    "interval_holds_zero": "The interval includes zero, so the data cannot tell a rise from a fall; it does not show "
    "that agreements change nothing.",
    "interval_above_zero": "The interval lies above zero.",
    "interval_below_zero": "The interval lies below zero.",
    "detectable": "Minimum detectable effect: {sentence}",
    "detectable_absent": "No minimum detectable effect was computed, so a small effect can be neither shown nor "
    "excluded.",
    "how_sure": "How the uncertainty was measured: {note}",
    "checks_object": "Checks that object: {n_fail} of {n_checks} ({names}). The difference must therefore "
    "not be read as "
    "something the agreement did.",
    "checks_silent": "None of the {n_checks} checks that give a verdict objects. The difference can be read "
    "as due to "
    "the agreement only as far as this assumption holds: {assumption}",
    "checks_one": "The one check that gives a verdict does not object. The difference can be read as due to the "
    "agreement only as far as this assumption holds: {assumption}",
    "checks_single": "None of the {n_checks} checks that give a verdict objects. Even so a single pair "
    "cannot say that "
    "it was the agreement, nor anything about the partner city.",
    "limits": "What this cannot say:",
    "checks_absent": "No check that gives a verdict was run. The difference is a description, not an effect of the "
    "agreement.",
    "other_method": "Another method gives {size} for these pairs: the {method} ({level} interval from {low} to "
    "{high}; {how}). It takes each pair alone and weighs pairs by how well placebos fit. The answer of this page is "
    "the headline's, {label}, which the analysis file names.",
    "ladder_range": "Across the {n} specifications of {table} the estimate runs from {low} to {high}.",
    "case_no_number": "No single number stands for this case: paths, gaps and ranks by method and donor set follow "
    "below as a description of what happened, not of why.",
    "case_descriptive": "Descriptive: no comparison. What follows shows what happened, not why.",
    # several analyses
    "binder_title": "Twinning and trade: the analyses together",
    "binder_overview": "All analyses at a glance",
    "binder_intro": "{n} analyses, one line each: the headline estimate with its interval and what the checks say. "
    "Effects of different designs answer different questions; the lines are not to be averaged.",
    "binder_table": "Headline estimates",
    "binder_forest": "Headline estimates in log points",
    "binder_axis": "Effect, log points",
    "binder_note": "Percent effects are drawn as ln(1 + p/100). Analyses with effects on other scales are not drawn; "
    "one without a line has no interval.",
    "binder_unbounded": "no end on either side",
    "binder_none": "no effect estimated",
    "binder_objects": "objects: {names}",
    "binder_silent": "{n} passed, none objects",
    "binder_unchecked": "no check with a verdict",
    # exhibits
    "data_card": "Data: what was read and what was left out",
    "inputs_caption": "Input files",
    "inputs_note": "SHA-256 is the fingerprint of the file as it was read; the first 16 of its 64 digits are shown, "
    "the manifest holds all.",
    "conversions_caption": "Units, exchange rates and price factors that values were multiplied by",
    "conversions_note": "Factors are shown to six digits; payloads/conversions.csv holds all digits.",
    "dropped_caption": "Rows left out, by rule",
    "status_caption": "Pairs by part in the comparison",
    "counts": "The panel holds {rows} rows: {units} units over {periods} periods, from {first} to {last}.",
    "register": "Treatment register: every agreement and its dates",
    "register_caption": "Treatment register",
    "register_counts": "Number of agreements by the period from which they count and by status. The register has {n} "
    "dated agreements; twinnings.csv lists each with its dates and sources.",
    "register_intro": "The agreements known for pairs of this panel with all their candidate dates, where the date "
    "comes from, and the period from which it counts. Agreements of other pairs are not listed here.",
    "undated": "Agreements whose date is not known, neither treated nor in the comparison ({n}): {names}.",
    "outside": "{n} further agreements of the registry join no pair of the panel; they stand in "
    "payloads/ties_outside_panel.csv.",
    "adoption_caption": "Who is treated when",
    "descriptives": "Descriptive panel and balance",
    "selection": "Which places sign agreements",
    "raw": "The raw series around the agreement",
    "raw_intro": "The series as observed, with every candidate date. A rise after a line is not yet an effect: the "
    "comparison lines show what happened where there was no agreement.",
    "raw_caption": "{title}: series as observed, with all candidate dates",
    "set_A": "A: same city, other destinations",
    "set_B": "B: other cities, same destination",
    "set_all": "all untreated pairs",
    "payload_cases_forest": "Case by case (as far as placebos reach), their random-effects mean, and it without each",
    "payload_path": "Paths over time",
    "payload_placebo": "The treated unit among placebos: the same done to each donor",
    "payload_forest": "Effects by group",
    "payload_spillover_rings": "Spillovers by distance to the nearest agreement",
    "payload_forest_by": "Effects by {group}",
    "forest_bare": "A point without a line has no interval from this inference.",
    "effect_axis": "Effect, {scale}",
    "effect_plain": "Effect",
    "payload_cases": "Each case by itself",
    "payload_best_of": "What choosing the cases costs",
    "payload_descriptive_size_world": "Number of twins against size of city",
    "payload_descriptive_size_close_up": "Number of twins against size of city, a closer look",
    "payload_descriptive_twins_by_city": "Twins by city",
    "payload_descriptive_twins_by_country": "Twins by country of the partner",
    "payload_descriptive_years_of_signing": "Agreements by year of signing",
    "payload_descriptive_completeness": "How complete the registry is",
    "payload_bacon": "Two-by-two comparisons inside the two-way estimate",
    "payload_weights": "Weights of the donors",
    "payload_honest": "Effect if parallel trends fail by as much as M",
    "payload_concentration": "Treated pairs by their part in the total without the agreement",
    "payload_leave_one_out": "The estimate without each in turn",
    "equation": "Equation: {equation}.",
    "binned_in": "End points stand for everything beyond them in: {labels}.",
    "raw_grid_caption": "{n} pairs as observed, indexed to the last period before the agreement",
    "raw_grid_note": "Solid vertical line: the date used. Dashed: other candidate dates. Levels and logs "
    "stand in the "
    "CSV beside the figure.",
    "raw_grid_alt": "Small line charts of {n} pairs ({names}), each indexed beside its comparison lines, "
    "with vertical "
    "lines at the candidate dates.",
    "ladder": "Main estimates, specification by specification",
    "ladder_caption": "Effect of twinning on {outcome}",
    "ladder_intro": "{table} moves from the simplest comparison to the most demanding one. Read along the row: an "
    "estimate that moves when the comparison gets stricter was partly something else.",
    "inference_caption": "The headline estimate under each inference",
    "gravity": "With city × period and partner × period effects a city-wide boom and a destination boom are both "
    "absorbed; what is left is bilateral.",
    "percent_note": "Percent effects are 100(exp(b) − 1).",
    "no_stars": "No significance stars are shown.",
    "stars": "Stars: {levels}.",
    "se_note": "Standard errors in parentheses.",
    "interval_note": "{level} intervals in brackets.",
    "t_note": "t statistics in brackets.",
    "p_note": "p-values below the estimates.",
    "skipped_note": "{label} was not estimated: {reason}.",
    "event_study": "Event study: the path before and after",
    "event_title": "Event study: {label}",
    "event_caption": "Effect by {period_name} since the agreement, {label}",
    "event_combined_caption": "Effect by {period_name} since the agreement, several estimators on one axis",
    "event_of_case": "One pair is treated: its path, its gap and those of its placebos stand under Single cases.",
    "event_table_caption": "Event-study estimates, {label}",
    "event_intro": "Each figure shows the estimated difference for every {period_name} relative to the "
    "agreement. Points before "
    "onset should lie near zero if the comparison is sound; that they do is no proof.",
    "pretrend": "Joint test that the pre-period effects are zero: {p} ({test}{df}).",
    "pretrend_absent": "No joint pre-period test was made.",
    "levelling": "Levelling off: {sentence}",
    "critical": "The simultaneous band uses the critical value {value}.",
    "no_simultaneous": "No simultaneous band: the inference used does not provide one.",
    "no_interval": "No intervals: the inference used does not provide them.",
    "binned": "End points marked ≤ or ≥ stand for everything beyond them.",
    "not_binned": "End points are single periods: nothing is binned.",
    "baseline": "Mean {outcome} of treated units at the reference: {value}.",
    "unlike_bases": "The estimators use unlike bases for the pre-period ({bases}); compare the paths after "
    "onset, not "
    "before.",
    "view_title": "Explore the event study",
    "view_intro": "Choose an estimator and an interval; move over a point, or tab to it, to read its numbers.",
    "forest": "Heterogeneity: for whom the difference is larger",
    "margins": "Margins: more firms, or more per firm",
    "spillovers": "Spillovers: who gains, who loses",
    "sensitivity": "Sensitivity: what would overturn it",
    "single_case": "Single cases: one pair at a time",
    "claims": "Claims ledger",
    "claims_caption": "Claims about twinning and what these data say",
    "claims_intro": "Each claim is answered from the results of this analysis alone: supported where an interval "
    "lies on the claimed side and no check objects, not supported where it lies on the other side or a check made "
    "for the claim fails, else cannot tell. What could not have been seen anyway is the minimum detectable effect.",
    "claims_note": "The minimum detectable effect is the size that a two-sided 5% test finds with 80% probability.",
    "claims_open": "Not examined by this analysis, so that it cannot tell, are {n} claims:",
    "verdict_supported": "supported",
    "verdict_not_supported": "not supported",
    "verdict_cannot_tell": "cannot tell",
    "findings": "Findings: what the checks say",
    "findings_caption": "Findings and verdicts",
    "findings_intro": "A check that cannot tell could not have seen a violation that matters. "
    "Where no verdict stands, the check only informs.",
    "assumptions": "Assumptions behind the estimates",
    "warnings": "Warnings and notes from the run",
    "warnings_caption": "Messages",
    "machine": "Machine footer",
    "machine_intro": "What is needed to repeat this run bit by bit. Run time and memory stand in the manifest.",
    "of_headline": "the headline",
    "event_table_note": "How the intervals were made stands below the figure of this estimator.",
    "seeds": "{n} jobs, each with a seed of its own made from {seed} and its name; the manifest lists them",
    "findings_elsewhere": "see {heading}",
    "glyph_lost": "the font has no glyph for {characters} in “{text}”; printed as “{shown}”",
}


CHECKS: Mapping[str, str] = {
    "reset": "RESET",
    "descriptive_registry": "Registry",
    "honest": "Honest intervals",
    "pretrends": "Pre-trends",
    "pretrend_power": "Power of the pre-trend test",
    "sup_f": "Sup-F test",
    "twfe_weights": "Two-way weights",
    "case_tests": "Methods and donor sets",
    "date_sets": "Readings of the date",
    "placebo_time": "Placebo in time",
    "unknown_break": "Break at an unknown date",
}

OF_NO_COLUMN = frozenset(("case_tests", "case_verdict", "date_sets", "donor_sets", "unknown_break"))
"""Checks of a case by every method, or of its series alone: naming one column would mislead."""


def format_check_name(diagnostic: str) -> str:
    """Return how a check is called in sentences: its name in words."""
    spaced = diagnostic.replace("_", " ").strip()
    return CHECKS.get(diagnostic) or spaced[:1].upper() + spaced[1:]


def list_check_names(diagnostics: Iterable[str]) -> list[str]:
    """Return the names of distinct checks as they stand inside a sentence."""
    names = [format_check_name(d) for d in dict.fromkeys(diagnostics)]
    return [name if name[:2].isupper() else name[:1].lower() + name[1:] for name in names]


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences in use: the defaults with a department's own in their place."""

    sentences: Mapping[str, str] = field(default_factory=lambda: SENTENCES)

    def say(self, key: str, **values: str) -> str:
        """Return a sentence with its named places filled; values are text, never templates."""
        return typeset(_FIELD.sub(lambda match: values.get(match.group(1), match.group(0)), self.sentences[key]))

    def changed(self, sentences: Mapping[str, str]) -> "Wording":
        """Return this wording with some sentences replaced.

        Raises
        ------
        SpecError
            If a key does not exist, or a new sentence has a place the old one does not fill.
        """
        for key, sentence in sentences.items():
            if key not in SENTENCES:
                raise SpecError(f"the style file changes {key!r}, which is no sentence of the report")
            unknown = set(_FIELD.findall(sentence)) - set(_FIELD.findall(SENTENCES[key]))
            if unknown:
                places = ", ".join(sorted(unknown))
                raise SpecError(f"the sentence {key!r} in the style file names places it cannot fill: {places}")
        return Wording({**self.sentences, **sentences})

"""Why an exhibit is not in the appendix, in sentences that a department may change."""

from collections.abc import Mapping

ABSENT_SENTENCES: Mapping[str, str] = {
    "absent_exhibit": "{title}: left out. {reason}",
    "absent_heading": "Exhibits left out",
    "no_payload": "The analysis produced no data for it.",
    "absent_descriptives": "It needs the check balance on a panel with pairs to compare, or the recipe registry.",
    "absent_selection": "It needs the check selection and several agreements at different times.",
    "absent_single_case": "It needs a single treated pair (the recipe single_case) or the check pooled_cases.",
    "absent_forest": "It needs the check heterogeneity and several agreements.",
    "absent_margins": "It needs counts of firms or products beside the trade values, and the check margins.",
    "absent_spillovers": "It needs the check spillovers on a panel of several cities and partners.",
    "absent_sensitivity": "It needs checks that estimate again, such as honest, leave_one_out or dates.",
    "no_specification": "No specification was estimated.",
    "no_manifest": "The run has not been stored yet, so there is no manifest.",
    "no_messages": "The run left no warning.",
    "no_claims": "The analysis names no claims.",
    "no_twinnings": "The analysis has no dated agreement.",
}

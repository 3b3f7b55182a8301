"""The sentences of the page of a single case; a department may replace them like all others."""

from collections.abc import Mapping

CASE_SENTENCES: Mapping[str, str] = {
    "case_paths_caption": "{unit}: observed, and as each donor set and method has it without the agreement",
    "case_paths_note": "Above: the flow as an index beside the path that the donors imply. Below: the gap between "
    "them. {events}. Gaps before the agreement are misfit; the wider they are the less the gaps after it say.",
    "case_seasons_note": "Where two years or more lie before the agreement, every flow's seasonal means of that time "
    "are taken out.",
    "case_placebo_caption": "The gap of {unit} among placebos: the same done to each donor ({method})",
    "case_weights_caption": "Donors and their weights in the synthetic control, by donor set",
    "case_tests_caption": "What each method and donor set says, with the smallest p-value it could have given",
    "case_tests_note": "Effect: mean gap after the agreement. p: share of all cases, the pair included, whose mean "
    "gap is at least as large; it cannot fall below the smallest attainable p, 1/(placebos + 1). RMSPE ratio: the "
    "same for the root mean squared gap after over before. Conformal p: over all shifts of the periods, its floor "
    "beside it. 90 % conformal and prediction intervals (wrong weights and noise together, conservative) are given "
    "only from 15 periods before the agreement on.",
    "case_intervals_caption": "90 % intervals of the mean gap by method and donor set",
    "case_dates_caption": "The result under each reading of the date, the ambiguous periods left out, by donor set",
    "case_dates_note": "Effect: mean gap after the date; p: its rank among placebos, whose smallest attainable value "
    "by donor set stands with the methods above. No row is picked: what counts is the median and whether rows agree.",
    "case_lacking": "What is not given, and why: {rows}.",
    "case_false_dates_caption": "False dates before the agreement: there should be nothing to find",
    "case_without_caption": "The mean gap of the synthetic control from all donors, without each that carries weight",
    "case_shocks_caption": "Known shocks inside the sample, and the mean gap without their periods",
    "case_donors_caption": "Who may be a donor, who may not, and why",
    "case_more": "Gaps placebo by placebo, under false dates and without each donor stand in the folder payloads.",
}

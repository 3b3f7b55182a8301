"""What the pages say about the headline: what it is compared with, whose change it is, and what it rests on."""

from collections.abc import Mapping

EFFECT_SENTENCES: Mapping[str, str] = {
    "effects_dyad": "dyad effects",
    "effects_unit": "unit effects",
    "effects_period": "{period_name} effects",
    "effects_city": "city effects",
    "effects_partner": "partner effects",
    "effects_city_period": "city × {period_name} effects",
    "effects_partner_period": "partner × {period_name} effects",
    "effects_border_period": "border × {period_name} effects",
    "effects_cohort": "cohort effects",
    "effects_undirected_pair": "undirected pair effects",
    "clusters_unit": "Clusters: units",
    "clusters_city": "Clusters: cities",
    "clusters_partner": "Clusters: partners",
    "clusters_period": "Clusters: periods",
    "row_effect": "After the agreement",
    "row_after": "After the agreement, against {what}",
    "row_path": "Average of the path, against {what}",
    "against_all_before": "all {period_name}s before",
    "against_last_before": "the last {period_name} before",
    "against_weighted_before": "a weighted average of the {period_name}s before",
    "against_synthetic_outcome": "its synthetic outcome",
    "against_trend_before": "its own trend before",
    "against_reference": "the reference {period_name}",
    "reference_before": "the {period_name} before",
    "reference_at": "event time {event_time}",
    "outcome_of_total": "{outcome} of the treated pairs together",
    "imputed_rows": "The headline covers {n} of {of} treated rows. {left} cannot be imputed; {without} treated pairs "
    "have no trade before their agreement.",
    "imputed_all": "The headline covers all {of} treated rows.",
    "range_by_target": "The ladder ({table}) in percent, by what is asked: {targets}.",
    "target_range": "{target} from {low} to {high} ({n} columns)",
    "target_one": "{target} {low}",
    "target_total": "the total of the treated pairs",
    "target_average_unit": "the average pair",
    "target_path": "the path against {what}",
    "signs_differ": "The signs differ: some of these numbers say a rise and some a fall. The headline answers for "
    "{target}, as the analysis file fixes it.",
    "no_bounds": "How far the headline would move if its assumption failed by a given amount is not computed; the "
    "bounds under Sensitivity are those of the path of {label}.",
}

# What only the study knows of its data.
no-date = no date is known for an agreement between { $city } and { $partner }, so there is no onset to compare before and after; the series is shown as it is
no-estimate = the analysis describes a series and asks for no estimate
no-trade = a registry says who is treated, and nothing about trade
simulated = SIMULATED: the trade series are drawn at random and say nothing about real trade.
data = The outcome is { $outcome }{ $outcome_unit ->
    [none] { "" }
   *[other] { " " }in { $outcome_unit }
}: { $n } { $is_dyadic ->
    [yes] pairs of city and partner
   *[no] cities
}, { $first } to { $last }; { SHARE($zeros, decimals: 1) } of the rows are zero{ $missing ->
    [0] { "" }
   *[other] { " " }and { $missing } have no figure
}. { $treated ->
    [one] { $treated } is
   *[other] { $treated } are
} treated within the sample and { $always } in or before its first period.
excluded = { $n ->
    [one] One is
   *[other] { $n } are
} excluded ({ $reason }).

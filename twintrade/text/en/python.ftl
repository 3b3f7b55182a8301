# What results print of themselves at a prompt and in a notebook.

## the summary of a fit
summary-head = { $method }: { $outcome } in { $measure }; effects in { $scale }
summary-effects = { $n ->
    [0] No fixed effects
   *[other] Fixed effects: { $effects }
}{ $has_treatment ->
    [yes] ; compared with: { $comparison }
   *[no] { "" }
}
summary-sample = { $n_rows } rows; { $n } { units }, { $n_treated } treated; { $first }–{ $last }
summary-left-out = { $n ->
    [0] { $what }{ $has ->
        [yes] : { $names }
       *[no] { "" }
    }
   *[other] Left out: { $n } { $what }{ $has ->
        [yes] : { $names }
       *[no] { "" }
    }
}
no-errors = std.error and statistic of effects are empty: { $inference } gives { $given ->
    [p] p-values
    [interval] intervals
   *[both] p-values and intervals
} and no standard errors
covariate-errors = Covariates: { $note }
scale-level = effects are in units of { $outcome }; for percent { $has_family ->
    [yes] fit("{ $method }", design, family="poisson"), or compare(…, transform="log")
   *[no] compare(…, transform="log")
}

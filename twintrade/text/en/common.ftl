# Messages that those of every other file may use; their values are given with the text.

# What is compared; $units is "pair" or "city".
units = { $units ->
    [city] cities
   *[pair] pairs
}
unit = { $units ->
    [city] city
   *[pair] pair
}
treated = { $n ->
    [one] { $n } treated { unit }
   *[other] { $n } treated { units }
}

# A name that was replaced: $kind is "name", "argument", "option" or "key".
renamed = { $place }: the { $kind } { $old } has been called { $new } since version { $since }. Write { $new }; { $old } stops working in version { $until }.
renamed-twice = { $place }: { $old } and { $new } are given and mean the same. Remove { $old }.

# An effect on its scale.
effect = { $scale ->
    [log-points] { FIXED($value) } log points ({ LOGPERCENT($value, sign: "always") })
    [percent] { PERCENT($value, sign: "always") }
    [points] { FIXED($value, decimals: 1, sign: "always") } percentage points
    [level] { COMPACT($value, digits: 3) }
   *[other] { COMPACT($value, digits: 3) } { $scale }
}

more = and { $n } more
named = { $name } { $value }
headed = { $head }: { $said }
date-bounds = { $ends ->
    [first] from { $first } on
    [last] by { $last }
   *[both] { $first } to { $last }
}

# What a period is called: the study's word, which may be a user's own.
period = { $period_name ->
    [year] year
    [quarter] quarter
    [month] month
    [wave] wave
    [period] period
   *[other] { $period_name }
}
# What money is counted by: a wave has a year's money.
money-period = { $period_name ->
    [wave] year
   *[other] { period }
}
periods = { $period_name ->
    [year] years
    [quarter] quarters
    [month] months
    [wave] waves
    [period] periods
   *[other] { $period_name }s
}

# A list of which only the first items are named.
and-more = { $items } and { $n } more

## files
no-regular-file = { $file } is no regular file: give a table or text on disk, no pipe, device or folder
file-too-large = { $file } has more than { $most } bytes, which none of its kind needs
no-memory = Memory does not suffice for { $file }: free some, keep only the columns and rows that the analysis needs, or declare microdata
no-memory-here = Memory does not suffice: free some, or run fewer analyses and processes at once (--jobs 1)
no-address-space = This process may use { $most } MB of memory and needs { $least } MB: raise the limit (ulimit -v)

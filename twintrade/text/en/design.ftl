# What a design is made of.

## who is compared, for "would have moved like …"
never-treated = { units } that are never treated
not-yet-treated = { units } not yet treated at that time
donors = the donors
donors-of-city = { $city }'s flows to other destinations
donors-to-partner = other cities' flows to { $partner }
donors-all = every untreated flow of the table

## the same in a row of a table
label-never-treated = never treated
label-not-yet-treated = not yet treated
label-with-treated = not yet treated, and treated already
with-treated = Compared also with { units } treated already, since onsets differ.
label-donors = { $n ->
    [one] { $n } donor
   *[other] { $n } donors
}

## fixed effects
effect-unit = unit
effect-dyad = dyad
effect-period = { period }
effect-city = city
effect-partner = partner
effect-city-period = city × { period }
effect-partner-period = partner × { period }
effect-border-period = border × { period }
effect-cohort = cohort
effect-undirected-pair = undirected pair

## nobody treated
untreated = no { unit } is treated within the sample{ $n ->
    [0] { "" }
   *[other] ; left out are { $left_out }
}
left-out = { $what } ({ $names })

## no row left
no-row = no row is left: { $dropped }
rows-left-out = { $n } { $what }

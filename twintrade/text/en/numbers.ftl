# Numbers that need a word.
# Powers of ten that have a word, the largest first, and these words.
powers = 12 9 6
counted = { $amount } { $power ->
    [12] trillion
    [9] billion
   *[6] million
}
quantity = { $amount } { $unit }
interval = { $low } to { $high }
tenfold = more than tenfold
more-than = more than { $size }

## p-values
p-equal = p = { $cell }
p-bound = p { $cell }
p-below-floor = ≥ floor { $floor }
p-at-floor = { $p } (its floor)
p-above-floor = { $p } (floor { $floor })

## ticks of an axis
tick-powers = 9 6
tick = { $amount } { $power ->
    [9] bn
   *[6] m
}

# Numbers that need a word.
trillion = { $amount } trillion
billion = { $amount } billion
million = { $amount } million
quantity = { $amount } { $unit }
interval = { $low } to { $high }

## p-values
p-equal = p = { $cell }
p-bound = p { $cell }
p-below-floor = ≥ floor { $floor }
p-at-floor = { $p } (its floor)
p-above-floor = { $p } (floor { $floor })

## ticks of an axis
tick-billion = { $amount } bn
tick-million = { $amount } m

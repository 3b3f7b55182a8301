# Numbers that need a word.
trillion = { $amount }万亿
billion = { $amount }十亿
million = { $amount }百万
quantity = { $amount }{ $unit }
interval = { $low }至{ $high }

## p-values
p-equal = p = { $cell }
p-bound = p { $cell }
p-below-floor = ≥ 下限{ $floor }
p-at-floor = { $p }（即其下限）
p-above-floor = { $p }（下限{ $floor }）

## ticks of an axis
tick-billion = { $amount }十亿
tick-million = { $amount }百万

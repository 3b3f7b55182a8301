# Numbers that need a word.
# Powers of ten that have a word, the largest first, and these words.
powers = 12 8 4
counted = { $amount }{ $power ->
    [12] 万亿
    [8] 亿
   *[4] 万
}
quantity = { $amount }{ $unit }
interval = { $low }至{ $high }
tenfold = 增至十倍以上
more-than = { $size }以上

## p-values
p-equal = p = { $cell }
p-bound = p { $cell }
p-below-floor = ≥ 下限{ $floor }
p-at-floor = { $p }（即其下限）
p-above-floor = { $p }（下限{ $floor }）

## ticks of an axis
tick-powers = 8 4
tick = { $amount }{ $power ->
    [8] 亿
   *[4] 万
}

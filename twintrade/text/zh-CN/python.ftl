# What results print of themselves at a prompt and in a notebook.

## the summary of a fit
summary-head = { $method }：结果变量为{ $outcome }（{ $measure }）；效应以{ $scale }表示
summary-effects = { $n ->
    [0] 无固定效应
   *[other] 固定效应：{ $effects }
}{ $has_treatment ->
    [yes] ；对照：{ $comparison }
   *[no] { "" }
}
summary-sample = { $n_rows }个观测；{ $n }个{ units }，其中{ $n_treated }个为处理组；{ $first }–{ $last }
summary-left-out = { $n ->
    [0] { $what }{ $has ->
        [yes] ：{ $names }
       *[no] { "" }
    }
   *[other] 已剔除{ $n }行：{ $what }{ $has ->
        [yes] （{ $names }）
       *[no] { "" }
    }
}
no-errors = 效应的std.error与statistic为空：{ $inference }给出{ $given ->
    [p] p值
    [interval] 区间
   *[both] p值与区间
}，不给出标准误
covariate-errors = 协变量：{ $note }
scale-level = 效应以{ $outcome }的单位计；若要百分比，用 { $has_family ->
    [yes] fit("{ $method }", design, family="poisson") 或 compare(…, transform="log")
   *[no] compare(…, transform="log")
}
no-argument = { $verb }没有参数 { $key }{ $hint }
no-option = { $verb }：{ $name } 没有选项 { $key }{ $hint }
option-of = ；它是 { $owners } 的选项
option-near = ；是否指 { $near }？
options-known = { $n ->
    [0] ；它没有选项
   *[other] ；可用：{ $known }
}
given-twice = { $verb }：{ $key } 给了两次：一次按位置，一次按名称
too-many = { $verb } 按位置只取 { $places }；其后的参数请写明名称：{ $others }
none-by-place = { $verb } 不按位置取参数；请写明名称：{ $others }
no-arguments = { $verb } 不取参数
no-process = jobs = { PLAIN($jobs) }没有留下任何进程；请给不小于1的整数，或省略jobs，即每核一个
not-whole = { $key } 应为整数，而非 { $value }
not-choice = { $key } 应为 True 或 False，而非 { $value }
not-axes = { $key } 应为 plt.subplots() 所给的坐标轴，而非 { $value }
lacking = { $verb } 缺少 { $lacking }：{ $line }
partners-matched = { $table }中{ $n }个伙伴在面板中用的是另一名称，按其计（{ $names }）。如要自行写明
total = { $end } { $name }{ $how ->
    [sum] 的{ $outcome }等于其他各项之和
   *[word] 按名称是其他各项之和
}，会与它们并列为一个个体。如要剔除
alike = { $name }与{ $other }可能是同一{ $end }的两种写法，现按两个计。如为同一个
policy-columns = { $leveled ->
    [yes] { $name }含有级别，尚不能读取：请将每一级别作为单独的政策
   *[no] { $name }的表需要city、partner或两者，以及date
}
policies-no-mapping = policies应为名称到日期表的映射，如 policies=dict(office=offices)
agreements-repeated = { $n }项协议重复列出（首项：{ $first }）；以最早的日期为准。如要各保留一项
none-treated = 面板{ $first }–{ $last }内没有个体的处理开始：{ $begun }个自首期即受处理，{ $later }个在末期之后。{ $begun ->
    [0] 请核对协议的日期与名称：panel.units列出名称
   *[other] 请加入更早的观测，或用compare(..., always_treated="keep")保留
}

## the first look at a design
plot-line = { $kind ->
    [comparison] 对照
    [treated] 处理组
   *[cohort] 自{ $since }起处理
}（{ $n }）
plot-outcome = { $kind ->
    [ratio] { $outcome }（{ $measure }）均值；首份协议之前 = 100
   *[change] { $outcome }（{ $measure }）均值减去首份协议之前的均值
}
plot-treated = { $unit ->
    [pair] 处理组配对数
   *[city] 处理组城市数
}

# What figures say: axes, legends, and each figure in one sentence for who cannot see it.
simulated-data = 模拟数据
effect-on = 对{ $outcome }的效应（{ $scale }）
gap-log = 差距（对数点）
index-before = 指数，协议前最后一期 = 100
index-onset = 指数，生效前最后一期 = 100
since-onset = 协议生效以来的{ $period_name ->
    [year] 年数
    [wave] 轮数
    [quarter] 季度数
    [month] 月数
   *[other] 期数
}

## the event study
half-before = 协议前
half-after = 协议期间
half-before-apart = 协议前：与更早时期相比
half-after-apart = 协议期间：与预期相比
overall = 总体效应
pointwise = { SHARE($level) }逐点区间
simultaneous = { SHARE($level) }联合（sup-t）置信带
runs-on = 箭头：区间超出图框

## paths, placebos and other figures
without-by = 无协议时的路径（{ $method }）
observed = 实际值
placebo = 安慰剂：对每个供体作同样处理
two-by-two = 两组两期估计值
population = 人口（对数刻度）
degrees = { FIXED($value, decimals: 0) }°{ $side ->
    [none] { "" }
   *[other] { $side }
}
twins = 友好城市数
share-found = 发现该效应的检验占比
largest-violation = 最大偏离程度（{ $restriction }）
original = 原区间
original-interval = 原区间
robust-interval = 允许相应程度偏离的区间
specifications = { $n }种设定，按估计值大小排列（菱形为主要估计）
date-used = { $date }（采用，实线）
shock = { $shock }（灰色）
panel-level = 原始值
panel-log = 对数
panel-index = 指数
panel-ratio = 双重比率
panel-in = { $panel }（{ $units }）

## what a point of a figure says to a reader of the page who asks
point-interval = { $name }：{ $value }，区间{ $low }至{ $high }
point-at = { $series }，{ $at }
event-time = 事件时间{ $time }

## figures in one sentence
alt-simulated = { $alt }数据是模拟的。
alt-in = { $unit ->
    [none] { "" }
   *[other] （单位：{ $unit }）
}
alt-event = 事件研究图：{ $outcome }{ alt-in }，{ $who }，事件时间{ EVENTTIME($first) }至{ EVENTTIME($last) }{ $before ->
    [none] { "" }
   *[other] ；{ $before }
}{ $after ->
    [none] { "" }
   *[other] ；{ $after }
}。
alt-estimators = { $n }种估计方法（{ $names }）
alt-before = 生效前各期效应介于{ COMPACT($low, digits: 3) }与{ COMPACT($high, digits: 3) }之间
alt-range-after = 生效起各期效应介于{ COMPACT($low, digits: 3) }与{ COMPACT($high, digits: 3) }之间
alt-path-after = 生效起，效应由{ COMPACT($low, digits: 3) }（事件时间{ EVENTTIME($first) }）变为{ COMPACT($high, digits: 3) }（事件时间{ EVENTTIME($last) }）
alt-lines = 折线图，含{ $n }条序列（{ $names }）{ $has_ends ->
    [yes] ；“{ $name }”由{ $first }的{ COMPACT($start) }变为{ $last }的{ COMPACT($end) }
   *[no] { "" }
}。
alt-first = { $has_first ->
    [yes] ，最早自{ $first }起
   *[no] { "" }
}
alt-adoption-counts = 各期处理状态图：同一时期至多有{ $most }个个体处于处理状态，共{ $n }个{ alt-first }。
alt-adoption = 分个体、分时期的处理状态图：{ $n }个个体中有{ $most }个受到处理{ alt-first }。
alt-placebo = 安慰剂图：处理组个体与{ $n }个未处理个体的比较。
alt-case = 折线图：实际流量、无协议时的路径及两者差距，方法为{ $method }：{ $gaps }。
alt-gap = 供体集{ $set }：{ $when }的差距为{ COMPACT($gap, digits: 3) }对数点
alt-variants = 森林图：{ $n }个效应{ alt-in }，从{ COMPACT($low, digits: 3) }到{ COMPACT($high, digits: 3) }；并列其与主要估计的差异，从{ COMPACT($least, digits: 3) }到{ COMPACT($most, digits: 3) }。
alt-forest = 森林图：{ $n }个效应{ alt-in }，从{ COMPACT($low, digits: 3) }到{ COMPACT($high, digits: 3) }。
alt-sensitivity = 区间图：原区间和{ $n }个更宽的区间{ alt-in }，最后一个为{ COMPACT($low, digits: 3) }至{ COMPACT($high, digits: 3) }。
alt-heat-map = 热力图：{ $n }个处理批次按事件时间的效应{ alt-in }，从{ COMPACT($low, digits: 3) }到{ COMPACT($high, digits: 3) }。
alt-cell-weights = 热力图：{ $n }个单元格按处理批次和事件时间的权重；{ $n_negative ->
    [0] 没有负权重
    [1] 有一个为负，{ FIXED($negative) }
   *[other] { $n_negative }个为负，合计{ FIXED($negative) }
}。
alt-bacon = 散点图：{ $n }个两组两期估计值及其权重，按比较类型区分。
alt-weights = 条形图：{ $n }个供体的权重；最大的是{ $name }，为{ FIXED($share, decimals: 2) }。
alt-curve = 设定曲线：{ $n }个估计值{ alt-in }由小到大排列，从{ COMPACT($low, digits: 3) }到{ COMPACT($high, digits: 3) }。
alt-twins = 散点图：{ $n }个城市的友好城市数与人口；友好城市数从{ $low }到{ $high }。
alt-map = 地图：以连线表示{ $n }项协议，涉及{ $places }个地点；底图为经纬网格，不绘国界。
alt-bars = 条形图：{ $n }项计数；最大的是{ $name }，为{ $count }。
alt-power = 折线图：发现效应{ alt-in }的检验占比，效应为{ COMPACT($first, digits: 3) }时{ SHARE($first_share, decimals: 1) }，为{ COMPACT($last, digits: 3) }时{ SHARE($last_share, decimals: 1) }。

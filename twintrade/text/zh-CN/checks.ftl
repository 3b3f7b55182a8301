# What the checks say.
unavailable = 无法给出结果：{ $because }。
no-inference = 无法推断：{ $reason }
no-event-times = { $method }不给出按事件时间的效应

## differences from the headline, after the sentence that lists them
judged-test = { $tested ->
    [yes] （对“没有差异”的检验，经Holm校正后最小的{ P($p) }）
   *[no] { "" }
}
judged = { $verdict ->
    [objects] 与主要估计的某项差异过大，不容忽视{ judged-test }。
    [does-not-object] 与主要估计的差异均不显著{ judged-test }，且不大可能超过{ $bound }；{ $tolerance }以内的差异不会改变结论。
   *[cannot-tell] 与主要估计的差异均不显著{ judged-test }，但{ $bounded ->
        [yes] { $known ->
            [yes] 不能排除达到{ $bound }的差异，而超过{ $tolerance }就会影响结论
           *[no] 主要估计没有可供对比的区间
        }
       *[no] 差异可能有多大尚不清楚
    }：该检查无法判断。
}
signs = { $signs ->
    [one-sign] 各估计值符号一致
   *[both-signs] 各估计值符号不一，但只有在差异显著时才构成异议
}

## window
window-all = 全部观测
window-label = 事件时间{ FIXED($low, decimals: 0, sign: "always") }至{ FIXED($high, decimals: 0, sign: "always") }
window-few = 能够估计的窗口不足两个：{ $reasons }
window-none = 能够估计的窗口不足两个：没有观测落在窗口之外
window = 在{ $n }种窗口下，效应从{ $low }到{ $high }；{ signs }。{ $verdict }

## dates
dates-earliest = 最早的候选日期
dates-latest = 最晚的候选日期
dates-chosen = 所选日期
dates-later = 仅知年份者推后一期（{ $n }个{ unit }）
dates-donut = 剔除生效当期
dates-bounds-label = 生效期取首末候选日期之间任一时点时的界
dates-none = 没有一项协议有日期
dates-not-estimated = 各种日期口径均无法估计：{ $reason }
dates = 在{ $n }种日期口径下，效应从{ $low }到{ $high }；{ signs }。{ $verdict }
effect-range = { $point ->
    [yes] 为{ $low }
   *[no] 介于{ $low }与{ $high }之间
}
dates-bounds = 有{ $n }个{ unit }的协议生效期不止一种可能{ $aside ->
    [0] { "" }
   *[other] ，其中{ $aside }个因日期只知界限而未计入主要估计，在此计入
}。若各协议可在其首个与最末候选日期之间的任一时点生效，则不计抽样误差，效应{ $range }。
dates-no-bounds = 所有可能日期下的界仅适用于插补估计，不适用于{ $method }。

## hidden agreements
evidence = { $grade ->
    [strong] 有力证据：{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [some] 一定证据：{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [small] { $direction ->
        [fall] 有所下降
       *[rise] 有所上升
    }，但幅度无关紧要
    [nothing] 没有重要的变化
   *[cannot] 数据无法判断
}。与规模和增长相近的配对相比，变化为{ PERCENT($percent, sign: "always") }（{ P($p) }）；与由其他贸易推算的预期值相比为{ PERCENT($total, sign: "always") }，而规模和增长相近、没有协议的配对为{ PERCENT($ordinary, sign: "always") }。{ $objects ->
    [yes] 协议之前贸易已经在变动。
   *[no] { "" }
}
evidence-label = { $inference ->
    [placebo] 在全部配对中
   *[randomization] 与规模和增长相近的配对相比
}：{ $grade ->
    [strong] 有力证据，{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [some] 一定证据，{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [small] 幅度无关紧要
    [nothing] 没有重要的变化
   *[cannot] 无法判断
}
calibration-registers = 安慰剂登记表数
calibration-draws = 每个结论的每类分配次数
calibration-some = 无效应而称为有一定证据，%
calibration-strong = 无效应而称为有力证据，%
calibration-family = 无效应而在{ $n }个结果变量与日期中至少一处称为有证据，%
calibration-slight = 无效应时称为没有实质变化，%
calibration-slight-wrongly = 变化恰好达到实质大小时仍如此称呼，%
calibration-coverage = 包含真实效应的95%区间，%
calibration-rise = 五分之四的机会称为有证据的上升，%
calibration-fall = 五分之四的机会称为有证据的下降，%
calibration-rise-printed = 此等上升的报告值与真实值之比，中位数
calibration-fall-printed = 此等下降的报告值与真实值之比，中位数
calibration-found = 称为有此变化的证据，%
evidence-no-total = 主要估计不是以水平值和泊松方法得出的总额变化
hidden-none = 没有对照配对，或没有总体效应
hidden-imputation = 剔除对照配对的计算仅适用于插补估计
hidden-few = 可供剔除的对照{ unit }不足四个
hidden-more = 假设的未登记协议数超过了可作对照的{ unit }数
hidden-one-share = { SHARE($share) }
hidden-share-label = { SHARE($share) }有未登记的协议
hidden-coverage-label = 登记表收录了{ SHARE($coverage) }的协议
hidden-left-label = 剔除{ $n }个，{ $end ->
    [lowest] 最低
   *[highest] 最高
}
hidden-share = 任何登记表都不会完整。若{ $shares }的对照{ unit }在处理组{ unit }签署协议之时也签有未登记的协议，则效应约为{ $effects }，而不是{ $effect }。
hidden-coverage = 任何登记表都不会完整。若本表收录了全部协议的{ SHARE($coverage) }，则有{ SHARE($all, decimals: 1) }的对照{ unit }签有未登记的协议，其中协议始于样本期内的占对照{ unit }的{ SHARE($share, decimals: 1) }。较早的协议已计入该{ unit }的水平，只要效应持续，便不影响结果；计入样本期内的协议后，效应约为{ $changed }，而不是{ $effect }{ $n ->
    [1] { "" }
   *[other] （{ $further }）
}。
hidden-further = 若只收录{ SHARE($coverage) }则为{ $effect }
hidden-no-worst = 未计算单个对照配对的影响：{ $reason }。
hidden-range = { $n ->
    [1] 剔除任意一个对照{ unit }，效应{ $range }
    [2] 剔除任意两个，效应{ $range }
   *[other] 逐个选取使效应变动最大的{ $n }个予以剔除，效应可达{ $low }和{ $high }：{ $n }个的最坏选择至少有此影响
}
hidden-worst = 最坏的情形是，对照所倚重的配对恰有未登记的协议：{ $ranges }。单个影响最大的是{ $unit }。{ $exact ->
    [yes] { "" }
    [some] 两个及以上的组合只在影响最大的{ $sought }个{ unit }中搜寻，可能漏掉更坏的组合。
   *[no] 各组合以一步牛顿法搜寻后重新拟合，可能漏掉更坏的组合。
}
hidden-breakdown = 在{ $all }个对照{ unit }中剔除{ $n }个（{ $names }），估计值即变为零{ $fewest ->
    [yes] ，少于此数则不会
   *[no] ；更少的个数也有可能
}。
hidden-no-breakdown = 即使在{ $all }个对照{ unit }中逐个剔除{ $n }个，估计值也不会变为零。
hidden-verdict = { $verdict ->
    [objects] 两个对照配对就能使估计值变动{ $moved }，超过其区间的一半。
    [does-not-object] 任意两个对照配对使估计值的变动都不超过{ $moved }；{ $tolerance }以内不会改变结论。
   *[cannot-tell] 两个对照配对能使估计值变动{ $moved }{ $known ->
        [yes] ，而超过{ $tolerance }就会影响结论
       *[no] ，但估计值没有可供对比的区间
    }。
}

## undated agreements
undated-none = 没有{ unit }的协议日期不详，或此类{ unit }均无法拟合
undated-imputation = 这一范围的计算仅适用于插补估计
undated-failed = 无法得出纳入它们的估计：{ $reason }
undated-compared = 全部作为对照
undated-end = { $end ->
    [lowest] 最低
   *[highest] 最高
}
undated-one = { $unit }自{ $period }起受处理，{ undated-end }
undated-all = { $n }个受处理，其余作为对照，{ undated-end }
undated = 有{ $n }个{ unit }的协议日期不详，未纳入估计。若它们其实都是对照{ unit }，效应为{ $compared }，而不是{ $effect }。若其中一个的协议恰在使估计值变动最大的年份生效，效应可在{ $one_low }与{ $one_high }之间；若每一个都如此，或作为对照{ unit }（取变动最大者），效应可在{ $low }与{ $high }之间。不计抽样误差，缺失的日期至少留下这样大的不确定范围；能接近后一范围两端的日期组合很少。

## percent effects
percent-flows = 百分比效应要求结果变量处处非负
percent-totals-label = 总额的变化
percent-average-ratio-label = 各自变化的平均
percent-log-ratio-label = 对数比率的逐观测平均
percent-extensive-label = 发生贸易的概率（百分点）
percent-intensive-label = 本来就有贸易者的界
percent-weighs-totals = 各按本应有的贸易额加权
percent-weighs-average-ratio = 同等加权
percent-weighs-log-ratio = 各年同等加权，降幅的分量大于升幅
percent-weighs-extensive = 各年同等加权
percent-weighs-intensive = 有贸易的各年同等加权
percent = 贸易变化了多少？有三种答案。总额的变化：处理组全部{ unit }合计变化{ $totals }。各自变化的平均：{ $n }个{ unit }不论规模同等计算，为{ $average }。对数比率的逐观测平均：{ $log }，{ $by ->
    [units] 因处理组观测中零值超过5%，取{ $used }个{ unit }的总额
   *[rows] 涵盖{ $used }个处理组观测
}{ $zero ->
    [0] { "" }
   *[other] （不含无贸易的{ $zero }个）
}，同等计算，减半与翻倍分量相同。第一种回答贸易发生了什么变化，第二种回答一个{ unit }可预期怎样，第三种回答{ $by ->
    [units] 一个{ unit }
   *[rows] 一个{ unit }在一期内
}的典型情形；变化参差不齐时，三者便不相同。
percent-always = 每个{ unit }各年都有贸易，因此没有贸易因协议而开始或终止。
percent-extensive = 发生贸易的概率变化了{ FIXED($points, decimals: 1, sign: "always") }个百分点{ $known ->
    [yes] （从{ FIXED($low, decimals: 1, sign: "always") }到{ FIXED($high, decimals: 1, sign: "always") }）
   *[no] { "" }
}。
percent-intensive = { $point ->
    [yes] 对于本来就有贸易的情形，若协议未带来新的贸易，平均变化为{ $low }
   *[no] 对于本来就有贸易的情形，无论有贸易的年份中哪些本应没有贸易，平均变化都介于{ $low }与{ $high }之间
}，抽样误差除外。

## comparison
comparison-one = 两种对照中有一种无法估计：{ $reasons }
comparison-same = 该方法在此处不区分两种对照：效应相同。
comparison = 以尚未处理的{ unit }为对照，效应为{ $not_yet }；以从未处理的{ unit }为对照，效应为{ $never }。{ $verdict }

## always treated
always-treated-none = 没有{ unit }从首期起就受处理
always-treated-failed = 无法得出纳入它们的估计：{ $reason }
always-treated-label = { $compared ->
    [yes] 作为对照
   *[no] 剔除
}
always-treated = 有{ $n }个{ unit }从首期起就受处理{ $used ->
    [yes] ，此处作为对照
   *[no] ，此处予以剔除
}。以其为对照，效应为{ $compared }；不以其为对照，效应为{ $excluded }。前者假定其协议的作用不再变化。{ $verdict }

## a remainder of the partners
policies-none = 没有其他政策的日期，或没有一项在数据期间开始；请在[[data.policies]]下声明
policies-agreement = 协议
policies-set = { $alone ->
    [yes] 仅{ $names }
   *[no] { $names }同时生效
}
policies-order = { $order ->
    [first] 先{ $one }，后{ $other }
    [second] 先{ $other }，后{ $one }
   *[together] { $one }与{ $other }同期开始
}
policies-increment = 已有{ $other }时的{ $one }
policies-office = 已有{ $policy }时与仅有协议时之差
policies-no-increment = 在开始后同样时长，仅有{ $policy }的配对少于{ $fewest }个
policies-never-alone = 没有配对仅有{ $policy }
policies-bundle = { $one }与{ $other }在{ $n_all }个配对中的{ $n }个同时开始：两者的效应无法区分
policies-interval = { $effect }{ $known ->
    [yes] （{ $low }至{ $high }）
   *[no] { "" }
}
policies-effect = { $label }：{ $effect }，{ $n }个配对
policies = 主要结果为{ $headline }，未考虑其他政策是否生效：{ $names }。与任何政策之前的{ $units ->
    [city] 城市
   *[other] 配对
}和年份相比：{ $effects }。
policies-refused = { $known ->
    [yes] 没有完整的区间，{ $label }：{ $reason }。
   *[no] 未估计{ $label }：{ $reason }。
}
policies-few = 少于{ $n }个配对的效应不给出区间：聚类误差无法由如此少的配对得知配对之间的差别。
policies-lost = 处于政策之下的行中有{ SHARE($share) }没有任何政策之前的行可比，不计入任何平均。
policies-absorbed = { $policy }对共有{ $effects }效应的各配对相同，已被其吸收：无需控制。
remainder-none = 没有代表其余伙伴的数据，或以对照供体作比较
remainder-label = { $compared ->
    [yes] 纳入比较
   *[no] 仅用于合计
}
remainder-unknown = 未能估计
remainder = { $names }指没有单独数据的伙伴，其中可能有已签协议者。作为从未受处理者纳入比较，效应为{ $compared }；仅用于合计，效应为{ $excluded }；此处{ $used ->
    [yes] 已纳入比较
    [some] 部分纳入比较
   *[no] 未纳入比较
}

## conditional trends
conditional-label = { $by ->
    [size] 规模三分位组内趋势平行
    [growth] 事前增速三分位组内趋势平行
    [signing] 对照组按签署概率比加权
   *[other] 两者兼取
}
conditional-one = { $label }时{ $effect }
conditional-weights = 该方法不接受权重
conditional-none = 各种条件下均无法估计：{ $reasons }
conditional = 若只让首个协议之前相似的{ unit }互为参照，效应不是{ $effect }，而是：{ $effects }。{ $verdict }

## anticipation
anticipation-label = { $n ->
    [0] 无预期效应
   *[other] 预期效应{ $n }期
}
anticipation-few = 能够估计的预期期数不足两种
anticipation = 按预期效应期数的效应：{ $effects }。{ $verdict }

## estimators
estimators-scale = 其效应的尺度为{ $scale }
estimators-few = 适用于本设计和尺度的方法不足两种
estimators = 有{ $n }种方法适用；效应从{ $low }（{ $lowest }）到{ $high }（{ $highest }）。以下情形会使各方法结果不同：各处理批次效应不同（回归按方差加权，其他方法按处理组观测加权）；所用对照观测不同；协议之前的效应以不同的基准衡量。{ $verdict }
estimators-alone = 没有其他方法以此为估计目标。
estimators-target = { $names }的估计目标不同，不能提出异议。

## regressions and what they weigh
robust = 在相同观测上，对照全部为未处理观测的插补估计与该回归相差{ $difference }。{ $verdict }
not-balanced = 面板不平衡
bacon-effects = 它分解的是个体效应和时期效应，而不是{ $effects }效应
bacon-weights = 它适用于未加权的回归
bacon-poisson = 泊松回归没有这种分解：请用`on`指定取对数的列
bacon-none = 没有两个处理批次可以比较
bacon = 静态双向估计值{ $effect }是{ $n }个两组两期比较的平均；其权重的{ SHARE($share, decimals: 1) }落在与已处理{ unit }的比较上。
bacon-given = 在控制{ $covariates }的条件下，静态双向估计值{ $effect }是{ $n }个两批次比较的平均；其权重的{ SHARE($share, decimals: 1) }落在两个处理批次之间的比较上（已处理的{ unit }在其中也充当对照），{ SHARE($within, decimals: 1) }落在处理批次与时期内部仍有差异的协变量上。
twfe-weights = 在含{ $effects }效应的静态{ $family ->
    [poisson] 泊松回归
   *[linear] 回归
}中，{ $of }个处理组单元格中有{ $n }个权重为负（合计{ FIXED($together) }）；其系数{ $coefficient }{ $equal ->
    [yes] 就是它们的平均，因为各单元格{ $family ->
        [poisson] 均按拟合值加权
       *[linear] 权重相同
    }
   *[no] 与平均效应为零并不矛盾，只要各单元格效应的标准差达到{ $spread }
}。
contamination-none = 未声明其他政策，也没有取值为0和1的协变量可视为政策
contamination-apart = 协议与{ $policies }的效应无法区分：没有其他行只有其中之一
contamination-absorbed = 固定效应已吸收{ $policies }，正如它们吸收其所对应的整个城市、伙伴或时期的任何政策：无需控制。
contamination = 在对协议和{ $policies }、含{ $effects }效应的静态{ $family ->
    [poisson] 泊松回归
   *[linear] 回归
}中，协议的系数{ $coefficient }等于自身效应{ $own }与{ $policies }的效应{ $bias }{ $known ->
    [yes] （95 %区间为{ $low }至{ $high }）
   *[no] { "" }
}之和{ $cells ->
    [time] （效应可随开始后的时间而不同）
    [start] （效应可随开始日期而不同）
   *[start-and-time] （效应可随开始日期及其后时间而不同）
}。后者的权重之和为零，绝对值之和为{ FIXED($weights, decimals: 2) }。
contamination-judged = { $verdict ->
    [objects] 后者可与零区分（{ P($p) }），因此系数并非仅由协议所致。
    [does-not-object] 后者与零无法区分（{ P($p) }），且不足以改变结论。
    [cannot-tell] 后者与零无法区分（{ P($p) }），但可能大到足以改变结论。
    [informs] 主要估计并非此类回归（后者为零的检验：{ P($p) }）。
   *[unknown] 此种推断无法说明后者的不确定性。
}

## levels of one policy
level-changes-none = 协议只有一个级别且未终止
level-none = 无
level-agreement = 协议
level-change = { $old }至{ $new }
level-per-level = 每一级别，所有首次变动（de Chaisemartin–D'Haultfœuille，标准化）
level-says = { $change }：{ $effect }，{ $n }个{ units }{ $tested ->
    [yes] （{ P($p) }）
   *[no] { "" }
}
level-changes = 按级别变动{ $unit ->
    [none] { "" }
   *[other] （单位：{ $unit }）
}，与停留在同一级别者相比：{ $changes }。

## leave one out
leave-one-out-all = 全部
leave-one-out-label = { $dimension ->
    [cohort] 剔除处理批次{ $name }
   *[other] 剔除{ $name }
}
leave-one-out-none = 剔除一个成员后，不再有可用的估计
leave-one-out = 每次剔除一个{ $members }，效应（{ $effect }）在{ $low }与{ $high }之间变动；变动最大的是{ $label }（变为{ $moved }）{ $flips ->
    [0] ；符号始终不变
   *[other] ，{ $n }种情形中有{ $flips }种符号改变
}。{ $verdict }

leave-one-donor-out-none = 没有可以剔除的供体
leave-one-donor-out = 逐一剔除{ $n }个供体，平均差距由{ $effect }变为{ $low }至{ $high }之间，变动最大的是剔除{ $label }时{ $flips ->
    [0] ；符号始终不变
   *[other] ，{ $n }种情形中有{ $flips }种符号改变
}。{ $verdict ->
    [objects] 变动{ $moved }，超过区间的一半：差距系于一个供体。
    [does-not-object] 变动{ $moved }不会改变结论，变动{ $tolerance }则会。
   *[cannot-tell] { $known ->
        [yes] 变动{ $moved }仍在区间之内，但超过{ $tolerance }就会影响结论：该检查无法判断。
       *[no] 差距没有可供对比的区间：该检查无法判断。
    }
}

## concentration
concentration-one = 总额的变化{ PERCENT($change, sign: "always") }全部来自{ $name }。
concentration = { treated }的总额变化{ PERCENT($change, sign: "always") }，相当于由{ FIXED($effective, decimals: 1) }个有效{ unit }决定：{ $first }占无协议时总额的{ SHARE($first_share) }，{ $second }占{ SHARE($second_share) }。总额中剔除{ $first }，变化为{ PERCENT($without_first, sign: "always") }；剔除{ $second }，变化为{ PERCENT($without_second, sign: "always") }；此处不重新估计，而逐一剔除检验每次都重新估计。

## pretrends
pretrends-test = { $test }({ $df }) = { FIXED($statistic, decimals: 2) }，{ P($p) }{ $holm ->
    [yes] ；按两项检验作Holm校正后{ P($adjusted) }
   *[no] { "" }
}{ $cluster ->
    [none] { "" }
   *[other] ，按{ $cluster }聚类，为最不易提出异议者
}
pretrends-effects = { $n }个事前期效应{ $base ->
    [universal] （以同一基期衡量）
    [varying] （各以其前一期衡量）
    [imputation-leads] （仅由未处理观测的回归得出）
    [first-stage-residuals] （未处理观测回归的残差）
   *[none] { "" }
}{ $n ->
    [1] { "" }
   *[other] 联合
}
pretrends-joint = { pretrends-effects }{ $differ ->
    [yes] 显著异于零
   *[no] 与零无显著差异
}（{ pretrends-test }）。
pretrends-clean = 这些是由{ $clean }得出的协议之前的效应，因为{ $none ->
    [yes] { $method }不估计此类效应
   *[no] { $method }在多个处理批次下的事前期效应混有协议之后的效应
}。
pretrends-slope = 穿过它们的直线每期变化{ $slope }（{ P($p) }）。
pretrends-verdict = { $verdict ->
    [objects] 处理组{ unit }在协议之前的走势已有不同。
    [does-not-object] 若这一趋势延续下去，其本身至多相当于{ $bound }的效应；{ $tolerance }以内不会改变结论。
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] 数据所容许的趋势若延续下去，其本身可相当于{ $bound }的效应，而超过{ $tolerance }就会影响结论：该检查无法判断。
           *[no] 主要估计没有可供与趋势对比的区间：该检查无法判断。
        }
       *[no] 数据容许多大的趋势尚不清楚：该检查无法判断。
    }
}
pretrend-power-none = 没有带联合协方差、可据以拟合直线的事前期效应
pretrend-power-label = 检验功效为{ SHARE($power) }时可发现的趋势
pretrend-power = 每期{ $slope }的线性趋势被发现的概率仅为{ SHARE($power) }；这样的趋势本身就会造成{ $bias }的效应。在{ SHARE($level) }水平上，协议之前的效应距零不超过{ $bound }（等价性检验）。

## levelling off
levelling-off-few = 协议之后有{ $n }个效应，而需比较{ $compared }个
levelling-off = 事件时间{ $times }的效应{ $moves ->
    [yes] 彼此不同
   *[no] 没有显著差异
}（{ $test }检验，{ P($p) }）：在窗口末端，效应{ $moves ->
    [yes] 仍在变动
   *[no] 没有变动的迹象
}。

## selection
selection-constant = 可能签署协议的配对，其贸易增速为常数，或由其他变量决定
selection-few = 可能签署协议的配对中有{ $n }项协议，不足以估计{ $slopes }个变量，每个变量需{ $least }项
selection-short = 没有可能签署协议的配对在此前{ $periods }期内有观测
selection-separated = 风险模型不收敛：有变量完全预测了协议
selection = 在{ $dyads }个可能签署协议的配对中有{ $n }项协议；与签约可能性相同的配对相比，签约配对的贸易在此前{ $lags }期多增长{ $gap }（每对数点的风险比为{ FIXED($ratio, decimals: 2) }；把各期协议在可能签约的配对中重新分配，{ P($p) }）。{ $verdict ->
    [objects] 协议追随贸易。
    [does-not-object] 差异不大可能超过{ $bound }；{ $tolerance }以内的差异无论延续还是回转，都不会改变结论。
   *[cannot-tell] { $known ->
        [yes] 不能排除达到{ $bound }的差异，而超过{ $tolerance }的差异无论延续还是回转，都会影响结论：该检查无法判断。
       *[no] 主要估计没有可供与差异对比的区间：该检查无法判断。
    }
}

## break at an unknown date
break-units = 它需要恰好一个处理组配对，而此处有{ $n }个
break-short = 序列有{ $n }期，而需要{ $least }期
break-gaps = 序列有缺口
break-zeros = 序列中有无贸易的时期，而断点是在对数中寻找的
break = 对数序列在水平或趋势上的最大断点位于{ $date }（sup-F { FIXED($statistic, decimals: 1) }，{ P($p) }），其{ SHARE($level) }区间为{ $low }至{ $high }。{ $verdict ->
    [does-not-object] 协议日期{ $agreement }在此区间之内。
    [objects] 协议日期{ $agreement }不在此区间之内：序列在另一时点发生断裂。
   *[cannot-tell] 没有明确的断点。这并不是说协议日期{ $agreement }处没有断点：若该处水平变动{ $shift }，被发现的概率为{ SHARE($power) }。
}

## spillovers
rings-no-column = 面板中没有以度为单位的列{ $columns }
spillovers-direct = 直接效应
spillovers-dyads = 溢出效应需要由城市与伙伴组成的配对
spillovers-none = { $exposed ->
    [0] 样本期内没有配对开始受到其{ spillovers-through }其他协议的影响
   *[other] 没有配对始终不受其{ spillovers-through }其他协议的影响，因而无从比较
}{ $throughout ->
    [0] { "" }
   *[other] ；有{ $throughout }个配对自始至终受样本期之前的协议影响
}
spillovers-through = { $through ->
    [city] 城市
   *[partner] 目的地
}
spillovers-failed = 溢出效应均无法估计：{ $reasons }
spillovers-effect = { $label } { $effect }{ $known ->
    [yes] ，区间{ $low }至{ $high }，{ P($p) }
   *[no] { "" }
}
spillovers-lacking = 均无法估计
spillovers = { $effects }。
spillovers-refused = 未估计{ $label }：{ $reason }。
spillovers-verdict = { $verdict ->
    [objects] 没有协议的配对随他人的协议而变动，因而不是干净的对照。
    [does-not-object] 溢出效应不大可能超过{ $bound }；{ $tolerance }以内不会改变结论。
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] 不能排除达到{ $bound }的溢出效应，而超过{ $tolerance }就会影响结论：该检查无法判断。
           *[no] 主要估计没有可供与溢出效应对比的区间：该检查无法判断。
        }
       *[no] 溢出效应可能有多大尚不清楚：该检查无法判断。
    }
}
spillovers-net = 不给出净额：各效应来自不同的回归，其和没有区间。它们也不说明城市的全部出口如何变化，这由[translate]在模型中回答。直接效应的区间取自其所在的列；第1页若与规模和增长相近的配对比较，区间便不同。
rings-net = 按距离：{ $label }
rings-none = 距离环，{ $label }：无法给出结果，{ $reason }。
rings-beyond = { $last }以外：对照
rings = 距离环，{ $label }，以{ $beyond }以外的配对为对照（边界：{ $given ->
    [yes] 按给定值
   *[no] 无协议配对到最近协议之距离的分位数
}）：{ $effects }。

## placebos in time
placebo-verdict = { $verdict ->
    [objects] 协议之前已有某种变动。
    [does-not-object] 在虚假日期上，效应不大可能超过{ $bound }；{ $tolerance }以内不会改变结论。
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] 均与零无显著差异，但不能排除虚假日期上达到{ $bound }的效应，而超过{ $tolerance }就会影响结论：该检查无法判断。
           *[no] 均与零无显著差异，而主要估计没有可供对比的区间：该检查无法判断。
        }
       *[no] 均与零无显著差异，其可能有多大尚不清楚：该检查无法判断。
    }
}
placebo-dates-label = 提前{ $n }期
placebo-dates-failed = 各虚假日期均无法估计：{ $reasons }
placebo-dates-none = 没有一个虚假日期有p值
placebo-dates = 把日期前移并剔除真实协议之后的时期，最突出的效应是{ $label }的{ $effect }（{ P($p) }，按{ $n }个虚假日期作Holm校正后为{ FIXED($adjusted) }）。{ $verdict }
no-case = { $method }不把单个配对作为案例处理
placebo-time-few = 生效前只有{ $n }期
placebo-time-none = 各虚假日期均无法检验：{ $reason }
placebo-time = { $n ->
    [1] 协议之前只有{ $date }可作虚假日期：平均差距{ $effect }，排序{ P($p) }（下限{ FIXED($floor) }）。
   *[other] 在协议之前的{ $n }个虚假日期中，{ $date }最为突出：平均差距{ $effect }，排序{ P($p) }（下限{ FIXED($floor) }），Holm校正后为{ FIXED($adjusted) }。
}{ $verdict }

## honest
honest-clustered = 稳健置信界以聚类标准误为依据，因为{ $taken }不给出联合协方差
honest-draws = 稳健置信界以{ $taken }各次抽样所得效应的协方差为依据
honest-no-covariance = 没有推断方法能给出这些效应的联合协方差
honest-base = 其事前期效应{ $base ->
    [varying] 各以其前一期衡量
    [imputation-leads] 仅由未处理观测的回归得出
    [first-stage-residuals] 是未处理观测回归的残差
   *[none] 不以同一期衡量
}；该约束针对的是以同一基期衡量的同一路径，请改用统一基期（Callaway-Sant'Anna用base = "universal"）
honest-binned = 其两端合并了多个事件时间，而该约束针对的是单个事件时间
honest-missing = 首末之间有缺失的事件时间
honest-one-side = 基期之前或之后没有效应
honest-at = { $symbol } = { COMPACT($size) }：{ FIXED($low) }至{ FIXED($high) }
honest = 若{ $kind ->
    [smoothness] 趋势差异的斜率从一期到下一期的变化不超过M
    [relative-magnitudes] 生效后趋势差异逐期的变动不超过事前最大变动的M̄倍
   *[relative-smoothness] 生效后趋势差异斜率的变化不超过事前最大变化的M̄倍
}，则{ $target ->
    [average] 生效起路径的平均值
   *[first] 生效当期的效应
}（{ FIXED($center) }）的区间如下：{ $given }。{ $reached ->
    [without] 即使没有偏离（{ $symbol } = 0），区间也包含零。
    [never] 在所试的各个界之下，区间都不包含零。
   *[at] 当{ $symbol } = { FIXED($breakdown, decimals: 2) }时，区间开始包含零。
}
honest-range = { $symbol } = { COMPACT($size) }：{ $low }至{ $high }
honest-beyond = 超过{ PERCENT($end, decimals: 0, sign: "always") }
honest-headline = 若{ $kind ->
    [smoothness] 趋势差异的斜率从一期到下一期的变化不超过M
    [relative-magnitudes] 趋势差异每期偏离此前各年均值的变动，不超过此前各年之间最大变动的M̄倍
   *[relative-smoothness] 生效后趋势差异斜率的变化不超过事前最大变化的M̄倍
}，则{ $target ->
    [average] 主要估计
   *[first] 生效当期的效应
}（{ $headline }）的区间如下：{ $given }。{ $reached ->
    [without] 即使没有偏离（{ $symbol } = 0），区间也包含零。
    [never] 在所试的各个界之下，区间都不包含零。
   *[at] 当{ $symbol } = { FIXED($breakdown, decimals: 2) }时，区间开始包含零{ $stepped ->
        [yes] ，此时按估计值计，差异每期变动{ $step }；若各期偏离均为此幅度，则剩余效应为{ $exact }
       *[no] { "" }
    }。
}
honest-slope = 以同一基准穿过此前各年的直线，斜率为每期{ $slope }（{ P($p) }）；每期{ $enough }的斜率本身就足以造成主要估计，而检验发现它的概率为{ SHARE($power, decimals: 0) }。
honest-base-draws = 此前各年与主要估计的标准误取自重新分配协议的抽样，因为此处由影响函数得出的标准误不可信
honest-few-draws = 重新分配协议的抽样中，仅有{ $n }次给出全部事件时间，而需要{ $needed }次
honest-verdict = { $verdict ->
    [does-not-object] 与此前最大偏离相当的偏离不会改变结论。
    [objects] 此前的差异显著异于零（{ P($p) }），同样大的偏离会推翻结果。
   *[cannot-tell] { $reached ->
        [without] 没有可供偏离推翻的结果：该检查无法判断。
       *[at] 与此前相当的偏离会推翻结果，但此前是否存在偏离并不明确{ $tested ->
            [yes] （{ P($p) }）
           *[no] { "" }
        }：该检查无法判断。
    }
}

## known shocks
shocks-none = 样本期内没有涉及该配对的已知冲击
shocks-one-side = 生效期的一侧没有剩余时期
shocks-near = { $near ->
    [0] 协议当期
    [1] 协议当期或其前后一期
   *[other] 协议前后{ $near }期之内
}
shocks-coincident = { $label }发生在{ shocks-near }
shocks = { $n ->
    [0] { shocks-near }没有已知冲击；样本期内的其他冲击：{ $labels }。
   *[other] { shocks-near }的已知冲击：{ $labels }。
}
shocks-without = { $n ->
    [1] 剔除该冲击所在时期后
   *[other] 逐一剔除各冲击所在时期后
}，平均效应{ $effect }{ $known ->
    [0] 无法估计
    [1] 变为{ $low }
   *[other] { $range }
}。
shocks-rival = 同一时点的冲击是另一种可能的解释，本设计无法排除：该检查无法判断。

## balance
balance-no-column = 面板没有{ $column }列
balance-none = 没有处理组配对在生效前与对照配对同时有观测
balance-log = { $outcome }的对数
balance-transformed = { $outcome }（{ $transform }）
balance-change = { $label }在{ $lags }期内的变化
balance-variable = { $variable }（{ FIXED($gap, decimals: 2, sign: "always") }）
balance = { $n ->
    [0] 协议签署前夕，没有变量的差异超过{ COMPACT($large, digits: 2) }个标准差。
   *[other] 协议签署前夕，处理组配对与对照配对在以下变量上的差异超过{ COMPACT($large, digits: 2) }个标准差：{ $listed }。
}

## what a check lacks
no-column = 面板没有“{ $column }”列
no-influence = 该方法没有影响函数
no-regression = 该方法不以回归为基础
no-joint-errors = { $inference }不给出带标准误的联合协方差
no-reason = 原因不明
not-made-again = 无法重新得出估计：{ $reason }

## reference period
reference-none = 这些效应不以同一期衡量
reference-coefficients = 只有系数才能不经重新拟合而改用另一基期
reference-two = 该路径同时以两期衡量
reference-only = 事件时间{ EVENTTIME($at) }是生效前唯一得到估计的一期
reference-label = 以事件时间{ EVENTTIME($at) }为基期
reference-before = 以此前各期为基准
reference = 分别以{ $n }个基期衡量，路径平均值从{ $low }（事件时间{ EVENTTIME($lowest) }）到{ $high }（事件时间{ EVENTTIME($highest) }）；报告所用为事件时间{ EVENTTIME($reported) }。以此前各期为基准，效应为{ $overall }。{ $verdict }

## clusters
clusters-no-influence = 该方法没有可供聚类的影响函数
clusters-none = 各种聚类方式均不给出标准误
clusters-by = 按{ $by }
clusters = 在{ $n }种聚类方式下，标准误从{ COMPACT($low, digits: 3) }（{ $narrow }）到{ COMPACT($high, digits: 3) }（{ $wide }）。{ $verdict ->
    [does-not-object] 最宽的区间每侧比主要估计的区间多出{ $more }；{ $tolerance }以内不会改变结论。
   *[cannot-tell] { $known ->
        [yes] 最宽的区间每侧比主要估计的区间多出{ $more }，而超过{ $tolerance }就会影响结论：结论取决于哪些聚类相互独立，该检查无法判断。
       *[no] 主要估计没有可供对比的区间：该检查无法判断。
    }
}
cluster-leverage = { $by }聚类，{ $n }个聚类相当于{ FIXED($effective, decimals: 1) }个；仅{ $top }一个就占识别效应之信息的{ SHARE($share) }。

## rescaling
rescaling-label = { $method }，结果变量 / { $factor }
rescaling-log = log(1 + 结果变量 / { $factor })的TWFE
rescaling = 把结果变量最多除以{ $factor }，{ $change ->
    [level] 只改变效应的单位。
    [none] 效应不变。
   *[unstable] 效应变动可达{ $moved }：该方法取决于货币单位。
}
rescaling-plus-one = 若用log(1 + X)，同样的单位变换会使结果从{ $low }到{ $high }不等，因此不予采用。

## influence of single units
influence = 影响最大的个体是{ $unit }：{ $known ->
    [yes] 剔除它，效应由{ $effect }变为{ $without }
   *[no] 剔除它则无法估计效应（原为{ $effect }）
}；影响最大的{ $n }个个体占按个体聚类之方差的{ SHARE($share) }。

## regions
regions-width = { $region } { FIXED($width, decimals: 2) }
regions = { $n }个效应的{ SHARE($level) }置信域半宽（以标准误计）：{ $widths }。逐个判断，零落在{ $pointwise }个效应的置信域之外；按sup-t（同时覆盖全部效应者中最窄的一种）则为{ $joint }个。

## power
power-graded = 这些数据在五分之四的情形下能够显示的变化，即第一页结论所列的变化。
power-few = 能够估计的安慰剂设计只有{ $n }个：{ $reason }
power-mde = 最小可检测效应
power-half = 检验功效为50%时可发现的效应
power-spread = 安慰剂估计的离散程度
power-draws = 安慰剂设计数
power-rejected = 聚类标准误拒绝安慰剂的比率
power-analytic = 解析值，由聚类标准误得出
power-refitted = 为这些标准误而重新拟合的安慰剂设计数
power = 就这些数据而言，低于{ $half }的效应有一半的机会被漏掉，低于{ $mde }的效应被漏掉的概率超过{ SHARE($missed) }（基于从未处理的{ unit }的{ $n }个安慰剂设计）。

## weights of a static regression, in a table
weights-coefficient = 静态系数{ weights-unit }
weights-cells = 有权重的单元格数
weights-negative = 负权重数
weights-sum = 负权重之和
weights-zero = 与平均效应为零相容的效应离散程度{ weights-unit }
weights-opposite = 与各处符号均相反相容的效应离散程度{ weights-unit }
contamination-own = 其中协议自身的效应{ weights-unit }
contamination-alone = 无其他政策的行中的系数{ weights-unit }
contamination-bias = 其中{ $policy }的效应{ weights-unit }
contamination-weights = { $policy }效应权重的绝对值之和
weights-unit = { $named ->
    [yes] （{ $unit }）
   *[no] { "" }
}

## functional form
reset-methods = RESET适用于ppml和twfe，二者对全部观测拟合同一预测式
reset-noisy = 在城市—时期或伙伴—时期固定效应下，PPML的拟合预测式噪声过大，其平方无法检验函数形式
reset-no-variance = 新增斜率的方差为零
reset-collinear = 预测值的平方与模型共线
reset = RESET：预测值平方项的t = { FIXED($t, decimals: 2) }，{ P($p) }；{ $verdict ->
    [objects] 模型的函数形式存疑。
    [does-not-object] 没有证据否定模型的函数形式。加入平方项后，效应至多变动{ $bound }；{ $tolerance }以内不会改变结论。
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] 没有证据否定模型的函数形式，但加入平方项后效应可能变动{ $bound }，而超过{ $tolerance }就会影响结论：该检查无法判断。
           *[no] 没有证据否定模型的函数形式，但主要估计没有可供与其他形式对比的区间：该检查无法判断。
        }
       *[no] 没有证据否定模型的函数形式，但换用其他形式时效应可能变动多少尚不清楚：该检查无法判断。
    }
}

## leverage
leverage-none = { $n ->
    [0] 没有未处理观测单独决定某个效应。
   *[other] 有{ $n }个未处理观测各自单独决定某个效应（杠杆值为一）；没有其他个体的处理组观测以此为依据。
}
leverage-label = 剔除这些观测
leverage = 有{ $n }个未处理观测单独决定某个效应（杠杆值为一）：{ $rows }{ $more ->
    [yes] ……
   *[no] { "" }
}。{ $of }个处理组观测中有{ $cells }个（{ $named }）以此为依据，而基于影响函数的标准误反映不出其噪声。{ $known ->
    [yes] 剔除这些观测，效应为{ $without }；保留则为{ $effect }。{ $verdict }
   *[no] 剔除这些观测则无法估计效应。
}

## margins
margins-unnamed = 未指定企业数或产品数的列
margins-linear = 各边际只有在对数的线性方法中才能相加
margins-part = { $name } { $effect }
margins = 效应{ $effect }分解为：{ $parts }{ $adds ->
    [yes] ，各项之和恰等于总效应。
   *[no] ；各项之和与总效应相差{ COMPACT($gap, digits: 2) }。
}

## families of outcomes
outcomes-unnamed = 未指定其他结果变量；请在others或untouched下给出列名
outcomes-no-effect = 无效应
outcomes-none = 其他结果变量均无法估计：{ $reasons }
outcomes = 经Holm校正后，{ $n }个结果变量中有{ $moved }个发生变动{ $untouched ->
    [0] { "" }
   *[other] ；协议不可能影响的{ $untouched }个结果变量中，{ $any ->
        [0] 均无变动
       *[other] 有变动的是{ $listed }
    }
}{ $reasoned ->
    [yes] （不受影响的理由：{ $reason }）
   *[no] { "" }
}。主要结果变量：{ $effect }。{ $verdict ->
    [cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] 对协议不可能影响的结果变量，不能排除达到{ $bound }的效应，而超过{ $tolerance }就会影响结论：该检查无法判断。
           *[no] 主要估计没有可供与其他结果变量之效应对比的区间：该检查无法判断。
        }
       *[no] 其他结果变量的效应折合到主要估计上有多大尚不清楚：该检查无法判断。
    }
   *[other] { "" }
}

## structural series
structural-methods = { $method }不是结构时间序列
structural-none = 各种变体均无法拟合
structural-chosen = 所选设定
structural-variance = 水平方差 × { COMPACT($factor) }
structural-level = { $level ->
    [local-level] 局部水平
    [local-linear-trend] 局部线性趋势
   *[random-walk-with-drift] 带漂移的随机游走
}
structural-components = { $n }个供体成分
structural = 在水平、趋势和供体的{ $n }种变体下，平均差距介于{ COMPACT($low, digits: 3, sign: "always") }与{ COMPACT($high, digits: 3, sign: "always") }之间；其中{ $excluding }种的区间不含零。{ $verdict ->
    [objects] 有一种变体与所选设定相差{ COMPACT($bound, digits: 3) }，超过区间的一半。
    [does-not-object] 各变体与所选设定相差均不超过{ COMPACT($bound, digits: 3) }；{ COMPACT($tolerance, digits: 3) }以内不会改变结论。
   *[cannot-tell] { $known ->
        [yes] 有一种变体与所选设定相差{ COMPACT($bound, digits: 3) }，而超过{ COMPACT($tolerance, digits: 3) }就会影响结论：该检查无法判断。
       *[no] 所选设定没有可供与其他设定对比的区间：该检查无法判断。
    }
}

## ranks of a single case
set-name = { $set ->
    [all] 全部供体
   *[other] 供体集{ $set }
}
set-absent = { set-name }：无法给出结果，{ $reason }。
no-placebo = 无法构造安慰剂
adoption = 共{ $n }个个体：{ $roles }。
adoption-role = { $role }{ $n }个
of-unit = { $unit }：{ $text }
case-method = { $method }（{ set-name }）
placebo-space = { $n ->
    [0] { set-name }：无法构造安慰剂。
   *[other] { set-name }：平均差距{ COMPACT($effect, digits: 3, sign: "always") }，在{ $n }个安慰剂中排序{ P($p) }{ $has_ratio ->
        [yes] （均方根差距之比：{ FIXED($ratio) }）
       *[no] { "" }
    }；p值不可能低于{ FIXED($floor) }。
}
case-paths = { $unit }与{ $n }个供体一并绘出{ $failed ->
    [0] 。
   *[other] ；有{ $failed }条安慰剂路径无法构造。
}
donor-sets = { set-name }，{ $described }：{ $n }个个体；{ $excluded ->
    [no] 没有剔除。
   *[yes] 剔除：{ $why }。
}
donor-sets-few = { $unit }在{ $described }中{ $n ->
    [0] 没有供体
   *[other] 只有一个供体
}：这样的比较几乎说明不了什么
case-tests-short = 没有p值：协议之前有{ $n }期，而需要{ $needed }期
case-tests-exact = 供体很多而时期很少，{ $methods }完全复现了协议之前的路径：没有可作除数的拟合误差，因此不给出RMSPE比率的排序；拟合得这样好也不是优点。
case-tests-none = 不给出p值：协议之前有{ $n }期，而需要{ $needed }期，各差距只是描述。
case-tests-conformal = 保形p值以协议之前的{ $n }期为依据{ $short ->
    [yes] ，少于区间所需的{ $needed }期。
   *[no] 。
}
case-tests = { $n ->
    [1] 方法与供体集只有一种组合可以构造，其排序p值为{ FIXED($low) }；不可能低于{ FIXED($floor) }。
   *[other] 在方法与供体集的{ $n }种组合下，排序p值从{ FIXED($low) }到{ FIXED($high) }，中位数为{ FIXED($median) }；可达到的最小值从{ FIXED($floor) }到{ FIXED($highest_floor) }。其中任何一个都不单独构成结果。
}

## what one case can tell
case-mute = 无法判断：{ $reasons }。
case-descriptive = 仅作描述：{ $move }。
case-chance = 没有协议的配对也有这样大的变动
case-each = 逐个考察，{ $of }个配对中{ $n ->
    [0] 没有一个变动突出
   *[other] 有{ $n }个变动突出：{ $named }
}（经Holm校正）。
case-named = { $unit }为{ PERCENT($percent, decimals: 0, sign: "always") }
case-second = 按其他任何方法，这样的变动都不罕见
case-readings = 各方法与供体集的结果符号不一致
case-objects = 有检验提出异议
case-dates = 同样可作为协议日期的其他日期给出的证据更弱
case-columns = 换一个日期或换一组供体，证据更弱
case-short = 协议之前有{ $n }期，而需要{ $needed }期
case-floor = 只有{ $n }个安慰剂，p值不可能低于{ FIXED($floor) }，高于所要求的{ FIXED($asked, decimals: 2) }
case-apart-by = 按{ $method }，与该市对其他目的地的流量相比（A）{ $a }，与其他城市对同一目的地的流量相比（B）{ $b }
case-apart = 关于协议之后{ $unit }的流量，两个供体集的结论相反：{ $methods }。这本身就是发现：流量是升是降，取决于和谁比较。
case-size = { $up ->
    [yes] 高
   *[no] 低
}{ $scale ->
    [log] { PERCENT($size, decimals: 0) }
   *[other] { COMPACT($size) }
}
case-move = 协议之后，按{ $method }，{ $unit }的流量平均比其供体路径推算的水平{ $size }（之前{ $before }期，之后{ $after }期）
case-rank = 在{ $n }个安慰剂中排序{ P($p) }，可达到的最小值为{ FIXED($floor) }
case-stands-out = 变动突出：{ $move }；{ $rank }。当时确有因素影响了这一流量；单个案例不能说明就是协议所致，也不能说明与伙伴城市有任何关系。
case-usual = 变动并不突出：{ $move }；{ $rank }；{ $reasons }。这并不是没有效应的证据。
case-found = { $which ->
    [both] 上升{ PERCENT($rise, decimals: 0) }或下降{ PERCENT($fall, decimals: 0) }
    [rise] 上升{ PERCENT($rise, decimals: 0) }（下降则无论多大都不会），
    [fall] 下降{ PERCENT($fall, decimals: 0) }（上升则无论多大都不会），
   *[none] 无论多大的变化，都不
}会在五个配对的四个中显得突出。

## candidate dates of one case
date-sets-none = 没有候选日期能在两侧都留下足够的时期
date-sets-later = 推后一期，因仅知年份
date-sets-chosen = 所选生效期
date-sets-short = 之前{ $before }期，之后{ $after }期
date-sets-donut = 剔除生效当期
date-sets-between = 剔除各日期之间的时期
date-sets-interval = 从最早日期到最晚日期
date-sets-outside = 日期“{ $label }”（{ $date }）在序列之外：没有对应的行
date-sets-together = { $labels }落入同一期，{ $date }
date-sets = 在{ $dates }种日期取法{ $methods ->
    [1] { "" }
   *[other] 、{ $methods }种方法
}和{ $sets }个供体集的{ $n }种组合下，平均差距的中位数为{ COMPACT($median, digits: 3, sign: "always") }（从{ COMPACT($low, digits: 3, sign: "always") }到{ COMPACT($high, digits: 3, sign: "always") }），{ SHARE($same) }符号相同；排序p值的中位数为{ FIXED($p) }。其中最小的{ FIXED($smallest) }不算发现：组合这样多，总有一个最小。

## donor weights
weights-none = { $method }不给出供体权重
weights-donor = { $donor } { FIXED($weight, decimals: 2) }
weights-set = { set-name }：{ $of }个供体中有{ $n }个带权重，权重最大的是{ $top }。
weights-outside = 协议之前的{ $of }期中有{ $n }期，{ $unit }超出{ set-name }的取值范围，最多超出{ FIXED($distance, decimals: 1) }个标准差：凸组合无法将其复现。

## several cases
pooled-few = { $of }个案例中能够连同标准误一并估计的有{ $n }个，而需要两个
pooled-mean = 随机效应均值
pooled-without = 不含{ $unit }的均值
pooled-cases = 逐个案例
pooled-together = 合并
pooled-mean-of = { $n }个{ $method ->
    [double-ratio] 双重比率
    [synthetic-control] 合成控制
    [synthetic-did] 合成双重差分
   *[augmented-synthetic-control] 增广合成控制
}的随机效应均值
pooled-interval = { $truncated ->
    [yes] Hartung-Knapp，经截断：方差因子{ COMPACT($factor, digits: 2) }提高到1
   *[no] Hartung-Knapp；方差因子{ COMPACT($factor, digits: 2) }大于1，未截断
}
pooled = { $method }为{ COMPACT($effect, digits: 3, sign: "always") }（{ SHARE($level) }区间{ COMPACT($low, digits: 3, sign: "always") }至{ COMPACT($high, digits: 3, sign: "always") }；{ $how }），真实效应的离散程度为{ COMPACT($spread, digits: 3) }。
pooled-range = 剔除一个案例后，均值{ $point ->
    [yes] 仍为{ COMPACT($low, digits: 3, sign: "always") }
   *[no] 介于{ COMPACT($low, digits: 3, sign: "always") }与{ COMPACT($high, digits: 3, sign: "always") }之间
}。
pooled-ranks = 安慰剂排序合并为{ P($p) }（Fisher法；各案例共用供体，因而并不独立）。
pooled-chosen = 假如这些是{ $of }个案例中最好的{ $n }个，仅凭偶然取得同样结果的概率为{ FIXED($bound) }。
pooled-best = 单取这{ $of }个中最好的{ $n }个：仅凭偶然取得同样结果的概率为{ FIXED($bound) }。

## what stands in a row or a message of several checks
refit-failed = { $check }：{ $label }无法估计：{ $reason }
concentration-none = 估计值不是插补总额的百分比变化
margins-per = 每{ $by }的{ $counted }

## groups of treated pairs
groups-small = 按{ $by }分组，有{ $n }个处理组个体的组不足两个
groups-few = 能够估计的组不足两个
groups-test = { $test }检验
groups-relabelled = 对处理组个体重新分组
groups = 按{ $by }分组的效应：{ $effects }。{ $differ ->
    [yes] 各组效应不同（{ $test }，{ P($p) }）。
    [no] 就这些数据而言，各组效应无法区分（{ $test }，{ P($p) }）。
   *[unknown] 各组效应是否相等无法检验（{ $test }）。
}
group-small = { $name }（{ $n }）
groups-left-out = 因处理组个体过少而未估计：{ $groups }。
group-order = { $first ->
    [yes] 该市首个协议
   *[no] 该市后续协议
}
group-before = { $end }之前
group-between = { $start }至{ $end }之前
group-from = { $start }起
group-changes = “{ $by }”随时间变化：只使用生效前的取值，此后的取值会成为不良控制变量

## raw series
raw-none = 样本期内没有个体受处理；请指定要显示的个体
raw-unknown = 面板没有个体“{ $unit }”
raw-log = { $of ->
    [none] 对数
   *[other] { $of }的对数
}
raw = { $units }的原始序列{ $more ->
    [0] { "" }
   *[other] ；另有{ $more }个未显示
}；仅作描述，未作比较检验。

## who is exposed to agreements of others
spillovers-throughout = 自始至终受影响
spillovers-treated = 自身受处理
spillovers-rule = 同一{ $through ->
    [city] 城市
   *[partner] 伙伴
}其他配对的首个协议
rings-label = { $low }至{ $high }
rings-degrees = { $place }{ $has ->
    [none] 没有
    [several] 有多个
   *[impossible] 有不可能的
}{ $column }{ $n ->
    [1] { "" }
   *[other] （此类地点共{ $n }个）
}；请为每个地点给出一个以度为单位的值
rings-rule = 此距离上的首个协议
rings-otherwise = 受处理或以其他方式受影响

## specification curve
curve-many = 设定有{ $n }种或更多，超过{ $most }种；请减少选项
curve-few = 能够估计的设定不足两种
curve-scale = 其效应的尺度为{ $scale }，而不是{ $asked }
curve-no-method = 没有名为“{ $name }”的方法
curve-no-comparison = 没有名为“{ $name }”的对照
curve-anticipation = { COMPACT($n) }期
curve-window = { FIXED($low, decimals: 0, sign: "always") }至{ FIXED($high, decimals: 0, sign: "always") }
curve-because = { $n }种，因为{ $reason }
curve-skipped = { $n }种设定没有估计值：{ $reasons }
curve = 在{ $n }种设定下，效应从{ $low }到{ $high }，中位数为{ $median }；{ SHARE($same) }与主要估计符号相同。{ $tested ->
    [yes] 在重新分配的协议生效期中，有{ SHARE($joint) }使其中{ $used }种设定的中位数更大。
   *[no] { "" }
}

## shocks that everybody knows
shock-asia = 亚洲金融危机
shock-wto = 中国加入世界贸易组织
shock-textiles = 纺织品配额取消
shock-finance = 国际金融危机
shock-chafta = 中澳自由贸易协定生效
shock-brexit = 英国脱欧公投
shock-tariffs = 中美相互加征关税
shock-pandemic = 新冠疫情
shock-single-market = 英国退出欧盟单一市场
shock-ukraine = 俄乌冲突

## from pairs to cities
translated-head = { $models }个单部门模型中的{ $n }个配对；区间为模型之间的范围，括号内为效应区间两端的结果
translated-pairs = 配对的贸易：{ PERCENT($estimate_low, sign: "always") }至{ PERCENT($estimate_high, sign: "always") }（{ PERCENT($low, sign: "always") }至{ PERCENT($high, sign: "always") }）
translated-exports = 其城市的全部出口：{ PERCENT($estimate_low, sign: "always", decimals: 2) }至{ PERCENT($estimate_high, sign: "always", decimals: 2) }（{ PERCENT($low, sign: "always", decimals: 2) }至{ PERCENT($high, sign: "always", decimals: 2) }）
translated-other_exports = 其城市对其他伙伴的出口：{ PERCENT($estimate_low, sign: "always", decimals: 2) }至{ PERCENT($estimate_high, sign: "always", decimals: 2) }（{ PERCENT($low, sign: "always", decimals: 2) }至{ PERCENT($high, sign: "always", decimals: 2) }）
translated-third_exports = 其他各地对这些伙伴的出口：{ PERCENT($estimate_low, sign: "always", decimals: 2) }至{ PERCENT($estimate_high, sign: "always", decimals: 2) }（{ PERCENT($low, sign: "always", decimals: 2) }至{ PERCENT($high, sign: "always", decimals: 2) }）
translated-real_income = 其城市的实际收入：{ PERCENT($estimate_low, sign: "always", decimals: 2) }至{ PERCENT($estimate_high, sign: "always", decimals: 2) }（{ PERCENT($low, sign: "always", decimals: 2) }至{ PERCENT($high, sign: "always", decimals: 2) }）
translated-diverted = 配对贸易的增长中有{ PERCENT($low) }至{ PERCENT($high) }来自城市其他伙伴的减少

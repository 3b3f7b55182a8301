# The brief: two pages that anyone can read.
title = { $question }{ $answer }
observed = 实际值
question = 签署协议后，{ $outcome }发生变化了吗？
answer = { $grade ->
    [strong] 有有力证据表明{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [some] { $by ->
        [placebos] 该配对变动突出：
       *[deals] 有一定证据表明
    }{ $direction ->
        [fall] 下降
       *[rise] 上升
    }
    [small] { $direction ->
        [fall] 有所下降
       *[rise] 有所上升
    }，但幅度无关紧要
    [nothing] 没有重要的变化
   *[cannot] 仅凭{ $n }个配对无法判断
}{ $found ->
    [never] ；{ $falls ->
        [yes] 只有达到{ $fall }的降幅，才
       *[no] 无论变化多大，都没
    }有五分之四的机会显得突出
    [large] ；只有{ $falls ->
        [yes] 达到{ $fall }的降幅或
       *[no] { "" }
    }达到{ $rise }的升幅，才有五分之四的机会显得突出
   *[small] { "" }
}
deck = { $reading ->
    [chance] { $against ->
        [alike] 与规模和增长相近的配对相比，
       *[expected] { "" }
    }{ $n ->
        [1] 该配对
       *[other] 这{ $n }个配对
    }的{ $outcome }{ $against ->
        [alike] { $direction ->
            [fall] 较低
           *[rise] 较高
        }
       *[expected] { $direction ->
            [fall] 低于
           *[rise] 高于
        }由其他贸易推算的预期值
    }，但差距没有超出偶然波动的范围。
    [unknown] { $n ->
        [1] 该配对
       *[other] 这{ $n }个配对
    }的{ $outcome }比由其他贸易推算的预期值{ $direction ->
        [fall] 低
       *[rise] 高
    }{ SIZE($size) }。偶然波动本身能否造成这一差距，无从得知。
    [graded] 与规模和增长相近的配对相比，{ $n ->
        [1] 该配对
       *[other] 这{ $n }个配对
    }的{ $traded }{ $direction ->
        [fall] 低
       *[rise] 高
    }{ SIZE($size) }。其原因，这些数据不能说明。
    [outstanding] 在{ $of }个配对中，{ $is_first ->
        [yes] 该配对变动最大：其
       *[no] 变动如此之大的很少：该配对的
    }{ $traded }比由其他贸易推算的预期值{ $direction ->
        [fall] 低
       *[rise] 高
    }{ SIZE($size) }。其原因，这些数据不能说明。
    [unconfirmed] 按事先声明的方法，变动如此之大的配对很少；但其他方法、供体或检查并不支持这一点。
    [apart] 差异并非偶然；是否由协议造成，这些数据无法判断。
    [small] 按分析文件事先声明的标准，{ $range }的变化无关紧要。
    [nothing] 可以排除超过{ PERCENT($ruled, decimals: 0) }的变化，而分析文件声明的重要幅度大于此。
    [points] 估计值显示{ $direction ->
        [fall] 下降
       *[rise] 上升
    }{ SIZE($size) }，但{ $objects ->
        [yes] 有检查提出异议
       *[no] 尚不足以就此下结论
    }。
   *[decided] { $n ->
        [1] 该配对
       *[other] 这{ $n }个配对
    }的{ $outcome }比由其他贸易推算的预期值{ $direction ->
        [fall] 低
       *[rise] 高
    }{ SIZE($size) }，超出了偶然波动所能解释的范围。其原因，这些数据不能说明。
}
deck-none = 估计值不是百分比变化。
byline = { $title } · 数据期间：{ $first }至{ $last }{ $status ->
    [simulated] ，模拟数据
   *[published] ，已公布数据
}

## the strip
key-percent = { $outcome }与{ $against ->
    [alike] 规模和增长相近的配对
   *[expected] 预期值
}相比
key-money = 折合金额，{ $n ->
    [1] { "" }
   *[other] 全部配对合计，
}每{ $period_name ->
    [year] 年
    [wave] 年
    [quarter] 季度
    [month] 月
   *[other] 期
}{ $first ->
    [none] { "" }
   *[other] { $times ->
        [1] { "" }
       *[other] （自{ $first }起{ $times }{ period }的平均值）
    }
}
key-verdict = { $outcome }变化了吗？
signed = { CHANGE($percent) }
place-within = { $state }（{ $place }）
place-in = { $country }{ $place }
amount = { QUANTITY($value, $unit) }
range-alone = 数据不能排除的范围
no-range = 该方法不给出区间
range = { $open ->
    [high] { $low }或更高
    [low] 至多{ $high }
   *[none] { $low }至{ $high }
}
spread = { SHARE($level) }区间：{ $range }
verdict = { $grade ->
    [cannot] 数据无法判断{ $outcome }是否变化。
   *[other] { $answer }。
}
grade = { $direction ->
    [neither] { $grade ->
        [nothing] 没有重要的变化
       *[cannot] 无法判断
    }
   *[rise] { $direction ->
        [fall] 下降
       *[rise] 上升
    }{ $grade ->
        [strong] ：有力证据
        [some] ：一定证据
        [small] ，但幅度小
       *[none] { "" }
    }
}

## the four texts
asked = 研究的问题
who = { $is_all ->
    [yes] { $n }个配对签署了首份日期明确的协议
   *[no] { $n ->
        [1] { $named ->
            [case] 考察一个配对的协议
           *[no] { $dated }个配对签署了首份日期明确的协议，其中{ $n }个进入估计
        }
       *[other] { $dated }个配对签署了首份日期明确的协议，其中{ $n }个进入估计
    }
}，{ $n ->
    [1] 自{ $first }起计算
   *[other] 分别自{ $first }至{ $last }起计算
}{ $named ->
    [case] ：{ $names }
    [yes] ，其中包括{ $names }
   *[no] { "" }
}。
against = { $treated ->
    [1] 其
   *[other] 它们的
}贸易与{ $n }个没有协议记录的配对相比较。
left-out = { $names }{ $all ->
    [yes] { "" }
   *[no] （全部见附录的协议登记表）
}未进入估计，原因是{ $why ->
    [nothing] 没有任何一{ period }的数值
    [before] 协议之前没有任何一{ period }的数值
   *[other] 没有可比数据可供推算预期值
}。
tried = 对这一问题共尝试了{ $n }种设计（不同的结果变量、日期、比较对象或方法），这是其中之一。
guesses = 分析文件中仍有{ $n }行是无人确认的猜测；详见附录。
happened = 实际情况
told = { $n }个配对在协议之下合计经过了{ $of }{ $period_name ->
    [year] 年
    [wave] 轮
    [quarter] 个季度
    [month] 个月
   *[other] 期
}{ $is_all ->
    [yes] { "" }
   *[no] ，其中{ $rows }个可与预期值比较
}。其间{ $outcome }合计为{ $observed }，而预期值为{ $expected }。
told-pair = { $name }比预期{ $side ->
    [short] 少
   *[ahead] 多
}{ $gap }。
told-rise = 协议生效后，{ $outcome }比没有协议时的预期值高{ SIZE($size) }（{ $range }）。
told-fall = 协议生效后，{ $outcome }比没有协议时的预期值低{ SIZE($size) }（{ $range }）。
told-nothing = 不报告变化幅度。
diverted = 在各地只销售一种自有商品的模型中，{ $direction ->
    [rise] 增长
   *[fall] 下降
}的{ $point ->
    [yes] 约{ PERCENT($low, decimals: 0) }
   *[no] { PERCENT($low, decimals: 0) }至{ PERCENT($high, decimals: 0) }
}{ $along ->
    [yes] 还会另外出现在这些城市与其他伙伴的贸易中
   *[no] { $direction ->
        [rise] 来自这些城市对其他伙伴贸易的转移
       *[fall] 转向了这些城市的其他伙伴
    }
}。
believe = 有多大把握？
weigh = { $n ->
    [0] { "" }
    [1] 最重要的理由有一条。
   *[other] 最重要的理由有两条。
}
reason-objects = { $n }项检查提出异议：{ $names }。影响贸易的可能是协议以外的因素，或者变化取决于这些检查所改变的某项选择。
reason-chance = { $by ->
    [randomization] 偶然因素足以造成这样的结果：把协议随机分配给各配对，每100次中有{ $of }次出现同样大的差异。
    [placebo] 偶然因素足以造成这样的结果：没有协议的配对，每100例中有{ $of }例出现同样大的差异。
   *[other] 偶然因素足以造成这样的结果：即使协议毫无作用，每100次中也有{ $of }次出现同样大的差异。
}
reason-no-range = 变化幅度没有区间，无法与“没有变化”相区分{ $why ->
    [draws] ：把协议随机分配给各配对{ $draws }次，其中{ $n }次无法算出变化
   *[inference] { "" }
}。
reason-methods = 所问不同，符号便不同：{ $n }个估计值从{ CHANGE($low) }到{ CHANGE($high) }不等{ $turned ->
    [0] { "" }
   *[other] ；下列情形符号相反：{ $named }
}。
turned = { $label }（{ CHANGE($percent) }）
reason-largest = 结果由一个配对主导：{ $name }占全部配对贸易的{ SHARE($share) }。
reason-few = 结果所依据的配对很少：{ $n }个。
reason-unseen = { $of }项检查中有{ $n }项检验功效太弱，发现不了问题。
graded-blocked = { $why ->
    [row-average] 平均配对未清楚地显示这一变化。
    [largest] 去掉最大的配对后，变化不清楚。
    [one-pair] 去掉其中某一个配对后，变化不清楚。
    [sign] 总额、平均配对与去掉一个配对后的总额方向不一致。
    [before] 协议前两{ periods }，贸易已经偏离预期。
    [trend] 在此前各{ period }中，贸易已经在变动。
    [carried] 此前的趋势延续下去，也会达到同样的幅度。
    [equivalence] 协议之前贸易已变动多少，此前各{ period }无法确定。
    [unseen] 此前的{ periods }太少，无法看出贸易是否已在变动。
    [undated] 结果取决于协议日期不详的配对。
    [few-pairs] 不足五个配对最多只能给出一定证据。
    [at-risk] 可能签署协议的其他配对太少，不予评级。
    [deals] 协议可能的分配方式太少，不予评级。
    [short] 协议之前不足四{ period }，不给出p值。
    [floor] 连同该配对在内，只有{ $n }个配对可供排序，p值不可能小到0.05。
    [second] 按其他任何方法，这样的变动都不罕见。
    [readings] 并非所有方法和供体集都指向同一方向。
    [objects] 有检查提出异议。
    [dates] 同等可取的其他日期给出的结论较弱。
    [columns] 换用其他日期或其他对照配对，结论较弱。
   *[tries] 对这一问题还尝试过其他设计，且事先未作规定。
}
graded-pairs = 在{ $of }个可能签署协议的配对中，{ $n }个签署了协议；按贸易额计，相当于{ $effective }个规模相等的配对。
graded-chance = 偶然因素足以造成这样的结果：把协议分配给可能签署的配对，每100次中有{ $of }次出现同样大的变化。
graded-total = 与由其他贸易推算的预期值相比，变化为{ CHANGE($total) }{ $largest ->
    [yes] ；去掉占预期贸易{ SHARE($share) }的最大配对{ $name }，则为{ CHANGE($without) }
   *[no] { "" }
}。规模和增长相近而没有协议的配对为{ CHANGE($ordinary) }。
graded-method = { $method }{ CHANGE($percent) }（{ P($p) }）
graded-ranked = 在{ $n }个配对中排序，各按其规模的噪声折算：{ $methods }。
graded-other = 同时考察的{ $outcome }：{ $answer }（{ CHANGE($percent) }，{ P($p) }）。
graded-holm = 共有{ $n }个结果变量，p值与区间经Holm校正，使任何错误结论的可能性不高于只有一个结果变量之时。
graded-gamma = 即使后来{ $direction ->
    [fall] 下降
   *[rise] 上升
}的配对签署协议的可能性高出至{ FIXED($times, decimals: 1) }倍，检验仍会拒绝“没有效应”。
found = { $which ->
    [both] 上升{ $rise }或下降{ $fall }的变化，会有五分之四的机会被称为证据
    [rise] 上升{ $rise }的变化会有五分之四的机会被称为证据，而下降{ $planted ->
        [yes] 达{ $fall }仍不会
       *[no] 无论多大都不会
    }
    [fall] 下降{ $fall }的变化会有五分之四的机会被称为证据，而上升{ $planted ->
        [yes] 达{ $rise }仍不会
       *[no] 无论多大都不会
    }
   *[none] { $planted ->
        [yes] 上升达{ $rise }、下降达{ $fall }的变化
       *[no] 无论多大的变化
    }，都没有五分之四的机会被称为证据
}。{ $overstates ->
    [yes] 需要如此大的变化才能发现时，称某一变化为证据的页面会夸大其幅度。
   *[no] { "" }
}
unasked = 未要求的检查：{ $names }。
calibrated = 按此规则（抽样较少，不含日期不明的配对）评定了{ $n }个由无协议配对构成的安慰剂登记表，其中{ $any ->
    [yes] { PERCENT($false, decimals: 1) }被
   *[no] 没有一个被
}称为有变化的证据。
printed = 此等{ $direction ->
    [fall] 下降
   *[rise] 上升
}被称为证据时，页面报告的变化是真实变化的{ FIXED($times, decimals: 1) }倍（中位数）。
calibration-stale = 存有的校准针对其他数据、其他设计或其他版本，故不引用{ $case ->
    [yes] 。单个配对的排序不需要校准：请删除 calibrations/{ $name }.csv。
   *[no] ；运行 twintrade calibrate { $name } 可重新校准。
}
reason-range-clear = 整个区间（{ $range }）都{ $side ->
    [below] 低于
   *[above] 高于
}零。
reason-no-objection = { $n }项检查均未提出异议：{ $seen }项未发现问题，{ $weak }项功效太弱而无法判断。
reason-verdict = 其余{ $of }个有区间的估计值中有{ $n }个的区间{ $side ->
    [none] 含零
    [above] 不含零，位于零以上
    [below] 不含零，位于零以下
   *[both] 不含零，分居零的两侧
}：其方法不同，或所估计的平均值不同。本页以分析文件所指定的主要估计为准。
reading-hidden = 若对照配对中有{ SHARE($share) }实际签有未登记的协议，变化为{ CHANGE($percent) }。
reading-covered = 若登记表收录了全部协议的{ SHARE($coverage) }，则对照配对中有{ SHARE($share, decimals: 1) }在样本期内签有未登记的协议，变化为{ CHANGE($percent) }。
reading-bounds = 若协议签署后趋势的背离不超过此前的最大背离，变化{ $point ->
    [yes] 为{ CHANGE($low) }
   *[no] 介于{ CHANGE($low) }与{ CHANGE($high) }之间
}。
reading-unbounded = 若协议签署后趋势的背离不超过此前的最大背离，数据对变化的幅度没有给出任何界限。
reading-average = 各配对自身变化的平均（大小同等计算）为{ CHANGE($percent) }。
reading-singles = 逐一估计时，{ $n }个配对的变化在{ CHANGE($low) }至{ CHANGE($high) }之间；其随机效应均值为{ CHANGE($percent) }。
reading-always = 若以一开始就有协议的配对为对照，变化为{ CHANGE($percent) }。
reading-policies = 在没有其他有日期政策的配对和年份中，变化为{ CHANGE($percent) }。
reading-conditional = 若只与首个协议之前贸易增速相近的配对比较，变化为{ CHANGE($percent) }。
needed = 要得出答案还需要什么
detectable = 只有达到或超过{ $size }的变化，才会有五分之四的机会被发现{ $has_money ->
    [yes] ：即全部配对合计每{ money-period }{ $value }{ $first ->
        [none] { "" }
       *[other] （自{ $first }起的平均值）
    }
   *[no] { "" }
}。
detectable-more = 即使变化达到{ PERCENT($size, decimals: 0) }，也不足以有五分之四的机会被发现。
need-range = { $why ->
    [draws] 首先需要变化幅度的区间：各配对须有更多{ period }的数据，使协议换一种分配时也能算出变化；或改用不重新分配协议的推断方法
   *[inference] 首先需要变化幅度的区间：须采用能为本方法给出区间的推断方法
}。
detectable-unknown = 多大的变化才会被发现，从这些数据中无法得知。
date-them = 第一步可先查明{ $n }个被搁置配对的协议日期。

## the pairs
pairs = { $n }个配对，按预期{ $outcome }的规模排列
pairs-name = 配对
pairs-since = 起始
pairs-times = { $period_name ->
    [year] 年数
    [wave] 轮数
    [quarter] 季度数
    [month] 月数
   *[other] 期数
}
pairs-difference = 差额
difference = { FIXED($value, decimals: 1, sign: "always") }
pairs-note = 实际值与预期值：协议之下平均每{ money-period }的数额，单位为{ $power ->
    [8] 亿{ $unit }
    [4] 万{ $unit }
   *[0] { $unit }
}。
pairs-times-note = 本表只计算协议之下可比较的{ periods }；这些配对另有{ $n }个无法比较。
pairs-more = 另有{ $n }个配对见本表的数据文件。
limits = 本结果不能说明什么
data = 数据与引用
sources = 数据：{ $names }。
cited-authors = { $authors }{ $date ->
    [none] { "" }
   *[other] （{ $date }）
}：
cite = 引用格式：{ $authors }《{ $title }》，简报及统计附录，twintrade { $version }。

## the pictures
picture-totals = { $n }个配对的{ $outcome }：实际值与无协议时的预期值
picture-case = 该配对的{ $outcome }：实际值与无协议时的预期值
picture-methods = { $n }个估计{ $all ->
    [yes] { "" }
   *[no] （共{ $of }个，含最高与最低者）
}{ $zero ->
    [all] ：所有区间都包含零
   *[some] { "" }
}
powers = 8 4
axis-money = { $power ->
    [8] 亿
    [4] 万
   *[0] { "" }
}{ $unit }{ $is_index ->
    [yes] { "" }
   *[no] /{ period }
}
expected = 无协议时的预期值
chance = 偶然波动的范围
line-begins = 虚线：协议生效
in-force = 协议之下参与比较的配对数
percent = 百分比
totals-note = 尚无协议的配对，其预期值即实际值。{ $band ->
    [yes] 范围：按{ $inference }计算；超出图框处仍在延伸。
    [alone] 范围：逐{ period }按{ $inference }计算；全部{ periods }合计的变化没有范围。
   *[no] 该推断方法不按{ period }给出范围。
}{ $outside ->
    [none] { "" }
   *[other] { $outside }实际值落在范围之外。
}
against-alike = 与规模和增长相近的配对相比
methods-note = { $ranged ->
    [0] 各估计均无区间
   *[other] 线段：{ SHARE($level) }区间；箭头表示区间仍在延伸{ $bare ->
        [0] { "" }
       *[other] ；{ $bare }个估计没有区间
    }
}{ $bare ->
    [0] { "" }
   *[other] { $why ->
        [case] （只有事先声明的方法给出区间）
        [left] （未重新估计）
       *[other] { "" }
    }
}。方块为本页的答案。
group-total = 各配对的总额
group-pair = 各配对大小同等计算
group-case = 该配对
group-who = 总额由谁主导
group-compared = 换一种比较
row-total = 与由其他贸易推算的预期值相比
row-without = 去掉{ $name }
row-hidden = 若其他配对中有{ SHARE($share) }已签署
row-covered = 若登记表收录了{ SHARE($coverage) }的协议
row-average = 各配对自身变化的平均
row-policies = 没有其他政策生效
row-always = 与一开始就有协议的配对相比
row-conditional = 与增速相近的配对相比
row-singles = { $n }个配对逐一估计的均值
totals-alt = { $first }至{ $last }{ $outcome }实际值与预期值的折线；{ $last }实际值为{ $observed }，预期值为{ $expected }。
methods-alt = { $n }个百分比变化的估计值，从{ CHANGE($low) }到{ CHANGE($high) }{ $ranged ->
    [0] { "" }
   *[other] ，其中{ $ranged }个有{ SHARE($level) }区间
}。
index = 指数，协议前最后一期 = 100
case-note = 预期值：由没有协议的序列推算。灰点：各方法和对照的估计。
all-estimates = 全部估计
picture-path = 协议生效以来各{ period }的{ $outcome }与预期值相比
path-note = 百分比变化{ $ranged ->
    [yes] 及其{ SHARE($level) }区间
   *[no] { "" }
}；横轴下方为配对数。{ $ranged ->
    [yes] { "" }
   *[no] 该推断方法不按{ period }给出区间。
}
since = 协议生效以来的{ $period_name ->
    [year] 年数
    [wave] 轮数
    [quarter] 季度数
    [month] 月数
   *[other] 期数
}；下方为配对数
excluded = 可以排除
not-excluded = 不能排除
expected-total = 预期值
other-pairs = 其他{ $n }个配对
picture-range = 数据能排除什么，不能排除什么：{ SHARE($level) }区间
range-alt = 由下降到上升的横条；{ $low ->
    [none] 下降均不能排除
   *[other] 低于{ $low }的变化可以排除
}，{ $high ->
    [none] 上升均不能排除
   *[other] 高于{ $high }的变化可以排除
}（{ SHARE($level) }水平）；估计值为{ CHANGE($percent) }。
range-note = 白线为估计值，黑线表示没有变化。{ $has_money ->
    [yes] 金额：{ $n ->
        [1] { "" }
       *[other] 全部配对合计
    }每{ money-period }。
   *[no] { "" }
}{ $marked ->
    [yes] 箭头为有五分之四的机会被发现的升幅{ PERCENT($found, decimals: 0, sign: "always") }。
   *[no] { "" }
}
picture-gap = 差额来自哪些配对
gap-note = 单位：{ $power ->
    [8] 亿{ $unit }
    [4] 万{ $unit }
   *[0] { $unit }
}，协议之下{ $periods }个{ period }合计。{ $cut ->
    [yes] 横条左端截断。
   *[no] { "" }
}
gap-alt = 横条由预期值{ $expected }到实际值{ $observed }；差额最大的是{ $name }（{ $gap }）。
picture-placebo = 该配对与{ $n }个没有协议的配对
placebo-note = 每条线：一个配对与其预期值之差。
picture-weights = 与谁比较：权重最大的{ $n }个
singles = 逐一估计的{ $n }个配对
singles-change = 变化
singles-range = 95%区间
singles-note = 每个配对在全部配对中排序；p与区间按其个数经Holm校正。
endless = 两端均无界
described = 未估计效应
shown = 数据显示什么

# Estimates held against other software, and scripts that repeat them elsewhere.

## why a column is not compared, and what another estimand is
no-rows = 按该列的规则没有剩余观测
not-in-data = data.csv不包含{ $what ->
    [covariates] 该列的协变量或权重
    [transform] 该列结果变量所除的总额
    [anticipation] 该列的预期期数
   *[dose] 该列的处理强度
}
own-design = 该列自行设定了{ $key }，data.csv中没有
too-large = { $rows }行观测和{ $dummies }个虚拟变量，对虚拟变量回归来说过多
no-convention = 其他软件最多按两个维度聚类
no-software = Python中没有已知的独立实现
no-option = 其他软件没有{ $option }这一选项
seasons = 其他软件不会先剔除季度或月度数据的季节因素
broke = 其他软件中途报错：{ $error }
many-weights = 供体完全重现了协议之前的各期，因此许多组权重拟合得同样好，其他求解程序会取另一组权重。
early-stop = 它与参照软件一样提前停止搜索权重，因此第三位以后的数字因软件而异。
first-differences = 逐期变化，按配对聚类：效应随时间增大时，它是协议后第一期的效应。
random-effects = 配对之间的差异视为随机。{ $is_defined ->
    [yes] 与固定效应相等的Hausman检验：{ P($p) }。
   *[no] 此处Hausman检验没有定义：两个方差的大小次序不符合检验的要求。
}
mundlak = 随机效应，并加入配对自身处于处理状态的时期份额。该份额的系数为{ COMPACT($slope, digits: 3) }（{ P($p) }，聚类）；若为零，则随机效应即可。

## the table in the appendix
absent = 这些结果尚未与其他软件核对；运行twintrade cross-check { $name }即可核对
caption = 由其他软件重新估计的各列
intro = 其他软件仅用data.csv重新估计了{ $columns }列。其中{ $agree }个数字的估计目标相同且一致；{ $differ ->
    [0] 没有不一致的数字
   *[other] { $differ }个不一致
}。
note = 两个数字相差小于{ COMPACT($tolerance, digits: 1) }（数字大于一时，为该数字的这一份额）即为一致。标准误的聚类方式与结果相同；空白处表示其他软件没有这一惯例下的标准误。其他估计目标回答的是另一个问题，不必一致。{ $libraries }。
below = < { COMPACT($tolerance, digits: 1) }
twins = numpy各行由下列代码得出，与程序的其余部分无关：
head-column = 列
head-software = 软件
head-estimate = 估计值
head-other-estimate = 重新估计
head-difference = 差异
head-error = 标准误
head-other-error = 重新估计
head-verdict = 结论
verdict-agrees = 一致
verdict-differs = 不一致
verdict-other-estimand = 其他估计目标
verdict-not-compared = 未核对

## on the terminal
both = { $what ->
    [error] 标准误
   *[estimate] 估计值
}{ $stored }和{ $other }
line = { $column }，{ $software ->
    [none] 无软件
   *[other] { $software }
}：{ $verdict }：{ $numbers }{ $note ->
    [none] { "" }
   *[other] （{ $note }）
}
summary = { $name }：{ $n }个中有{ $agree }个一致；{ $apart ->
    [0] 没有
   *[other] { $apart }个
}相差超过{ COMPACT($tolerance, digits: 1) }
differs = { $column }：{ $software }得到{ COMPACT($other, digits: 10) }，而结果中为{ COMPACT($stored, digits: 10) }{ $has_error ->
    [yes] ，其标准误为{ COMPACT($other_error, digits: 10) }，而结果中为{ COMPACT($error, digits: 10) }
   *[no] { "" }
}：二者必须一致，请报告此问题

## scripts for R, Stata and Python
no-target = --to应为r、stata或python，而不是{ $target }
nothing-to-export = { $name }没有可供重复的已估计列
no-counterpart = 该软件中没有已知的对应方法
label-unit = 城市–国家配对
label-outcome = 所分析的结果变量
label-onset = 协议生效期，0表示从未处理
label-treated = 该期处于处理状态

# What a design is made of.

## who is compared, for "would have moved like …"
never-treated = 从未处理的{ units }
not-yet-treated = 当时尚未处理的{ units }
column-no-dummy = treatment.column = { $column }：{ $n }行既非0也非1（首个：{ $first }）；请给出由0和1组成的列
backdated-out = backdated({ PLAIN($periods) })把所有起始时间都移出了面板（{ $first }至{ $last }）；请给不超过{ PLAIN($longest) }的数
column-ends = treatment.column = { $column }：处理在{ $n }行中终止（首个：{ $first }）；请用登记表给出协议及其终止日期，或在Python中用treated=估计
donors = 供体
donors-of-city = { $city }对其他目的地的流量
donors-to-partner = 其他城市对{ $partner }的流量
donors-all = 表中全部未处理的流量

## the same in a row of a table
label-never-treated = 从未处理
label-not-yet-treated = 尚未处理
label-with-treated = 尚未处理及已处理
with-treated = 由于生效期不同，也与已处理的{ units }比较。
label-donors = { $n }个供体

## fixed effects
effect-unit = 个体
effect-dyad = 配对
effect-period = { period }
effect-city = 城市
effect-partner = 伙伴
effect-city-period = 城市×{ period }
effect-partner-period = 伙伴×{ period }
effect-border-period = 跨境×{ period }
effect-size-period = 规模三分位组×{ period }
effect-growth-period = 增速三分位组×{ period }
no-growth-before = 首项协议之前的增速需要协议前有两期数据
signing-few = 按签署概率比加权至少需要{ $least }项协议，现有{ $n }项
no-strata = 面板没有{ $effect }固定效应所需的分层；请先对设计调用add_strata
effect-cohort = 处理批次
effect-undirected-pair = 无向配对
effect-columns = { $names }

## nobody treated
untreated = 样本期内没有{ unit }进入处理组{ $n ->
    [0] { "" }
   *[other] ；剔除了{ $left_out }
}
left-out = { $what }（{ $names }）

## no row left
no-row = 没有剩余观测：{ $dropped }
rows-left-out = { $n }个{ $what }
no-donor = { $unit }在{ $among }中没有供体：{ $excluded }
no-candidate = { $unit }在{ $among }中没有供体：没有候选者

## rows left out, behind their number
dropped-undated = 协议日期不详的个体的观测：既不属于处理组，也不作对照
dropped-unmatched = 协议无法匹配的个体的观测：既不属于处理组，也不作对照
dropped-other-kind = 仅有其他类型协议的个体的观测：既不属于处理组，也不作对照
dropped-excluded = 被剔除个体的观测：{ $reason }
always-compared = { $n }个自首期起已处理的配对用作对照，这一做法假定其协议的作用不再变化。
dropped-always-treated = 首期或首期之前已处理的个体的观测：没有协议生效前的时期
dropped-no-figure-before = 生效期之前没有可用数值的个体的观测：进入样本的每个观测均已处理
dropped-missing-outcome = 缺少结果变量的观测
dropped-infinite-outcome = 结果变量为无穷大的观测
dropped-missing-covariate = 缺少某一协变量的观测
dropped-no-weight = 权重不为正的观测
dropped-negative-under-log = 结果变量为负、没有对数的观测
dropped-zero-under-log = 结果变量为零、没有对数的观测
one-period = 文件只有{ $period }这一个时期：估计效应需要协议前后的数值
dropped-domestic = 同一国家与其自身的行：国内销售
dropped-remainder = 仅保留用于合计的伙伴的观测：没有单独数据的其余部分
dropped-aggregate = 伙伴为多国合计的观测
dropped-negative-share = 结果变量为负、不能作为占比的观测
dropped-no-total = 该期{ $of ->
    [city] 城市
   *[partner] 伙伴
}总额不为正的观测
dropped-no-base = 在指数基期{ $base }没有正值的个体的观测
dropped-gap = 未覆盖处理组个体全部时期的个体的观测
dropped-treated-gap = 某一处理组个体没有观测的时期的观测

## what an outcome is measured in
of-total = （占{ $of ->
    [city] 城市
   *[partner] 伙伴
}总额）
shares-of-total = 比重{ of-total }
index = 指数（{ $base } = 100）
index-points = 指数点（{ $base } = 100）

## why a unit is no donor, behind a number
donor-always-treated = 首期或首期之前已处理
donor-treated = 样本期内进入处理组
donor-aggregate = 伙伴为多国合计
donor-not-in-design = 已被设计剔除
donor-too-few-positive = 在处理组个体的各时期中取正值的时期过少
excluded-for = { $why }的{ $n }个

## how dates become onsets
rule = { $parts }。
rule-first_agreement = 配对自其首项协议起视为已处理
rule-nth_agreement = 配对自其第{ $n }项协议起视为已处理
rule-dose = 配对的处理强度为其生效中的协议数，自首项协议起视为已处理
rule-levels = 配对的级别为其生效中协议的最高类别（按所列顺序），自首项协议起视为已处理
rule-dates = 所用日期为{ $dates }
rule-date = “{ $name }”
rule-else = 其次“{ $name }”
levels-without-kinds = 处理规则"levels"需要用kinds = [...]按由低到高列出协议类别
rule-kinds = 只计入{ $kinds }
rule-late = { $month }月及以后的自次年起算
rule-vague = 只知年份的日期自{ $years ->
    [0] 当年
   *[other] { $years }年后
}起算
rule-undated-link = 协议均在样本期内、又另有日期不详关系的配对予以剔除
rule-step = 每{ $step }{ period }观测一期，其间的协议自下一个有观测的{ period }起算
onset-by-column = 处理变量为列{ $name }，逐行取0或1
onset-as-given = 生效期按给定值
onset-by-dose = 生效期为处理强度首次变化之时

## agreements
flag-undated-link = 另有日期不详的关系
flag-before = 样本期前已处理
flag-after = 样本期后
register-lists-them = { $units }；登记表逐一列出
message-treated-with-undated-link = { $n }个处理组个体另有日期不详的关系；以首项有日期的协议确定生效期：{ $units }
units-are = { $n }个个体
message-undated-excluded = { units-are }的关系日期不详：既不属于处理组，也不作对照：{ $units }
message-bounded-excluded = { units-are }的协议日期只知落在样本期内的某一区间：既不属于处理组，也不作对照；检查“dates”（若列入）给出其效应的界：{ $units }
message-other-kind-excluded = { $n }个个体只有此处不计入的协议类型：既不属于处理组，也不作对照：{ $units }
message-other-event-excluded = { units-are }受另一指定事件影响：不参与任何比较：{ $units }
message-treated-after-sample = { units-are }在末期之后才进入处理组：样本期内尚未处理：{ $units }
message-year-precision = { $n }个处理组个体的日期只知年份：{ $units }
message-other-date = { $n }个{ units }没有已知的“{ $wanted }”日期，按其他日期起算（其中样本期内受处理{ $n_treated }个）：{ $named }
message-between-observed = { $n }个个体的协议介于两个有观测的{ period }之间，自后者起算：{ $units }
undated-vague = { $unit }：面板以{ periods }为单位，而日期只知为{ $date }
bounds-crossed = { $city }与{ $partner }的协议不早于{ $first }又不晚于{ $last }，二者矛盾：请更正其一
undated-refused = { $n }个个体的协议日期不详（首个：{ $first }），不能作为对照。请查明日期；或在分析文件的各[[data.twinnings]]下设undated = "exclude"，或在调用compare时设undated="exclude"，以剔除这些个体。
name-meant = { $agreement }：是否指{ $near }？
misspelt = { $n }项协议所列的城市或伙伴不在面板中，但面板中有名称相近者：{ $agreements }{ $all_named ->
    [yes] { "" }
   *[no] 。
}在查明之前，{ $n ->
    [1] 该名称的配对
   *[other] 这些名称的配对
}不参与分析。请更正名称，或在city_names或partner_names下注明所指
agreement-outside-panel = { $n }项协议不涉及面板中的任何个体：{ $agreements }；运行时列于payloads/agreements_outside_panel.csv
unknown-city = { $n }项协议所列的城市不在贸易数据表中：{ $agreements }。{ $other ->
    [none] { "" }
   *[other] { $other }所用的文字与表中的城市（{ $city }等）不同，因此无法比较名称。
}如果表中以其他名称列出，其配对在此会被视为从未处理：请在city_names下注明。运行时列于payloads/agreements_outside_panel.csv
policy-unnamed = 有一项政策没有名称：请命名，表格以此称呼它
policy-later = 截至面板最后一期{ $last }，{ $name }在任何单位都未开始，不产生影响：请核对其日期
policy-by-partner = { $name }的日期按伙伴给出，而单位是城市；请按城市给出日期，或设 design.unit = "dyad"
policy-vague = { $what }的{ $name }日期为{ $date }，对面板的时期过于粗略：请补上月份
policy-near = { $name }可能是{ $near }
policy-misspelt = { $name }列有面板中没有的城市：{ $names }；请更正，或在city_names中说明
policy-outside = { $name }：{ $n_rows }行中有{ $n }行不涉及面板中的任何单位
no-index-base = index_base { $base }不是面板中的时期；面板为{ $first }至{ $last }

## words of an option
word-meant = 是否指{ $words }？
words-known = 可用：{ $words }
word-refused = { $option }应为{ $known }，而不是{ $given }

## a panel and a design in one line
panel-empty = 面板：没有观测
panel-shown = 面板：{ $n }个{ $units ->
    [city] 城市
   *[pair] 城市–国家配对
}，{ $first }–{ $last }{ $waves ->
    [0] { "" }
   *[other] 共{ $waves }轮
}，{ $n_rows }个观测；列{ $columns }
design-shown = 设计：{ $outcome }，以{ $measure }计；{ $sample }；{ $effects }；窗口{ $window }
units-compared = 比较{ $n }个{ units }，其中处理组{ $n_treated }个{ $n_out ->
    [0] { "" }
   *[other] ；剔除：{ $left_out }
}
units-left-out = { $n }个{ $n ->
    [1] { unit }
   *[other] { units }
}的全部观测（{ $what }）
preset-effects = { $name }固定效应

## tables of cohorts
sums-incomplete = 合计表要求每个处理批次、每一时期恰有一行有限值（首个问题：处理批次{ $cohort }，时期{ $period }）
sums-too-many = 合计表要求每个处理批次、每一时期恰有一行有限值
sums-uneven = 处理批次{ $cohort }在{ $first }有{ $n_first }个个体，在{ $other }有{ $n_other }个：处理批次统计量要求各个体在每一时期均有观测；请剔除有缺失的个体，或提供各行观测
no-further-outcome = 检验{ $check }在others中写了“{ $outcome }”，但没有贸易表包含它；可用的有{ $known }：请改正，或补上该表
summary-group = { $is_treated ->
    [yes] 自{ $since }起处理
   *[no] 对照
}
summary-left-out = 未计入：{ $what }
split-years = 列{ $column }的年份跨两年（{ $cell }）：各按前一年计；若为月份，请设frequency="month"
waves-of-years = periods = "waves"只用于年份，而频率是{ period }；请去掉
not-numeric = 列“{ $column }”（{ $dtype }）不是数字：{ $error }；若逗号为千位分隔符，请写frame["{ $column }"].str.replace(",", "").astype(float)

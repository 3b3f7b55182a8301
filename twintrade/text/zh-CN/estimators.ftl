# What a page says of each method: what it averages, under which assumption.

## clauses of the sentences below; $given counts the covariates, $weighted says whether rows have sampling weights
# given stands before the clause it limits; weights-of follows a noun: "处理组观测数", "处理组观测的人口".
given = { $given ->
    [0] { "" }
   *[other] 在给定{ $covariates }的条件下，
}
same-covariates = { $given ->
    [0] { "" }
   *[other] （{ $covariates }相同者）
}
weighing = { $weighted ->
    [yes] 按其{ $weights }加权
   *[no] 等权
}
weights-of = { $weighted ->
    [yes] 的{ $weights }
   *[no] 数
}
counts-rows = { $weighted ->
    [yes] 每个观测按其{ $weights }计数。
   *[no] { "" }
}
both-weighted = { $weighted ->
    [yes] ，两项总和均以{ $weights }加权
   *[no] { "" }
}
cohort-weights = { $weighted ->
    [yes] 各处理批次的{ $weights }
   *[no] 处理批次规模
}
less-before = ，再减去生效前的同一平均值。其路径仅为前一平均值，相对于基期。
less-cohort-before = ，再减去各处理批次自身在生效前的平均值。其路径仅为前一平均值，相对于基期。
beside-static = { $shape ->
    [static] { "" }
   *[other] 其路径为生效期起各事件时间的效应（相对于基期）的平均值，各以其处理组观测{ weights-of }为权重。
}

## one treated flow and its donors
augmented-synthetic-control-assumes = 若没有协议，在协议生效前复现处理组流量的权重，经后期结果对前期结果的岭回归校正，在生效后本应同样复现该流量；且协议没有影响{ $compared }。
augmented-synthetic-control-averages = 生效后处理组流量与其增广合成控制之间的平均差距。
double-ratio-assumes = 若没有协议，以{ $compared }衡量，该流量在其城市贸易中的占比和在其目的地贸易中的占比本应保持生效前的平均水平。
double-ratio-averages = 生效后对数双重比率的均值减去生效前的均值，各期等权。
elastic-net-assumes = 若没有协议，生效前处理组流量与其供体之间的压缩线性关系在生效后本应同样成立；且{ $compared }均未受协议影响。
elastic-net-averages = 生效后处理组流量与其弹性网预测值之间的平均差距。
interrupted-series-assumes = 描述性方法，没有对照：流量在生效前的自身趋势本应原样延续，且该日期没有发生其他影响流量的事件。
interrupted-series-averages = 生效后拟合路径与外推的事前趋势之间的平均距离。
partially-pooled-assumes = 在协议生效前逐个地、并在平均意义上复现各处理组流量变动的权重，在生效后本应同样复现这些变动；且协议没有影响{ $compared }。
partially-pooled-averages = 全部处理组{ units }在生效后各期的平均差距，各单元格等权。
structural-series-assumes = 若没有协议，流量的水平、趋势及其与供体的关系本应按结构模型的描述延续；且协议没有影响{ $compared }。
structural-series-averages = 生效后处理组流量与其无协议预测值之间的平均差距。
synthetic-control-assumes = 若没有协议，在协议生效前复现处理组流量的权重，在生效后本应同样复现该流量；且协议没有影响{ $compared }。
synthetic-control-averages = 生效后处理组流量与其合成控制之间的平均差距。
synthetic-did-assumes = 若没有协议，处理组流量与{ $compared }的加权平均之间本应保持在加权的事前各期所测得的距离。
synthetic-did-averages = 处理组单元格的平均效应，每个处理组{ unit }在生效后各期等权。

## differences of means
callaway-santanna-assumes = 若没有协议，在每个处理批次、每一时期，处理组{ units }的结果变量本应与{ $compared }{ same-covariates }同步变动。
callaway-santanna-averages = 生效期起各“处理批次×时期”单元格的处理组平均效应，各相对于扣除预期期数后生效前的最后一期，以{ cohort-weights }为权重。
switching-assumes = 若没有发生变化，处理状态发生变化的{ units }，其结果变量本应与初始处理状态相同、尚未发生变化的{ units }同步变动{ $given ->
    [0] { "" }
   *[other] （给定{ $covariates }的变动）
}。
switching-averages = 变化发生后{ $n ->
    [0] 各期
    [1] 第一期
   *[other] 前{ $n }期
}的效应之和（各相对于变化前最后一期）除以处理强度变化之和：处理强度增加一单位并持续一期的效应，不论滞后期数。{ counts-rows }
local-projections-lags = 结果变量变化的{ $n }阶滞后
local-projections-assumes = 若没有协议，新进入处理组的{ units }的结果变量本应与{ $compared }{ $given ->
    [0] { "" }
   *[other] （事前{ $covariates }相同者）
}同步变动，且没有任何提前反应。
local-projections-before = { $base ->
    [last] 最后一期
   *[mean] 各期均值
}
local-projections-cohorts = { $weighting ->
    [equal] 等权
   *[other] 以n·p·(1 − p)为权重，p为该期观测中处理组所占比例
}
local-projections-pooled = 对结果变量的效应，在响应期0至{ $pooled }上取平均，相对于生效前{ local-projections-before }，各处理批次{ local-projections-cohorts }。
local-projections-averages = 生效期起各事件时间效应的平均值{ $base ->
    [mean] （相对于生效前{ local-projections-before }）
   *[last] { "" }
}，以处理组观测{ weights-of }为权重；同一事件时间内，各处理批次{ local-projections-cohorts }{ $base ->
    [mean] 。
   *[last] ；再减去生效前的同一平均值。其路径仅为前一平均值，相对于生效前{ local-projections-before }。
}
stacked-assumes = 若没有协议，各处理批次的结果变量本应与在其生效期前后整个区段内始终没有协议的{ units }{ same-covariates }同步变动。
stacked-averages = 事件时间0至{ $high }的效应的平均值，取自区段为{ PLAIN($low) }至{ $high }的堆叠，涵盖{ $trimmed ->
    [yes] 在整个区段内均有观测的处理批次
   *[no] 在该事件时间有观测的处理批次
}，以{ $by ->
    [variance] 处理组与对照组{ units }{ weights-of }之积除以二者之和
   *[other] 处理组{ units }{ weights-of }
}为权重{ less-before }
staggered-assumes = 哪个{ unit }在何时进入处理组近似随机，因此各处理批次在协议生效前的差异纯属偶然；比较对象为{ $compared }。
staggered-averages = 处理组平均效应，{ $headline ->
    [cohort] 先在处理批次内按时期取平均，再按处理批次规模在处理批次间取平均
    [calendar] 先在各期内按处理批次规模取平均，再在各期间取平均
   *[simple] 在生效期起的各“处理批次×时期”单元格上取平均，以处理批次规模为权重
}。
triple-difference-assumes = 若没有协议，处理组{ units }中受影响流量与不受影响流量之间的差距本应与{ $compared }{ same-covariates }的差距同步变动，且协议不改变不受影响的流量。
triple-difference-averages = 生效期起各“处理批次×时期”单元格上对受影响流量的平均效应，以受影响{ units }{ weights-of }为权重。

## models of rows
etwfe-assumes = 若没有协议，控制{ $effects }固定效应后，{ given }{ $family ->
    [poisson] 期望结果本应按比例同步增长
   *[other] 结果变量本应平行变动
}；处理组{ units }的比较对象为{ $compared }。
etwfe-averages = 生效期起各处理批次、各时期效应的平均值{ $moderated ->
    [yes] （取{ $moderator } = { COMPACT($at) }）
   *[no] { "" }
}，各处理组观测{ weighing }{ $less ->
    [yes] { less-cohort-before }
   *[no] 。
}
etwfe-percent = 处理组{ units }总额的百分比变化：其结果变量之和除以由各单元格系数推算的无协议结果之和，再减一，涵盖全部处理组观测{ both-weighted }{ $less ->
    [yes] { less-cohort-before }
   *[no] 。
}
imputation-assumes = 若没有协议，{ $family ->
    [poisson] 期望结果本应与由{ $effects }固定效应{ $given ->
        [0] { "" }
       *[other] 和{ $covariates }
    }决定的水平成比例
   *[other] 结果变量本应由{ $effects }固定效应{ $given ->
        [0] { "" }
       *[other] 和{ $covariates }
    }决定
}（以没有协议或协议生效前的全部观测拟合），且没有任何{ $early ->
    [0] 提前反应
   *[other] 早于{ $early }期的提前反应
}。
imputation-averages = { $ratio ->
    [yes] ln(y / ŷ(0))
   *[no] y − ŷ(0)
}的平均值，涵盖全部可插补的处理组观测，各观测{ weighing }{ $ratio ->
    [yes] 。零值没有对数，予以剔除；若零值超过5%，则改为对处理组各{ unit }的ln(Σy / Σŷ(0))取平均。按事件时间、处理批次和年份的效应为单元格平均：在处理批次和事件时间内取ln(Σy / Σŷ(0))，按观测数加权。
   *[no] 。
}
imputation-percent = 处理组{ units }总额的百分比变化：其结果变量之和除以ŷ(0)之和，再减一，涵盖全部可插补的处理组观测{ both-weighted }。
interactive-effects-assumes = 若没有协议，{ given }结果变量本应服从{ unit }固定效应、时期固定效应和少数共同冲击，每一冲击对各{ unit }的影响强度不同，均由未处理观测体现。
interactive-effects-averages = 因子能够识别的全部处理组观测的平均效应，各观测等权。
matrix-completion-assumes = 若没有协议，{ given }结果变量本应服从{ unit }固定效应、时期固定效应以及{ units }与时期共有的平滑形态，均由未处理观测体现。
matrix-completion-averages = 全部处理组观测的平均效应，各观测等权。
ppml-assumes = 若没有协议，控制{ $effects }固定效应后，{ given }处理组与其他{ units }的期望结果本应按比例同步增长；且各处理批次的比例效应相同。
sun-abraham-assumes = 若没有协议，{ given }各处理批次与从未处理的{ units }的结果变量本应{ $family ->
    [poisson] 按比例同步增长
   *[other] 平行变动
}。
sun-abraham-averages = 生效期起各处理批次、各事件时间效应的平均值，以处理组观测{ weights-of }为权重{ less-cohort-before }
twfe-assumes = 若没有协议，控制{ $effects }固定效应{ $trends ->
    [yes] 和各自的线性趋势
   *[no] { "" }
}后，{ given }处理组与其他{ units }的结果变量本应平行变动；且同一事件时间的效应在各处理批次相同。
two-stage-assumes = 若没有协议，结果变量本应服从未处理观测所体现的{ $effects }固定效应{ $given ->
    [0] { "" }
   *[other] 以及{ $covariates }的相同影响
}。
two-stage-averages = 全部处理组观测的平均效应，各观测{ weighing }。
ppml-averages = { $measure ->
    [difference] 处理组结果与去除生效后单一比例效应的结果之间的平均差异。
   *[log] 生效后相对于此前各期的单一比例效应，以对数点计；百分比为100(exp(β) − 1)。
}{ counts-rows }{ beside-static }
twfe-averages = 生效后相对于此前各期的单一效应：各效应的方差加权平均，权重可能为负。{ counts-rows }{ beside-static }

averages-dose = 处理变量列每单位对应一个系数。
averages-covariates = 协变量的系数；未估计处理效应。

## equations
callaway-santanna-equation = ATT(g,t) = E[Y_t − Y_b | 处理批次g] − E[Y_t − Y_b | 对照组]，b为基期
double-ratio-equation = dₜ = ln Xcjt − ln Xc·t − ln X·jt + ln X··t，各合计均不含处理组配对
etwfe-terms = Σ_g Σ_t δ_gt·1[处理批次g, 时期t ≥ g] + { $effects }
etwfe-equation = { $family ->
    [poisson] E[y] = exp({ etwfe-terms })
   *[other] y = { etwfe-terms } + ε
}
imputation-equation = τ = { $effect }，其中{ $model }以未处理观测拟合
less-bias = { $equation }，β̂已扣除偏差
local-projections-equation = y_i,t+h − { $base ->
    [last] y_i,t−1
   *[mean] 截至t−1的y_i均值
} = β_h·ΔD_it + λ_t + γ′x + ε，以新进入处理组的观测和干净对照观测估计
matrix-completion-equation = τ = y − ŷ(0)，其中未处理观测y(0) = α_i + λ_t + L_it + γ′x + ε，使½Σε² + λ·‖L‖_*最小
partially-pooled-equation = min ν·|平均不平衡|² + (1 − ν)·|不平衡|²的均值，wᵢⱼ ≥ 0，Σⱼ wᵢⱼ = 1
stacked-equation = y_its = Σ_e δ_e·1[堆叠s中的处理组]·1[t − g_s = e] + α_is + λ_ts + ε
staggered-equation = θ(β) = Σ_gt a_gt·(Ȳ_gt − Ȳ_对照,t) − β·Σ_gt a_gt·(Ȳ_g,b − Ȳ_对照,b)，b为基期
sun-abraham-terms = Σ_g Σ_e δ_ge·1[处理批次g]·1[t − g = e] + { $effects }
sun-abraham-equation = { $family ->
    [poisson] E[y] = exp({ sun-abraham-terms })
   *[other] y = { sun-abraham-terms } + ε
}
switching-equation = δ_l = 转换者的(Y_{ "{" }F−1+l{ "}" } − Y_{ "{" }F−1{ "}" })均值 − 尚未转换者的同一变化均值
triple-difference-equation = ATT(g,t) = 在对照处理批次c上对[ΔY_g,1 − ΔY_g,0] − [ΔY_c,1 − ΔY_c,0]取均值，Δ为相对于基期的变化
two-stage-equation = y − ({ $effects })（以未处理观测拟合） = Σ_e β_e·1[t − g = e] + ε

## what an effect, a cell or a term of a regression is called
effect-after-onset = 生效后
effect-average-cells = 处理组单元格的平均值
effect-average-cohorts = 各处理批次的平均值
effect-average-log = { $by ->
    [units] 处理组单位的平均：各单位结果总额与插补总额之比的对数
   *[rows] 处理组观测对数比率的平均
}
effect-average-periods = 各时期的平均值
effect-average-times = 各事件时间的平均值
effect-cell = { $cohort ->
    [all] 全部处理批次
   *[other] 处理批次{ $cohort }
}，事件时间{ $time }
effect-cell-period = 处理批次{ $cohort }，时期{ $period }
effect-cohort = 处理批次{ $cohort }
effect-event-time = 事件时间{ $time }
effect-less-before = 生效后均值减生效前均值
effect-path = 路径均值
effect-per-dose = 每单位处理强度的效应
effect-pooled = 各响应期合并
cohort-and-period = 处理批次与时期
first-dose = 初始处理强度{ $dose }
effects-and = 固定效应{ $n ->
    [0] { "" }
   *[other] 和{ $rest }
}
lag = 滞后项{ PLAIN($n) }
lead = 超前项{ $time }
stack = 处理批次{ $cohort }的堆叠
the-agreement = 协议

## an estimate as a notebook prints it
fit = 拟合：{ $method }，{ $effects }{ $is_named ->
    [yes] 固定效应
   *[no] { "" }
}；{ $n }个个体（处理组{ $n_treated }个），{ $first }–{ $last }{ $has_overall ->
    [yes] ；总体{ $overall }
   *[no] { "" }
}
no-effects = 无固定效应
effects-by = { $n }个效应（按{ $kind }），{ $low }至{ $high }，{ $scale }
also-zero = { $study }；同样取零：{ $pinned }
one-band = { $level }区间{ $low }至{ $high }，p值{ $p }

## why effects have no influence
no-influence = 该方法没有影响函数
no-leads-on-base = 需要有两个协议生效前的事件时间，且可由生效前的其他年份预测
no-log-path = 某一事件时间没有正的结果，对数比率不存在
no-log-ratio = 可插补的处理组观测均无正值，对数比率不存在
one-unit = 单个处理组个体没有自身的抽样分布
factors-together = 因子与载荷是联合估计的；请采用重抽样，或置换生效期
few-cases-weights = 权重由少数案例的数据选定；请逐一剔除案例，或采用安慰剂
weights-chosen = 个体权重和时期权重由数据选定；请采用安慰剂、自助法或刀切法

## rows and units left out, after their number
after-last-onset = 最后一个处理批次生效期起的观测：此后没有未处理的个体，且该处理批次充当对照
all-zero-level = { $effect }中结果变量全部为零的观测：它们不含比例变化的信息
cells-determined = 由固定效应完全决定的“处理批次×时期”单元格：不给出其效应
changes-determined = 协变量{ $name }的变化由{ $by }完全决定（{ $dose }）
cohorts-in-none = 生效期起没有任何效应的处理批次：基期无观测，或没有干净对照观测
cohorts-without-span = 在区段内没有观测的处理批次，或没有个体同时在基期和其他时期有观测的处理批次
cohorts-without-untreated = 在区段内没有始终未处理个体可比的处理批次
covariate-determined = 在未处理观测中，协变量{ $name }由{ $by }完全决定
covariates-silent = 由固定效应和“处理批次×时期”单元格完全决定的协变量：不改变任何结果
covariates-given-up = 部分由“处理批次×时期”单元格决定的协变量：该部分没有系数
determined = { $name }由{ $by }完全决定
determined-at = 事件时间{ $time }：{ determined }
determined-base = { determined }；计入基准
determined-untreated = 在未处理观测中，{ determined }
doses-without-slopes = 没有个体连续两期保持不变的初始处理强度：协变量没有斜率
cells-without-log = 处理组观测全部为零的单元格：没有对数比率，不计入任何单元格平均
empty-cells = 处理组观测全部为零的单元格：无论插补值为何，比率均为零，其影响函数也为零
empty-side = 没有{ $side ->
    [comparison] 对照组
   *[treated] 处理组
}个体在两个时期均有观测
lead-base = 事件时间{ $time }为有观测的最早时间：作为超前项的基准
level-not-imputed = 其{ $effect }在拟合中没有未处理观测的处理组观测：未插补
no-base = 没有基期、或当时没有任何对照个体的“处理批次×时期”单元格
no-clean-rows = 没有处理组观测或没有干净对照观测的事件时间
no-dose = 转换者未接受任何处理强度的事件时间：没有可作除数的量
no-gap = 没有差距值的时期：流量或其比较总额为零，没有对数
no-quarter = 面板中没有季度可以识别的单元格
no-slope-imputed = 未处理观测不能给出{ $covariates }斜率的处理组观测：未插补
no-weight = 权重为零的观测
one-sided-cells = 一侧缺少受影响或不受影响个体的“处理批次×时期”单元格
other-units-unused = 其他个体和预期期的观测：中断时间序列只使用处理组个体
second-reference = { $name }与基期一样取零
separated = 结果为零、且可由某一自变量或固定效应组合完全预测的观测
single-unit-cohorts = 只有一个个体的处理批次的观测，其方差不可识别
stack-apart = { $stack }：与基期没有同处理批次个体相连的个体的观测
stack-determined = { $stack }：{ determined }
term-determined = { $name }（{ PLAIN($n) }个观测）由{ $by }完全决定{ $zero ->
    [yes] ；与基期一样取零
   *[no] { "" }
}
times-apart = 没有处理组个体与基期{ $reference }相连的事件时间：不给出其效应
too-few-untreated = 未处理观测过少、不足以估计模型的个体或时期的观测：既不参与拟合，也不插补
unconnected-not-imputed = 固定效应不能由未处理观测连通的处理组观测：未插补
units-apart = 与基期（事件时间{ $reference }）没有同处理批次个体相连的个体的观测
unused-switchers = 发生变化但没有效应的个体：变化前后没有相邻观测，或没有可比对象
all-treated = 全部观测均为处理组的{ $effect }取值：没有未处理观测与之并列，它们所含的效应信息依赖于效应在别处相同

## why a method cannot run, after its name or "not estimated:"
cannot-run = { $method }不能用于本设计：{ $lacking }
needs-never-treated = 每个{ unit }最终都进入处理组，而该方法需要从未处理的{ units }
needs-one-onset = 该方法要求只有一个生效期，而现有{ $n }个
needs-one-treated = 该方法要求恰有一个处理组{ unit }，而现有{ $n }个
needs-balance = 该方法要求平衡面板：{ $n ->
    [1] 有一个{ unit }缺一期
   *[other] 各{ units }共缺{ $n }期
}
negative-outcomes = { $n }个结果值为负
needs-transform = 该方法要求结果变量采用{ $taken }，而不是{ $transform }
needs-effects = 该方法可吸收{ $accepted }固定效应，而不是{ $effects }
needs-absorbing = 该方法要求处理状态永不终止：请改用chaisemartin_dhaultfoeuille并取双向（two_way）固定效应；或在分析文件中删去协议表的ended列，配对即自协议起一直视为已处理
takes-no-covariates = 该方法不接受协变量；请去掉{ $covariates }
takes-no-weights = 该方法不接受权重；请去掉{ $weights }
needs-rows = 该方法需要各{ units }自身的观测，而设计中只有处理批次统计量
needs-dyads = 该方法需要城市–国家配对
few-periods = { $method }要求生效前至少有{ $fewest }期，而{ $unit_name }只有{ $n }期：以这样少的期数拟合的权重说明不了问题；请改为展示原始路径
short-series = 中断时间序列要求生效前至少{ $min_before }期、生效后至少{ $min_after }期；{ $unit_name }分别为{ $n_before }期和{ $n_after }期：请改为展示原始路径

## what is not identified
no-treatment = 处理效应不可识别：{ $why }。请采用较粗的固定效应，如fixed_effects = "two_way"，或增加对照{ units }
no-reference-row = 拟合中没有事件时间{ EVENTTIME($reference) }（基期）的观测；请另选基期
no-cell = 没有可识别的“处理批次×时期”单元格；就整体处理而言：{ $why }
no-cell-from-onset = 生效期起没有可识别的“处理批次×时期”单元格：{ $why }
no-treated-row = 拟合中没有处理组观测
every-row-treated = 全部观测均为处理组
no-covariate-left = 固定效应吸收了全部协变量；请去掉其中一部分
absorbed-by-one = 它在{ $effect }固定效应的各取值内没有变化，被该固定效应吸收
absorbed-together = { $effects }固定效应共同将其吸收
margins = 双重比率需要两个边际之上及之外的供体；现有同一城市{ $city }个，同一伙伴{ $partner }个，两者皆非{ $neither }个
no-cell-because = 没有可识别的“处理批次×时期”单元格：{ $why }
no-cohort-compared = 没有处理批次自生效期起有比较对象{ $n ->
    [0] { "" }
   *[other] （只有一个个体的处理批次已剔除：{ $alone }）
}
no-comparison-cohort = 没有对照处理批次同时含有受影响和不受影响的个体
nothing-imputed = 没有处理组观测可由未处理观测插补：{ $why }
nothing-stacked = 没有处理批次可以堆叠：{ $why }。请缩短区段或延长样本
stacked-pooled = centered = "pooled"需要weights = "corrective"、trimmed = true，且面板无缺口、无协变量、无权重；请设centered = "stack"
nothing-to-average = { $side ->
    [before] 生效前
   *[after] 生效期起
}没有剩余的效应，因此无可平均
cohort-lacks = { $cohort ->
    [never] 从未处理组
   *[other] 处理批次{ $cohort }
}（{ $units }）没有{ $kind ->
    [unaffected] 不受影响
   *[affected] 受影响
}的个体
error-for = { $units }：{ $error }
units-without = { $n ->
    [0] 处理组个体
   *[other] { $shown }{ $more ->
        [0] { "" }
       *[other] 及另外{ PLAIN($more) }个
    }
}
observed-before = 生效前有观测的事件时间：{ $n ->
    [0] 无
   *[other] { $before }
}
reference-alone = 在基期（事件时间{ $reference }）有观测的处理组个体，在其他事件时间均无观测，因此没有可与之比较的值；{ observed-before }。请另选基期
reference-unobserved = 没有处理组个体在基期（事件时间{ $reference }）有观测；{ observed-before }。请从中选一个作为基期

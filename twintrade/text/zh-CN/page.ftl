# What the appendix says by itself; a department may change any sentence here in its style file.
# Names that begin alike are chosen among by the code.

## the first page
document_title = { $title }：统计附录
untranslated = 标有[en]的文字尚无译文，暂以英文显示。
simulated = 模拟数据。本文的全部数字、图和表均由模拟序列生成，不反映任何真实贸易。
simulated_note = 模拟数据。
simulated_title = { $title }（模拟数据）
summary = 摘要
question = 本附录考察友好城市协议生效后{ $outcome }的变化。凭分析文件和输入数据，一条命令即可重新生成。
trade = 贸易
finding_percent = 协议生效后，{ $outcome }比对照组所隐含的水平{ $direction }{ $size }（{ SHARE($level) }区间：{ $low }至{ $high }；{ $effect }个对数点；{ $label }）。
finding_level = 协议生效后，{ $outcome }较对照组所隐含的水平{ $direction }，幅度为{ $size }（{ SHARE($level) }区间：{ $low }至{ $high }；{ $label }）。
finding_percent_no_interval = 协议生效后，{ $outcome }比对照组所隐含的水平{ $direction }{ $size }（{ $effect }个对数点；{ $label }）。所用推断方法不提供区间{ $has_p ->
    [yes] ；{ P($p) }
   *[no] { "" }
}。
finding_percent_unbounded = 协议生效后，{ $outcome }比对照组所隐含的水平{ $direction }{ $size }（{ $effect }个对数点；{ $label }）。{ SHARE($level) }区间上下均无界{ $has_p ->
    [yes] ；{ P($p) }
   *[no] { "" }
}。
finding_level_unbounded = 协议生效后，{ $outcome }较对照组所隐含的水平{ $direction }，幅度为{ $size }（{ $label }）。{ SHARE($level) }区间上下均无界{ $has_p ->
    [yes] ；{ P($p) }
   *[no] { "" }
}。
mean_size = 平均每{ money-period }{ $size }
no_end = 无上界
no_lower_end = 无下界
finding_level_no_interval = 协议生效后，{ $outcome }较对照组所隐含的水平{ $direction }，幅度为{ $size }（{ $label }）。所用推断方法不提供区间{ $has_p ->
    [yes] ；{ P($p) }
   *[no] { "" }
}。
finding_absent = 未估计任何效应：{ $reason }。
finding_absent_reason = 本分析仅描述一个序列，没有可供估计的对照
higher = 偏高
lower = 偏低
finding_of_first_page = 首页给出{ PERCENT($percent, sign: "always") }：已从这一变动中扣除规模和增速相近、但没有协议的配对的变动（{ PERCENT($ordinary, sign: "always") }），其区间由协议在这类配对间的随机分配得出。
interval_holds_zero = 区间包含零，因此数据无法区分上升与下降；但这并不说明协议没有作用。
interval_above_zero = 区间位于零以上。
interval_below_zero = 区间位于零以下。
detectable = 最小可检测效应：{ $sentence }
detectable_absent = 本次运行没有检查测算最小可检测效应，即变化大到何种程度通常才能被发现{ $has_interval ->
    [yes] ；文中如有此值，均由区间宽度推算。区间内的任何变化（包括零）都与数据相容。
   *[no] 。
}
size_not_studied = 实际拒绝率未经研究：没有模拟表明该检验在类似的设计中保持名义拒绝率，因此p值可能偏小。
covariates_note = 协变量的系数采用聚类标准误。
ends_note = 由随机抽取得到的区间端点只保留换用其他抽取也不会改变的数位。
size_note = “未经研究”：没有模拟表明该列检验在类似的设计中保持名义拒绝率。
how_sure = 不确定性的度量方法：{ $note }
checks_counted = 在{ $n_checks }项给出结论的检查中，{ $n_object ->
    [0] 没有检查提出异议，
   *[other] { $n_object }项提出异议：{ $names }；
}{ $n_silent }项未提出异议，{ $n_cannot }项无法判断。
checks_object = 因此，不能把这一差异理解为协议的作用。
checks_assumption = 只有在下述假设成立的范围内，才可将这一差异归因于协议：{ $assumption }
checks_single = 即便如此，单个配对既不能证明差异源于协议，也不能说明伙伴城市的情况。
limits = 本附录不能说明的问题：
checks_absent = 未进行任何给出结论的检查。这一差异只是描述，并非协议的效应。
other_method = 另一种方法对这些配对给出的结果为{ $size }：{ $method }（{ SHARE($level) }区间：{ $low }至{ $high }；{ $how }）。该方法逐个处理配对，并按安慰剂的拟合程度为各配对加权。本页以分析文件指定的主要估计{ $label }为准。
ladder_range = 在{ $table }的{ $n }个设定中，估计值介于{ $low }与{ $high }之间。
case_descriptive = 描述性分析：没有对照。下文只说明发生了什么，不说明原因。

## several analyses
binder_title = 友好城市与贸易：分析汇编
binder_overview = 各项分析一览
binder_intro = { $n ->
    [1] 一项分析
   *[other] { $n }项分析，每项一行
}：列出主要估计值、区间和检查结论。不同设计的效应回答不同的问题，各行不可求平均。
binder_table = 主要估计值
binder_forest = 主要估计值（对数点）
binder_axis = 效应（对数点）
binder_note = 百分比效应按ln(1 + p/100)绘制。效应采用其他尺度的分析未绘出；没有线段的点没有区间。
binder_unbounded = 上下均无界
binder_none = 未估计效应
binder_objects = 提出异议：{ $names }
binder_silent = 通过{ $n }项检查，均未提出异议
binder_unchecked = 没有给出结论的检查

## exhibits
data_card = 数据：读入与剔除情况
inputs_caption = 输入文件
inputs_note = SHA-256是文件读入时的校验值；此处只列出64位中的前16位，完整值见运行清单。
conversions_caption = 数值换算所用的单位、汇率和价格系数
conversions_note = 系数显示六位数字；完整数值见payloads/conversions.csv。
dropped_caption = 按规则剔除的观测
dropped_elsewhere_caption = 其他各列按规则剔除的观测
status_caption = 各配对在比较中的角色
counts = 面板包含{ $rows ->
    [1] 一个观测
   *[other] { $rows }个观测
}：{ $units ->
    [1] 一个个体
   *[other] { $units }个个体
}，{ $periods ->
    [1] 一期
   *[other] { $periods }期
}，自{ $first }至{ $last }。
register = 协议登记表：全部协议及其日期
register_caption = 协议登记表
register_others = 另有{ $n }项未处理配对的协议，其日期和来源见twinnings.csv。
register_counts = 按起算时期和状态列示的协议数。登记表共有{ $n }项注明日期的协议；twinnings.csv逐项列出日期和来源。
register_intro = 下表列出{ $of ->
    [case] 与案例同城市或同伙伴的配对
   *[panel] 面板内各配对
}的已知协议、全部候选日期、日期来源以及起算时期。单列的日期为签署日期。其他配对的协议不在此列。
undated_counted = 另有{ $n }项日期不详的协议，既不属于处理组也不参与比较，见twinnings.csv。
undated = 日期不详、既不属于处理组也不参与比较的协议（{ $n }项）：{ $names }。
outside = 登记表中另有{ $n ->
    [1] 一项协议
   *[other] { $n }项协议
}不对应面板中的任何配对，见payloads/agreements_outside_panel.csv。
adoption_caption = 各配对进入处理组的时间
descriptives = 面板描述与平衡性
selection = 选择性：哪些地方签署协议
raw = 协议前后的原始序列
raw_intro = 图中为实际观测的序列，并标出全部候选日期。竖线之后的上升还不等于效应：对照线显示没有协议的配对同期如何变化。
raw_caption = { $title }：观测序列及全部候选日期
set_A = A：同一城市，其他目的地
set_B = B：其他城市，同一目的地
set_all = 全部未处理配对

## payloads
payload_cases_forest = 逐个案例的效应（限于安慰剂可及的范围）、其随机效应均值，以及逐一剔除后的均值
payload_path = 各期路径
payload_of = { $title }（{ $column }）
payload_placebo = 处理组个体与安慰剂：对每个供体作同样处理
payload_forest = 分组效应
payload_spillover_rings = 按与最近协议的距离划分的溢出效应
payload_forest_by = 按{ $group }分组的效应
forest_bare = 没有线段的点，表示该推断方法不提供区间。
effect_axis = 效应（{ $scale }）
effect_plain = 效应
payload_cases = 逐个案例
payload_best_of = 挑选案例的代价
payload_descriptive_size_world = 友城数量与城市规模
payload_descriptive_size_close_up = 友城数量与城市规模：局部放大
payload_descriptive_map = 协议分布图
payload_descriptive_shares = 来源文献所载份额，按原值绘制
payload_descriptive_twins_by_city = 各城市的友城数量
payload_descriptive_twins_by_country = 各伙伴国的友城数量
payload_descriptive_years_of_signing = 各年签署的协议数
payload_descriptive_completeness = 登记表的完整程度
payload_bacon = 双向固定效应估计中的两两比较
payload_weights = 供体权重
payload_honest = 平行趋势偏离达到M时的效应
payload_concentration = 处理组配对在无协议总额中的占比
payload_donor_sets = 供体集
payload_donor_weights = 供体权重
payload_known_shocks = 已知冲击
payload_date_sets = 日期口径
payload_leave_one_donor_out = 逐一剔除供体
payload_placebo_time = 时间安慰剂
payload_case_tests = 案例检验
payload_case_verdict = 案例结论
payload_placebo_control = 合成控制的安慰剂
payload_undated_agreements = 纳入协议日期不详的配对后的效应
payload_percent_effects = 百分比效应的三种读法
payload_leave_one_out = 逐一剔除后的估计值
payload_conditional_trends = 事前规模和增速相近的配对之间的效应
payload_policies = 仅有协议与协议同其他政策并存
payload_policy_effects = 按生效政策的效应及其所依据的行
payload_contamination = 与其他政策并列时协议系数的构成
payload_level_changes = 各级别变动的效应
payload_level_changes_path = 按事件时间的各级别变动的效应
payload_always_treated = 以始终处理的配对为对照的效应
payload_evidence = 结论：与规模和增长相近的配对相比的变化
payload_calibration = 安慰剂登记表的结论：协议分给没有协议的配对
payload_calibration_power = 安慰剂登记表的结论：按真实变化列出称为证据的比例
payload_evidence_tests = 结论：按统计量与协议分配方式的p值
payload_hidden_agreements = 存在未登记协议时的效应
payload_adoption = 进入处理组的时间
payload_anticipation = 预期效应
payload_balance = 平衡性
payload_break_dates = 断点日期
payload_clusters = 聚类
payload_cluster_leverage = 聚类杠杆值
payload_comparison = 对照组
payload_dates = 日期
payload_estimators = 估计量
payload_estimator_paths = 各估计量的路径
payload_influence = 影响度
payload_leverage = 杠杆值
payload_margins = 贸易边际
payload_outcomes = 结果变量
payload_placebo_dates = 安慰剂日期
payload_placebo_ranks = 安慰剂排序
payload_power = 检验功效
payload_pretrend_power = 事前趋势检验的功效
payload_pretrends = 事前趋势
payload_reference_year = 基年
payload_regions = 置信域
payload_rescaling = 重新标度
payload_selection = 选择性
payload_specification_curve = 设定曲线
payload_spillovers = 溢出效应
payload_structural_sensitivity = 结构敏感性
payload_twfe_weights = 静态双向固定效应系数中各处理批次和事件时间的权重
payload_window = 窗口
payload_heterogeneity = 异质性
raw_grid_caption = { $n }个配对的观测序列，以协议生效前最后一期为基期的指数
raw_grid_note = 实竖线：所用日期。虚线：其他候选日期。水平值和对数值见图旁所附CSV。
raw_grid_unindexed = { $names }自身没有曲线：其在指数基期（=100）的数值为零或缺失。
raw_grid_alt = { $n }个配对（{ $names }）的小型折线图，各以指数形式与对照线并列，竖线标出候选日期。
ladder = 主要估计：逐个设定
ladder_caption = 友好城市协议对{ $outcome }的效应
ladder_part = { $caption }（第{ $part }部分，共{ $parts }部分）
ladder_beside = { $table }{ $n ->
    [one] 列出所估计的唯一设定。
   *[other] 并列{ $n }个设定；表的下部各行说明其不同之处。请横向阅读：各列之间变动的估计值取决于相应的选择。
}
ladder_intro = { $table }从最简单的比较逐步推进到最严格的比较。请横向阅读：随着比较趋于严格而变动的估计值，此前有一部分反映的是其他因素。
inference_caption = 各种推断方法下的主要估计：{ $label }
gravity = 加入城市×时期和伙伴×时期固定效应后，城市整体和目的地整体的景气波动均被吸收，余下的是双边变动。
percent_note = 百分比效应为100(exp(b) − 1)。
stars = 星号：{ $levels }。
se_note = 圆括号内为标准误。
interval_note = 方括号内为{ SHARE($level) }区间。
t_note = 方括号内为t统计量。
p_note = 估计值下方为p值。
singletons_note = 单例（独占某一固定效应水平的观测）计入观测数，不影响任何估计值。
mean_note = 协议前均值：处理组在协议前的结果{ $unit ->
    [none] { "" }
   *[other] （{ $unit }）
}。
skipped_note = 未估计{ $label }：{ $reason }。
no_reason = 未说明原因
event_study = 事件研究：协议前后的路径
cells_caption = 分处理批次、按距协议生效{ period }数列示的效应，{ $label }
event_of_case = 只有一个处理组配对：其路径、差距及安慰剂的差距见“单个案例”。
paths_caption = 按距协议生效{ period }数列示的{ $outcome }{ $n ->
    [1] { "" }
   *[other] ，{ $n }种方法
}
paths_apart_note = 前后两部分的基准不同：两者之间的落差不是效应。
paths_pooled_note = 两端之外的时点并入端点。
paths_missing_note = { $of }个处理观测中有{ $n }个计入总体效应，但图中没有单独的时点。
paths_small_note = 下方：其他方法，灰线为主要估计。
paths_figure_note = 线段为{ $level }区间；箭头表示区间超出图外。没有线段的空心点为基期，按定义取零。横轴下方：支撑主要估计的处理组配对数。
paths_table = 各列的事件研究估计值
paths_others = 其他各列，仅列估计值
paths_note = 可按百分比度量的列为百分比变化，其余按各自尺度。列号与估计值表一致；其他各列的区间见bands.csv。
paths_whole_note = 每格：该列衡量变动时为百分比变动，否则为其自身尺度上的效应，括号内为 p 值；其下方括号内为区间，花括号内为联合区间。基准期的效应按定义取零。
paths_others_note = 衡量变动的列以百分比表示，并共用一条坐标轴；其余各列用各自的尺度。符号含义同上图。
paths_others_caption = 按距协议生效{ period }数列示的{ $outcome }，其余各列
paths_pretrend = 若对照合理，协议生效前的效应应接近零；但接近零并非证明。全部事前效应为零的联合检验：{ P($p) }。{ $adjusted ->
    [yes] 事前趋势检查还检验穿过这些效应的直线，因做了两项检验，各p值随之调高（Holm法），其中较小者变为{ P($smallest) }。
   *[no] { "" }
}
pretrend_absent = 未作事前效应的联合检验。
baseline = 处理组个体在基期的{ $outcome }均值：{ $value }。
unlike_bases = 协议之前的效应所用的基准不同（{ $bases }）；应比较协议之后的路径，而不是之前的。
view_title = 细看
forest = 异质性：哪些配对的差异更大
margins = 贸易边际：企业更多，还是每家企业贸易额更大
spillovers = 溢出效应：谁受益，谁受损
sensitivity = 敏感性：什么会推翻结果
robustness_intro = 共有{ $n }项检查给出结论：{ $n_object }项提出异议，{ $n_cannot }项无法判断，{ $n_silent }项未提出异议。无法判断的检查，即使存在足以影响结论的偏离也未必能发现。
robustness_unseen = 无法判断的检查，即使存在足以影响结论的偏离也未必能发现。
robustness_caption = 改变一项选择后的主要估计，以及各项检查的结论
robustness_headline = 主要估计：{ $label }
robustness_note = 差异：与主要估计之差，括号内为其区间；其他列则为与该列中差异为0.0的一行之差；以百分点计，对数点效应之间的差异以百分比计。含多项检验的检查，p为经Holm调整后的最小值。界：数据所容许的最大偏离，各变体结果相同或没有区间更宽时为“无”；若这一偏离足以影响结论，检查即无法判断。功效：若存在相当于区间半宽的差异，检查提出异议的概率（取最难发现的变体）；各变体均低于10%的只作备注，不计入检查数。变体较多的检查只列差异最大者。括号内注明的列不是主要估计所在列。
robustness_overturn = 超过{ $size }的偏差{ $clear ->
    [yes] 会推翻主要估计的结论
   *[no] 会大于主要估计区间的半宽
}。
robustness_counted = 共有{ $n }项检查给出结论（说明不计），每项只针对一列。此处列出其中{ $n_shown }项：主要估计的各项、仅见于其他列的每类一项，以及所有提出异议者；其余见findings.csv。
robustness_judged_note = 含多项检验的检查，p为经Holm调整后的最小值。括号内为主要估计以外的列。界与检验功效见findings.csv。
robustness_absent = 未能进行：{ $names }。
robustness_figure = 改变一项选择后的主要估计
robustness_figure_note = 虚线和灰色带：主要估计及其区间。没有线段的点没有自身区间；箭头表示区间超出图外。
single_case = 单个案例：逐个配对
claims = 论断核对表
said_above = 见上文
claims_caption = 关于友好城市的论断与本数据的回答
claims_intro = 每条论断仅依据本分析的结果作答：检验拒绝、区间位于论断所称一侧且没有检查提出异议的，为得到支持；区间位于另一侧的，为未得到支持；其余为无法判断。第一条论断单独按5%的水平判断，其余各条按Holm法共用5%。低于最小可检测效应的变化，本来就难以发现。
claims_note = 最小可检测效应是双侧5%检验以80%的概率能够发现的效应大小。
claims_lacking = { $n ->
    [1] 另有一条论断未予考察，因为本分析没有相关证据：{ $needs }。
   *[other] 另有{ $n }条论断未予考察，因为本分析没有相关证据：{ $needs }。
}
claims_unexamined = { $n ->
    [1] 另有一条论断未予考察，因为本分析没有相关证据；所需证据见payloads/claims.csv。
   *[other] 另有{ $n }条论断未予考察，因为本分析没有相关证据；各条所需证据见payloads/claims.csv。
}
claims_open = { $n ->
    [1] 有一条论断无法仅凭贸易和协议数据判断：
   *[other] 有{ $n }条论断无法仅凭贸易和协议数据判断：
}
verdict_supported = 得到支持
verdict_not_supported = 未得到支持
verdict_cannot_tell = 无法判断
findings = 检查结果：各项检查的说明
findings_caption = 检查结果与结论
findings_intro = 无法判断的检查，即使存在足以影响结论的偏离也未必能发现；几乎不可能发现任何偏离的只作备注。未列结论的检查仅供参考。
assumptions = 各列的估计目标与假设
assumed_others = 其他各列的估计对象与假定见specifications.csv。
technical_inference = 主要估计的区间如何得出，见文首；其他各列见specifications.csv（inference_note）。
warnings_short = 运行警告
warnings_table = 警告（每类一条）
warnings_note = 其余：同类消息的条数；全部消息见messages.csv。
no_warnings = 本次运行没有警告。
warnings = 运行警告与说明
warnings_caption = 消息
machine = 技术说明：版本、校验值与随机种子
machine_intro = 逐位重现本次运行所需的信息。运行时间和内存见运行清单。
cross_check = 用其他软件核对
of_headline = 主要估计
seeds = { $n ->
    [1] 一个任务使用随机种子，由{ $seed }和任务名生成；见运行清单
   *[other] { $n }个任务各用一个随机种子，由{ $seed }和任务名生成；均见运行清单
}
findings_elsewhere = 见{ $heading }
check_of = { $check }（{ $columns }）
glyph_lost = 字体缺少“{ $text }”中{ $characters }的字形；印作“{ $shown }”

## a single case
case_paths_caption = { $unit }：观测值，以及各供体集和方法给出的无协议路径
case_paths_note = 上图：该流量的指数与供体所隐含的路径。下图：二者的差距。{ $events }。协议生效前的差距为拟合误差；误差越大，生效后的差距越难说明问题。
case_no_date = 日期不详
case_seasons_note = 若协议生效前有两年或更长的数据，则各流量均扣除这一时期的季节均值。
case_placebo_caption = { $unit }的差距与安慰剂的差距：对每个供体作同样处理（{ $method }）
case_weights_caption = 合成控制的供体及其权重，按供体集列示
case_tests_caption = 各方法和供体集的结果，以及所能达到的最小p值
case_tests_note = 效应：协议生效后的平均差距。p：平均差距不小于该配对的案例（含该配对）所占比例，不会低于可达到的最小p值1/(安慰剂数 + 1)。RMSPE比：以生效后与生效前均方根差距之比作同样计算。保形p：取遍各期的全部平移，其下限列于旁边。90%保形区间和预测区间（同时考虑权重误差与噪声，偏保守）仅在协议生效前至少有15期时给出。
case_intervals_caption = 平均差距的90%区间，按方法和供体集列示
case_dates_caption = 各种日期口径下的结果（剔除日期不明确的时期），按供体集列示
case_dates_note = 效应：该日期之后的平均差距；p：在安慰剂中的排序，各供体集可达到的最小值见上文各方法一表。不挑选任何一行：要看中位数以及各行是否一致。
case_lacking = 未给出的项目及原因：{ $rows }
case_lacking_row = { $rows }：{ $reason }。
case_false_dates_caption = 协议生效前的虚假日期：本应没有任何发现
case_without_caption = 以全部供体构造的合成控制的平均差距，逐一剔除有权重的供体
case_shocks_caption = 样本期内的已知冲击，以及剔除相应时期后的平均差距
case_donors_caption = 哪些可作供体，哪些不可，以及原因
case_more = 各安慰剂、各虚假日期以及逐一剔除供体的差距，见payloads文件夹。

## exhibits left out
absent_exhibit = { $title }：未列出。{ $reason }
absent_heading = 未列出的图表
no_payload = 本分析没有为其生成数据。
absent_descriptives = 需要在有可比配对的面板上进行balance检查，或采用registry方案。
absent_selection = 需要selection检查，以及不同时间的若干协议。
absent_single_case = 需要单个处理组配对（single_case方案），或pooled_cases检查。
absent_forest = 需要heterogeneity检查和若干协议。
absent_margins = 需要在贸易额之外提供企业数或产品数，并进行margins检查。
absent_spillovers = 需要在包含多个城市和伙伴的面板上进行spillovers检查。
absent_sensitivity = 需要重新估计的检查，如honest、leave_one_out或dates。
no_specification = 没有估计任何设定。
no_manifest = 本次运行尚未保存，因此没有运行清单。
no_messages = 本次运行没有警告。
no_claims = 分析未列出任何论断。
no_twinnings = 分析中没有注明日期的协议。

## the effect in money
money = 折合金额：{ $first }至{ $last }，{ $who }的{ $outcome }每{ money-period }比没有协议时{ $direction }{ $value }，累计{ $total }，以对照成立为前提（{ SHARE($level) }区间：每{ money-period }{ $low }至{ $high }）。
money_single = 折合金额：{ $first }至{ $last }，{ $who }的{ $outcome }每{ money-period }比对照组所隐含的水平{ $direction }{ $value }，累计{ $total }（{ SHARE($level) }区间：每{ money-period }{ $low }至{ $high }）。单个配对不能证明差异源于协议。
money_who = { $n ->
    [1] 处理组配对
   *[other] { $n }个处理组配对
}
money_absent = 折合金额：无法给出，因为{ $reason }。
money_bounded = 折合金额：不把任何金额归因于协议，因为{ $reason }。
money_not_excluded = { $graded ->
    [yes] 首页的
   *[no] { "" }
}{ SHARE($level) }区间不能排除的范围（{ $who }，{ $first }至{ $last }）：{ $outcome }每{ money-period }自{ $low }到{ $high }。
money_detectable = 以80%的概率能够发现的最小差异为每{ money-period }{ $size }（依据{ $how }）。
money_zero = 区间包含零
money_unbounded = 所用推断方法没有给出有界区间
money_checks = { $n ->
    [1] 一项检查提出异议
   *[other] 若干检查提出异议
}（{ $names }）
money_log = 主要估计来自对数模型，而对数没有总额
money_transform = 主要估计以{ $detail }计，没有对应的金额总额
money_average = 主要估计是对各处理组观测不等权的平均值，不构成总和
money_case = 这些数据无法说明该配对发生了什么
money_error = { $detail }

## fixed effects and clusters
effects_dyad = 配对固定效应
effects_unit = 个体固定效应
effects_period = { period }固定效应
effects_city = 城市固定效应
effects_partner = 伙伴固定效应
effects_city_period = 城市×{ period }固定效应
effects_partner_period = 伙伴×{ period }固定效应
effects_border_period = 跨境×{ period }固定效应
effects_size_period = 规模三分位组×{ period }固定效应
effects_growth_period = 增速三分位组×{ period }固定效应
effects_cohort = 处理批次固定效应
effects_undirected_pair = 无向配对固定效应
effects_columns = { $names }固定效应
clusters_unit = 聚类数：个体
clusters_city = 聚类数：城市
clusters_partner = 聚类数：伙伴
clusters_period = 聚类数：时期
clusters_undirected_pair = 聚类数：无向配对

## what an effect is compared with
row_path = 路径均值，相对于{ $what }
against_all_before = 此前各{ periods }
against_last_before = 生效前最后一{ period }
against_weighted_before = 此前各{ periods }的加权平均
against_synthetic_outcome = 其合成结果
against_trend_before = 自身的事前趋势
against_reference = 基准{ period }
reference_before = 生效前一{ period }
reference_at = 事件时间{ $event_time }

## what the headline covers
outcome_of_total = 处理组配对合计的{ $outcome }
imputed_rows = 主要估计覆盖{ $of }个处理组观测中的{ $n }个。{ $left }个无法插补{ $logs ->
    [yes] 或为零而没有对数
   *[no] { "" }
}{ $without ->
    [0] { "" }
   *[other] ；其中{ $without }个处理组配对在协议生效前的数值全部为零
}。
imputed_all = 主要估计覆盖全部{ $of }个处理组观测。
range_by_target = 各设定（{ $table }）的百分比效应，按估计目标列示：{ $targets }。
target_range = { $target }为{ $low }至{ $high }（{ $n }列）
target_one = { $target }为{ $low }
target_total = 处理组配对的总额
target_average_cell = 对数比率的单元格平均
target_average_unit = 对数比率的逐观测平均
target_path = 相对于{ $what }的路径
signs_differ = 符号不一：有的数字表示上升，有的表示下降。主要估计回答的是{ $target }，由分析文件确定。
no_bounds = 未计算假设偏离一定幅度时主要估计会变动多少；“敏感性”一节的界是针对{ $label }的路径。

## from pairs to cities
translation = 从配对到城市：新增贸易还是转移贸易
translation_opening = 第1页的变化{ PERCENT($effect, sign: "always") }（{ PERCENT($effect_low, sign: "always") }至{ PERCENT($effect_high, sign: "always") }；首页对两端作了舍入）被同样施加于{ $n_pairs }个处理配对的贸易成本（尽管各配对的变化不同），所在的世界有{ $n_places }个地方、一个部门，各地只销售一种自有商品。
translation_stated = 第1页说明其中转移的份额（各模型中为{ PERCENT($low, decimals: 0) }至{ PERCENT($high, decimals: 0) }），因为该份额在所有模型中和区间两端的符号相同。
translation_cannot = 第1页不谈贸易转移，因为没有发现方向明确的变化。下表说明若估计值为真意味着什么，以及区间两端意味着什么。
translation_sign = 第1页不谈贸易转移，因为其份额在各模型和区间内的符号不一致：各模型中为{ PERCENT($low, decimals: 0) }至{ PERCENT($high, decimals: 0) }。
translation_alone = 在这个世界里，这些城市没有其他伙伴，贸易无从转移。
translation_again = 对中心模型中变化之后的贸易，采用{ $effects }的PPML会得到{ PERCENT($again, sign: "always") }；差额是贸易转移给这类估计造成的误差。
translation_table = 有无该变化时配对及其城市的贸易（%）
translation_note = 变化与两端：效应及其区间在中心模型（{ $centre }）中的结果。其余各列：其他条件同中心模型，仅一个量取其他值时变化的范围；条件模型：各地产出和支出不变。两个模型互不构成界限。实际收入是城市全体居民（包括迁入者）的收入；条件模型不能确定它。
translation_figure = 各模型中的变化及效应区间两端的结果
translation_pairs = 配对的贸易
translation_exports = 其城市的全部出口
translation_other_exports = 对其他伙伴的出口
translation_third_exports = 其他各地对这些伙伴的出口
translation_real_income = 其城市的实际收入
translation_diverted = 变化中被其他伙伴抵消的份额
translation_outcome_head = 结果
translation_change_head = 变化
translation_ends_head = 两端
translation_elasticity_head = 贸易弹性
translation_supply_head = 供给弹性
translation_home_share_head = 本地销售份额
translation_conditional_head = 条件模型
translation_full = 完全模型
translation_conditional = 条件模型
translation_of_elasticity = 贸易弹性{ COMPACT($value, digits: 2) }
translation_of_supply = 供给弹性{ COMPACT($value, digits: 2) }
translation_of_home_share = 本地销售份额{ SHARE($value) }

# What an inference says of itself.

## clusters; $name is a dimension: unit, city, partner, period, row
dimension = { $name ->
    [unit] 个体
    [city] 城市
    [partner] 伙伴
    [period] 时期
    [undirected_pair] 无向配对
   *[row] 观测
}
clusters = { $n }个{ $name ->
    [unit] 个体
    [city] 城市
    [partner] 伙伴
    [period] 时期
    [undirected_pair] 无向配对
   *[row] 观测
}

## errors by clusters
clustered = 标准误按{ $names }聚类（{ $clusters }），{ $correction }；{ $distribution }
by-row = 异方差稳健标准误，{ $correction }；{ $distribution }
clustered-sup-t = { $errors }；联合置信区间采用sup-t临界值{ FIXED($critical) }（{ $draws }次抽样）
multiplier = { $errors }；sup-t置信带和p值由乘数自助法得出（{ $weights }，{ $draws }次抽样），临界值{ FIXED($critical) }
correction = { $factor }（{ $convention }）
factor-clusters = 小样本系数G/(G−1)
factor-not-nested = 小样本系数G/(G−1) · (N−1)/(N−K)，K为斜率数与未嵌套于聚类的固定效应数之和
factor-not-redundant = 小样本系数G/(G−1) · (N−1)/(N−K)，K为斜率数与非冗余、非嵌套的固定效应数之和
factor-one-nested = 小样本系数N/(N−K)，K为斜率数与固定效应数之和，不计一个嵌套的固定效应
factor-rows = 小样本系数N/(N−K)，K为斜率数与固定效应数之和
factor-none = 不作小样本调整
normal = 正态分布
t = 自由度为{ $df }的t分布
scaled = 标准误按{ $names }聚类（{ $clusters }），并除以各观测独立同方差时的期望；t分布，Satterthwaite自由度至少为{ FIXED($df, decimals: 1) }；sup-t临界值{ FIXED($critical) }
bias-reduced = 按{ dimension }聚类的偏差缩减标准误（CRV2）（{ clusters }）；t分布，Satterthwaite自由度至少为{ FIXED($df, decimals: 1) }；sup-t临界值{ FIXED($critical) }
jackknife = 聚类刀切法（{ $centre ->
    [mean] CV3J
   *[estimate] CV3
}{ $is_linearized ->
    [yes] ，线性化
   *[no] { "" }
}），按{ $names }（{ $clusters }）；自由度为{ $df }的t分布；sup-t临界值{ FIXED($critical) }（{ $draws }次抽样）
wild = 野聚类自助法（{ $kind }{ $is_linearized ->
    [yes] ，在拟合权重处作得分自助法
   *[no] { "" }
}），{ clusters }{ $draw_by ->
    [all] { "" }
   *[other] ，权重按{ $draw_by }抽取
}，{ $is_complete ->
    [yes] 遍历全部符号向量
   *[no] { $weights }权重，{ $draws }次抽样
}；区间由检验反演得出
weidner-zylkin = 按配对聚类的标准误（{ $n }个配对），残差已消除杠杆值的影响{ $adjusted ->
    [both_sides] （夹心矩阵中间项两侧）
   *[one_side] { "" }
}{ $is_repaired ->
    [yes] ；负方差已提高为零
   *[no] { "" }
}；小样本系数n/(n−1)，自由度为{ $df }的t分布
weidner-zylkin-beside = { $errors }；仅作单侧处理（与作者的Stata程序ppml_fe_bias一致）时：{ $authors }
error = { COMPACT($value) }

## errors under other dependence
dependent = { $errors }；{ $distribution }{ $is_repaired ->
    [yes] ；负特征值已置为零
   *[no] { "" }
}
dyadic = 涵盖{ $n }个成员的双元稳健标准误，{ $factor }
conley = 空间标准误（Conley，{ $kernel }核，截断距离{ COMPACT($cutoff) }公里），{ $n }个个体
independent = 各观测独立{ $variance ->
    [mean] 且方差等于均值（仅适用于计数；对金额而言，该标准误取决于货币单位）
    [proportional] 且方差与均值成比例（离散参数估计值：{ COMPACT($dispersion) }）
   *[one] 且同方差
}时的标准误，{ $correction }
serial = { $kind ->
    [driscoll_kraay] Driscoll-Kraay标准误
    [newey_west] 个体内Newey-West标准误
   *[hac] 异方差与自相关稳健标准误
}{ $is_prewhitened ->
    [yes] ，经预白化
   *[no] { "" }
}，Bartlett权重，{ $lags }阶滞后；以{ $n }个时期为聚类，{ $correction }
autoregressive = 基于Bartlett标准误的t统计量（{ $lags }阶滞后，{ $n }期），与{ $draws }条没有任何效应的序列比较，这些序列的序列相关与剔除所检验效应后的本序列相同；序列较短，或误差对过去的依赖不止一期时，检验并非精确
autoregressive-needs = 该检验用于一条序列对自身水平与趋势的回归（如interrupted_series），而{ $method }不是这样的回归

## errors from other groups, units and periods
exchanged-groups = Conley-Taber：按{ $group }分组，处理组{ $n }个，在原假设下交换全部{ $all }组的残差
other-groups = Conley-Taber：按{ $group }分组，处理组{ $n }个，误差取自{ $others }个未处理组，假定其分布相同且数量充足
exchanged-scaled-groups = Ferman-Pinto：按{ $group }分组，处理组{ $n }个，原假设下全部{ $all }组的残差按规模重新标度（{ $size }）
other-scaled-groups = Ferman-Pinto：按{ $group }分组，处理组{ $n }个，误差取自{ $others }个未处理组，并按规模重新标度（{ $size }）
conformal = 保形推断，移动区块，生效前{ $n }期；可达到的最小p值为{ COMPACT($floor, digits: 2) }；若误差平稳且方法对供体的设定正确，则为精确推断
placebo = 空间安慰剂：在{ $n }个供体中的排序，各供体依次采用{ $treated }的生效期，{ $keeps_treated ->
    [yes] 后者仍为供体
   *[no] 后者本身不作供体
}{ $noise ->
    [known] ，差距除以按规模推算的噪声标准误（小个体的噪声是大个体的{ FIXED($ratio, decimals: 1) }倍，{ P($p) }）
    [unknown] ，差距除以由生效前噪声推算的标准误
   *[equal] ，差距不作调整
}；可达到的最小p值为{ COMPACT($floor, digits: 2) }
posterior = 反事实{ $draws }次抽样的分位数；联合置信带涵盖所示全部时期
prediction-intervals = 预测区间：为权重误差作{ $draws }次约束重拟合，噪声采用由生效前{ $n }期得出的{ $noise }界；偏保守
synthetic-did = 合成双重差分标准误：{ $method }，{ $draws }次重复，正态区间

## what a reader of the errors must know; $effects are names
negative-variance = { $covariance ->
    [multi-way-jackknife] 多维刀切法
   *[other] { $covariance }
}协方差矩阵对{ $effects }给出负方差；其负特征值已置为零
no-variance-left = { $effects }没有标准误：由数据算得的方差为负，因此误差未知{ $remedy ->
    [one-dimension] ；请按单一维度聚类
    [clusters] ；请改用聚类标准误
    [city-or-partner] ；请按城市或按伙伴聚类
    [unit-or-city] ；请按个体或城市聚类
    [cutoff] ；请采用kernel = 'bartlett'、其他截断距离，或聚类标准误
    [both-sides] ；请采用adjusted = 'both_sides'
   *[none] { "" }
}
no-variation = { $effects }没有标准误：其影响函数没有变动
too-few-degrees = { $effects }没有标准误：自由度不足一
few-degrees = Satterthwaite自由度为{ FIXED($df, decimals: 1) }：低于4时t近似较差
no-jackknife-error = { $effects }没有刀切法标准误：仅由一个聚类估计，或剔除某一聚类后即不存在
one-treated-cluster = 只有一个{ dimension }属于处理组：将其剔除便无法估计，因此这类标准误不存在
few-treated-clusters = { clusters }中只有{ $treated }个属于处理组：{ $consequence ->
    [wild] 自助法要么几乎从不拒绝，要么拒绝过于频繁
    [crv2] 自由度表明这一标准误的可靠性有限
   *[clustered] 聚类标准误在此偏小
}；请同时参看随机化推断的p值
short-coverage = 按配对聚类的区间在此过短：在配对、城市×时期和伙伴×时期固定效应下，若城市或伙伴较少，泊松估计值会偏离中心，标准误也偏小（{ $cities }个城市和{ $partners }个伙伴，相当于二者各{ FIXED($equal, decimals: 0) }个；各达到{ $enough }个时，区间的覆盖率接近名义水平）。请采用ppml_corrected估计量配合weidner_zylkin推断，或采用随机化推断
few-signs = { $n }个聚类只能产生{ $vectors }种不同的符号抽样；宜采用随机化推断
few-sign-vectors = { $n }个聚类只能产生{ $vectors }个符号向量，因此p值为{ COMPACT($step, digits: 3) }的倍数；webb权重更细，但聚类如此之少时二者均不可靠
no-regression = 野聚类自助法需要回归模型，而{ $estimator }没有；请采用刀切法或随机化推断
short-pre-period = 保形推断只有生效前{ $n }期可用；至少需要{ $needed }期
no-interval-conformal = 保形p值均不低于{ COMPACT($floor, digits: 3) }：没有{ SHARE($level) }区间
no-interval-groups = 其他组只有{ $n }个，不足以给出{ SHARE($level) }区间
no-interval-donors = 供体只有{ $n }个，p值不会低于{ COMPACT($floor, digits: 3) }：没有{ SHARE($level) }区间
too-few-before = 没有p值，也没有区间：协议生效前只有{ $n }期，至少需要{ $needed }期
no-comparison = 没有对照个体
no-placebo = 未能估计任何空间安慰剂：{ $reason }
placebo-failed = 供体{ $donor }的安慰剂估计失败：{ $reason }
without-failed = 剔除{ $units }后估计失败：{ $reason }

## the choice; $n and $name of the clusters that count as the fewest equal ones
equal-clusters = { $n }个{ dimension }聚类相当于{ FIXED($equal, decimals: 1) }个等规模聚类{ $has_treated ->
    [yes] （处理组聚类相当于{ FIXED($treated, decimals: 1) }个）
   *[no] { "" }
}
no-cluster-counts = 没有聚类计数
because-one-treated-refit = 该方法没有影响函数，且只有一个处理组个体
because-no-influence = 该方法没有影响函数
because-leverage-one = 占主要估计权重{ SHARE($share, decimals: 1) }的处理组观测依赖于{ $rows }个杠杆值为一的对照观测，而聚类标准误不反映其噪声
because-few-influential = 支撑估计的聚类过少：{ $clusters }，而标准误需要{ COMPACT($limit) }个
because-uneven-influence = 支撑估计的聚类过少：{ $clusters }，而聚类标准误需要{ COMPACT($limit) }个
because-enough-influence = 支撑估计的聚类足够：{ $clusters }
because-concentrated = 支撑估计的聚类过少：{ $clusters }，而标度化标准误需要{ COMPACT($limit) }个
because-few-like = { $treated }项协议不能说明其他协议的情况：至少需要{ $limit }项
because-enough = 支撑估计的聚类足够：{ $clusters }，需要{ COMPACT($limit) }个
because-little-rests = 其权重中只有{ SHARE($share, decimals: 1) }依赖于杠杆值为一的对照观测
because-failed = { $method }无法计算（{ $reason }）
because-no-p = { $method }不给出p值
if-one-treated-refit = 没有影响函数，且只有一个处理组个体
if-no-influence = 没有影响函数
if-leverage-one = 占主要估计权重{ SHARE($share) }以上的处理组观测，依赖于单独决定某一固定效应的对照观测（杠杆值为一）
if-few = 按其在主要估计方差中的占比，某一维度的聚类相当于不足{ COMPACT($limit) }个等规模聚类
if-few-influential = 各观测的权重未知，且{ if-few }
if-enough-influence = 各观测的权重未知，其余情形
if-few-like = 处理组个体不足{ $limit }个
if-enough = 其余情形
taken = 所用推断方法：{ $method }，因为{ $reasons }。p值所检验的是{ $about ->
    [these] 这些协议的效应
   *[like-these] 与这些协议同类的协议的效应
}
none-given = 未给出推断，因为{ $reasons }
none-holds = 没有推断方法适用于该估计：{ $reasons }

## randomization
scheme = { $across ->
    [labels] 同时置换城市和伙伴的标签，使协议的集聚程度保持不变
    [strata] 在个体的各层内重新分配生效期
    [cities] 在各城市间重新分配生效期，同一城市的协议保持在一起
    [partners] 在各伙伴间重新分配生效期，同一伙伴的协议保持在一起
    [dates] 处理组个体之间交换日期，处理组构成不变
    [hazard] 在各日期按原有协议数，按签署风险模型给出的概率分配给当时尚未签署的个体，效应减去其在全部分配上的均值
   *[units] 在全部个体间重新分配生效期
}（可参与重新分配的{ $n_units }个个体中有{ $n_treated }个属于处理组，{ $counted ->
    [exactly] 可行分配共
    [about] 可行分配约
   *[at-least] 可行分配至少
}{ QUANTITY($assignments) }种）
randomization = 随机化推断：{ $scheme }，{ $is_complete ->
    [yes] 遍历其余全部{ $draws }种
   *[no] { $draws }次抽样
}；p值所检验的是{ $about ->
    [these] 这些协议的效应
   *[like-these] 与这些协议同类的协议的效应
}，比较的统计量为{ $statistic ->
    [coefficient] 效应
    [t] 效应与其聚类标准误之比
   *[score] 由无处理模型出发、再经数轮精确更新的估计值
}{ $noise ->
    [known] 除以按规模推算{ $rows ->
        [all] 、含对照观测
       *[treated] { "" }
    }的噪声标准误（小个体的噪声是大个体的{ FIXED($ratio, decimals: 1) }倍，{ P($p) }）
    [unknown] 除以由噪声推算的标准误
   *[equal] { "" }
}；可达到的最小p值为{ COMPACT($floor, digits: 2) }{ $intervals ->
    [yes] ；区间由效应检验未拒绝的全部恒定效应组成
   *[no] { "" }
}
randomization-refused = 随机化推断：{ $scheme }；p值不可能低于{ COMPACT($floor, digits: 2) }，因此不予给出
too-few-assignments = 可行分配只有{ $n }种：p值不可能低于{ COMPACT($floor, digits: 2) }，因此不予给出
draws-failed = { $draws }个重新分配的设计中有{ $n }个失败：{ $reason }
other-rows = 所含观测不同
no-draw = { $draws }个重新分配的设计均未能估计：{ $reason }
no-assignment = 没有可行的分配
missing-in-draws = 效应{ $effect }在{ $draws }次抽样中有{ $n }次缺失
unbounded = 区间至少有一侧没有端点，因为随机化检验在该侧不能排除任何大小的效应：{ $effects }
unmoved = { $effects }没有区间：协议生效后的恒定效应不会使其变动
evidence-needs = 证据评定要求配对固定效应，加上城市×时期、伙伴×时期或时期效应，且不含协变量和权重
evidence-few = 证据评定需要至少两个在协议之前已有贸易的配对；目前有{ $n }个
calibration-few = 校准要求每个有协议的配对（共{ $n }个）对应{ $times }个无协议的配对；可能签约而未签约的配对有{ $free }个
calibration-none = 有一次抽取中没有配对能够承接这些协议
calibration-lost = { $of }个安慰剂登记表中只有{ $n }个能够评定；其余中的第一个：{ $reason }
hazard-none = 请至少指定一个签署风险模型的变量：hazard = ["size", "growth"]
hazard-column = { $name }不是签署风险模型的变量：面板中没有这一列；"size"和"growth"始终可用
hazard-constant = 签署风险模型的某一变量在全部个体间没有差异
hazard-separated = 签署风险模型无法估计：其变量完全预测了哪些个体签署
hazard-numbers = { $name }并非对全部个体都有数值，不能进入签署风险模型
doses-dealt = 随机化推断把协议起始时间重新分配给其他配对，无法重新分配{ $rule ->
    [none] 剂量；请调用tt.infer(fit, "clustered")
   *[levels] 协议的级别（[design.treatment]中rule = "levels"）；请在[inference]中设name = "clustered"
    [dose] 有效协议的数目（[design.treatment]中rule = "dose"）；请在[inference]中设name = "clustered"
}
hazard-t = across = "hazard"比较的是效应，而不是t统计量
recentered = 减去各分配的均值后，效应为{ COMPACT($effect, digits: 3) }，该值位于区间之内；估计值则不一定
hazard-ratio = 该方法的效应减去各分配的均值后，只有p值，没有区间
not-linear = 该效应既不是结果变量的线性函数，也不是流量之比：随机化推断只给出p值，不给出区间

## tests of effects before the agreement
no-event-study = 该估计不是事件研究
no-joint-pre = { $inference }不提供事前效应的联合协方差
no-pre-effect = 窗口内没有可供检验的事前效应
crv2-rows = 带权重的crv2最多{ $most }行，而现有{ $n }行；请用jackknife

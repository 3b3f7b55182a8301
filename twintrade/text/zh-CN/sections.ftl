# What only the study knows of its data.
no-date = { $city }与{ $partner }之间的协议日期不详，没有可供前后比较的生效期；仅按原样展示序列
no-estimate = 本分析仅描述一个序列，不要求作出估计
no-trade = 登记表只说明谁签有协议，不涉及贸易
simulated = 模拟数据：贸易序列由固定的随机种子生成，不反映任何真实贸易。
data = 结果变量为{ $outcome }{ $outcome_unit ->
    [none] { "" }
   *[other] （单位：{ $outcome_unit }）
}：{ $n }个{ $is_dyadic ->
    [yes] 城市–国家配对
   *[no] 城市
}，{ $first }至{ $last }；{ SHARE($zeros, decimals: 1) }的观测为零{ $missing ->
    [0] { "" }
   *[other] ，{ $missing }个观测没有数值
}。{ $treated }个在样本期内进入处理组，{ $always }个在首期或首期之前已经处理。
excluded = { $n ->
    [1] 一个
   *[other] { $n }个
}被剔除（{ $reason }）。

# What the results say about claims.
lacking = { $id }需要{ $need }
not-examined = 此处未予检验；需要{ $need }。
no-interval = 无区间
estimate = { $label }：{ $size }（{ $interval }{ $p ->
    [none] { "" }
   *[other] ；{ P($p) }
}）。
graded = { $inference ->
    [placebo] 在全部配对中排序
   *[randomization] 与规模和增长相近的配对相比
}：{ $size }（{ $interval }{ $p ->
    [none] { "" }
   *[other] ；{ P($p) }
}）；{ $grade ->
    [strong] 有力证据
    [some] 一定证据
    [small] 幅度无关紧要
    [nothing] 没有重要的变化
   *[cannot] 数据无法判断
}。
by-grade = 上升{ $rise }或下降{ $fall }，有五分之四的机会被称为证据
mean = { $method }为{ $size }（{ $interval }；{ $how }）
mean-alone = { $mean }。
mean-beside = 另一种方法，并非此处的答案：{ $mean }。
part = { $label } { $size }（{ $interval }）
parts = { $effects }。
groups = { $effects }；组间是否相等：{ $p ->
    [none] 未检验
   *[other] { P($p) }
}。
no-objection = { $whose ->
    [headline] 针对主要结果的此类检查没有提出异议，并不等于得到证明。
   *[other] 针对其他列的此类检查没有提出异议，并不等于得到证明。
}
larger-than-whole = 大于总体的相应值：{ $whole }

# Why a claim is not decided.
undecided = 没有区间，本分析不能支持这一论断。
floor = 这一比较所能给出的最小p值为{ FIXED($floor, decimals: 3) }，高于{ FIXED($level, decimals: 3) }：本设计不能支持这一论断。
adjusted = 按{ $n }项论断作Holm校正后：{ P($p) }。
both-answers = 数据与两种答案都相容。
objecting = { $names }提出异议，因此不能把差异归因于协议。

# Effects and the smallest that would be found.
more-than = 大于+{ $size }
by-placebos = { $size }（安慰剂设计）
by-interval = { $size }（由区间推算）
between-groups = 组间{ $size }（由各区间推算）
endless = 未知：区间无界

# The claims of the literature, in our own words.
claim-C1 = { $outcome ->
    [exports] 协议签署后，对伙伴国的出口上升。
    [imports] 协议签署后，自伙伴国的进口上升。
   *[other] 协议签署后，与伙伴国的贸易上升。
}
claim-C2 = 序列在协议签署之日发生断点。
claim-C3 = 近年的协议有作用，较早的协议只是象征。
claim-C4 = 保持活跃的协议有作用，沉寂的协议没有作用。
claim-C5 = 城市促成企业之间的往来：从事贸易的企业增多，而不只是每家企业的贸易额增加。
claim-C6 = 适用于中等城市的结论也适用于更大的城市。
claim-C7 = 较大的城市有更多的友好城市。
claim-C8 = 少数战略性协议胜过众多协议。
claim-C9 = 协议几乎从不终止。
claim-C10 = 正式的友好城市协议比友好交流关系或备忘录作用更大。
claim-C11 = 设有海外办事处并有自身战略，友好城市关系才有成效。
claim-C12 = 技术项目由技术团队牵头，且集权与项目成功并不相伴。
claim-C13 = 加入一个大型城市网络的城市也加入了其他网络。
claim-C14 = 效应并非某一对国家所特有。
claim-C15 = 所得并非取自其他贸易流量。
claim-C16 = 先有协议，后有贸易。

# What an analysis that says nothing about one lacks.
need-C1 = 效应的估计
need-C2 = 对一个至少有十二期数据的配对作unknown_break检查
need-C3 = 按时代作heterogeneity检查
need-C4 = 协议签署前已知的活跃程度列（签署后的活跃程度属于结果变量），并按其作异质性分析
need-C5 = 企业数或产品数，以及margins检查
need-C6 = 城市规模列，并按其作异质性分析
need-C7 = 各城市的友好城市数和人口：方案registry
need-C8 = 按次序作heterogeneity检查，或以协议数为处理变量
need-C9 = 载明哪些协议已经终止的协议登记表：方案registry
need-C10 = 按类型作heterogeneity检查，且两类协议都有
need-C11 = 海外办事处的设立日期，置于[[data.policies]]下并设 office = true，以及检验policies；办事处少至三个时，对它们本可设立的日期和城市作随机化检验
need-C12 = 每个城市一行的数据，载明项目由谁牵头、集权程度如何、项目是否成功；对前者作Fisher精确检验，对后者的相关作置换检验
need-C13 = 城市与网络成员关系的表格；保持各网络规模和各城市成员数不变，对重叠程度作置换检验
need-C14 = 按伙伴作heterogeneity检查
need-C15 = spillovers检查
need-C16 = selection或pretrends检查
need-own = 名为{ $about }的估计或检查

check = { $check }：{ $said }
range = { $low }至{ $high }

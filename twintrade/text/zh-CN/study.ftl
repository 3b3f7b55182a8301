# What the program says on the terminal and in the files it writes.
and-others = { $name }等

## running
wrote = 已写入{ $path }
new-project = 此文件夹及其上级文件夹中均没有{ $folder }/：将在此处新建项目
project-above = 此文件夹属于项目{ $root }：文件均在该处查找和写入。若要在此处新建项目，请先建立文件夹{ $folder }/
question-city = 哪一列是城市名，即签订协议的一方？
question-partner = 哪一列是伙伴国名称？
question-partner_names = 其余伙伴是剔除，还是保留：作为从未受处理者纳入比较，或仅用于合计？
question-value = 哪一列是数值？
question-flow = 数值是该城市的出口还是进口？
question-date = 哪一列是签署日期？
question-kinds = 它们属于哪一类协议，或不是协议？
question-money_unit = 数值的单位是什么？例如：USD，1,000 EUR，万美元
question-product_revision = 商品采用哪种分类？例如：HS2012，SITC4
question-absent = 某行缺失表示什么？
question-reporter = 贸易由哪一方记录？
question-sheet = 读取哪个工作表？
question-repeated = 同名的几列中读取哪一列？1为每个列名的第一列
question-choose = 输入编号，或按回车键留待以后确定
question-write = 输入答案，或按回车键留待以后确定
question-again = “{ $typed }”不是有效答案。
question-given-up = { $key }仍未确定：“{ $typed }”不是有效的回答。请在分析文件中写明该行{ $n ->
    [0] { "" }
   *[other] ：{ $choices }
}
next-check = 下一步：先运行 twintrade check { $name }，再运行 twintrade run { $name }
none-dated = 给出的协议都没有日期，没有日期就无法估计。有日期的名单这样声明：
if-undated = 日期不明的协议不用作对照。如有这样的名单，请写入：
every-guess = 最要紧的推测，在{ $folder }/{ $name }.toml中标有GUESS：请逐项确认或改正
calibrate-needs = { $case ->
    [yes] { $name }只涉及一个配对，其结论由各配对间的排序得出，无须校准；请指定涉及多个配对的分析
   *[no] { $name }没有可校准的结论：需要涉及多个配对的主要估计和 evidence 检查；请添加 [[diagnostic]] name = "evidence"
}
next-run = 下一步：运行 twintrade run { $name }
next-correct = 下一步：改正所报错误，先运行 twintrade check { $name }，再运行 twintrade run { $name }
swap-as-in = 沿用{ $name }
swap-country = 城市所在国家
swap-left = 未从{ $name }沿用：{ $keys }
swap-registry = { $name }只描述登记表，没有研究设计：请指定一项估计效应的分析
swap-pair = { $name }只涉及一个配对：请指明新分析的配对，例如 --pair "济南市–英国"
swap-no-pair = { $name }涉及多个配对：请去掉 --pair
swap-pair-unread = --pair 须写明城市与伙伴国，中间用连接号隔开，例如“济南市–英国”，不能是“{ $typed }”
swap-partner = 无法识别国家“{ $typed }”：请写国名或ISO代码
swap-absent = 新的贸易表中没有“{ $typed }”（{ $code }）的数据行
swap-city = 新的贸易表中没有城市“{ $typed }”{ $n ->
    [0] { "" }
   *[other] ；相近者：{ $near }
}
interrupted = 已中断；先前的结果完整保留，下次运行将沿用已完成的长任务
not-run = { $name }：尚未运行
no-results = { $name }：尚无结果
differs = { $name }：与记录不符：{ $changes }
as-recorded = { $name }：与记录一致
fault = 程序故障（{ $error }）；请设置 { $variable }=1 以查看出错位置，并报告该问题
stage-read = 读取数据
stage-design = 正在寻找数据所能支持的设计
stage-estimate = 估计
stage-try = 估计{ $label }
stage-weigh = 试算对猜测的其他回答
stage-check = 检查
stage-calibrate = 正在评定安慰剂登记表
stage-collect = 与其他软件比较，并汇总结果
stage-draw = 绘制附录
run-takes = 本次运行预计需要{ $span }
job = 第{ $n }项任务，共{ $all }项：{ $job }{ $refits ->
    [none] { "" }
   *[other] （{ $refits }）
}
job-takes = { $job }：预计需要{ $span }
job-left = 剩余{ $span }；{ $job }
job-over = 用时超出预期，此项之后剩余{ $span }；{ $job }
not-there = 文件不存在：{ $files }；请将TWINTRADE_DATA设为存放这些文件的文件夹
not-there-fetch = 文件不存在：{ $files }；如需下载，请输入：{ $commands }
did-you-mean = { $folder }/中没有名为“{ $name }”的分析。是否为“{ $near }”？
there-are = { $folder }/中没有名为“{ $name }”的分析，现有{ $known }
there-is-none = { $folder }/中还没有分析。请先输入：twintrade init { $name }
held-by = 进程{ PLAIN($process) }，自{ $since }起
lock-empty = 其锁文件仍为空

## the table at the end
head-analysis = 分析
head-status = 状态
head-effect = 主要估计效应
head-interval = 区间
head-p = p值
head-checks = 检查
head-results = 结果
ending-done = 完成
ending-done-in = 完成，用时{ FIXED($seconds, decimals: 0) }秒
ending-fresh = 已是最新
ending-skipped = 已跳过
ending-failed = 失败
ended = { $name }{ $ending }：{ $said }
earlier-stand = 先前的结果保持不变
earlier-stand-details = 详情见results/{ $name }.messages.csv；先前的结果保持不变
none-estimated = 未作估计
watched = { $n ->
    [0] 尚未查看
   *[other] 已查看{ $n }次
}{ $state ->
    [rang] ，{ $at }发出警报
   *[quiet] { $n ->
        [0] { "" }
       *[other] ，未发出警报
    }
}
objecting = { $objects }项提出异议{ $checks ->
    [none] { "" }
   *[other] （{ $checks }）
}，{ $does_not_object }项未提出异议，{ $cannot_tell }项无法判断

guesses-open = { $name }有{ $n ->
    [1] 一项
   *[other] { $n }项
}推测尚未经人确认：请查看其文件中标有GUESS的行，确认后删除标记，或运行时加上 --confirm

## what changed since results were made
changed-guesses = 推测已得到确认，或有新的推测
changed-nothing-there = 尚无结果
changed-file = 分析文件
changed-page = 报告所展示的内容
changed-program = 程序
changed-input = 输入文件{ $path }
changed-input-gone = 输入文件{ $path }已不存在
changed-result-gone = 结果文件{ $path }已不存在
changed-result = 结果文件{ $path }被改动
changed-other-result = 结果文件{ $path }不属于本次运行

## twintrade check
skipped-absent = { $name }：已跳过。{ $why }
declared-at = { $file }第{ PLAIN($line) }行的{ $table }
panel = 面板
registry = 协议登记表
agreements = 协议
estimators = 估计量
reconciled = { $twinnings }份协议，{ $pairs }个配对：{ $said }
runners-up = 若推测另取答案，结果如何
runner-up = 若第{ PLAIN($line) }行改为{ $shown }，主要结果将为{ $after }，而不是{ $before }{ $known ->
    [no] { "" }
   *[yes] ，相差{ FIXED($moved, decimals: 1) }个标准误
}
runners-up-less = 其余改动较小：{ $shown }
runner-up-less = { $shown }为{ FIXED($moved, decimals: 1) }个标准误
guesses-move = { $file }：有{ $n }项未经确认的推测会使主要结果变动半个标准误以上：{ $said }。请改正该行，若无误则删去标记，或在{ $tables }下写confirmed = true
guesses = 仍有{ $n }行标有GUESS：{ $lines }。请逐项确认并删除标记
guess = { $key }（第{ PLAIN($line) }行）
policies = 其他政策
policy = { $name }：{ $n ->
    [0] 至末期尚未在任何地方生效
   *[other] { $units ->
        [city] { $n }个城市
       *[pair] { $n_cities }个城市的{ $n }个配对
    }，自{ $began_first }至{ $began_last }起生效{ $n_ended ->
        [0] { "" }
       *[other] ；其中{ $n_ended }个自{ $ended_first }至{ $ended_last }终止
    }
}
cells = 个体×时期共{ $all }个，其中{ $rows }个有观测：{ $n }个个体（{ $cities }个城市×{ $partners }个伙伴），{ $first }至{ $last }
outcome = { $outcome }{ $outcome_unit ->
    [none] { "" }
   *[other] （单位：{ $outcome_unit }）
}：{ $zeros }个零值，{ $missing }个缺失；四分位数 { $quartiles }
units-by-role = 个体：{ $roles }
onset = { $unit }：自{ $period }起
will-be-skipped = { $label }：将跳过：{ $why }
qualifies = { $label }：符合条件
estimates = { $label }：可以估计
plans = { $label }：可以估计；推断方法为{ $method }{ $n ->
    [0] {""}
   *[other] ，另需{ $n }次估计
}，用时{ $span }
nothing-estimates = 没有可以估计的内容：运行到此即止。
not-tried = 面板较大：仅标明符合条件的各列，其效应能否识别，运行时才能确定。
no-reference = { $all }个处理组{ $units ->
    [city] 城市
   *[pair] 配对
}中，有{ $n }个在{ $reference ->
    [-1] 协议生效前一期
   *[other] 事件时间{ EVENTTIME($reference) }
}没有数据，而效应路径以该期为基准
warnings-before = 在此之前，运行曾发出警告：
pairs-watched = 无：对{ $n }个配对按{ $looks ->
    [year] 年
    [quarter] 季
   *[month] 月
}监测，与没有协议的配对比较
pictures-only = 无：仅绘图
time = 时间与内存
forecast = twintrade run { $name } 在单核上需要{ $high }，占用内存{ FIXED($megabytes, decimals: 0) }MB
forecast-range = twintrade run { $name } 在单核上的用时：标准误可信时为{ $low }，须重新分配协议时为{ $high }（运行中自会确定属于哪种情形）；占用内存{ FIXED($megabytes, decimals: 0) }MB

## twintrade explain
unsaid = 数据无法读取，因此无法列出假设：{ $why }
jobs = 依次执行的任务；各任务的随机种子由任务名称与上述种子生成：
no-jobs = 无：按原样展示序列
full = 完整设定：
recipe = 方案{ $name }：{ $equation }。{ $said }
rule = 协议：{ $rule }
case = 个案：{ $unit }；其他已处理或有关联的配对均不作为其供体。
comparison = 对照：{ $comparison }。
column = { $label }（{ $citation }）{ $is_headline ->
    [yes] {"  "}← 主要估计
   *[no] { "" }
}
skipped = 将跳过：{ $why }
averages = 平均对象：{ $estimand }
assumes = 假设：{ $assumption }
inference = 推断：{ $name }{ $options ->
    [none] { "" }
   *[other] （{ $options }）
}，随机种子{ PLAIN($seed) }。
beside = 对总体效应另列：{ $names }。
check = 检查{ $name }：{ $said }

## files
path-too-long = { $what }：路径比Windows所允许的长{ $excess ->
    [1] 一个字符
   *[other] { $excess }个字符
}。请将项目移到路径较短的文件夹。
device-name = Windows将名称{ $name }保留给设备：请另选名称

formats-missing = 未输出：{ $formats }。
format-typst = PDF，需要 pip install "typst>=0.15,<0.16"
format-docx = Word，需要 pip install python-docx

## answers to programs
no-schema = 没有{ $name }的模式：现有{ $known }
no-task = 指南中没有任务{ $name }：现有{ $known }

## twintrade list
no-folder = 无：此文件夹及其上级文件夹中均没有{ $folder }/；请先运行 twintrade init NAME
unreadable = 无法读取；原因见 twintrade check
options = 选项：{ $options }
presets = { $exhibit }。见于：{ $presets }

## a registry
holds = 协议登记表共收录{ $cities }个城市与{ $countries }个国家的{ $n }份协议；{ $city }最多，有{ $most }份。
average-twins = 在本登记表中，每个城市平均有{ FIXED($mean, decimals: 1) }份（中位数{ FIXED($median, decimals: 1) }份）：仅指已查得的协议，并非全部协议。
dated = { $n }份协议中，{ $dated }份已知日期。
no-population = 未绘制城市规模与友城数量的关系图：没有给出这些城市的人口（[registry.cities]）。
few-cities = 未估计友城数量对城市规模的斜率：已知{ $cities }个城市，至少需要{ $needed }个。
no-ends = 登记表没有说明哪些协议已经终止。
elasticity = { $cities }个城市的弹性
agreement = 协议{ $n }

## fetching
fetch-plan = 将向{ $endpoint }发出{ $n ->
    [1] 一次请求
   *[other] { $n }次请求
}{ $lists ->
    [yes] 以取得代码表，随后再请求数据
   *[no] { "" }
}；约{ $rows }行（{ $kilobytes }kB），按发布方限定的速度约需{ $seconds }秒
fetch-first = 首次请求：{ $address }
fetch-key = { $variable }{ $is_set ->
    [yes] 已设置
   *[no] 未设置
}，{ $need ->
    [needed] 必须有密钥
   *[helpful] 有密钥更好
}（{ $page }）
fetch-rows = { $n }行；在分析文件中写入以下各行即可读取，也可用 twintrade init ANALYSIS --fetched { $name } --twinnings FILE 将其写入新的分析文件：
fetch-silent = 有{ $n }个报告地与时期的组合未返回任何行，按缺失计，不视为零贸易：{ $spots }
fetch-step = { $label }：第{ PLAIN($number) }个，共{ PLAIN($n) }个
fetch-interrupted = { $name }的下载曾中断，已保留{ $n }个应答：用 --resume 继续，或删除{ $path }后重新开始
fetch-empty = { $source }没有符合该查询的行：未写入任何内容
fetch-columns = { $source }返回的应答列不一致（{ $one }；{ $other }）：未写入任何内容
fetch-stopped = 已中断：已收到的应答均保留，用 --resume 继续
pages-left = { $path }未能删除：{ $why }
no-fetched-card = { $path }不是所下载数据表的说明卡
fetched-changed = { $path }与下载时不同：其校验和与{ $card }不符
fetched-register = { $name }中是协议：请用 --twinnings 指定

## lists of agreements
merged = { $files }份名单的{ $rows }行合并为{ $n }份协议，其中{ $undated }份没有日期；没有遗漏任何一行
listed-fault = 第{ PLAIN($row) }行：{ $fault }
listed-right = { $file }中未发现必然有误之处
dates-to-find = { $n ->
    [0] { $name }的每项协议都有日期，或有足以确定的界限。
   *[other] { $name }有{ $n }个配对的协议日期不详。预期贸易额最大者列前；预期值由该城市与该伙伴在首项协议之前的其他贸易推算，不使用这些配对自身的数据。
}
date-to-find = { "  " }{ PLAIN($place) }. { $unit }，预期每{ period }{ QUANTITY($expected, $money) }：{ $known }
coverage-frame = 有{ $n ->
    [1] 一个
   *[other] { $n }个
}城市同时见于两份名单；以下仅就其协议而言。
coverage = { $units ->
    [pairs] 城市–国家配对
   *[other] 协议
}：第一份名单{ $first }个，第二份名单{ $second }个，两份共有{ $both }个。估计实有约{ $total }个（95%区间：{ $low }至{ $high }，Chapman法），其中{ $unseen }个两份均未收录；两份名单合计收录全部的{ SHARE($seen) }。
coverage-assumption = 此估计假设：是否列入一份名单与是否列入另一份无关，且每份协议被列入的机会相同。
coverage-bound = { $bound ->
    [shared] 在{ $shared }份共有的协议中，有{ $n }份在两份名单中引用同一网页，因此两份名单并不独立：该估计值是下界。
   *[unknown] 没有一份共有的协议在两份名单中引用同一网页。若其中一份抄自另一份，或两份都只收录知名的协议，则该估计值是下界。
}
coverage-share = 在{ $n }个没有已知协议的对照配对中，估计有{ SHARE($share, decimals: 1) }存在未登记的协议（{ SHARE($low, decimals: 1) }至{ SHARE($high, decimals: 1) }）：此比例可用于[[diagnostic]]的hidden_agreements。

## from pairs to cities
world-head = 推算
world = { $places }个地方{ $year ->
    [none] （未注明年份：请在[translate]中设year）
   *[other] { PLAIN($year) }年
}的贸易，其中{ $unknown }个的本地销售未知；{ $pairs }个处理配对，{ $models }个模型
world-of-exports = [translate]针对城市对伙伴的出口：请在[design]中设outcome = "exports"和unit = "dyad"（现为{ $outcome }、{ $unit }）
world-open = 区间缺少一端，因此没有与之对应的世界

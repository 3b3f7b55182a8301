# The README of a replication package, in Markdown; AUTHORS marks what only they know.

## overview
title = # 复现资料包
authors-article = AUTHORS：文章标题、作者、日期、版本以及本资料包的永久地址。
overview = ## 概述
made = { $n }项分析，含{ $tables }个表和{ $figures }个图，由一个程序根据下列文件生成。一条命令即可运行全部内容：{ $program ->
    [make] `make`
   *[script] `sh run.sh`
}。单个处理器约需{ $duration }。
simulated = **模拟数据。** { $names }的贸易序列为模拟数据，不反映任何真实贸易。
seconds = { $n }秒
minutes = { $n }分钟
hours = { FIXED($n, decimals: 1) }小时

## data
data = ## 数据可得性与来源说明
rights = ### 权利声明
authors-tick = AUTHORS：请勾选属实的项目。
right-to-use = - [ ] 我们有权使用文章所用数据。
right-to-publish = - [ ] 我们可以公开本资料包所含数据。
availability = ### 可得性概要
available-all = 全部数据均在本资料包内。
available-some = 部分数据不在本资料包内。
available-none = 数据均不在本资料包内。
sources = ### 各数据来源详情
head-file = 文件
head-publisher = 发布机构
head-licence = 许可
head-provided = 在本资料包内
head-used = 用于
provided-yes = 是
provided-no = 否
provided-drawn = 由程序生成
authors-sources = AUTHORS：各文件的获取途径、价格、可获取的起始时间和引用方式。
datasets = ## 数据集清单
contents = 读入时的内容，供下载后核对：
head-bytes = 字节数
head-rows = 行数
head-read-as = 读取方式
head-sha = sha256
withheld = 不在本包中的数据及取得方法；各放到此处所列路径：
outside = `TWINTRADE_DATA`下的文件不在本资料包内。请向发布机构获取，放入同一文件夹，并以环境变量`TWINTRADE_DATA`指定该文件夹。

## what is needed
requirements = ## 计算要求
software = ### 软件要求
locked = 每个程序库及其版本列在`requirements.lock`中；`run.sh`（Windows上为`run.ps1`）把它们装入`.venv`，除非`PYTHON`已指明装有这些程序库的解释器。
pinned = 各依赖库的版本及校验值均固定于`requirements.lock`；`make setup`安装的即为这些版本。
randomness = ### 随机性控制
head-analysis = 分析
head-seed = `[inference]`中的随机种子
head-jobs = 各用一个随机种子的任务数
seeds = 每个任务的随机数生成器由随机种子和任务名生成，因此任务次序和处理器数量均不影响任何数字。全部种子见`manifest.json`。
costs = ### 内存、运行时间与存储要求
head-time = 实测运行时间
head-memory = 实测内存峰值
head-results = 结果
machine = { $system }，{ $processors }个处理器
measured = 测量环境：{ $machines }。
authors-machine = AUTHORS：机器的处理器型号和内存。

## programs
programs = ## 程序说明
program-make = - `Makefile`：运行全部分析，或按名称运行一项分析。
program-tool = - `twintrade/`：读取数据、进行估计、绘制图表。
program-analysis = - `{ $file }`：一项分析的数据、比较、估计量和检查。
program-lock = - `requirements.lock`：各库的版本。
program-script = - `run.sh`、`run.ps1`：运行分析，将全部结果与`results.sha256`比较，并将每个印出的数字与其来源比较。
program-code = - `code/twintrade/`：程序：读取数据、估计、绘制图表。
program-proof = - `verify_appendix.py`：不用任何程序库，证明附录表格中的每个数字等于所存数值。`SHA256SUMS`：本包各文件的校验和。`commit.json`：生成本包的提交。
licence = ### 代码许可
licence-file = 代码的使用条款见`LICENSE`。
licence-files = 程序条款见`code/LICENSE`，数据条款见`LICENSE-DATA.md`。

## instructions
instructions = ## 复现步骤
step-setup = `make setup`：根据`requirements.lock`建立`.venv`。
step-data = 将`TWINTRADE_DATA`设为存放资料包外文件的文件夹。
step-make = `make`：运行尚无结果的全部分析。
step-unpack = 解开本文件并进入其文件夹。`sha256sum -c SHA256SUMS`可验证其完整。
step-withheld = 按上文取得不在本包中的数据。
step-script = 运行`sh run.sh`，Windows上运行`powershell -File run.ps1`。
step-compare = 正常结束时显示“every byte is as recorded”和“wrong: 0”；若有差异，则指明差异并报错。
step-verify = `.venv/bin/twintrade verify`：计算输入和结果的校验值，并指出与记录的每一处差异。

## exhibits
exhibits = ## 图、表与程序清单
reproduces = 所附代码可复现各附录中的全部表、全部图以及正文中的全部数字。
authors-article-tick = AUTHORS：请勾选与文章相符的项目。
article-numbers = - [ ] 正文中的全部数字。
article-exhibits = - [ ] 全部表和图。
article-selected = - [ ] 部分表和图，说明见此处。
exhibit-programs = 每个图表的程序即其所在行的命令；编号为该分析附录中的编号。
command = `make { $name }`
head-exhibit = 图表
head-caption = 标题
head-program = 程序
head-files = `results/{ $name }/`中的文件

## references
references = ## 参考文献
authors-citations = - AUTHORS：上述数据来源，按发布机构要求的方式引用。
acknowledgements = ## 致谢
authors-thanks = AUTHORS：提供帮助和资助者。
template = 本文件的结构参照Vilhuber、Koren、Llull、Connolly和Morrow为社会科学数据编辑（Social Science Data Editors）所编的A template README for social science replication packages。

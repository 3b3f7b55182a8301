# What stands below a column of estimates.
static = 第一行为在相同观测上单一处理虚拟变量的系数。
less-leads = 第一行为效应路径的平均值减去事前期系数的平均值；两者均按处理组观测数加权，各事件时间分别计算。
log-average = { $by ->
    [units] 可插补的处理组观测中零值超过5%（{ $of }个中{ $zero }个）：协议之后的效应为{ $n }个处理组{ unit }的平均，各取结果总额与插补总额之比的对数
   *[rows] 协议之后的效应为对数比率的逐观测平均，涵盖{ $of }个可插补处理组观测中的{ $n }个，同等计算
}{ $without ->
    [0] { "" }
   *[other] ；{ $by ->
        [units] 无任何贸易的{ unit }的{ $without }个观测予以剔除
       *[rows] 无贸易的{ $without }个没有对数，予以剔除
    }
}。
base-universal = 协议生效前的效应以事件时间{ $reference }为基准作差，该期按构造为零。
base-varying = 协议生效前的效应为相邻两期之间的变化；生效后的效应以生效前最后一期为基准作差。
base-imputation-leads = 协议生效前的效应来自仅用未处理观测的回归；它们用于检验对照是否恰当，与生效后的效应没有共同的基期。
base-first-stage-residuals = 协议生效前的效应为未处理观测模型的平均残差：该模型若用这些观测拟合，残差按构造即很小，不能用来检验对照是否恰当。
pinned = 事件时间{ $times }的效应也取为零{ $is_open ->
    [yes] ：固定效应与其余事件时间无法将其确定，另作选择会改变全部效应
   *[no] { "" }
}。
not-estimated = { $label }未作估计：{ $reason }
says-nothing = { $label }：{ $inference }无法给出推断，原因：{ $reason }
nothing-estimated = 未作任何估计
none-estimated = 没有可以估计的内容：{ $reasons }

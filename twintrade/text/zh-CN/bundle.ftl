# The bundle of an analysis: one zip for a data editor.
stale = { $name }：没有可存档的最新结果（{ $reason }）；请先运行：twintrade run { $name }
no-sums = { $file }中没有这些结果的校验和。
left-out = 其中不含{ $n }个输入文件，也不含任何数据行：{ $files }。缺少的文件如何取得，见包中的README.md。
same-bytes = { $name }：每个字节均与{ $file }的记录一致
other-bytes = { $name }：下列文件与{ $file }的记录不一致：{ $files }
withheld-outside = 该文件在项目之外。{ how-brought }
withheld-forbidden = 其数据卡说明不得转发。{ how-brought }
withheld-unsaid = 其数据卡没有说明可以转发（`{ $card }`中的"Passing on: yes"）。{ how-brought }
how-brought = { $command ->
    [none] 请向发布方索取；若包中有`{ $card }`，其中说明来源。
   *[other] 用`{ $command }`取得。
}
lock = 分析所用的Python { $python }与各程序库
data-terms = 数据使用条款
terms = `{ $path }`：{ $publisher ->
    [none] 未注明发布方
   *[other] { $publisher }
}；{ $licence ->
    [none] 未注明条款
   *[other] { $licence }
} { $passed ->
    [yes] 包含在本包中。
   *[no] 不在本包中。
}
citation = { $publisher }. 数据集，`{ $path }`。
script = 由数据和程序重新生成results/NAME，并说明每个字节是否与存档一致。
script-python = PYTHON指明已装有requirements.lock所列程序库的解释器；未指明时装入.venv。
unsafe-name = 文件名{ $path }含有会被命令行执行或被终端当作指令的字符：请重命名该文件，再运行分析
missing = 不在本包中：取得方法见README.md。

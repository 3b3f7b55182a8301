# What is said of publishers' interfaces and of the data that come from them.

needs-options = { $source }需要{ $options }
# A header of HTTP requests: ASCII alone.
agent = twintrade/{ $version } (study of twinning agreements and trade{ $contact ->
    [none] { "" }
   *[other] ; { $contact }
})

## answers that are not what a publisher documents
refused = { $source }，{ $label }：{ $why }（所请求的地址：{ $address }）
not-utf8 = 应答不是UTF-8文本
no-json = 应答不是完整的JSON，开头为{ $head }
row-cut = 应答的第{ PLAIN($row) }行不完整
no-records = 应答中没有记录
columns-changed = 应答中没有列{ $missing }，只有{ $columns }：可能是发布方作了改动，也可能查询有误
web-page = 返回的是网页，不是数据
no-address = { $address }不是有效地址
no-whole-answer = 尝试{ $tries }次均未收到完整应答（{ $kind }）
too-large = 应答超过{ $megabytes }MB：请减少城市或时期
long-wait = 发布方要求等待{ $minutes }分钟；届时请用 --resume 继续
key-refused = 密钥被拒、缺失或用量已尽（{ $says }）：请在{ $page }申请密钥，并设置{ $variable }
sent-on = 发布方将请求转往{ $place }，程序不予跟随
status = 状态码{ PLAIN($status) }
status-says = 状态码{ PLAIN($status) }：{ $words }
says-no = 发布方返回错误：{ $words }
cap-reached = 应答有{ $n }行，已达发布方单次返回的上限，数据被截断：请减少城市、伙伴或时期
no-city-column = 应答中没有市镇列
other-unit = 数值的单位乘数为{ $unit }，应为3
query-too-long = 查询耗时超出发布方的限制：请减少城市
other-count = { $source }的计数为{ $count }行，实际返回{ $n }行：未写入任何内容
column-twice = 列{ $name }出现两次，且单元格内容不同
control = 应答含有控制字符{ $code }，数据表不需要此类字符
not-asked = 列{ $column }的值为{ $cell }，而所请求的是{ $asked }
row-twice = 两行的键相同：{ $cells }
no-figure = { $cell }不是有限的数值
no-date = 图层中有一个日期不是毫秒数
other-city = 未请求城市{ $name }：请求以编号列出{ $n }个城市，并各有所属的州
no-end = 首页之后已有{ $n }页，仍未到最后一页
too-slow = { $minutes }分钟内未收到完整应答：请减少城市或时期
unknown-coding = 应答采用未请求的压缩方式{ $coding }

## data cards
may-be-shared = 可以，须注明发布方
not-to-be-shared = 不可以：只保存在本机，不放入任何打包文件
requests = { $n ->
    [1] 一次
   *[other] { $n }次
}请求{ $empty ->
    [0] { "" }
   *[other] ，其中{ $empty }次没有数据行
}
rows = { $n }行，各列为{ $columns }{ $silent ->
    [0] { "" }
   *[other] ；有{ $silent }个报告地与时期的组合没有行，按缺失计
}

what-census = 美国各州（或口岸）分伙伴国的货物贸易，取自美国人口普查局的数据接口。
publisher-census = 美国人口普查局（US Census Bureau），国际货物贸易统计
rights-census = 美国政府作品，属公有领域。本产品使用人口普查局的数据接口，但未经人口普查局认可或认证（This product uses the Census Bureau Data API but is not endorsed or certified by the Census Bureau.）。
columns-census = STATE为州的邮政缩写（XX指未能确定州的贸易），PORT为口岸；CTY_CODE与CTY_NAME为Schedule C分类中的伙伴；ALL_VAL_MO为当月出口，ALL_VAL_YR为本年累计出口，GEN_VAL各列为一般进口，含义同前；YEAR与MONTH为年与月。12月的本年累计即全年数。代码-为该列的合计，0003、5XXX等代码为国家组。
notes-census = 现价美元。出口按船边价（f.a.s.）计，按货物起运州统计，该州未必是产地；进口按海关估价计，按目的州统计。没有货运的配对没有行。每次发布均修订数据，以往年份在春季修订。

what-comexstat = 巴西各市镇分伙伴国的货物贸易，取自ComexStat的数据接口。
publisher-comexstat = 巴西发展、工业、贸易和服务部对外贸易秘书处（ComexStat）
rights-comexstat = 巴西政府开放数据，须注明来源；未查得具体许可。
columns-comexstat = year与monthNumber为年与月；noMunMinsgUf为市镇及其所在州；country为伙伴的英文名称；metricFOB为离岸价（f.o.b.），单位为美元；metricKG为净重，单位为千克。
notes-comexstat = 市镇指申报货物的企业的税务所在地，不是货物的生产地或使用地；州的数值采用另一规则，各市镇之和不等于州。“Município não declarado”不是城市。发布方名称中不代表国家者已剔除并计数。1997年起按月发布，现价美元；以往月份会修订。没有货运的配对没有行。

what-hmrc = 英国各地区分伙伴国、季度与SITC类的货物贸易，取自UK trade info的数据接口。
publisher-hmrc = 英国税务海关总署（HM Revenue and Customs），地区贸易统计
rights-hmrc = 开放政府许可（Open Government Licence）v3.0；含依该许可发布的公共部门信息。
columns-hmrc = MonthId为季度的首月；FlowTypeId取1为自欧盟进口，2为对欧盟出口，3与4为其他国家的进口与出口；GovRegionId与CountryId为发布方编号的地区与伙伴；CommoditySitc2Id为SITC类；Value单位为英镑；NetMass单位为千克。
notes-hmrc = 自2016年第三季度起，部分企业的贸易按雇员人数分摊到各地区，并追溯至2013年：地区数值部分为估计值。未能归入地区的贸易另设地区代码，不是城市。进口按发运国统计。Value为空表示不予公布，不是零。对欧盟贸易流量的含义自2020年底起改变。

what-eurostat = 欧盟成员国分伙伴国的货物贸易，取自Comext（DS-045409）。
publisher-eurostat = 欧盟统计局（Eurostat），Comext
rights-eurostat = 注明来源即可自由再利用；较早的声明规定，奥地利的细分商品数据及其他国家的部分数据不得用于商业再利用。
columns-eurostat = reporter与partner为两位字母代码（GR为希腊）；product为TOTAL或代码；flow取1为进口，2为出口；indicators为VALUE_IN_EUROS；TIME_PERIOD为时期；OBS_VALUE单位为欧元。
notes-eurostat = 国家数据，不是城市数据：用作比率的国家一方。进口按到岸价（c.i.f.），出口按离岸价（f.o.b.），以报告国边境为准。WORLD、EU27_2020等伙伴为合计。每月修订。2020年之后没有英国的数据。

what-abs = 澳大利亚各州分伙伴国、分月的货物贸易，取自澳大利亚统计局的数据接口。
publisher-abs = 澳大利亚统计局（Australian Bureau of Statistics），国际货物贸易统计
rights-abs = 知识共享署名4.0（Creative Commons Attribution 4.0），须注明来源。
columns-abs = COMMODITY_SITC为TOT或代码；出口用COUNTRY_DEST与STATE_ORIGIN，进口用COUNTRY_ORIGIN与STATE_DEST；TIME_PERIOD为月份；OBS_VALUE的UNIT_MULT为3：单位为千澳元。
notes-abs = TOT在各列中均为合计；APEC、ASEAN、OECD等为国家组。NCD即“No Country Details”，为保密贸易，以天然气和矿石为主：各国数值不含这部分。OBS_VALUE为空表示保密，不是零。出口按原产州统计。

what-comtrade = 各国分伙伴国的货物贸易，取自联合国商品贸易统计数据库（UN Comtrade）。
publisher-comtrade = 联合国统计司，UN Comtrade
rights-comtrade = 仅供内部使用。转交数据须经联合国同意。
columns-comtrade = reporterCode与partnerCode为联合国数字代码，并经Comtrade改动（842为美国，490代表台湾）；period为时期；flowCode取X为出口，M为进口；cmdCode为TOTAL或代码；primaryValue单位为美元。
notes-comtrade = 伙伴0为世界。只请求了第二伙伴、运输方式和海关程序均取合计的行：其他行会重复计算同一批货物。进口按到岸价（c.i.f.），出口按离岸价（f.o.b.）；各月之和不一定等于全年。

what-wikidata = 结为友好城市的行政主体（属性P190）及其起止时间，取自Wikidata：协议登记表的草稿。
publisher-wikidata = Wikidata，由其贡献者编写
rights-wikidata = 知识共享零（Creative Commons Zero 1.0）。
columns-wikidata = id为陈述的标识；city与partner_city为英文标签；国家为ISO代码；date与ended保留Wikidata所载的精度，并附精度；rank为等级；source_url为参考来源，没有时为条目本身；city_item与partner_item为条目。
notes-wikidata = 仅为草稿：任何人都可以写入一行，同一协议的两个方向常以不同日期分别存储，省份也与城市并列。日期为空表示未知；此类协议予以剔除并计数。已弃用的陈述，以及所属国家没有ISO代码的地点，均未请求。

what-arcgis = ArcGIS表的各行。
publisher-arcgis = 未知：即该图层的所有者。
rights-arcgis = 未知：转交任何内容之前，请先询问所有者。
columns-arcgis = 采用图层自身的列名；以毫秒表示的日期另有一列，列名以_iso结尾。
notes-arcgis = 各列的用途由查询选项指定。

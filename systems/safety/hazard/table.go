package hazard

// class is a line of tables 2 and 4 of GB 18218-2018.
type class struct {
	symbol string
	tons   float64 // threshold quantity, table 2
	beta   float64 // table 4
	zh, en string
}

// GB 18218-2018 tables 2 and 4
var classes = []class{
	{"J1", 5, 4, "急性毒性 类别1 气体", "acute toxicity 1, gas"},
	{"J2", 50, 1, "急性毒性 类别1 固体、液体", "acute toxicity 1, solid or liquid"},
	{"J3", 50, 2, "急性毒性 类别2、3 气体", "acute toxicity 2 and 3, gas"},
	{"J4", 50, 2, "急性毒性 类别2、3 吸入 液体（沸点≤35℃）", "acute toxicity 2 and 3 by inhalation, liquid boiling at 35 °C or below"},
	{"J5", 500, 1, "急性毒性 类别2 其他液体、固体", "acute toxicity 2, other liquids and solids"},
	{"W1.1", 1, 2, "爆炸物 不稳定、1.1 项", "unstable explosives, division 1.1"},
	{"W1.2", 10, 2, "爆炸物 1.2、1.3、1.5、1.6 项", "explosives, divisions 1.2, 1.3, 1.5, 1.6"},
	{"W1.3", 50, 2, "爆炸物 1.4 项", "explosives, division 1.4"},
	{"W2", 10, 1.5, "易燃气体 类别1、2", "flammable gases 1 and 2"},
	{"W3", 150, 1, "气溶胶 类别1、2", "aerosols 1 and 2"},
	{"W4", 50, 1, "氧化性气体 类别1", "oxidising gases 1"},
	{"W5.1", 10, 1.5, "易燃液体 类别1，或类别2、3 且温度高于沸点", "flammable liquids 1, or 2 and 3 above their boiling point"},
	{"W5.2", 50, 1, "易燃液体 类别2、3 特殊工艺条件", "flammable liquids 2 and 3 under hazardous conditions"},
	{"W5.3", 1000, 1, "易燃液体 其他类别2", "other flammable liquids 2"},
	{"W5.4", 5000, 1, "易燃液体 其他类别3", "other flammable liquids 3"},
	{"W6.1", 10, 1.5, "自反应物质 A、B 型", "self-reactive, types A and B"},
	{"W6.2", 50, 1, "自反应物质 C、D、E 型", "self-reactive, types C, D and E"},
	{"W7.1", 10, 1.5, "有机过氧化物 A、B 型", "organic peroxides, types A and B"},
	{"W7.2", 50, 1, "有机过氧化物 C、D、E、F 型", "organic peroxides, types C to F"},
	{"W8", 50, 1, "自燃液体、固体 类别1", "pyrophoric liquids and solids 1"},
	{"W9.1", 50, 1, "氧化性固体、液体 类别1", "oxidising solids and liquids 1"},
	{"W9.2", 200, 1, "氧化性固体、液体 类别2、3", "oxidising solids and liquids 2 and 3"},
	{"W10", 200, 1, "易燃固体 类别1", "flammable solids 1"},
	{"W11", 200, 1, "遇水放出易燃气体 类别1、2", "emits flammable gas with water 1 and 2"},
}

// listed is a line of table 1, with its factor of table 3 or the class by which table 4 gives it.
type listed struct {
	names []string // Chinese name first, then English, then others
	cas   []string
	tons  float64
	beta  float64 // table 3; 0 where it has none there
	class string  // for table 4; "" where the form in which it is there decides
}

func row(tons, beta float64, class, cas string, names ...string) listed {
	l := listed{names: names, tons: tons, beta: beta, class: class}
	if cas != "" {
		l.cas = []string{cas}
	}
	return l
}

// GB 18218-2018 tables 1 and 3
var substances = []listed{
	row(10, 2, "", "7664-41-7", "氨", "Ammonia", "液氨", "氨气"),
	row(1, 0, "", "7783-41-7", "二氟化氧", "Oxygen difluoride", "一氧化二氟"),
	row(1, 10, "", "10102-44-0", "二氧化氮", "Nitrogen dioxide"),
	row(20, 2, "", "7446-09-5", "二氧化硫", "Sulfur dioxide", "亚硫酸酐"),
	row(1, 0, "", "7782-41-4", "氟", "Fluorine"),
	row(0.3, 20, "", "75-44-5", "碳酰氯", "Phosgene", "光气"),
	row(10, 2, "", "75-21-8", "环氧乙烷", "Ethylene oxide", "氧化乙烯"),
	row(5, 0, "", "50-00-0", "甲醛（含量＞90%）", "Formaldehyde over 90 %", "蚁醛"),
	row(1, 20, "", "7803-51-2", "磷化氢", "Phosphine", "磷化三氢", "膦"),
	row(5, 5, "", "7783-06-4", "硫化氢", "Hydrogen sulfide"),
	row(20, 3, "", "7647-01-0", "氯化氢（无水）", "Hydrogen chloride, anhydrous", "氯化氢"),
	row(5, 4, "", "7782-50-5", "氯", "Chlorine", "液氯", "氯气"),
	row(20, 0, "", "", "煤气", "Coal gas", "煤气（CO，CO和H2、CH4的混合物等）"),
	row(1, 0, "", "7784-42-1", "砷化氢", "Arsine", "砷化三氢", "胂"),
	row(1, 0, "", "7803-52-3", "锑化氢", "Stibine", "三氢化锑"),
	row(1, 0, "", "7783-07-5", "硒化氢", "Hydrogen selenide"),
	row(10, 3, "", "74-83-9", "溴甲烷", "Methyl bromide", "甲基溴"),
	row(20, 0, "", "75-86-5", "丙酮氰醇", "Acetone cyanohydrin"),
	row(20, 0, "", "107-02-8", "丙烯醛", "Acrolein", "烯丙醛"),
	row(1, 5, "", "7664-39-3", "氟化氢", "Hydrogen fluoride"),
	row(20, 0, "", "106-89-8", "1-氯-2,3-环氧丙烷", "Epichlorohydrin", "环氧氯丙烷"),
	row(20, 0, "", "3132-64-7", "3-溴-1,2-环氧丙烷", "Epibromohydrin", "环氧溴丙烷"),
	row(100, 0, "", "26471-62-5", "甲苯二异氰酸酯", "Toluene diisocyanate", "TDI"),
	row(1, 0, "", "10025-67-9", "一氯化硫", "Sulfur monochloride", "氯化硫"),
	row(1, 10, "", "74-90-8", "氰化氢", "Hydrogen cyanide", "无水氢氰酸"),
	row(75, 0, "", "7446-11-9", "三氧化硫", "Sulfur trioxide", "硫酸酐"),
	row(20, 0, "", "107-11-9", "3-氨基丙烯", "Allylamine", "烯丙胺"),
	row(20, 0, "", "7726-95-6", "溴", "Bromine", "溴素"),
	row(20, 0, "", "151-56-4", "乙撑亚胺", "Ethyleneimine", "氮丙啶"),
	row(0.75, 20, "", "624-83-9", "异氰酸甲酯", "Methyl isocyanate", "甲基异氰酸酯"),
	row(0.5, 0, "W1.1", "18810-58-7", "叠氮化钡", "Barium azide"),
	row(0.5, 0, "W1.1", "13424-46-9", "叠氮化铅", "Lead azide"),
	row(0.5, 0, "W1.1", "628-86-4", "雷汞", "Mercury fulminate", "雷酸汞"),
	row(5, 0, "W1.1", "28653-16-9", "三硝基苯甲醚", "Trinitroanisole"),
	row(5, 0, "W1.1", "118-96-7", "2,4,6-三硝基甲苯", "TNT", "梯恩梯"),
	row(1, 0, "W1.1", "55-63-0", "硝化甘油", "Nitroglycerin"),
	row(1, 0, "W1.1", "9004-70-0", "硝化纤维素（干的或含水或乙醇＜25%）", "Nitrocellulose, dry or wetted under 25 %"),
	row(1, 0, "", "9004-70-0", "硝化纤维素（未改型的，或增塑的，含增塑剂＜18%）", "Nitrocellulose, unmodified or plasticised under 18 %"),
	row(10, 0, "", "9004-70-0", "硝化纤维素（含乙醇≥25%）", "Nitrocellulose with at least 25 % ethanol"),
	row(50, 0, "", "9004-70-0", "硝化纤维素（含氮≤12.6%）", "Nitrocellulose with at most 12.6 % nitrogen"),
	row(50, 0, "", "9004-70-0", "硝化纤维素（含水≥25%）", "Nitrocellulose with at least 25 % water"),
	row(50, 0, "", "9004-70-0", "硝化纤维素溶液（含氮量≤12.6%，含硝化纤维素≤55%）", "Nitrocellulose solution"),
	row(5, 0, "W1.1", "6484-52-2", "硝酸铵（含可燃物＞0.2%）", "Ammonium nitrate over 0.2 % combustible"),
	row(50, 0, "W9.2", "6484-52-2", "硝酸铵（含可燃物≤0.2%）", "Ammonium nitrate up to 0.2 % combustible"),
	row(200, 0, "W9.2", "6484-52-2", "硝酸铵肥料（含可燃物≤0.4%）", "Ammonium nitrate fertiliser"),
	row(1000, 0, "W9.2", "7757-79-1", "硝酸钾", "Potassium nitrate"),
	row(5, 0, "W2", "106-99-0", "1,3-丁二烯", "1,3-Butadiene", "丁二烯"),
	row(50, 0, "W2", "115-10-6", "二甲醚", "Dimethyl ether", "甲醚"),
	{names: []string{"甲烷、天然气", "Methane, natural gas", "甲烷", "天然气", "Methane", "Natural gas"}, cas: []string{"74-82-8", "8006-14-2"}, tons: 50, class: "W2"},
	row(50, 0, "W2", "75-01-4", "氯乙烯", "Vinyl chloride"),
	row(5, 0, "W2", "1333-74-0", "氢", "Hydrogen", "氢气"),
	{names: []string{"液化石油气（含丙烷、丁烷及其混合物）", "Liquefied petroleum gas", "液化石油气", "石油气", "LPG", "丙烷", "丁烷", "Propane", "Butane"}, cas: []string{"68476-85-7", "74-98-6", "106-97-8"}, tons: 50, class: "W2"},
	row(5, 0, "W2", "74-89-5", "一甲胺", "Methylamine", "甲胺"),
	row(1, 0, "W2", "74-86-2", "乙炔", "Acetylene"),
	row(50, 0, "W2", "74-85-1", "乙烯", "Ethylene"),
	row(200, 0, "W4", "7782-44-7", "氧（压缩的或液化的）", "Oxygen, compressed or liquefied", "氧", "液氧", "氧气", "Oxygen"),
	row(50, 0, "W5.3", "71-43-2", "苯", "Benzene", "纯苯"),
	row(500, 0, "W5.4", "100-42-5", "苯乙烯", "Styrene", "乙烯苯"),
	row(500, 0, "W5.3", "67-64-1", "丙酮", "Acetone", "二甲基酮"),
	row(50, 0, "W5.3", "107-13-1", "2-丙烯腈", "Acrylonitrile", "丙烯腈"),
	row(50, 0, "W5.3", "75-15-0", "二硫化碳", "Carbon disulfide"),
	row(500, 0, "W5.3", "110-82-7", "环己烷", "Cyclohexane", "六氢化苯"),
	row(10, 0, "W5.1", "75-56-9", "1,2-环氧丙烷", "Propylene oxide", "环氧丙烷", "氧化丙烯"),
	row(500, 0, "W5.3", "108-88-3", "甲苯", "Toluene", "甲基苯"),
	row(500, 0, "W5.3", "67-56-1", "甲醇", "Methanol", "木醇"),
	row(200, 0, "W5.3", "86290-81-5", "汽油（乙醇汽油、甲醇汽油）", "Petrol", "汽油", "Gasoline"),
	row(500, 0, "W5.3", "64-17-5", "乙醇", "Ethanol", "酒精"),
	row(10, 0, "W5.1", "60-29-7", "乙醚", "Diethyl ether", "二乙基醚"),
	row(500, 0, "W5.3", "141-78-6", "乙酸乙酯", "Ethyl acetate", "醋酸乙酯"),
	row(500, 0, "W5.3", "110-54-3", "正己烷", "n-Hexane", "己烷"),
	row(10, 0, "", "79-21-0", "过乙酸", "Peracetic acid", "过氧乙酸"),
	row(10, 0, "", "1338-23-4", "过氧化甲基乙基酮", "Methyl ethyl ketone peroxide"),
	row(50, 0, "W8", "12185-10-3", "白磷", "White phosphorus", "黄磷"),
	row(1, 0, "W8", "", "烷基铝", "Aluminium alkyls", "三烷基铝"),
	row(1, 0, "", "19624-22-7", "戊硼烷", "Pentaborane", "五硼烷"),
	row(20, 0, "W9.1", "17014-71-0", "过氧化钾", "Potassium peroxide"),
	row(20, 0, "W9.1", "1313-60-6", "过氧化钠", "Sodium peroxide", "双氧化钠"),
	row(100, 0, "W9.1", "3811-04-9", "氯酸钾", "Potassium chlorate"),
	row(100, 0, "W9.1", "7775-09-9", "氯酸钠", "Sodium chlorate"),
	row(20, 0, "W9.1", "52583-42-3", "发烟硝酸", "Fuming nitric acid"),
	row(100, 0, "W9.1", "7697-37-2", "硝酸（发红烟的除外，含硝酸＞70%）", "Nitric acid over 70 %", "硝酸"),
	row(50, 0, "W9.2", "506-93-4", "硝酸胍", "Guanidine nitrate", "硝酸亚氨脲"),
	row(100, 0, "W11", "75-20-7", "碳化钙", "Calcium carbide", "电石"),
	row(1, 0, "W11", "7440-09-7", "钾", "Potassium", "金属钾"),
	row(10, 0, "W11", "7440-23-5", "钠", "Sodium", "金属钠"),
}

// carbonMonoxide stands in table 3, but not in table 1: its threshold is that of its class.
const carbonMonoxide = "630-08-0"

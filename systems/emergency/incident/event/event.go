// Package event names what kinds of events there are and how grave they can be (突发事件类型与级别).
package event

import "github.com/haihe-city/haihe/lang"

// Class is what kind of event an incident is. Group is one of the four kinds of the law's art. 3.
type Class struct {
	ID    string
	Group string // natural, accident, health, security
	Name  lang.Text
}

// Groups names the four kinds.
var Groups = map[string]lang.Text{
	"accident": lang.T("事故灾难", "Accident"), "natural": lang.T("自然灾害", "Natural disaster"),
	"health": lang.T("公共卫生事件", "Public health"), "security": lang.T("社会安全事件", "Public security"),
}

// Classes are in the order in which the call taker's form offers them: what work safety brings first.
var Classes = []Class{
	{"hazmat", "accident", lang.T("危险化学品事故", "Hazardous chemicals")},
	{"explosion", "accident", lang.T("爆炸事故", "Explosion")},
	{"fire", "accident", lang.T("火灾事故", "Fire")},
	{"metallurgy", "accident", lang.T("冶金工贸企业事故", "Metallurgy and industry")},
	{"fireworks", "accident", lang.T("烟花爆竹事故", "Fireworks")},
	{"traffic", "accident", lang.T("道路交通事故", "Road traffic")},
	{"rail", "accident", lang.T("轨道和铁路交通事故", "Rail traffic")},
	{"vessel", "accident", lang.T("水上交通事故", "Vessels and port")},
	{"construction", "accident", lang.T("建筑施工事故", "Construction")},
	{"equipment", "accident", lang.T("特种设备事故", "Special equipment")},
	{"utility", "accident", lang.T("供水、供电、燃气、供热事故", "Water, power, gas, heat")},
	{"telecom", "accident", lang.T("通信和信息系统事故", "Telecommunications")},
	{"pollution", "accident", lang.T("环境污染事件", "Pollution")},
	{"radiation", "accident", lang.T("辐射事故", "Radiation")},
	{"accident", "accident", lang.T("其他事故", "Other accident")},
	{"flood", "natural", lang.T("水旱灾害", "Flood and drought")},
	{"weather", "natural", lang.T("气象灾害", "Weather")},
	{"surge", "natural", lang.T("海洋灾害（风暴潮等）", "Sea: storm surge")},
	{"earthquake", "natural", lang.T("地震灾害", "Earthquake")},
	{"ground", "natural", lang.T("地质灾害", "Ground")},
	{"forest", "natural", lang.T("森林草原火灾", "Forest fire")},
	{"pest", "natural", lang.T("生物灾害", "Pests")},
	{"epidemic", "health", lang.T("传染病事件", "Epidemic")},
	{"food", "health", lang.T("食品安全事件", "Food safety")},
	{"poisoning", "health", lang.T("群体性中毒", "Poisoning of several people")},
	{"animal", "health", lang.T("动物疫情", "Animal disease")},
	{"crowd", "security", lang.T("群体性事件", "Crowds")},
	{"attack", "security", lang.T("恐怖袭击和刑事案件", "Attack and crime")},
	{"finance", "security", lang.T("金融突发事件", "Finance")},
	{"other", "security", lang.T("其他突发事件", "Other")},
}

// ClassOf finds a class.
func ClassOf(id string) (Class, bool) {
	for _, c := range Classes {
		if c.ID == id {
			return c, true
		}
	}
	return Class{}, false
}

// Levels are their names and criteria, by level; 0 is not yet judged.
var Levels = [5]struct{ Name, Criterion lang.Text }{
	{lang.T("未定级", "Not yet judged"), lang.Text{}},
	{lang.T("Ⅰ级（特别重大）", "Level I (extraordinary)"), lang.T("死亡或失踪 30 人以上，或重伤 100 人以上", "30 or more dead or missing, or 100 seriously injured")},
	{lang.T("Ⅱ级（重大）", "Level II (grave)"), lang.T("死亡或失踪 10 人以上，或重伤 50 人以上", "10 or more dead or missing, or 50 seriously injured")},
	{lang.T("Ⅲ级（较大）", "Level III (serious)"), lang.T("死亡或失踪 3 人以上，或重伤 10 人以上", "3 or more dead or missing, or 10 seriously injured")},
	{lang.T("Ⅳ级（一般）", "Level IV (ordinary)"), lang.T("上述以下", "below these")},
}

// LevelName names a level, 0 to 4.
func LevelName(level int) lang.Text {
	if level < 0 || level >= len(Levels) {
		level = 0
	}
	return Levels[level].Name
}

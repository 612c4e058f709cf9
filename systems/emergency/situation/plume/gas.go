package plume

import "github.com/haihe-city/haihe/lang"

// Gas is a gas with what it does to people: its molar mass in g/mol and the levels of 60 minutes' exposure in ppm. Above AEGL-2 people may
// suffer lasting harm or be unable to flee; above AEGL-3 they may die.
type Gas struct {
	ID           string
	Name         lang.Text
	CAS          string
	Molar        float64
	AEGL2, AEGL3 float64
}

// Gases are those that the plants of the city handle most, by name. Their levels are a house default, to be replaced by the authority's table.
var Gases = []Gas{
	{"chlorine", lang.T("氯", "Chlorine"), "7782-50-5", 70.91, 2, 20},
	{"ammonia", lang.T("氨", "Ammonia"), "7664-41-7", 17.03, 160, 1100},
	{"hydrogen-sulfide", lang.T("硫化氢", "Hydrogen sulfide"), "7783-06-4", 34.08, 27, 50},
	{"sulfur-dioxide", lang.T("二氧化硫", "Sulfur dioxide"), "7446-09-5", 64.06, .75, 30},
	{"hydrogen-chloride", lang.T("氯化氢", "Hydrogen chloride"), "7647-01-0", 36.46, 22, 100},
	{"hydrogen-fluoride", lang.T("氟化氢", "Hydrogen fluoride"), "7664-39-3", 20.01, 24, 44},
	{"carbon-monoxide", lang.T("一氧化碳", "Carbon monoxide"), "630-08-0", 28.01, 83, 330},
	{"phosgene", lang.T("光气", "Phosgene"), "75-44-5", 98.92, .3, .75},
	{"hydrogen-cyanide", lang.T("氰化氢", "Hydrogen cyanide"), "74-90-8", 27.03, 7.1, 15},
	{"ethylene-oxide", lang.T("环氧乙烷", "Ethylene oxide"), "75-21-8", 44.05, 45, 200},
	{"formaldehyde", lang.T("甲醛", "Formaldehyde"), "50-00-0", 30.03, 14, 56},
	{"benzene", lang.T("苯（蒸气）", "Benzene (vapour)"), "71-43-2", 78.11, 800, 4000},
}

// GasOf finds a gas.
func GasOf(id string) (Gas, bool) {
	for _, g := range Gases {
		if g.ID == id {
			return g, true
		}
	}
	return Gas{}, false
}

// molarVolume is that of a gas at 25 °C and 101.325 kPa, in litres.
const molarVolume = 24.45

// Grams turns ppm of this gas into g/m³.
func (g Gas) Grams(ppm float64) float64 { return ppm * g.Molar / molarVolume / 1000 }

// Isolation is a distance that is cleared on all sides before anything is known, in metres.
type Isolation struct {
	ID     string
	Name   lang.Text
	Metres float64
}

// Isolations are first distances after the Emergency Response Guidebook 2016 by what was released, the greater one where guides differ: a
// house default, to be replaced by the authority's table.
var Isolations = []Isolation{
	{"gas", lang.T("有毒或易燃气体泄漏", "Toxic or flammable gas leaks"), 100},
	{"liquid", lang.T("有毒、腐蚀或易燃液体泄漏", "Toxic, corrosive or flammable liquid leaks"), 50},
	{"solid", lang.T("固体危险化学品泄漏", "Hazardous solid is spilt"), 25},
	{"tank-fire", lang.T("储罐、槽车着火", "A tank burns"), 800},
	{"gas-tank-fire", lang.T("液化气体储罐、槽车着火", "A tank of liquefied gas burns"), 1600},
	{"explosive", lang.T("爆炸品（大量）", "Explosives in quantity"), 800},
}

// IsolationOf finds one.
func IsolationOf(id string) (Isolation, bool) {
	for _, x := range Isolations {
		if x.ID == id {
			return x, true
		}
	}
	return Isolation{}, false
}

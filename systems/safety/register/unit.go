package register

import (
	"cmp"
	"slices"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// UnitKind is how GB 18218-2018 divides a plant (生产单元, 储存单元).
type UnitKind string

// The kinds of hazard unit: each is judged by itself.
const (
	Process UnitKind = "process"
	Storage UnitKind = "storage"
)

// Text is the kind for people.
func (k UnitKind) Text() lang.Text {
	if k == Process {
		return lang.T("生产单元", "Process unit")
	}
	return lang.T("储存单元", "Storage unit")
}

// HazardUnit is a process or storage unit of a plant with what it may hold at most.
type HazardUnit struct {
	Plant      string // code of the plant
	Code       string // within the plant: "U-01"
	Name       string
	Kind       UnitKind
	Substances []Substance
}

// Substance is what a hazard unit may hold. Name or CAS finds it in GB 18218-2018 table 1; Class is the code of table 2 for one that
// stands not there.
type Substance struct {
	Name  string
	CAS   string
	Class string    // symbol of GB 18218-2018 table 2: "W5.1"
	Tons  float64   // the greatest quantity that may be there at once, by design (GB 18218-2018 4.2.2)
	At    time.Time // as of when
}

// Put puts a substance in the place of that of the same name; one of no quantity is taken out.
func (u *HazardUnit) Put(x Substance) {
	u.Substances = slices.DeleteFunc(u.Substances, func(s Substance) bool { return s.Name == x.Name })
	if x.Tons > 0 {
		u.Substances = append(u.Substances, x)
		slices.SortFunc(u.Substances, func(a, b Substance) int { return cmp.Compare(a.Name, b.Name) })
	}
}

package register

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// UnitKind is how GB 18218-2018 3.5 and 3.6 divide a plant.
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

package incident

import (
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// Where is the place of something. At counts where Located.
type Where struct {
	District string     `json:"district"`
	Place    string     `json:"place"`
	Plant    string     `json:"plant,omitempty"` // URI
	Located  bool       `json:"located"`
	At       area.Point `json:"at"`
}

// Times are when an incident came to its stages; zero where it has not.
type Times struct{ Occurred, Opened, Verified, Dispatched, Controlled, Closed, Written time.Time }

// Incident is what the room knows of an incident beside its case.
type Incident struct {
	ID        string // the case's
	Class     string
	Substance string // that was released, by plume.Gas's id or in words
	Where
	Times
	Harm
	Drill  bool
	Merged string // id of the incident that it has become part of
}

// Whole is an incident with its case.
type Whole struct {
	Incident
	Case casework.Case
}

// The sources of a report.
const (
	ByCall   = "call"
	ByWeb    = "web"
	ByAlarm  = "alarm"
	BySystem = "system"
)

// Personal is what of a report only some may see.
type Personal struct {
	Caller string `json:"caller"`
	Phone  string `json:"phone"`
	Words  string `json:"words"` // the caller's
	Hurt   string `json:"hurt"`  // names of those who are hurt
}

// Report is one message about an incident.
type Report struct {
	ID, Receipt, Incident, Source string // Source is how it came: By…
	Came                          time.Time
	Taker                         string
	Class                         string
	Where
	Dismissed string // why it led to nothing
	Personal
}

// The bounds of what is typed.
const (
	mostPlace  = 200
	mostWords  = 4000
	mostPerson = 100
	mostPeople = 100_000
	oldest     = 7 * 24 * time.Hour // a report of something older is an archive's matter
)

// Tell is what a report says of the incident, beside what is personal.
type Tell struct {
	Class, Substance string
	Where
	Harm
	Occurred time.Time // zero: now
	Drill    bool
}

// Check refuses what cannot be; it fills in what follows from the rest: the district from the place, the time.
func (t *Tell) Check(now time.Time) error {
	if _, ok := event.ClassOf(t.Class); !ok {
		return errs.Say(errs.Invalid, "请选择事件类型", "choose what kind of event it is")
	}
	if t.Located && !t.At.Inside() {
		return errs.Say(errs.Invalid, "坐标不在本市及周边", "the place lies nowhere near the city")
	}
	if t.Located && t.District == "" {
		t.District = area.DistrictOf(t.At)
	}
	if t.Place = oneLine(t.Place); t.Place == "" && !t.Located && t.District == "" {
		return errs.Say(errs.Invalid, "请填写地点：区、地址、坐标或企业，至少一项", "say where: district, address, coordinates or plant")
	}
	if utf8.RuneCountInString(t.Place) > mostPlace {
		return errs.Say(errs.Invalid, "地址不超过 %d 字", "a place has at most %d letters", mostPlace)
	}
	if t.Occurred.IsZero() {
		t.Occurred = now
	}
	if t.Occurred.After(now.Add(5*time.Minute)) || now.Sub(t.Occurred) > oldest {
		return errs.Say(errs.Invalid, "发生时间应在过去 7 天内", "it happened within the last seven days")
	}
	return t.Harm.check()
}

func (h Harm) check() error {
	for _, n := range []int64{h.Dead, h.Missing, h.Trapped, h.Serious, h.Injured} {
		if n < 0 || n > mostPeople {
			return errs.Say(errs.Invalid, "人数应为 0 至 %d", "numbers of people lie between 0 and %d", mostPeople)
		}
	}
	if h.Serious > h.Injured {
		return errs.Say(errs.Invalid, "重伤人数不能多于受伤人数", "the seriously injured are among the injured")
	}
	return nil
}

func (x *Personal) check() error {
	if x.Caller, x.Phone, x.Hurt = oneLine(x.Caller), oneLine(x.Phone), strings.TrimSpace(x.Hurt); len(x.Caller) > mostPerson || len(x.Phone) > mostPerson {
		return errs.Say(errs.Invalid, "姓名、电话不超过 %d 字节", "name and telephone have at most %d bytes", mostPerson)
	}
	if x.Words = strings.TrimSpace(x.Words); len(x.Words) > mostWords || len(x.Hurt) > mostWords {
		return errs.Say(errs.Invalid, "来报内容不超过 %d 字节", "the words of a report have at most %d bytes", mostWords)
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// title is what the case is called: class, district, place; nothing of people.
func (t *Tell) title() string {
	c, _ := event.ClassOf(t.Class)
	parts := []string{}
	if t.Drill {
		parts = append(parts, DrillMark)
	}
	if t.District != "" {
		parts = append(parts, region.Name(t.District).Zh)
	}
	if t.Place != "" {
		parts = append(parts, t.Place)
	}
	return strings.Join(append(parts, c.Name.Zh), " ")
}

// DrillMark stands before the title of every drill.
const DrillMark = "【演练】"

// How near in place and time two reports may tell of the same thing. A chemical cloud is smelt far away and for hours, so the bounds are
// wide: a proposal that is wrong costs a look, one that is not made costs a second team on the wrong road.
const (
	nearKm   = 2.0
	nearTime = 2 * time.Hour
)

// Near is an incident that a report may be about.
type Near struct {
	Incident
	Km    float64 // -1 where one of them has no coordinates
	Since time.Duration
	Same  bool // the same plant or the same place in words
}

// nearest picks from incidents that are open those that a report may be about, the likeliest first. A drill is never the same as
// something real.
func nearest(t Tell, open []Incident) (out []Near) {
	for _, x := range open {
		gap := t.Occurred.Sub(x.Occurred).Abs()
		if x.Drill != t.Drill || gap > nearTime {
			continue
		}
		n := Near{Incident: x, Km: -1, Since: gap}
		n.Same = t.Plant != "" && t.Plant == x.Plant || t.Place != "" && strings.EqualFold(t.Place, x.Place)
		if t.Located && x.Located {
			n.Km = area.Distance(t.At, x.At)
		}
		switch {
		case n.Same, n.Km >= 0 && n.Km <= nearKm:
		case n.Km < 0 && t.District == x.District && t.District != "" && t.Class == x.Class:
		default:
			continue
		}
		out = append(out, n)
	}
	sortNear(out)
	return out
}

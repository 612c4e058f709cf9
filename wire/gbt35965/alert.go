package gbt35965

import (
	"fmt"
	"regexp"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap"
)

// China is the zone of every time of the standard.
var China = time.FixedZone("CST", 8*3600)

// Alert is a warning message.
type Alert struct {
	Identifier string // ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N
	Sender     string // name of the issuer
	SenderCode string // ZZZZZZDDDUUUXX
	SendTime   time.Time
	Status     string // Actual, Exercise, Test, Draft
	MsgType    string // Alert, Update, Cancel
	Scope      string // Public, Restricted
	Methods    []Method
	Secrecy    string // secClassification: None, Confidential, Secret, TopSecret; "" is None
	Note       string
	References []cap.Reference // by issuer's code, identifier and time
	Infos      []Info
}

// Method is a way to tell people.
type Method struct{ Name, Message, Groups, Parts string }

// Info is what a warning says.
type Info struct {
	Language  string
	EventType string // of GB/T 35561-2017, five characters
	Urgency   string
	Severity  string // Red, Orange, Yellow, Blue, Unknown
	Certainty string
	cap.Span
	SenderName  string
	Headline    string
	Description string
	Instruction string
	Web         string
	Resources   []Resource
	Areas       []Area
}

// Resource is a file that belongs to a warning.
type Resource struct{ Desc, Size, Digest string }

// Area is where a warning holds. Geocodes are region codes of GB/T 2260, of six or twelve digits.
type Area struct {
	Desc     string
	Polygons []cap.Polygon
	Circles  []cap.Circle
	Geocodes []string
}

var (
	identifier = regexp.MustCompile(`^(\d{14})_(\d{14})_(\d)$`)
	issuer     = regexp.MustCompile(`^\d{14}$`)
	eventType  = regexp.MustCompile(`^[1-4]\d[A-Z]\d\d$`)
	geocode    = regexp.MustCompile(`^\d{6}(\d{6})?$`)
)

// enumerations are the words that the structure knows, by element.
var enumerations = map[string][]string{
	"status":            {"Actual", "Exercise", "Test", "Draft"},
	"msgType":           {"Alert", "Update", "Cancel"},
	"scope":             {"Public", "Restricted"},
	"secClassification": {"None", "Confidential", "Secret", "TopSecret"},
	"urgency":           {"Immediate", "Expected", "Future", "Past", "Unknown"},
	"severity":          {"Red", "Orange", "Yellow", "Blue", "Unknown"},
	"certainty":         {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}

// NewIdentifier makes the identifier of an issuer's n-th warning (0 to 9) of one second. GB/T 35965.1-2018.
func NewIdentifier(issuer string, at time.Time, n int) (string, error) {
	id := fmt.Sprintf("%s_%s_%d", issuer, at.In(China).Format("20060102150405"), n)
	if _, _, ok := Identifier(id); !ok {
		return "", fmt.Errorf("no identifier can be made of issuer %q, %v and %d", issuer, at, n)
	}
	return id, nil
}

// Identifier takes an identifier apart; ok is false where it is none.
func Identifier(id string) (issuer string, at time.Time, ok bool) {
	m := identifier.FindStringSubmatch(id)
	if m == nil {
		return "", at, false
	}
	at, err := time.ParseInLocation("20060102150405", m[2], China)
	return m[1], at, err == nil
}

const clock = "2006-01-02 15:04:05"

// formatTime writes the extended form: "2015-11-20 08:00:00+08:00".
func formatTime(t time.Time) string { return t.In(China).Format(clock) + "+08:00" }

func parseTime(s string) (time.Time, bool) {
	t, err := time.ParseInLocation(clock+"-07:00", s, China)
	if err != nil || t.Year() < 1 {
		return time.Time{}, false
	}
	_, off := t.Zone()
	return t.In(China), off == 8*3600
}

// Event is a kind of event of GB/T 35561-2017 with the category that CAP puts it in.
type Event struct {
	Code     string
	Name     lang.Text
	Category string
}

// Events are the kinds that warnings of this city are written for. Codes and names are those that public warnings bear.
var Events = []Event{
	{"11A00", lang.T("水旱灾害", "Flood or drought"), "Met"},
	{"11B01", lang.T("台风", "Typhoon"), "Met"},
	{"11B03", lang.T("暴雨", "Rainstorm"), "Met"},
	{"11B04", lang.T("暴雪", "Snowstorm"), "Met"},
	{"11B05", lang.T("寒潮", "Cold wave"), "Met"},
	{"11B06", lang.T("大风", "Strong wind"), "Met"},
	{"11B07", lang.T("沙尘暴", "Sandstorm"), "Met"},
	{"11B09", lang.T("高温", "Heat"), "Met"},
	{"11B14", lang.T("雷电", "Lightning"), "Met"},
	{"11B15", lang.T("冰雹", "Hail"), "Met"},
	{"11B17", lang.T("大雾", "Dense fog"), "Met"},
	{"11B19", lang.T("霾", "Haze"), "Met"},
	{"11B21", lang.T("道路结冰", "Icy roads"), "Met"},
	{"11C00", lang.T("地震灾害", "Earthquake"), "Geo"},
	{"11E00", lang.T("海洋灾害", "Storm surge or other marine disaster"), "Met"},
	{"21D00", lang.T("危险化学品事故", "Hazardous chemicals accident"), "Safety"},
	{"21E00", lang.T("烟花爆竹和民用爆炸物事故", "Fireworks or explosives accident"), "Safety"},
	{"21G00", lang.T("火灾事故", "Fire"), "Fire"},
	{"22A00", lang.T("环境污染事件", "Pollution"), "Env"},
	{"31A00", lang.T("传染病事件", "Infectious disease"), "Health"},
}

// EventOf finds a kind by its code; one that is not listed is named by its class.
func EventOf(code string) (Event, bool) {
	for _, e := range Events {
		if e.Code == code {
			return e, true
		}
	}
	if !eventType.MatchString(code) {
		return Event{}, false
	}
	class := map[byte]Event{'1': {code, lang.T("自然灾害", "Natural disaster"), "Geo"}, '2': {code, lang.T("事故灾难", "Accident"), "Safety"}, '3': {code, lang.T("公共卫生事件", "Public health event"), "Health"}, '4': {code, lang.T("社会安全事件", "Public security event"), "Security"}}
	return class[code[0]], true
}

package book

import (
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
)

// Protocol is how a meter's readings reach us.
type Protocol string

// The protocols. A meter of an imported file is no meter of the city's archive and does not count in its coverage.
const (
	DLT698   Protocol = "dlt698"
	DLT645   Protocol = "dlt645"
	QGDW1376 Protocol = "qgdw1376"
	DLMS     Protocol = "dlms"
	MQTT     Protocol = "mqtt" // readings as JSON; frames over MQTT are DLT698
	File     Protocol = "file"
)

// Text names a protocol.
func (p Protocol) Text() lang.Text {
	switch p {
	case DLT698:
		return lang.Same("DL/T 698.45")
	case DLT645:
		return lang.Same("DL/T 645")
	case QGDW1376:
		return lang.Same("Q/GDW 1376.1")
	case DLMS:
		return lang.Same("DLMS/COSEM")
	case MQTT:
		return lang.Same("MQTT JSON")
	}
	return lang.T("区间数据文件", "Interval file")
}

// Category is the kind of customer behind a meter.
type Category string

// The Categories, as the tariff knows them.
const (
	Residential Category = "residential"
	Commercial  Category = "commercial"
	Industrial  Category = "industrial"
	Agriculture Category = "agriculture"
)

// Categories are the kinds with their words.
var Categories = []struct {
	Category
	Text lang.Text
}{
	{Residential, lang.T("居民", "Home")},
	{Commercial, lang.T("商业", "Commerce")},
	{Industrial, lang.T("大工业", "Industry")},
	{Agriculture, lang.T("农业", "Farm")},
}

// Known tells whether it is one of Categories.
func (c Category) Known() bool {
	for _, k := range Categories {
		if k.Category == c {
			return true
		}
	}
	return false
}

// Text names a category.
func (c Category) Text() lang.Text {
	for _, k := range Categories {
		if k.Category == c {
			return k.Text
		}
	}
	return lang.T("未分类", "Unclassified")
}

// Meter is one line of the archive.
type Meter struct {
	Num          int64  // of its entity, and key of its series; 0 before it is stored
	Address      string // 12 digits, or the NMI of an imported file
	District     string // region code, six digits; "" for an imported meter
	Feeder       string
	Concentrator string
	Category     Category
	Protocol     Protocol
	Installed    time.Time
	Retired      bool
	Solar        bool // the customer has a solar plant, whose surplus flows back
}

// Check refuses a meter whose archive line cannot be right.
func (m Meter) Check() error {
	switch {
	case !digits(m.Address, 12):
		return errs.Say(errs.Invalid, "电表地址应为 12 位数字，现为“%s”", "a meter's address has 12 digits, this is %q", m.Address)
	case !region.Valid(m.District):
		return errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码，应为 120101 至 120119 之一", "%q is no district code of this city, which run from 120101 to 120119", m.District)
	case !digits(m.Concentrator, 12):
		return errs.Say(errs.Invalid, "集中器地址应为 12 位数字，现为“%s”", "a concentrator's address has 12 digits, this is %q", m.Concentrator)
	case m.Protocol != DLT698 && m.Protocol != DLT645 && m.Protocol != QGDW1376 && m.Protocol != DLMS && m.Protocol != MQTT:
		return errs.Say(errs.Invalid, "规约“%s”无法识别，请填 dlt698、dlt645、qgdw1376、dlms 或 mqtt", "protocol %q is not known, give dlt698, dlt645, qgdw1376, dlms or mqtt", string(m.Protocol))
	case m.Feeder == "" || len(m.Feeder) > 64 || strings.ContainsAny(m.Feeder, " :/?#\"<>"):
		return errs.Say(errs.Invalid, "馈线编号“%s”不合规：1 至 64 个字符，不含空格和 : / ? # 等符号", "feeder %q will not do: 1 to 64 characters, no blanks, none of : / ? #", m.Feeder)
	}
	if m.Category.Known() {
		return nil
	}
	return errs.Say(errs.Invalid, "用电类别“%s”无法识别，请填 residential、commercial、industrial 或 agriculture", "category %q is not known, give residential, commercial, industrial or agriculture", string(m.Category))
}

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Status is the archive's word for whether the meter is in use.
func (m Meter) Status() string {
	if m.Retired {
		return "retired"
	}
	return "inService"
}

// DistrictName names the district of a meter; a meter that was imported has none.
func DistrictName(code string) lang.Text {
	if code == "" {
		return lang.T("档案外", "Not in the archive")
	}
	return region.Name(code)
}

// Concentrator is a concentrator or gateway: what the archive knows of it, and how its link stands.
type Concentrator struct {
	Address  string    `json:"address"`
	District string    `json:"district"`
	Protocol Protocol  `json:"protocol"`
	Meters   int       `json:"meters"`
	Online   bool      `json:"online"`
	Since    time.Time `json:"since,omitzero"` // connected since
	Heard    time.Time `json:"heard,omitzero"` // last frame
	Peer     string    `json:"peer,omitempty"`
}

// Seat is where a meter stands in the book, and the key of its series; Num is 0 in none.
type Seat struct {
	Place int32
	Num   int64
}

// Reading is one meter's sample as a feed hands it over. A value that did not come is series.Null.
type Reading struct {
	Address string
	Seat    Seat  // of the meter in the book, where the feed has looked for it already; otherwise zero
	At      int64 // microseconds UTC
	Quality series.Quality
	Energy  int64 // forward active energy register, 0.0001 kWh
	Power   int64 // active power, 0.0001 kW, signed
	Voltage int64 // phase A, 0.1 V
}

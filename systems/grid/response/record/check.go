package record

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Bounds of contracts and programmes.
const (
	MaxName      = 120 // bytes
	MaxMeters    = 2000
	MaxKW        = 1_000_000
	maxNotice    = 7 * 24 * 60 // minutes
	maxPrice     = 100_000     // fen/kWh
	maxPerYear   = 366
	maxHours     = 8784
	mostPermille = 3000
)

var codeShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

// CheckName holds a name to its bounds.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return errs.Say(errs.Invalid, "名称不能为空，且不超过 %d 字节", "give a name of at most %d bytes", MaxName)
	}
	return nil
}

func checkCode(code string) error {
	if !codeShape.MatchString(code) {
		return errs.Say(errs.Invalid, "编号“%s”不合规：用字母、数字、“-”和“_”，不超过 32 位", "the code %q is not one: letters, digits, - and _, at most 32", code)
	}
	return nil
}

// Between holds a number to its bounds, with its name in both languages.
func Between(v, low, high int64, zh, en string) error {
	if v < low || v > high {
		return errs.Say(errs.Invalid, zh+"应在 %d 至 %d 之间", en+" lies between %d and %d", low, high)
	}
	return nil
}

// Check holds it to what it may be.
func (x Programme) Check() error {
	if err := checkCode(x.Code); err != nil {
		return err
	}
	if err := CheckName(x.Name); err != nil {
		return err
	}
	switch {
	case !x.Method.Known():
		return errs.Say(errs.Invalid, "基线方法“%s”无法识别，可用 high5of10、mid4of6", "the method %q is not known: high5of10 or mid4of6", x.Method)
	case x.Silence != "in" && x.Silence != "out":
		return errs.Say(errs.Invalid, "未答复的处理方式应为 in 或 out", "silence means in or out")
	case x.State != "open" && x.State != "closed":
		return errs.Say(errs.Invalid, "状态应为 open 或 closed", "a state is open or closed")
	}
	if err := Between(x.Least, 0, 1000, "最低响应率（千分之）", "the least rate (thousandths)"); err != nil {
		return err
	}
	return Between(x.Most, 1000, mostPermille, "最高计费比例（千分之）", "the most that is paid (thousandths)")
}

// Check holds it to what it may be.
func (x Participant) Check() error {
	if err := checkCode(x.Code); err != nil {
		return err
	}
	if err := CheckName(x.Name); err != nil {
		return err
	}
	switch {
	case x.Kind != "enterprise" && x.Kind != "aggregator":
		return errs.Say(errs.Invalid, "类别“%s”无法识别，可用 enterprise、aggregator", "the kind %q is not known: enterprise or aggregator", x.Kind)
	case x.State != "open" && x.State != "closed":
		return errs.Say(errs.Invalid, "状态“%s”无法识别，可用 open、closed", "the state %q is not known: open or closed", x.State)
	}
	for _, b := range []struct {
		v, low, high int64
		zh, en       string
	}{{x.Capacity, 1, MaxKW, "合同容量（千瓦）", "the capacity (kW)"}, {x.Notice, 0, maxNotice, "通知时间（分钟）", "the notice (minutes)"}, {x.Events, 1, maxPerYear, "每年次数", "the events a year"},
		{x.Hours, 1, maxHours, "每年小时数", "the hours a year"}, {x.Price, 0, maxPrice, "单价（分/千瓦时）", "the price (fen/kWh)"}} {
		if err := Between(b.v, b.low, b.high, b.zh, b.en); err != nil {
			return err
		}
	}
	return nil
}

// Span writes an event's window.
func (e Event) Span() string {
	return e.Begins.In(book.China).Format("2006-01-02 15:04") + "–" + e.Ends.In(book.China).Format("15:04")
}

// Area writes where an event asks.
func (e Event) Area() lang.Text {
	var zh, en []string
	for _, d := range e.Districts {
		zh, en = append(zh, book.DistrictName(d).Zh), append(en, book.DistrictName(d).En)
	}
	for _, f := range e.Feeders {
		zh, en = append(zh, f), append(en, f)
	}
	if len(zh) == 0 {
		return lang.T("全市", "The city")
	}
	return lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))
}

// TakesPart tells whether a call counts as accepted.
func (c Call) TakesPart(silentIn bool) bool {
	return c.Answer == "in" || c.Answer == "" && silentIn
}

func SilentIn(all []Programme, code string) bool {
	i := slices.IndexFunc(all, func(x Programme) bool { return x.Code == code })
	return i >= 0 && all[i].Silence == "in"
}

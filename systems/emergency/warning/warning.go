package warning

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

// The states of a message.
const (
	Draft      = "draft"
	Submitted  = "submitted"
	Issued     = "issued"
	Superseded = "superseded"
	Cancelled  = "cancelled"
	Expired    = "expired"
	Dropped    = "dropped" // never issued
	Lifting    = "notice"  // a cancellation that was issued: it says that another ended, and is in force for nobody
)

// The kinds of message.
const (
	Alert  = "Alert"
	Update = "Update"
	Cancel = "Cancel"
)

// Content is what an author writes.
type Content struct {
	Headline    lang.Text `json:"headline"`
	Description lang.Text `json:"description"`
	Instruction lang.Text `json:"instruction"`
	Urgency     string    `json:"urgency"`
	Certainty   string    `json:"certainty"`
	Onset       time.Time `json:"onset,omitzero"`
	reach.Area
	Duties     []string `json:"duties,omitempty"` // whose contacts are told
	AckMinutes int      `json:"ackMinutes,omitempty"`
	Note       string   `json:"note,omitempty"`     // drill's name, or where a relayed alert comes from
	Incident   string   `json:"incident,omitempty"` // id of the case
}

// Hands are those who made a message, and for which unit.
type Hands struct{ Unit, Author, Approver string }

// Warning is one message.
type Warning struct {
	ID, Root, Refers string
	Version          int64
	State, MsgType   string
	Exercise         bool
	Event, Colour    string
	Hands
	Identifier     string
	Origin         string
	Made, Issued   time.Time
	Expires, Ended time.Time
	Changed        int64
	Reason         string
	Content
}

// Actual tells whether the message holds now for the public.
func (w *Warning) Actual(now time.Time) bool {
	return w.State == Issued && !w.Exercise && w.MsgType != Cancel && now.Before(w.Expires)
}

// Bounds of what is written.
const (
	mostHeadline = 120   // characters
	mostText     = 3_000 // characters of description or instruction
	mostNote     = 300
	longest      = 7 * 24 * time.Hour // a warning in force; a longer danger is renewed by an update
	mostShapes   = 20
	mostDuties   = 10
	mostWait     = 24 * 60 // minutes for an answer
)

// The colours, gravest first.
var colours = []struct {
	code string
	name lang.Text
}{
	{"Red", lang.T("红色", "Red")}, {"Orange", lang.T("橙色", "Orange")}, {"Yellow", lang.T("黄色", "Yellow")}, {"Blue", lang.T("蓝色", "Blue")},
}

// ColourName names a colour.
func ColourName(code string) lang.Text {
	for _, c := range colours {
		if c.code == code {
			return c.name
		}
	}
	return lang.Same(code)
}

// level is 1 (red) to 4 (blue): the priority of notices, and what a grant is asked for.
func level(colour string) int {
	for i, c := range colours {
		if c.code == colour {
			return i + 1
		}
	}
	return len(colours)
}

// EventName names a kind of event.
func EventName(code string) lang.Text {
	if e, ok := gbt35965.EventOf(code); ok {
		return e.Name
	}
	return lang.Same(code)
}

// The words of CAP that a form offers, with ours.
var (
	urgencies   = []option{{"Immediate", lang.T("立即响应", "Immediate")}, {"Expected", lang.T("一小时内响应", "Expected: within the hour")}, {"Future", lang.T("近期响应", "Future")}, {"Past", lang.T("不再需要响应", "Past")}, {"Unknown", lang.T("未知", "Unknown")}}
	certainties = []option{{"Observed", lang.T("已发生", "Observed")}, {"Likely", lang.T("很可能（50% 以上）", "Likely: above 50 %")}, {"Possible", lang.T("可能（50% 以下）", "Possible: up to 50 %")}, {"Unlikely", lang.T("不太可能", "Unlikely")}, {"Unknown", lang.T("未知", "Unknown")}}
)

type option struct {
	code string
	name lang.Text
}

func known(list []option, code string) bool {
	return slices.ContainsFunc(list, func(o option) bool { return o.code == code })
}

// check holds a message to what may be issued; the first fault is said.
func (w *Warning) check(now time.Time) error {
	if err := w.checkTexts(); err != nil {
		return err
	}
	switch {
	case !slices.ContainsFunc(gbt35965.Events, func(e gbt35965.Event) bool { return e.Code == w.Event }):
		return errs.Say(errs.Invalid, "请选择预警事件类型", "choose the kind of event")
	case !slices.ContainsFunc(colours, func(c struct {
		code string
		name lang.Text
	}) bool {
		return c.code == w.Colour
	}):
		return errs.Say(errs.Invalid, "请选择预警级别（红、橙、黄、蓝）", "choose the level: red, orange, yellow or blue")
	case !known(urgencies, w.Urgency) || !known(certainties, w.Certainty):
		return errs.Say(errs.Invalid, "请选择紧急程度和把握程度", "choose urgency and certainty")
	case !w.Expires.After(now):
		return errs.Say(errs.Invalid, "失效时间应在当前时间之后", "the end lies in the future")
	case w.Expires.After(now.Add(longest)):
		return errs.Say(errs.Invalid, "有效期不超过 7 天，到期前可以更新", "a warning holds for seven days at most, and may be updated before it ends")
	case !w.Onset.IsZero() && w.Onset.After(w.Expires):
		return errs.Say(errs.Invalid, "预计开始时间应在失效时间之前", "it begins before it ends")
	case w.Empty():
		return errs.Say(errs.Invalid, "请选择影响区域：区、多边形或圆", "choose the area: districts, a polygon or a circle")
	case len(w.Polygons)+len(w.Circles) > mostShapes || len(w.Duties) > mostDuties:
		return errs.Say(errs.Invalid, "图形或责任类别过多", "there are too many shapes or duties")
	case w.AckMinutes < 0 || w.AckMinutes > mostWait:
		return errs.Say(errs.Invalid, "应答时限为 0 至 1440 分钟", "the time to answer is 0 to 1440 minutes")
	case w.Exercise && w.Note == "":
		return errs.Say(errs.Invalid, "演练应写明演练名称", "an exercise needs its name")
	}
	reached, err := w.Reached()
	if err == nil && len(reached) == 0 {
		return errs.Say(errs.Invalid, "影响区域不在本市范围内", "the area touches no district of the city")
	}
	return err
}

func (w *Warning) checkTexts() error {
	for _, x := range []struct {
		name lang.Text
		text lang.Text
		most int
		need bool
	}{
		{lang.T("标题", "headline"), w.Headline, mostHeadline, true},
		{lang.T("预警内容", "description"), w.Description, mostText, true},
		{lang.T("防御指南", "instruction"), w.Instruction, mostText, w.MsgType != Cancel},
	} {
		for _, half := range []string{x.text.Zh, x.text.En} {
			switch {
			case x.need && strings.TrimSpace(half) == "":
				return errs.Say(errs.Invalid, "“%[1]s”的中文和英文都要填写", "fill in both languages of the %[2]s", x.name.Zh, x.name.En)
			case utf8.RuneCountInString(half) > x.most:
				return errs.Say(errs.Invalid, "“%[1]s”不超过 %[3]d 字", "the %[2]s has at most %[3]d characters", x.name.Zh, x.name.En, x.most)
			}
		}
	}
	if utf8.RuneCountInString(w.Note) > mostNote {
		return errs.Say(errs.Invalid, "备注不超过 %d 字", "the note has at most %d characters", mostNote)
	}
	return nil
}

// The grants of this part. Approving red and orange is a leader's.
const (
	GrantWrite   = "emergency.warn"
	GrantApprove = "emergency.warn-approve"
	GrantGrave   = "emergency.warn-grave"
)

// Grants are declared with the room.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantWrite, Title: lang.T("拟制预警", "Write warnings"), Roles: []string{identity.RoleOfficer, identity.RoleOperator}},
		{Name: GrantApprove, Title: lang.T("审批发布黄色、蓝色预警", "Approve yellow and blue warnings"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantGrave, Title: lang.T("审批发布红色、橙色预警", "Approve red and orange warnings"), Roles: []string{identity.RoleLeader}},
	}
}

// approveGrant is what a colour asks of who approves.
func approveGrant(colour string) string {
	if level(colour) <= 2 {
		return GrantGrave
	}
	return GrantApprove
}

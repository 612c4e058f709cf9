package order

import (
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
	"github.com/haihe-city/haihe/web/ui"
)

// Kind is what an order is about.
type Kind string

// The kinds.
const (
	Disconnect Kind = "disconnect"
	Reconnect  Kind = "reconnect"
	Permit     Kind = "permit-close"
	ClockRead  Kind = "clock-read"
	ClockSet   Kind = "clock-set"
)

// kinds are the kinds with their words and deeds; relay marks those that need a second person.
var kinds = []struct {
	Kind
	text  lang.Text
	do    deed.Kind
	relay bool
	undo  Kind
}{
	{Disconnect, lang.T("停电", "Disconnect"), deed.Trip, true, Reconnect},
	{Reconnect, lang.T("复电", "Reconnect"), deed.Close, true, Disconnect},
	{Permit, lang.T("允许合闸", "Permit closing"), deed.Permit, true, Disconnect},
	{ClockRead, lang.T("读取时钟", "Read the clock"), deed.ReadClock, false, ""},
	{ClockSet, lang.T("校准时钟", "Set the clock"), deed.SetClock, false, ""},
}

func (k Kind) at() int {
	for i := range kinds {
		if kinds[i].Kind == k {
			return i
		}
	}
	return -1
}

func (k Kind) relay() bool { return k.at() >= 0 && kinds[k.at()].relay }

// Text names a kind.
func (k Kind) Text() lang.Text {
	if i := k.at(); i >= 0 {
		return kinds[i].text
	}
	return lang.Same(string(k))
}

// State is how far an order has come.
type State string

// The states.
const (
	Asked     State = "asked"
	Approved  State = "approved"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Expired   State = "expired"
	Sent      State = "sent"
	Answered  State = "answered"
	Proven    State = "proven"
	Failed    State = "failed"
	Unproven  State = "unproven"
)

var states = []struct {
	State
	text lang.Text
	tag  ui.Status
}{
	{Asked, lang.T("待审批", "Asked"), ui.StatusRisk},
	{Approved, lang.T("已批准，待下发", "Approved"), ui.StatusOn},
	{Refused, lang.T("已驳回", "Refused"), ui.StatusNone},
	{Withdrawn, lang.T("已撤回", "Withdrawn"), ui.StatusNone},
	{Expired, lang.T("已过期", "Expired"), ui.StatusNone},
	{Sent, lang.T("已下发", "Sent"), ui.StatusOn},
	{Answered, lang.T("已应答，待核实", "Answered"), ui.StatusOn},
	{Proven, lang.T("已核实", "Proven"), ui.StatusMet},
	{Failed, lang.T("未执行", "Failed"), ui.StatusBehind},
	{Unproven, lang.T("结果未核实", "Not proven"), ui.StatusRisk},
}

func (s State) at() int {
	for i := range states {
		if states[i].State == s {
			return i
		}
	}
	return -1
}

// Text names a state.
func (s State) Text() lang.Text {
	if i := s.at(); i >= 0 {
		return states[i].text
	}
	return lang.Same(string(s))
}

func (s State) tag() *ui.Tag {
	if i := s.at(); i >= 0 {
		return &ui.Tag{Status: states[i].tag, Text: states[i].text}
	}
	return nil
}

// Acts are the verbs that this part records.
var Acts = []journal.Word{
	{Verb: "ask-order", Title: lang.T("申请电表指令", "Asked for an order to a meter")},
	{Verb: "approve-order", Title: lang.T("批准电表指令", "Approved an order to a meter")},
	{Verb: "confirm-order", Title: lang.T("确认对重要用户停电", "Confirmed cutting off a protected customer")},
	{Verb: "refuse-order", Title: lang.T("驳回电表指令", "Refused an order to a meter")},
	{Verb: "withdraw-order", Title: lang.T("撤回电表指令", "Withdrew an order to a meter")},
	{Verb: "step-order", Title: lang.T("电表指令进展", "An order to a meter went on")},
	{Verb: "guard-meter", Title: lang.T("维护重要用户名单", "Changed the list of protected customers")},
	{Verb: "set-orders", Title: lang.T("设置电表指令参数", "Changed the settings of orders")},
}

// The words of proofs, kept in the table by their names.
var proofs = map[string]lang.Text{
	"open":    lang.T("继电器已断开", "the relay is open"),
	"closed":  lang.T("继电器已接通", "the relay is closed"),
	"ready":   lang.T("继电器断开，已允许合闸", "the relay is open and may be closed at the meter"),
	"silent":  lang.T("电表未应答", "the meter did not answer"),
	"offline": lang.T("集中器不在线，未下发，等待上线", "the concentrator is offline, nothing was sent"),
	"lost":    lang.T("链路中断或未应答，可能已执行，待电表上线后核实", "no answer came: it may have been obeyed, and is looked at when the meter is there"),
	"stopped": lang.T("程序停止时尚无应答，待核实，不重复下发", "the program stopped before an answer came: it is looked at, and not sent again"),
	"no":      lang.T("电表拒绝执行", "the meter refuses"),
	"key":     lang.T("没有可用的密码或规约不支持，未下发", "no password, or the protocol has no such order: nothing was sent"),
	"strange": lang.T("应答无法识别", "the answer cannot be read"),
}

// proofText is a proof in words: a name of proofs, or the seconds that a clock goes ahead.
func proofText(name string) lang.Text {
	if t, ok := proofs[name]; ok {
		return t
	}
	return lang.T("时钟偏差 "+name+" 秒", "the clock goes "+name+" s ahead")
}

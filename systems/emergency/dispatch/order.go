package dispatch

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// State is where an order stands.
type State string

// The states, in the order in which they are reached.
const (
	Sent     State = "sent"
	Received State = "received"
	Accepted State = "accepted"
	Refused  State = "refused"
	Moving   State = "moving" // on the way
	OnSite   State = "onsite"
	Done     State = "done"
	Recalled State = "recalled" // by who sent it
)

// follows says which states may follow one. A team that is on site without having said that it set out has set out: forward steps may
// be left out, none goes back.
var follows = map[State][]State{
	Sent:     {Received, Accepted, Refused, Moving, OnSite, Recalled},
	Received: {Accepted, Refused, Moving, OnSite, Recalled},
	Accepted: {Moving, OnSite, Done, Recalled},
	Moving:   {OnSite, Done, Recalled},
	OnSite:   {Done, Recalled},
}

// Text names a state.
func (s State) Text() lang.Text {
	switch s {
	case Sent:
		return lang.T("已下达", "Sent")
	case Received:
		return lang.T("已签收", "Received")
	case Accepted:
		return lang.T("已接受", "Accepted")
	case Refused:
		return lang.T("已拒绝", "Refused")
	case Moving:
		return lang.T("已出发", "On the way")
	case OnSite:
		return lang.T("已到场", "On site")
	case Done:
		return lang.T("已完成", "Done")
	case Recalled:
		return lang.T("已撤回", "Recalled")
	}
	return lang.Same(string(s))
}

// over tells whether nothing follows.
func (s State) over() bool { return len(follows[s]) == 0 }

// verb is the button that leads to a state.
func (s State) verb() lang.Text {
	switch s {
	case Received:
		return lang.T("签收", "Receive")
	case Accepted:
		return lang.T("接受", "Accept")
	case Refused:
		return lang.T("拒绝", "Refuse")
	case Moving:
		return lang.T("出发", "Set out")
	case OnSite:
		return lang.T("到场", "On site")
	case Done:
		return lang.T("完成", "Done")
	}
	return lang.T("撤回", "Recall")
}

// Order is an order with the times of its receipts; zero where a step was not made or left out.
type Order struct {
	ID, Incident                                              string
	Num                                                       int64 // within the incident, from 1
	Unit, Resource                                            string
	Words                                                     string
	State                                                     State
	Maker                                                     string
	Patience                                                  time.Duration
	Sent, Received, Accepted, Moving, OnSite, Done, Escalated time.Time
	Reason                                                    string
	Drill                                                     bool
}

// mostWords bounds the words of an order; the bounds of patience are in minutes.
const (
	mostWords     = 2000
	usualPatience = 5 * time.Minute
	mostPatience  = 4 * time.Hour
)

// step moves the order to a state, or says why not.
func (o *Order) step(to State, now time.Time, reason string) error {
	ok := false
	for _, s := range follows[o.State] {
		ok = ok || s == to
	}
	if !ok {
		return errs.Say(errs.Conflict, "指令现为“%[1]s”，不能改为“%[2]s”", "the order is %[3]s and cannot become %[4]s", o.State.Text().Zh, to.Text().Zh, o.State.Text().En, to.Text().En)
	}
	if (to == Refused || to == Recalled) && reason == "" {
		return errs.Say(errs.Invalid, "请填写理由", "give the reason")
	}
	if o.Received.IsZero() && to != Recalled {
		o.Received = now // whatever a team answers, it has received the order
	}
	switch to {
	case Accepted, Refused:
		o.Accepted = now
	case Moving:
		o.Moving = now
	case OnSite:
		o.OnSite = now
	case Done:
		o.Done = now
	}
	o.State = to
	if reason != "" {
		o.Reason = reason
	}
	return nil
}

// overdue tells whether an order waits too long for its receipt.
func (o *Order) overdue(now time.Time) bool {
	return o.State == Sent && o.Escalated.IsZero() && !now.Before(o.Sent.Add(o.Patience))
}

func (o *Order) tag(now time.Time) *ui.Tag {
	status := map[State]ui.Status{Sent: ui.StatusRisk, Received: ui.StatusOn, Accepted: ui.StatusOn, Moving: ui.StatusOn, OnSite: ui.StatusOn, Done: ui.StatusMet, Refused: ui.StatusBehind, Recalled: ui.StatusNone}[o.State]
	if !o.Escalated.IsZero() && o.State == Sent || o.overdue(now) {
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("无人签收，已上报", "No receipt, escalated")}
	}
	return &ui.Tag{Status: status, Text: o.State.Text()}
}

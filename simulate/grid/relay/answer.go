package relay

import (
	"time"

	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlt645"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/remote"
)

// mostBroadcast is how far a broadcast corrects a clock. DL/T 645-2007 7.6
const mostBroadcast = 5 * time.Minute

// Meter is who is asked: its clock shows Shows while ours shows Now.
type Meter struct {
	Address    string
	Now, Shows time.Time
}

// Over645 answers what DL/T 645 asks of the relay and the clock; ok is false where the question is none of these.
func (r *Relays) Over645(m Meter, q dlt645.Message) (a dlt645.Message, ok bool) {
	switch q := q.(type) {
	case dlt645.Remote:
		no := dlt645.Failure{Function: dlt645.RemoteControl, Word: dlt645.Unauthorised}
		if q.Secret != r.plan.Secret || r.plan.Secret == (dlt645.Secret{}) || r.Locked(m.Address) {
			return no, true
		}
		switch {
		case m.Shows.After(q.Until): // too late
			no.Word = dlt645.OtherError
			return no, true
		case q.Command == dlt645.Trip:
			r.Move(m.Address, m.Now, true, false)
		case q.Command == dlt645.CloseNow:
			r.Move(m.Address, m.Now, false, false)
		case q.Command == dlt645.PermitClose:
			r.Move(m.Address, m.Now, false, true)
		}
		return dlt645.Done{Function: dlt645.RemoteControl}, true
	case dlt645.Write:
		if q.DI != dlt645.ClockDate && q.DI != dlt645.ClockTime {
			return nil, false
		}
		if q.Secret != r.plan.Secret || r.plan.Secret == (dlt645.Secret{}) || r.Locked(m.Address) {
			return dlt645.Failure{Function: dlt645.WriteData, Word: dlt645.Unauthorised}, true
		}
		if !r.write(m, q) {
			return dlt645.Failure{Function: dlt645.WriteData, Word: dlt645.OtherError}, true
		}
		return dlt645.Done{Function: dlt645.WriteData}, true
	case dlt645.Read:
		if q.DI != dlt645.StateWord3 {
			return nil, false
		}
		open, ready := r.State(m.Address)
		info, err := dlt645.Lookup(q.DI)
		if err != nil {
			return nil, false
		}
		b, err := dlt645.Value{DI: q.DI, Info: info, Num: dlt645.Relay{Open: open, Ordered: open && !ready}.Word()}.Append(nil)
		return dlt645.Answer{DI: q.DI, Data: b}, err == nil
	case dlt645.SetTime: // nobody answers a broadcast
		if by := q.Time.Sub(m.Shows); by <= mostBroadcast && by >= -mostBroadcast {
			r.adjust(m.Address, by)
		}
		return nil, true
	}
	return nil, false
}

// write sets the date or the time of day.
func (r *Relays) write(m Meter, q dlt645.Write) bool {
	v, err := dlt645.Values(q.DI, q.Data)
	if err != nil || len(v) != 1 {
		return false
	}
	shows := m.Shows.In(dlt645.China())
	midnight := time.Date(shows.Year(), shows.Month(), shows.Day(), 0, 0, 0, 0, dlt645.China())
	to := midnight.Add(time.Duration(v[0].Num) * time.Second)
	if q.DI == dlt645.ClockDate {
		to = v[0].Time.Add(shows.Sub(midnight))
	}
	r.adjust(m.Address, to.Sub(shows))
	return true
}

// Over698 answers one item of a proxy request.
func (r *Relays) Over698(m Meter, kind dlt698.ProxyList, it dlt698.ProxyItem) dlt698.ProxyItem {
	out := dlt698.ProxyItem{Name: it.Name, DAR: dlt698.Undefined}
	open, ready := r.State(m.Address)
	some := func(d dlt698.Data) dlt698.ProxyItem { return dlt698.ProxyItem{Name: it.Name, HasData: true, Data: d} }
	switch {
	case kind == dlt698.ProxyGet && it.Name == uint32(remote.RelayState):
		return some(remote.StateData(open))
	case kind == dlt698.ProxyGet && it.Name == uint32(remote.CommandState):
		return some(remote.StateData(ready || !open))
	case kind == dlt698.ProxyGet && it.Name == uint32(dlt698.ClockOAD):
		return some(dlt698.Of(dlt698.AtS(m.Shows)))
	case kind == dlt698.ProxyGet:
		return out
	case r.Locked(m.Address):
		out.DAR = dlt698.AccessDenied
	case kind == dlt698.ProxySet && it.Name == uint32(dlt698.ClockOAD):
		if to, err := remote.ParseClock(it.Data); err == nil {
			r.adjust(m.Address, to.Sub(m.Shows))
			out.DAR = dlt698.Success
		}
	case kind == dlt698.ProxyAction && it.Name == uint32(remote.MethodTrip):
		if _, err := remote.ParseTrip(it.Data); err == nil {
			r.Move(m.Address, m.Now, true, false)
			out.DAR = dlt698.Success
		}
	case kind == dlt698.ProxyAction && it.Name == uint32(remote.MethodClose):
		if atOnce, err := remote.ParseClose(it.Data); err == nil {
			r.Move(m.Address, m.Now, false, !atOnce)
			out.DAR = dlt698.Success
		}
	}
	return out
}

// Admits tells whether a DLMS meter lets a password in.
func (r *Relays) Admits(address, password string) bool {
	return r.plan.Password != "" && password == r.plan.Password && !r.Locked(address)
}

// OverDLMS answers what is asked of the switch and the clock in an association, with a password or without; ok is false where it is none of these.
func (r *Relays) OverDLMS(m Meter, trusted bool, q dlms.APDU) (a dlms.APDU, ok bool) {
	switch q := q.(type) {
	case dlms.ActionRequest:
		if q.Kind != dlms.Normal || q.Of[0].Class != dlms.ClassDisconnect || q.Of[0].Name != dlms.Switch {
			return nil, false
		}
		x := dlms.ActionResult{Outcome: dlms.Denied}
		if trusted {
			r.Move(m.Address, m.Now, q.Of[0].Number == dlms.MethodDisconnect, false)
			x.Outcome = dlms.Success
		}
		return dlms.ActionResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.ActionResult{x}}, true
	case dlms.SetRequest:
		if q.Kind != dlms.Normal || q.Of[0].Class != dlms.ClassClock || q.Of[0].Number != 2 || len(q.Values[0].Bytes) != len(dlms.DateTime{}) {
			return nil, false
		}
		x := dlms.Denied
		if to, fits := dlms.DateTime(q.Values[0].Bytes).Time(dlt645.China()); trusted && fits {
			r.adjust(m.Address, to.Sub(m.Shows))
			x = dlms.Success
		}
		return dlms.SetResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.Access{x}}, true
	case dlms.GetRequest:
		if q.Kind != dlms.Normal || q.Of[0].Class != dlms.ClassDisconnect || q.Of[0].Number != dlms.AttributeState {
			return nil, false
		}
		open, ready := r.State(m.Address)
		s := dlms.Connected
		switch {
		case ready:
			s = dlms.ReadyForReconnection
		case open:
			s = dlms.Disconnected
		}
		d := dlms.Of(dlms.TagEnum, int64(s))
		return dlms.GetResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.Result{{Value: &d}}}, true
	}
	return nil, false
}

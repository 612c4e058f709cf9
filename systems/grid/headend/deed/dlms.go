package deed

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/wire/dlms"
)

// AskDLMS asks the device of a deed and gives its answer with the message's bytes. It numbers the request.
type AskDLMS func(a dlms.APDU) (dlms.APDU, []byte, error)

// OverDLMS carries a deed out over DLMS, in an association that the connection has opened. zone is that of a clock that tells none.
func OverDLMS(d Deed, zone *time.Location, ask AskDLMS) (Told, error) {
	clock := dlms.Attribute{Class: dlms.ClassClock, Name: dlms.Clock, Number: 2}
	switch d.Kind {
	case Trip:
		return methodDLMS(ask, dlms.MethodDisconnect)
	case Close:
		return methodDLMS(ask, dlms.MethodReconnect)
	case ReadRelay:
		v, told, err := readDLMS(ask, dlms.Attribute{Class: dlms.ClassDisconnect, Name: dlms.Switch, Number: dlms.AttributeState})
		if err != nil || !told.OK {
			return told, err
		}
		s, err := dlms.ParseSwitch(v)
		if err != nil {
			return strange(told.Raw)
		}
		told.Relay = map[dlms.SwitchState]Relay{dlms.Disconnected: Open, dlms.Connected: Closed, dlms.ReadyForReconnection: Ready}[s]
		return told, nil
	case ReadClock:
		asked := d.Now()
		v, told, err := readDLMS(ask, clock)
		if err != nil || !told.OK {
			return told, err
		}
		if len(v.Bytes) != len(dlms.DateTime{}) {
			return strange(told.Raw)
		}
		at, ok := dlms.DateTime(v.Bytes).Time(zone)
		if !ok {
			return strange(told.Raw)
		}
		return told.clock(at, asked, d.Now(), told.Raw), nil
	case SetClock: // IEC 62056-6-2 4.5.1: attribute 2 of the clock
		at := dlms.At(d.Now().In(zone))
		answer, raw, err := ask(dlms.SetRequest{Kind: dlms.Normal, Of: []dlms.Attribute{clock}, Values: []dlms.Data{dlms.Octets(at[:])}})
		if err != nil {
			return Told{Sent: true}, err
		}
		if a, ok := answer.(dlms.SetResponse); ok && a.Kind == dlms.Normal && len(a.Results) == 1 {
			return outcomeDLMS(a.Results[0], raw), nil
		}
		return refusedDLMS(answer, raw)
	case Permit, Broadcast:
	}
	return cannot("DLMS")
}

func outcomeDLMS(x dlms.Access, raw []byte) Told {
	t := Told{Sent: true, OK: x == dlms.Success, Raw: raw}
	if !t.OK {
		t.Code = fmt.Sprintf("result %d", uint8(x))
	}
	return t
}

// refusedDLMS is an answer that is none to the request: an exception is a device's no.
func refusedDLMS(a dlms.APDU, raw []byte) (Told, error) {
	if e, ok := a.(dlms.Exception); ok {
		return Told{Sent: true}.refused(fmt.Sprintf("exception %d %d", e.State, e.Service), raw), nil
	}
	return strange(raw)
}

func methodDLMS(ask AskDLMS, method int8) (Told, error) {
	answer, raw, err := ask(dlms.Operate(0, method))
	if err != nil {
		return Told{Sent: true}, err
	}
	if a, ok := answer.(dlms.ActionResponse); ok && a.Kind == dlms.Normal && len(a.Results) == 1 {
		return outcomeDLMS(a.Results[0].Outcome, raw), nil
	}
	return refusedDLMS(answer, raw)
}

func readDLMS(ask AskDLMS, of dlms.Attribute) (v dlms.Data, told Told, err error) {
	answer, raw, err := ask(dlms.GetRequest{Kind: dlms.Normal, Of: []dlms.Attribute{of}})
	if err != nil {
		return v, Told{Sent: true}, err
	}
	a, ok := answer.(dlms.GetResponse)
	if !ok || a.Kind != dlms.Normal || len(a.Results) != 1 {
		told, err = refusedDLMS(answer, raw)
		return v, told, err
	}
	if a.Results[0].Value == nil {
		return v, outcomeDLMS(a.Results[0].Failed, raw), nil
	}
	return *a.Results[0].Value, Told{Sent: true, OK: true, Raw: raw}, nil
}

package deed

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/dlt645"
)

// Ask645 asks the meter of a deed and gives its answer with the frame's bytes. Of a broadcast there is none: nil.
type Ask645 func(m dlt645.Message) (dlt645.Message, []byte, error)

// Over645 carries a deed out over DL/T 645, directly or through a terminal.
func Over645(d Deed, ask Ask645) (Told, error) {
	switch d.Kind {
	case Trip, Permit, Close:
		command := map[Kind]dlt645.Command{Trip: dlt645.Trip, Permit: dlt645.PermitClose, Close: dlt645.CloseNow}[d.Kind]
		secret, err := d.secret645()
		if err != nil {
			return Told{}, err
		}
		return order645(ask, dlt645.Remote{Secret: secret, Operator: d.Key.Operator, Command: command, Until: d.Until})
	case ReadRelay:
		v, raw, told, err := value645(ask, dlt645.StateWord3)
		if err != nil || !told.OK {
			return told, err
		}
		told.Raw, told.Relay = raw, Closed
		switch r := dlt645.ParseRelay(v.Num); {
		case r.Open && r.Ordered:
			told.Relay = Open
		case r.Open:
			told.Relay = Ready
		}
		return told, nil
	case ReadClock:
		return d.clock645(ask)
	case SetClock:
		return d.set645(ask)
	case Broadcast:
		_, _, err := ask(dlt645.SetTime{Time: d.Now()})
		return Told{Sent: true, OK: err == nil}, err
	}
	return cannot("DL/T 645")
}

func (d Deed) secret645() (s dlt645.Secret, err error) {
	if len(d.Key.Secret) != len(s) {
		return s, errs.Say(errs.Conflict, "没有为该电表配置 4 字节的 DL/T 645 密码", "no DL/T 645 password of 4 bytes is configured for this meter")
	}
	return dlt645.Secret(d.Key.Secret), nil
}

// order645 asks once for what changes something.
func order645(ask Ask645, m dlt645.Message) (Told, error) {
	answer, raw, err := ask(m)
	if err != nil {
		return Told{Sent: true}, err
	}
	switch a := answer.(type) {
	case dlt645.Done:
		return Told{Sent: true, OK: true, Raw: raw}, nil
	case dlt645.Failure:
		return Told{Sent: true}.refused(fmt.Sprintf("ERR %02X", uint8(a.Word)), raw), nil
	}
	return strange(raw)
}

// value645 reads one value. Told.OK is false where the meter has none.
func value645(ask Ask645, id dlt645.DI) (v dlt645.Value, raw []byte, told Told, err error) {
	answer, raw, err := ask(dlt645.Read{DI: id})
	if err != nil {
		return v, raw, Told{Sent: true}, err
	}
	switch a := answer.(type) {
	case dlt645.Failure:
		return v, raw, Told{Sent: true}.refused(fmt.Sprintf("ERR %02X", uint8(a.Word)), raw), nil
	case dlt645.Answer:
		values, err := dlt645.Values(id, a.Data)
		if a.DI == id && err == nil && len(values) == 1 && !values[0].Absent {
			return values[0], raw, Told{Sent: true, OK: true, Raw: raw}, nil
		}
	}
	told, err = strange(raw)
	return v, raw, told, err
}

// clock645 reads date and time of day. Between the two a midnight may lie: the day is the one that stands next to ours.
func (d Deed) clock645(ask Ask645) (Told, error) {
	date, first, told, err := value645(ask, dlt645.ClockDate)
	if err != nil || !told.OK {
		return told, err
	}
	asked := d.Now()
	tod, raw, told, err := value645(ask, dlt645.ClockTime)
	if err != nil || !told.OK {
		return told, err
	}
	came := d.Now()
	at := date.Time.Add(time.Duration(tod.Num) * time.Second)
	const nearMidnight = 60
	if tod.Num < nearMidnight && at.Sub(came) < -23*time.Hour && at.Sub(came) > -25*time.Hour {
		at = at.AddDate(0, 0, 1)
	}
	return told.clock(at, asked, came, append(append([]byte(nil), first...), raw...)), nil
}

// set645 writes date, then time of day. DL/T 645-2007 7.3
func (d Deed) set645(ask Ask645) (Told, error) {
	secret, err := d.secret645()
	if err != nil {
		return Told{}, err
	}
	var told Told
	for _, id := range []dlt645.DI{dlt645.ClockDate, dlt645.ClockTime} {
		info, err := dlt645.Lookup(id)
		if err != nil {
			return told, err
		}
		now := d.Now().In(dlt645.China())
		v := dlt645.Value{DI: id, Info: info, Time: now, Num: int64(now.Weekday())}
		if id == dlt645.ClockTime {
			v.Num = int64(now.Hour()*3600 + now.Minute()*60 + now.Second())
		}
		data, err := v.Append(nil)
		if err != nil {
			return told, err
		}
		if told, err = order645(ask, dlt645.Write{DI: id, Secret: secret, Operator: d.Key.Operator, Data: data}); err != nil || !told.OK {
			return told, err
		}
	}
	return told, nil
}

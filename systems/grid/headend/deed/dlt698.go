package deed

import (
	"fmt"

	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/remote"
)

// proxySeconds is how long a concentrator may take over one meter.
const proxySeconds = 10

// Ask698 asks a concentrator to pass something on and gives its answer with the message's bytes. It numbers the request.
type Ask698 func(q dlt698.ProxyRequest) (dlt698.ProxyResponse, []byte, error)

// Over698 carries a deed out over DL/T 698.45, by proxy of the meter's concentrator.
func Over698(d Deed, ask Ask698) (Told, error) {
	switch d.Kind {
	case Trip:
		data := remote.Trip{}.Data()
		return order698(d, ask, dlt698.ProxyAction, uint32(remote.MethodTrip), data)
	case Permit, Close:
		return order698(d, ask, dlt698.ProxyAction, uint32(remote.MethodClose), remote.CloseData(d.Kind == Close))
	case SetClock:
		return order698(d, ask, dlt698.ProxySet, uint32(dlt698.ClockOAD), dlt698.Of(dlt698.AtS(d.Now())))
	case ReadRelay:
		it, told, err := item698(d, ask, dlt698.ProxyGet, uint32(remote.RelayState), nil)
		if err != nil || !told.OK {
			return told, err
		}
		open, err := remote.ParseState(it.Data)
		if err != nil {
			return strange(told.Raw)
		}
		if told.Relay = Closed; !open {
			return told, nil
		}
		told.Relay = Open
		command, more, err := item698(d, ask, dlt698.ProxyGet, uint32(remote.CommandState), nil)
		if err != nil || !more.OK { // it is open; whether it may be closed is not told
			return told, nil
		}
		if closes, err := remote.ParseState(command.Data); err == nil && closes {
			told.Relay, told.Raw = Ready, append(told.Raw, more.Raw...)
		}
		return told, nil
	case ReadClock:
		asked := d.Now()
		it, told, err := item698(d, ask, dlt698.ProxyGet, uint32(dlt698.ClockOAD), nil)
		if err != nil || !told.OK {
			return told, err
		}
		at, err := remote.ParseClock(it.Data)
		if err != nil {
			return strange(told.Raw)
		}
		return told.clock(at, asked, d.Now(), told.Raw), nil
	case Broadcast:
	}
	return cannot("DL/T 698.45")
}

func order698(d Deed, ask Ask698, kind dlt698.ProxyList, name uint32, data dlt698.Data) (Told, error) {
	_, told, err := item698(d, ask, kind, name, &data)
	return told, err
}

// item698 asks one thing of the meter.
func item698(d Deed, ask Ask698, kind dlt698.ProxyList, name uint32, data *dlt698.Data) (it dlt698.ProxyItem, told Told, err error) {
	q, err := remote.Ask(0, kind, d.Meter, proxySeconds, name, data)
	if err != nil {
		return it, Told{}, err
	}
	a, raw, err := ask(q)
	if err != nil {
		return it, Told{Sent: true}, err
	}
	if it, err = remote.Answer(q, a); err != nil {
		told, err = strange(raw)
		return it, told, err
	}
	told = Told{Sent: true, OK: it.DAR == dlt698.Success && (kind != dlt698.ProxyGet || it.HasData), Raw: raw}
	if !told.OK {
		told.Code = fmt.Sprintf("DAR %d", uint8(it.DAR))
	}
	return it, told, nil
}

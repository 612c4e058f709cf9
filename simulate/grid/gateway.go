package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/wire/dlt645"
)

// gateway is the dialogue of one connection over DL/T 645-2007: the server asks, the gateway answers for itself and its meters.
type gateway struct {
	*unit
	conn  net.Conn
	scan  dlt645.Scanner
	in    [512]byte
	write *alarm
	rest  map[dlt645.Address][]dlt645.AnswerNext // following frames that wait to be asked for
	sent  uint64
}

func (g *gateway) serve(ctx context.Context) (good bool) {
	g.write = newAlarm(func() { _ = g.conn.Close() })
	defer g.write.stop()
	g.rest = map[dlt645.Address][]dlt645.AnswerNext{}
	for ctx.Err() == nil {
		if g.conn.SetReadDeadline(time.Time{}) != nil || ctx.Err() != nil {
			return good
		}
		n, err := g.conn.Read(g.in[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return good
		}
		g.scan.Feed(g.in[:n])
		for {
			it, ok := g.scan.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				g.world.count.refused.Add(int64(len(it.Raw)))
				continue
			}
			good = true
			if g.answer(it.Frame) != nil {
				return good
			}
		}
	}
	return good
}

// answer serves one frame. Nobody answers for an address that is not here, for a dead meter, or to a broadcast.
func (g *gateway) answer(f dlt645.Frame) error {
	m, err := dlt645.Decode(f)
	if err != nil {
		g.world.count.refused.Add(1)
		return nil
	}
	own, err := dlt645.NewAddress(g.Station.Address)
	if err != nil {
		return err
	}
	if _, ok := m.(dlt645.AskAddress); ok && f.Addr.Matches(own) && f.Addr.Kind() != dlt645.Everyone {
		return g.put(own, dlt645.AddressAnswer{Addr: own}, nil)
	}
	if f.Addr.Kind() == dlt645.Everyone { // a broadcast is not answered
		for meter := range g.meters() {
			g.world.relays.Over645(g.world.at(meter), m)
		}
	}
	if f.Addr.Kind() != dlt645.OneMeter {
		return nil
	}
	meter := g.find(f.Addr.String())
	if meter == nil || g.world.dead(meter) || g.world.Unlit(meter, g.world.opt.Clock()) {
		return nil
	}
	return g.put(f.Addr, g.reply(f, meter, m), meter)
}

func (g *gateway) reply(f dlt645.Frame, meter *Meter, m dlt645.Message) dlt645.Message {
	if a, ok := g.world.relays.Over645(g.world.at(meter), m); ok {
		return a
	}
	switch q := m.(type) {
	case dlt645.AskAddress:
		return dlt645.AddressAnswer{Addr: f.Addr}
	case dlt645.Read:
		delete(g.rest, f.Addr)
		data, ok := g.read(meter, q)
		if !ok {
			return dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}
		}
		first, following := dlt645.SplitAnswer(q.DI, data)
		if len(following) > 0 {
			g.rest[f.Addr] = following
		}
		return first
	case dlt645.ReadNext: // DL/T 645-2007 7.2: a frame may be asked for again
		for _, a := range g.rest[f.Addr] {
			if a.DI == q.DI && a.Seq == q.Seq {
				return a
			}
		}
		return dlt645.Failure{Function: dlt645.ReadFollowing, Word: dlt645.NoData}
	}
	return dlt645.Failure{Function: f.Control.Function(), Word: dlt645.Unauthorised}
}

// put sends an answer, now and then with a byte changed on the way: the server asks again.
func (g *gateway) put(addr dlt645.Address, m dlt645.Message, meter *Meter) error {
	raw, err := dlt645.Encode(addr, m).Append(nil)
	if err != nil {
		return err
	}
	g.sent++
	h := town.Mix(g.world.opt.Seed, drawGarbled, uint64(g.number), g.sent)
	if meter != nil && town.Chance(h, g.world.opt.Faults.Garbled) {
		g.world.note(fault.Garbled, []*Meter{meter}, slotOf(g.world.opt.Clock()), 0)
		raw[town.Below(town.Mix(h), int64(len(raw)))] ^= 1 << (h & 7)
	}
	g.write.set(writeLimit)
	_, err = g.conn.Write(raw)
	g.write.stop()
	g.world.count.answers645.Add(1)
	return err
}

// read gives the data of an identifier; ok is false where the meter does not have it.
func (g *gateway) read(m *Meter, q dlt645.Read) (data []byte, ok bool) {
	now := g.world.opt.Clock().In(China())
	at := slotTime(slotOf(now))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, China())
	w, di := g.world, q.DI
	switch {
	case di>>24 == 6:
		return g.load(m, q, at)
	case di&^0xFF == dlt645.PowerDowns:
		return g.failures(m, di, now)
	case di == 0x04000101 || di == 0x04000102:
		return g.clock(di, now.Add(w.drift(m, now))), true
	case di == 0x04000401:
		a, err := dlt645.NewAddress(m.Address)
		return a[:], err == nil
	case di&^0xFF == 0x05060000: // DL/T 645-2007 A.6: time of the n-th last daily freeze
		return values(di, 0, midnight.AddDate(0, 0, 1-int(di&0xFF)))
	case di&^0xFF == 0x05060100: // and its forward active energy
		frozen, _, _ := w.shown(m, midnight.AddDate(0, 0, 1-int(di&0xFF)))
		return values(di, frozen/100, time.Time{})
	}
	r, p, v := w.shown(m, at) // 0.1 W is 0.0001 kW
	r /= 100
	known := map[dlt645.DI]int64{
		0x00010000: r, 0x00000000: r, 0x00020000: 0, 0x02010100: v, 0x02030000: p, 0x02030100: p,
		0x02020100: p * 1000 / max(v, 1), 0x02060000: 1000, 0x02060100: 1000, 0x02800002: 5000,
	}
	switch di {
	case 0x0001FF00: // total and no tariffs
		return values(0x00010000, r, time.Time{})
	case 0x0201FF00: // phases B and C of a single-phase meter are filled with FF
		b, ok := values(0x02010100, v, time.Time{})
		return append(b, 0xFF, 0xFF, 0xFF, 0xFF), ok
	}
	n, ok := known[di]
	if !ok {
		return nil, false
	}
	return values(di, n, time.Time{})
}

// values prints one value as it stands in an answer.
func values(di dlt645.DI, n int64, t time.Time) ([]byte, bool) {
	info, err := dlt645.Lookup(di)
	if err != nil {
		return nil, false
	}
	b, err := dlt645.Value{DI: di, Info: info, Num: n, Time: t}.Append(nil)
	return b, err == nil
}

func (g *gateway) clock(di dlt645.DI, now time.Time) []byte {
	if di == 0x04000101 {
		b, _ := values(di, int64(now.Weekday()), now)
		return b
	}
	b, _ := values(di, int64(now.Hour()*3600+now.Minute()*60+now.Second()), time.Time{})
	return b
}

// load gives load records: of voltage, power and energy, or of the class that is asked for. DL/T 645-2007 B.1
func (g *gateway) load(m *Meter, q dlt645.Read, newest time.Time) (data []byte, ok bool) {
	n := max(int(q.Blocks), 1)
	var from time.Time
	switch q.DI &^ 0xFF0000 {
	case dlt645.LoadEarliest:
		from = align(m.Installed, Slot)
	case dlt645.LoadFrom:
		if q.From.IsZero() {
			return nil, false
		}
		from = align(q.From, Slot)
	case dlt645.LoadLatest:
		from = newest.Add(-time.Duration(n-1) * Slot)
	default:
		return nil, false
	}
	class := int(q.DI>>16&0xFF) - 1
	for t := from; n > 0 && !t.After(newest); t = t.Add(Slot) {
		if g.world.without(m, t) {
			continue
		}
		r, p, v := g.world.shown(m, t)
		all := map[dlt645.DI]int64{0x02010100: v, 0x02030000: p, 0x02030100: p,
			0x00010000: r / 100, 0x00020000: 0}
		rec, err := dlt645.NewLoad(t.Add(g.world.drift(m, t)), all)
		if err != nil {
			return nil, false
		}
		for i := range rec.Classes {
			if class >= 0 && i != class {
				rec.Classes[i] = nil
			}
		}
		if data, err = rec.Append(data); err != nil {
			return nil, false
		}
		n--
	}
	return data, len(data) > 0
}

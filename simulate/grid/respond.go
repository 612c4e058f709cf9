package grid

import (
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// mostRows bounds the answer to one request; answerRows is how many rows go into one of its frames.
const (
	mostRows   = 20_000
	answerRows = 50
)

// respond gives the answer to what the server asks; nil where none is due.
func (c *concentrator) respond(f dlt698.Frame, b dlt698.Body) dlt698.Body {
	switch q := b.(type) {
	case dlt698.GetRequest:
		c.world.count.rereads.Add(1)
		return c.get(f, q)
	case dlt698.SetRequest: // DL/T 698.45-2017 7.3.6: the clock may be set, nothing else
		r := dlt698.SetResponse{PIID: q.PIID, Kind: q.Kind}
		for _, it := range q.Items {
			res := dlt698.SetResult{OAD: it.OAD, DAR: dlt698.AccessDenied}
			if _, ok := it.Data.DateTimeS(); ok && it.OAD == dlt698.ClockOAD {
				res.DAR = dlt698.Success
			}
			if q.Kind == dlt698.ThenGet {
				res.Got = c.attribute(it.Get)
			}
			r.Results = append(r.Results, res)
		}
		return r
	case dlt698.ActionRequest:
		r := dlt698.ActionResponse{PIID: q.PIID, Kind: q.Kind}
		for _, it := range q.Items {
			res := dlt698.ActionResult{OMD: it.OMD, DAR: dlt698.AccessDenied}
			if q.Kind == dlt698.ThenGet {
				res.Got = c.attribute(it.Get)
			}
			r.Results = append(r.Results, res)
		}
		return r
	case dlt698.ProxyRequest:
		return c.proxy(q)
	case dlt698.ConnectRequest:
		r := dlt698.ConnectResponse{PIID: q.PIID, Limits: q.Limits, Result: dlt698.ConnectOK}
		copy(r.Factory[:], "HHSM0001261123000126112300000000")
		if q.Mechanism != dlt698.Public {
			r.Result = dlt698.ConnectWrongPassword
		}
		return r
	case dlt698.ReleaseRequest:
		return dlt698.ReleaseResponse{PIID: q.PIID}
	}
	return nil
}

// proxy passes a request on to meters behind the concentrator. DL/T 698.45-2017 7.3.8: one that does not answer has nothing
func (c *concentrator) proxy(q dlt698.ProxyRequest) dlt698.Body {
	r := dlt698.ProxyResponse{PIID: q.PIID, Kind: q.Kind}
	for _, x := range q.Meters {
		a := dlt698.ProxyMeter{Meter: x.Meter}
		digits, _ := x.Meter.Digits()
		m := c.find(digits)
		for _, it := range x.Items {
			if m == nil || c.world.dead(m) || c.world.Unlit(m, c.world.opt.Clock()) {
				a.Items = append(a.Items, dlt698.ProxyItem{Name: it.Name, DAR: dlt698.Transient})
				continue
			}
			a.Items = append(a.Items, c.world.relays.Over698(c.world.at(m), q.Kind, it))
		}
		r.Meters = append(r.Meters, a)
	}
	return r
}

func (c *concentrator) get(f dlt698.Frame, q dlt698.GetRequest) dlt698.Body {
	r := dlt698.GetResponse{PIID: q.PIID, Kind: q.Kind}
	switch q.Kind {
	case dlt698.Normal, dlt698.NormalList:
		for _, o := range q.OADs {
			r.Normals = append(r.Normals, c.attribute(o))
		}
	case dlt698.Record, dlt698.RecordList:
		var all []dlt698.ResultRecord
		total := 0
		for _, g := range q.Records {
			rec := c.record(f.Server, g)
			total += len(rec.Rows)
			all = append(all, rec)
		}
		if total <= answerRows {
			r.Records = all
			return r
		}
		c.rest, c.block = chop(all), 0
		return c.nextBlock(q.PIID)
	case dlt698.Next:
		if len(c.rest) == 0 || q.Block != c.block {
			r.Last, r.Block, r.DAR = true, q.Block, dlt698.NoSegment
			return r
		}
		return c.nextBlock(q.PIID)
	case dlt698.MD5:
		return dlt698.GetResponse{PIID: q.PIID, Kind: dlt698.MD5, OAD: q.OADs[0], Failed: true, DAR: dlt698.AccessDenied}
	}
	return r
}

// chop cuts records into pieces that fit a frame each.
func chop(all []dlt698.ResultRecord) (out []dlt698.ResultRecord) {
	for _, rec := range all {
		rows := rec.Rows
		for {
			n := min(answerRows, len(rows))
			piece := rec
			piece.Rows = rows[:n]
			out = append(out, piece)
			if rows = rows[n:]; len(rows) == 0 {
				break
			}
		}
	}
	return out
}

// nextBlock is the next piece of an answer; blocks are numbered from 1.
func (c *concentrator) nextBlock(p dlt698.PIID) dlt698.Body {
	c.block++
	piece := c.rest[:1]
	c.rest = c.rest[1:]
	return dlt698.GetResponse{PIID: p, Kind: dlt698.Next, Last: len(c.rest) == 0, Block: c.block, Part: 2, Records: piece}
}

// attribute answers for the concentrator itself.
func (c *concentrator) attribute(o dlt698.OAD) dlt698.ResultNormal {
	switch o {
	case dlt698.ClockOAD:
		return dlt698.ResultNormal{OAD: o, Data: dlt698.Of(dlt698.AtS(c.world.opt.Clock()))}
	case 0x40010200: // communication address
		b := make([]byte, 0, 6)
		for i := 0; i+1 < len(c.Station.Address); i += 2 {
			b = append(b, (c.Station.Address[i]-'0')<<4|(c.Station.Address[i+1]-'0')&15)
		}
		return dlt698.ResultNormal{OAD: o, Data: dlt698.OctetString(b)}
	case 0x43000300: // maker, software version and date, hardware version and date, extension
		return dlt698.ResultNormal{OAD: o, Data: dlt698.Structure(dlt698.VisibleString("HHSM"), dlt698.VisibleString("0001"),
			dlt698.VisibleString("261123"), dlt698.VisibleString("0001"), dlt698.VisibleString("261123"), dlt698.VisibleString("00000000"))}
	}
	return dlt698.ResultNormal{OAD: o, Failed: true, DAR: dlt698.NotAvailable}
}

// record answers for the meters: of all chosen meters and moments what the asked columns show.
func (c *concentrator) record(server dlt698.Address, g dlt698.GetRecord) dlt698.ResultRecord {
	rec := dlt698.ResultRecord{OAD: g.OAD, Cols: g.Cols}
	fail := func(d dlt698.DAR) dlt698.ResultRecord {
		return dlt698.ResultRecord{OAD: g.OAD, Cols: g.Cols, Failed: true, DAR: d}
	}
	meters, ok := c.chosen(server, g)
	if !ok {
		return fail(dlt698.NotAvailable)
	}
	freeze := g.OAD
	for _, col := range g.Cols {
		if col.HasRecord {
			freeze = col.ROAD.Record
		}
	}
	if len(g.Cols) == 0 {
		return fail(dlt698.TypeMismatch)
	}
	times, ok := c.moments(g.Rows, freeze)
	if !ok {
		return fail(dlt698.Undefined)
	}
	if len(times)*len(meters) > mostRows {
		return fail(dlt698.OutOfRange)
	}
	for _, m := range meters {
		if c.world.dead(m) {
			continue
		}
		for _, t := range times {
			if c.world.without(m, t) {
				continue
			}
			row := make([]dlt698.Data, 0, len(g.Cols))
			for _, col := range g.Cols {
				row = append(row, c.world.column(m, t, col))
			}
			rec.Rows = append(rec.Rows, row)
		}
	}
	return rec
}

// chosen gives the meters that a request means: those of its set, or the one that the frame is addressed to.
func (c *concentrator) chosen(server dlt698.Address, g dlt698.GetRecord) (out []*Meter, ok bool) {
	if server != c.sa && server.Kind == dlt698.Single {
		m := c.find(server.String())
		return []*Meter{m}, m != nil
	}
	all := g.Rows.Method <= 3 || g.Rows.Method == 9 || g.Rows.Meters.Kind == dlt698.AllMeters
	if all && g.OAD == dlt698.Collected {
		for m := range c.meters() {
			out = append(out, m)
		}
		return out, true
	}
	if g.OAD != dlt698.Collected || g.Rows.Meters.Kind != dlt698.MetersByAddress {
		return nil, false
	}
	for _, a := range g.Rows.Meters.Addresses {
		if s, single := a.Digits(); single {
			if m := c.find(s); m != nil {
				out = append(out, m)
			}
		}
	}
	return out, true
}

// find gives a meter of this station by its address; nil where it has none.
func (u *unit) find(address string) *Meter {
	for m := range u.meters() {
		if m.Address == address {
			return m
		}
	}
	return nil
}

// moments gives the freeze times that a row selection means, none later than now.
func (c *concentrator) moments(r dlt698.RSD, freeze dlt698.OAD) (out []time.Time, ok bool) {
	step := Slot
	switch freeze {
	case dlt698.HourFreeze:
		step = time.Hour
	case dlt698.DayFreeze:
		step = 24 * time.Hour
	}
	now := c.world.opt.Clock()
	from, to := now.Add(-step), now
	switch r.Method {
	case 0:
	case 1:
		t, isTime := r.Value.DateTimeS()
		from, ok = t.Time()
		to = from.Add(1)
		if !isTime || !ok {
			return nil, false
		}
	case 2:
		a, isA := r.Ranges[0].From.DateTimeS()
		b, isB := r.Ranges[0].To.DateTimeS()
		from, ok = a.Time()
		end, ok2 := b.Time()
		if to = end; !isA || !isB || !ok || !ok2 {
			return nil, false
		}
	case 4, 5:
		if from, ok = r.From.Time(); !ok {
			return nil, false
		}
		to = from.Add(1)
	case 6, 7, 8:
		var ok2 bool
		from, ok = r.From.Time()
		if to, ok2 = r.To.Time(); !ok || !ok2 {
			return nil, false
		}
	case 9, 10:
		from = now.Add(-time.Duration(r.Last) * step)
	default:
		return nil, false
	}
	if to.After(now) {
		to = now
	}
	for t := align(from, step); t.Before(to) && len(out) <= mostRows; t = t.Add(step) {
		out = append(out, t)
	}
	if r.Method == 0 || r.Method >= 9 { // counted backwards from now: the moment itself belongs to it
		if t := align(now, step); t.Equal(now) {
			out = append(out, t)
		}
	}
	return out, true
}

// align gives the first multiple of step at or after t, counted in China time.
func align(t time.Time, step time.Duration) time.Time {
	const zone = 8 * 3600
	s, n := t.Unix()+zone, int64(step/time.Second)
	if t.Nanosecond() > 0 {
		s++
	}
	return time.Unix((s+n-1)/n*n-zone, 0).In(China())
}

func (w *world) column(m *Meter, t time.Time, col dlt698.CSD) dlt698.Data {
	if !col.HasRecord {
		return w.cell(m, t, col.OAD)
	}
	items := make([]dlt698.Data, 0, len(col.ROAD.Columns))
	for _, o := range col.ROAD.Columns {
		items = append(items, w.cell(m, t, o))
	}
	return dlt698.Array(items...)
}

// cell is what a meter shows of one attribute. DL/T 698.45-2017 annex A; an attribute that it does not have is Null.
func (w *world) cell(m *Meter, t time.Time, o dlt698.OAD) dlt698.Data {
	var d dlt698.Data
	energy, power, voltage := w.shown(m, t)
	switch o.Whole() {
	case dlt698.MeterAddress:
		tsa, err := dlt698.MeterTSA(m.Address)
		if err != nil {
			return dlt698.Null()
		}
		return dlt698.Of(tsa)
	case dlt698.FreezeTime:
		return dlt698.Of(dlt698.AtS(t.Add(w.drift(m, t))))
	case dlt698.StartTime, dlt698.SuccessTime, dlt698.StoreTime:
		return dlt698.Of(dlt698.AtS(t))
	case dlt698.ForwardEnergy:
		d = dlt698.Int(dlt698.TagUint32, energy/100)
	case dlt698.ForwardFine:
		d = dlt698.Int(dlt698.TagUint64, energy)
	case dlt698.Voltage:
		d = dlt698.Int(dlt698.TagUint16, voltage)
	case dlt698.ActivePower:
		d = dlt698.Int(dlt698.TagInt32, power)
	default:
		return dlt698.Null()
	}
	switch o.Index() {
	case 0:
		return dlt698.Array(d)
	case 1:
		return d
	}
	return dlt698.Null()
}

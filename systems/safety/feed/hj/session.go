package hj

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/door"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/wire/hj212"
)

// errFlood ends a connection that sends rubbish.
var errFlood = errors.New("too much that cannot be read")

// judge takes one item of the stream. An error ends the connection.
func (s *session) judge(ctx context.Context, it hj212.Found) error {
	if it.Refused == nil {
		return s.handle(ctx, &it.Frame, it.Raw)
	}
	f := hj212.Glimpse(it.Raw)
	why := *it.Refused
	why.Offset += int(it.Offset)
	return s.refuse(ctx, &f, &why, it.Raw)
}

// refuse lists what was not taken and tells the sender where it names a plant that we know; nothing else is believed of it.
func (s *session) refuse(ctx context.Context, f *hj212.Frame, why *hj212.Error, raw []byte) error {
	d := s.d
	who := s.peer
	plant, known := d.o.Desk.Register.ByMN(f.MN)
	known = known && plant.Feed == register.HJ212
	if known {
		who = f.MN + " " + s.peer
	}
	d.o.Desk.Count(name, gate.NotTaken)
	d.o.Desk.Refuse(ctx, gate.Refused{Peer: who, Protocol: name, Reason: why.Reason, Clause: why.Clause, Offset: int64(why.Offset)}, veil(raw))
	if d.Flood.Bad(ctx, door.Host(s.conn.RemoteAddr()), len(raw)) {
		return errFlood
	}
	if !known || f.CN >= hj212.Answer {
		return nil // an answer is not answered: two ends would do so for ever
	}
	pw := f.PW
	if pw == "" {
		pw = "000000"
	}
	st := hj212.Station{ST: f.ST, PW: pw, MN: f.MN, Version: f.Flag.Version()}
	if !f.Flagged {
		st.Version = 1 // what was refused may have lost its Flag; QN is where both editions look
	}
	return s.send(st.Answer(f.QN, why.Code))
}

// veil hides the password of a frame that is kept for inspection.
func veil(raw []byte) []byte {
	i := bytes.Index(raw, []byte("PW="))
	if i < 0 {
		return raw
	}
	out := bytes.Clone(raw)
	for i += 3; i < len(out) && out[i] != ';' && out[i] != '&'; i++ {
		out[i] = '*'
	}
	return out
}

func reject(code hj212.QnRtn, clause, zh, en string) *hj212.Error {
	return &hj212.Error{Clause: clause, Code: code, Reason: lang.T(zh, en)}
}

// identify holds a frame to the register and makes its plant one of this connection.
func (s *session) identify(f *hj212.Frame) (*party, *hj212.Error) {
	desk := s.d.o.Desk
	plant, ok := desk.Register.ByMN(f.MN)
	switch {
	case !ok || plant.Feed != register.HJ212:
		return nil, reject(hj212.BadMN, "6.3.2", "台账中没有以 HJ 212 接入的企业 "+f.MN, "the register has no plant "+f.MN+" that speaks HJ 212")
	case !desk.Register.Opens(f.MN, f.PW) && plant.Secret != "":
		return nil, reject(hj212.BadPassword, "6.3.2", "企业 "+f.MN+" 的访问密码错误", "the password of plant "+f.MN+" is wrong")
	}
	p := s.known[f.MN]
	if p == nil {
		if len(s.known) >= maxMNs {
			return nil, reject(hj212.Rejected, "6.3.2", "同一连接的企业过多", "too many plants on one connection")
		}
		p = &party{Station: hj212.Station{ST: hj212.AnswerSystem}}
		s.known[f.MN] = p
		s.d.join(f.MN, s)
	}
	p.PW, p.MN = f.PW, f.MN
	if f.ST != hj212.AnswerSystem {
		p.ST = f.ST
	}
	if f.Flagged {
		p.Version = f.Flag.Version()
	}
	return p, nil
}

// handle takes one frame.
func (s *session) handle(ctx context.Context, f *hj212.Frame, raw []byte) error {
	p, why := s.identify(f)
	if why != nil {
		return s.refuse(ctx, f, why, raw)
	}
	if err := f.Check(true); err != nil {
		errors.As(err, &why)
		return s.refuse(ctx, f, why, raw)
	}
	whole, err := s.gather.Add(*f, s.d.o.Desk.Wall())
	if err != nil {
		errors.As(err, &why)
		return s.refuse(ctx, f, why, raw)
	}
	if whole == nil {
		return nil // the rest comes
	}
	switch c, _ := hj212.Lookup(f.CN); {
	case f.CN == hj212.Answer || f.CN == hj212.Result:
		return s.told(whole)
	case f.CN == hj212.NoticeAnswer || f.CN == hj212.DataAnswer:
		return nil
	case f.CN == hj212.ClockNotice:
		if err := s.send(p.NoticeAnswer(f.QN)); err != nil {
			return err
		}
		return s.setClock(p)
	case c.Data:
		return s.data(ctx, p, whole, raw)
	case f.Flag&hj212.WantsAnswer == 0:
		return nil
	case f.CN < 2000 || f.CN == 2072:
		return s.send(p.NoticeAnswer(f.QN))
	}
	return s.send(p.DataAnswer(f.QN))
}

// data stores an upload and answers after the commit.
func (s *session) data(ctx context.Context, p *party, f *hj212.Frame, raw []byte) error {
	reports, err := hj212.Reports(f)
	var why *hj212.Error
	if errors.As(err, &why) {
		return s.refuse(ctx, f, why, raw)
	}
	desk := s.d.o.Desk
	now := desk.Now()
	newest := time.Time{}
	var values []register.Value
	for _, r := range reports {
		if r.At.After(now.Add(s.d.o.Ahead)) {
			return s.refuse(ctx, f, reject(hj212.Rejected, "6.3.3", "数据时间超前于当前时间", "DataTime is ahead of the present"), raw)
		}
		values = s.values(values, p.MN, &r)
		if r.At.After(newest) {
			newest = r.At
		}
	}
	if err := desk.Store(ctx, name, p.MN, s.peer, values); err != nil {
		if errs.Is(err, errs.Busy) {
			desk.Count(name, gate.Busy)
			return nil // no answer: the logger repeats it. HJ 212-2017 6.2
		}
		return err
	}
	if f.Flag&hj212.WantsAnswer != 0 {
		if err := s.send(p.DataAnswer(f.QN)); err != nil {
			return err
		}
	}
	return s.after(p, f, newest, now)
}

// values picks of a report what points want.
func (s *session) values(out []register.Value, mn string, r *hj212.Report) []register.Value {
	reg := s.d.o.Desk.Register
	averages := r.CN != hj212.RealTime && s.wantsAverages(mn, r.At)
	for i := range r.Values {
		v := &r.Values[i]
		factor := v.Factor + "-" + v.Stat
		if _, ok := reg.Point(mn, factor); !ok {
			factor = v.Factor
			plain := r.CN == hj212.RealTime && v.Stat == "Rtd" || averages && v.Stat == "Avg" && (r.CN == hj212.MinuteData || r.CN == hj212.HourData)
			if !plain {
				continue
			}
		}
		out = append(out, register.Value{Factor: factor, At: r.At, Value: v.Num, Quality: qualities[v.Quality()]})
	}
	return out
}

// wantsAverages tells whether averages stand for values: of a plant without real-time data, and in a gap that was asked for.
func (s *session) wantsAverages(mn string, at time.Time) bool {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	st := s.d.stations[mn]
	return st.realTime.IsZero() || !st.from.IsZero() && !at.Before(st.from) && !at.After(st.to)
}

// after looks at the clock and at what was missed, once data are stored; now is when they came.
func (s *session) after(p *party, f *hj212.Frame, newest, now time.Time) error {
	d := s.d
	d.mu.Lock()
	st := d.stations[p.MN]
	before := st.newest
	if newest.After(st.newest) {
		st.newest = newest
	}
	if f.CN == hj212.RealTime {
		st.realTime = now
	}
	fill := !p.filled && !before.IsZero() && newest.Sub(before) > d.o.Gap
	if fill {
		st.from, st.to = before, newest
		if early := now.Add(-d.o.Backfill); st.from.Before(early) {
			st.from = early
		}
	}
	from, to := st.from, st.to
	set := false
	if at, ok := hj212.Time(f.QN); ok && f.CN == hj212.RealTime && now.Sub(st.clockSet) > time.Hour {
		if off := now.Sub(at); off > d.o.Drift || off < -d.o.Drift {
			set, st.clockSet = true, now
		}
	}
	d.mu.Unlock()
	p.filled = true
	if set {
		if err := s.setClock(p); err != nil {
			return err
		}
	}
	if fill && from.Before(to) {
		return s.ask(p, hj212.MinuteData, from, to)
	}
	return nil
}

func (s *session) setClock(p *party) error {
	return s.send(p.Clock(s.qn(), s.d.o.Desk.Now()))
}

// ask asks for what was missed.
func (s *session) ask(p *party, cn uint16, from, to time.Time) error {
	qn := s.qn()
	s.asked[qn] = &request{mn: p.MN, cn: cn, at: s.d.o.Desk.Wall(), from: from, to: to}
	return s.send(p.History(qn, cn, from, to))
}

// told takes the answer to a request of ours: where minutes are refused, hours are asked for.
func (s *session) told(f *hj212.Frame) error {
	r := s.asked[f.QN]
	if r == nil {
		return nil // of the clock, or of another's request
	}
	if code, ok := f.Number("QnRtn"); f.CN == hj212.Answer && ok && hj212.QnRtn(code) == hj212.Ready {
		r.at = s.d.o.Desk.Wall().Add(partsTime) // it works at it
		return nil
	}
	delete(s.asked, f.QN)
	if code, ok := f.Number("ExeRtn"); f.CN == hj212.Result && ok && hj212.ExeRtn(code) == hj212.Done {
		return nil
	}
	return s.hours(r)
}

// hours asks for hours where minutes did not come.
func (s *session) hours(r *request) error {
	if p := s.known[r.mn]; p != nil && r.cn == hj212.MinuteData {
		return s.ask(p, hj212.HourData, r.from, r.to)
	}
	return nil
}

// lapse gives up requests and packets in parts that were awaited for too long.
func (s *session) lapse(ctx context.Context) error {
	now := s.d.o.Desk.Wall()
	for qn, r := range s.asked {
		if now.Sub(r.at) >= s.d.o.Answer {
			delete(s.asked, qn)
			if err := s.hours(r); err != nil {
				return err
			}
		}
	}
	for _, l := range s.gather.Lapse(now.Add(-partsTime)) {
		s.d.o.Desk.Count(name, gate.NotTaken)
		s.d.o.Desk.Refuse(ctx, gate.Refused{Peer: s.peer, Protocol: name, Clause: "6.3.2", Reason: lang.T(fmt.Sprintf("拆分包不完整，缺 %d 包", len(l.Missing)), fmt.Sprintf("a packet in parts lacks %d of them", len(l.Missing)))}, nil)
	}
	return nil
}

// qn is a number for a request, unlike those before.
func (s *session) qn() string {
	t := s.d.o.Desk.Now().Truncate(time.Millisecond)
	if !t.After(s.lastQN) {
		t = s.lastQN.Add(time.Millisecond)
	}
	s.lastQN = t
	return hj212.QNOf(t)
}

func (s *session) send(f hj212.Frame) error {
	raw, err := f.Append(s.out[:0])
	if err != nil {
		return errs.Wrap("write an HJ 212 frame", err)
	}
	s.out = raw
	if err := s.conn.SetWriteDeadline(s.d.o.Desk.Wall().Add(writeTime)); err != nil {
		return err
	}
	_, err = s.conn.Write(raw)
	return err
}

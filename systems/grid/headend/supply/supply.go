// Package supply asks DL/T 645 meters for what they recorded of their supply (电表掉电记录): how often it failed, and when the newest failures began and
// ended, their times put right by how far the meter's clock is off. DL/T 645-2007 A.4
package supply

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/dlt645"
)

// How power failures are asked for: of each meter once an hour, of one that was silent as soon as it answers again; what lies longer back than the
// outages of the last days is history, and was told before.
const (
	powerEvery = time.Hour
	powerBack  = 47 * time.Hour
	recordsMax = 10
)

// The clock of a meter. DL/T 645-2007 A.5
const (
	diDate dlt645.DI = 0x04000101
	diTime dlt645.DI = 0x04000102
)

// Failure is one failure of supply, Unix seconds; Back is 0 where the meter has not noted it.
type Failure struct{ Down, Back int64 }

// Asker asks the meters behind one link.
type Asker struct {
	Now    func() time.Time
	Datum  func(ctx context.Context, addr dlt645.Address, d dlt645.DI) ([]byte, error) // reads an identifier; nil: the meter has none
	Refuse func(ctx context.Context, err error, raw []byte)                            // lists what cannot be taken
	Tell   func(ctx context.Context, address string, failures []Failure) error         // takes failures, oldest first, and returns after the commit

	known map[string]*meter
}

// clockSlack is how far ahead of ours the time of a failure may lie.
const clockSlack = 5 * time.Minute

// meter is what is known of a meter's own record of its supply.
type meter struct {
	asked  time.Time
	count  int64 // power failures that the meter had counted then; -1: not asked yet
	silent bool  // it did not answer since then
}

// Heed notes whether a meter answered, and asks it for its power failures when it is time to.
func (c *Asker) Heed(ctx context.Context, address string, rerr error) error {
	if c.known == nil {
		c.known = map[string]*meter{}
	}
	s := c.known[address]
	if s == nil {
		s = &meter{count: -1}
		c.known[address] = s
	}
	switch now := c.Now(); {
	case errs.Is(rerr, errs.Unavailable):
		s.silent = true
		return nil
	case rerr != nil || !s.silent && !s.asked.IsZero() && now.Sub(s.asked) < powerEvery:
		return nil
	}
	err := c.failures(ctx, address, s)
	if errs.Is(err, errs.Unavailable) {
		s.silent = true
	}
	return err
}

// failures asks a meter how often it lost supply, and for the records of what is new. DL/T 645-2007 A.4
func (c *Asker) failures(ctx context.Context, address string, s *meter) error {
	addr, err := dlt645.NewAddress(address)
	if err != nil {
		return errs.As(errs.Invalid, "address a meter", err)
	}
	data, err := c.Datum(ctx, addr, dlt645.PowerDowns)
	if err != nil {
		return err
	}
	if data == nil { // a meter that keeps none is asked again in an hour
		s.asked, s.silent = c.Now(), false
		return nil
	}
	count, err := dlt645.ReadPowerDowns(data)
	if err != nil {
		c.Refuse(ctx, err, data)
		return nil
	}
	fresh := int64(recordsMax)
	if s.count >= 0 && count >= s.count {
		fresh = min(fresh, count-s.count)
	}
	events, err := c.records645(ctx, addr, min(fresh, count))
	if err != nil {
		return err
	}
	if len(events) > 0 {
		if err := c.Tell(ctx, address, events); err != nil {
			return err // told again at the next round: the count is not taken over
		}
	}
	s.asked, s.count, s.silent = c.Now(), count, false
	return nil
}

// records645 reads the newest records of a meter and puts their times right by how far its clock is off.
func (c *Asker) records645(ctx context.Context, addr dlt645.Address, n int64) (out []Failure, err error) {
	if n == 0 {
		return nil, nil
	}
	ahead, err := c.ahead(ctx, addr)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	for k := range n {
		data, err := c.Datum(ctx, addr, dlt645.PowerDown(uint8(k+1)))
		if err != nil {
			return nil, err
		}
		if data == nil {
			break
		}
		e, written, err := dlt645.ReadPowerFailure(data)
		if err != nil {
			c.Refuse(ctx, err, data)
			continue
		}
		down := e.Down.Add(-ahead)
		if !written || down.Before(now.Add(-powerBack)) {
			break // the older ones lie further back
		}
		p := Failure{Down: down.Unix()}
		if !e.Back.IsZero() {
			p.Back = e.Back.Add(-ahead).Unix()
		}
		if down.After(now.Add(clockSlack)) || p.Back > now.Add(clockSlack).Unix() {
			c.Refuse(ctx, &dlt645.Error{Clause: "A.4", Reason: lang.T("掉电记录的时间超前", "a power failure of a time to come")}, data)
			continue
		}
		out = append([]Failure{p}, out...) // oldest first
	}
	return out, nil
}

// clockNoise is how far a meter's clock may be off by the time that its answer takes.
const clockNoise = 3 * time.Second

// ahead is how far the clock of a meter is ahead of ours: an event's time is the meter's own, and is put right by it. 0 where the meter does
// not tell, or where it is no more than an answer takes.
func (c *Asker) ahead(ctx context.Context, addr dlt645.Address) (time.Duration, error) {
	day, err := c.Datum(ctx, addr, diDate)
	if err != nil || day == nil {
		return 0, err
	}
	clock, err := c.Datum(ctx, addr, diTime)
	if err != nil || clock == nil {
		return 0, err
	}
	d, err := dlt645.Values(diDate, day)
	if err == nil && len(d) == 1 {
		var t []dlt645.Value
		if t, err = dlt645.Values(diTime, clock); err == nil && len(t) == 1 && !d[0].Absent && !t[0].Absent {
			at := d[0].Time.In(book.China)
			at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, book.China).Add(time.Duration(t[0].Num) * time.Second)
			if t[0].Num < 60 || t[0].Num >= 24*3600-60 { // the day may have changed between the two answers
				return 0, errs.Say(errs.Unavailable, "电表 %s 的时钟正值午夜，稍后再读", "the clock of meter %s is at midnight: it is read a little later", addr.String())
			}
			if off := at.Sub(c.Now()); off.Abs() > clockNoise {
				return off, nil
			}
		}
	}
	if err != nil {
		c.Refuse(ctx, err, append(day, clock...))
	}
	return 0, nil
}

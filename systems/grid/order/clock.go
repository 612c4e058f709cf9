package order

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
)

// The rules of clocks: the hour of the nightly check, how many meters it asks, and how far a correction goes without a person.
const (
	checkHour = 3
	checkMost = 2000
	// DL/T 645-2007 7.6: a broadcast corrects at most five minutes, once a day
	autoMost = int64(5 * time.Minute / time.Second)
)

// Observe takes the times of readings: one that stands beside its quarter hour tells how far its meter's clock is off. It costs a division each.
func (p *Part) Observe(readings []book.Reading) {
	const slot, second = book.SlotMicros, int64(time.Second / time.Microsecond)
	for i := range readings {
		beside := readings[i].At % slot
		if beside > slot/2 {
			beside -= slot
		}
		if beside > -second && beside < second {
			continue
		}
		p.mu.Lock()
		if len(p.off) < maxOpen {
			p.off[readings[i].Address] = beside / second
		}
		p.mu.Unlock()
	}
}

// keep writes how far clocks go ahead.
func (p *Part) keep(ctx context.Context, ahead map[string]int64, source string) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for meter, s := range ahead {
			if _, err := tx.Exec(qClockPut, meter, s, max(s, -s), store.Micros(p.o.Clock.Now()), source); err != nil {
				return errs.Wrap("keep the offset of a clock", err)
			}
		}
		return nil
	})
}

// Clocks stores what readings told, and once a night has the clocks that are off read, and corrected where the setting says so.
func (p *Part) Clocks(ctx context.Context) error {
	p.mu.Lock()
	off := p.off
	p.off = map[string]int64{}
	p.mu.Unlock()
	if err := p.keep(ctx, off, "reading"); err != nil {
		return err
	}
	if p.o.Clock.Now().In(book.China).Hour() != checkHour {
		return nil
	}
	return p.Check(ctx)
}

// Check has the clocks that are off read, and with the setting corrects those that are off by at most five minutes: by broadcast where the
// protocol has one, otherwise by setting. A clock that is further off is for a person.
func (p *Part) Check(ctx context.Context) error {
	conf, err := p.setting(ctx)
	if err != nil {
		return err
	}
	list, err := p.clocks(ctx, conf["tolerance"]+1, "", 0, checkMost)
	if err != nil {
		return err
	}
	broadcast := map[string]bool{}
	now := p.o.Clock.Now()
	for _, c := range list {
		_, m, ok := p.o.Book.Find(c.Meter)
		if !ok {
			continue
		}
		kind := ClockRead
		switch {
		case conf["auto-clock"] == 0 || max(c.Ahead, -c.Ahead) > autoMost:
		case m.Protocol == book.DLT645:
			broadcast[m.Concentrator] = true
		default:
			kind = ClockSet
		}
		err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := p.ask(tx, identity.System("grid").ID, kind, c.Meter, "", "", now, conf["hours-to-live"])
			return err
		})
		if err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
	}
	for concentrator := range broadcast {
		if err := p.Broadcast(ctx, identity.System("grid"), concentrator); err != nil && !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Conflict) {
			return err
		}
	}
	p.rouse()
	return nil
}

// Broadcast tells all meters behind a gateway the time, once a day at most; they answer nothing, and correct themselves by up to five minutes.
func (p *Part) Broadcast(ctx context.Context, who *identity.Principal, concentrator string) error {
	if !who.Can(GrantAsk) {
		return errs.Say(errs.Denied, "您没有申请电表指令的权限", "you may not ask for orders to meters")
	}
	// The day is noted first: a broadcast that a stop caught is not repeated on its day.
	name, today := "broadcast "+concentrator, int64(book.DayOf(p.o.Clock.Now().UnixMicro()))
	conf, err := p.setting(ctx)
	if err != nil {
		return err
	}
	if conf[name] == today {
		return errs.Say(errs.Conflict, "该网关今日已广播校时", "this gateway's meters were told the time today already")
	}
	if !p.o.Linked(concentrator) {
		return errs.Say(errs.Unavailable, "集中器 %s 不在线", "concentrator %s is offline", concentrator)
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSettingTo, name, today); err != nil {
			return err
		}
		return p.journal(tx, who, GrantAsk, "step-order", "grid.concentrator:"+concentrator, map[string]any{"kind": "clock-broadcast"})
	})
	if err != nil {
		return err
	}
	_, err = p.o.Act(ctx, concentrator, deed.Deed{Kind: deed.Broadcast, Now: p.o.Clock.Now})
	return err
}

// Clock is how far a meter's clock goes ahead.
type Clock struct {
	Meter  string    `json:"meter"`
	Ahead  int64     `json:"aheadSeconds"`
	At     time.Time `json:"at"`
	Source string    `json:"source"` // reading, asked
}

// clocks lists those that are off by least seconds and more, the worst first, behind a cursor.
func (p *Part) clocks(ctx context.Context, least int64, after string, off int64, limit int) (out []Clock, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qClocks, []any{least, after, off, int64(limit)}, func(scan func(...any) error) error {
			var c Clock
			var at int64
			err := scan(&c.Meter, &c.Ahead, &at, &c.Source)
			c.At = store.Time(at)
			out = append(out, c)
			return err
		})
	})
	return out, errs.Wrap("list clocks", err)
}

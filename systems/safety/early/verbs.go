package early

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/register"
)

func deny(who *identity.Principal) error {
	if who.Can(GrantEdit) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有训练和评定统计预警的权限", "you may not teach or judge early warnings")
}

// scope is the district that somebody sees, "" for the whole city.
func (p *Part) scope(who *identity.Principal) string {
	if p.o.Scope == nil {
		return ""
	}
	return p.o.Scope(who)
}

// site gives a plant, where who asks may see it.
func (p *Part) site(who *identity.Principal, code string) (*register.Site, error) {
	s, ok := p.o.Register.Site(code)
	if d := p.scope(who); !ok || d != "" && d != s.District {
		return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
	}
	return s, nil
}

// Judge keeps what a person says of a warning. A verdict may be changed; the journal keeps each.
func (p *Part) Judge(ctx context.Context, who *identity.Principal, id string, v Verdict, note string) error {
	if err := deny(who); err != nil {
		return err
	}
	if v != True && v != False {
		return errs.Say(errs.Invalid, "请选择真或假", "choose true or false")
	}
	if len(note) > 1000 {
		return errs.Say(errs.Invalid, "说明不超过 1000 字节", "a note has at most 1000 bytes")
	}
	return errs.Wrap("judge a warning", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var w Warning
		found := false
		err := tx.Each(qWarnGet, []any{id}, func(scan func(...any) error) (err error) {
			found = true
			w, err = scanWarning(scan)
			return err
		})
		if err != nil {
			return err
		}
		if !found {
			return errs.Say(errs.NotFound, "没有这条统计预警", "there is no such warning")
		}
		if _, err := p.site(who, w.Plant); err != nil {
			return err
		}
		w.Verdict, w.Judge, w.Judged, w.Note = v, who.ID, p.o.Now(), note
		body, err := json.Marshal(w)
		if err != nil {
			return errs.As(errs.Internal, "write a verdict", err)
		}
		if _, err := tx.Exec(qWarnJudge, id, string(v), string(body)); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantEdit, Verb: "judge-early", Object: register.PlantURI(w.Plant),
			Detail: map[string]any{"warning": id, "verdict": string(v)}})
	}))
}

// Configure says how a plant is watched: at all, and by which point it is seen to operate.
func (p *Part) Configure(ctx context.Context, who *identity.Principal, code string, off bool, run string, least float64) error {
	if err := deny(who); err != nil {
		return err
	}
	site, err := p.site(who, code)
	if err != nil {
		return err
	}
	if _, ok := site.Point(run); run != "" && !ok {
		return errs.Say(errs.Invalid, "企业没有测点 %[1]s", "the plant has no point %[1]s", run)
	}
	p.mu.Lock()
	set := p.set[code]
	p.mu.Unlock()
	set.Off, set.Run, set.Least, set.Tried = off, run, least, time.Time{}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := putSetting(tx, code, set); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantEdit, Verb: "set-early", Object: register.PlantURI(code),
			Detail: map[string]any{"off": off, "run": run, "least": least}})
	})
	if err != nil {
		return errs.Wrap("set early warning", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set[code] = set
	return nil
}

// Tally counts warnings by verdict.
type Tally struct {
	All   int64 `json:"all"`
	True  int64 `json:"true"`
	False int64 `json:"false"`
}

// Tally counts the warnings since a time.
func (p *Part) Tally(ctx context.Context, since time.Time) (t Tally, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		t = Tally{}
		return tx.Each(qWarnSum, []any{store.Micros(since)}, func(scan func(...any) error) error {
			var verdict string
			var n int64
			err := scan(&verdict, &n)
			switch t.All += n; Verdict(verdict) {
			case True:
				t.True = n
			case False:
				t.False = n
			}
			return err
		})
	})
	return t, err
}

// Warnings counts the warnings of each plant since a time that nobody judged false.
func (p *Part) Warnings(ctx context.Context, since time.Time) (out map[string]int, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = map[string]int{}
		return tx.Each(qWarnBy, []any{store.Micros(since)}, func(scan func(...any) error) error {
			var plant string
			var n int64
			err := scan(&plant, &n)
			out[plant] = int(n)
			return err
		})
	})
	return out, err
}

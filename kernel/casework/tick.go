package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// lateAnswer is how long those who are told of a late case have to answer before the next of the stage's duties are told.
const lateAnswer = 30 * time.Minute

// lateMost is how many cases one transaction marks.
const lateMost = 100

// Tick marks cases that have become late and tells those whom their stage names.
func (s *Service) Tick(ctx context.Context) error {
	for {
		now := store.Micros(s.o.Now())
		some := false
		err := s.o.DB.Read(ctx, func(tx *store.Tx) error {
			return tx.Each(qLate, []any{now, 1}, func(func(...any) error) error { some = true; return nil })
		})
		if err != nil || !some {
			return errs.Wrap("look for late cases", err)
		}
		if err := s.o.DB.Write(ctx, func(tx *store.Tx) error { return s.lapse(tx, now) }); err != nil {
			return errs.Wrap("mark late cases", err)
		}
	}
}

func (s *Service) lapse(tx *store.Tx, now int64) error {
	var list []*file
	err := tx.Each(qLate, []any{now, lateMost}, func(scan func(...any) error) error {
		f := new(file)
		err := f.scan(scan)
		list = append(list, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range list {
		f.Late = true
		line := Line{Actor: "system:casework", Verb: lineLate, Fields: map[string]string{"due": f.Due.In(china).Format("2006-01-02T15:04")}}
		if id, err := s.tellLate(tx, f); err != nil {
			return err
		} else if id != "" {
			line.Fields["notice"] = id
		}
		if _, err := s.append(tx, f, line, ""); err != nil {
			return err
		}
		if err := f.update(tx); err != nil {
			return err
		}
		s.told(tx, f)
	}
	return nil
}

// tellLate tells the contacts of the duties that the stage names, each level where the one before has not answered.
func (s *Service) tellLate(tx *store.Tx, f *file) (id string, err error) {
	k := s.kinds[f.Kind]
	if s.o.Post == nil || k == nil {
		return "", nil
	}
	st := k.stage(f.Stage)
	if st == nil || st.Tell == "" {
		return "", nil
	}
	var levels [][]notice.Contact
	for duty := range strings.SplitSeq(st.Tell, ",") {
		list, err := s.o.Post.Who(tx, notice.Wanted{Duty: strings.TrimSpace(duty), Unit: f.Unit, Area: f.Area, Group: f.Group})
		if err != nil {
			return "", err
		}
		levels = append(levels, list)
	}
	levels = slices.DeleteFunc(levels, func(l []notice.Contact) bool { return len(l) == 0 })
	if len(levels) == 0 {
		return "", nil
	}
	priority := 2
	if f.Level == 1 {
		priority = 1
	}
	return s.o.Post.Tell(tx, notice.Message{About: "case:" + f.ID, Priority: priority, AckBy: lateAnswer, Link: "/duty/cases/" + f.ID, Levels: levels,
		Title: lang.T(k.Title.Zh+"逾期："+f.Number, k.Title.En+" overdue: "+f.Number),
		Body:  lang.T(f.Title+"。“"+st.Title.Zh+"”阶段已过时限，请尽快办理。", f.Title+". The stage “"+st.Title.En+"” is past its time; deal with it soon.")})
}

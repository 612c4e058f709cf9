package casework

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// Service keeps the cases. Its methods may be called from anywhere at once.
type Service struct {
	o     Options
	kinds map[string]*Kind

	mu     sync.Mutex
	follow map[int]func([]Case)
	next   int
}

// china is the zone of the dates in the numbers.
var china = time.FixedZone("UTC+8", 8*3600)

// Open checks the kinds, migrates the tables and drops the pieces of uploads that were cut off a day ago or more.
func Open(ctx context.Context, o Options) (*Service, error) {
	if err := checkKinds(o.Kinds); err != nil {
		return nil, err
	}
	if err := o.DB.Migrate(ctx, "casework", tables); err != nil {
		return nil, errs.Wrap("migrate cases", err)
	}
	if o.Deadline == nil {
		o.Deadline = func(from time.Time, work time.Duration) time.Time { return from.Add(work) }
	}
	s := &Service{o: o, kinds: map[string]*Kind{}, follow: map[int]func([]Case){}}
	for i := range o.Kinds {
		s.kinds[o.Kinds[i].Name] = &o.Kinds[i]
	}
	err := o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPieceOld, store.NewID(o.Now().Add(-24 * time.Hour))[:10])
		return err
	})
	return s, errs.Wrap("clear cut-off uploads", err)
}

// Kinds lists the kinds in the order of their systems.
func (s *Service) Kinds() []Kind { return slices.Clone(s.o.Kinds) }

// Kind finds one.
func (s *Service) Kind(name string) (Kind, bool) {
	k := s.kinds[name]
	if k == nil {
		return Kind{}, false
	}
	return *k, true
}

// Start opens a case, in the caller's transaction, with the alarms that it speaks of. Of c it takes Kind, Title, Level, Unit (that of by
// where it is empty), Area, Holder, Group, Parent, Fields and Opened where it is given (a report that was taken down before).
func (s *Service) Start(tx *store.Tx, by *identity.Principal, c Case, alarms []string, text string) (Case, error) {
	k := s.kinds[c.Kind]
	if k == nil {
		return Case{}, errs.Say(errs.Invalid, "没有“%[1]s”这类案件", "there is no kind of case %[1]q", c.Kind)
	}
	if !by.Can(k.Open) {
		return Case{}, errs.Say(errs.Denied, "您无权立案", "you may not open such a case")
	}
	f, err := s.fresh(k, by, c, text)
	if err != nil {
		return Case{}, err
	}
	if f.Parent != "" {
		var parent file
		if err := parent.get(tx, f.Parent); err != nil {
			return Case{}, err
		}
	}
	serial, err := tx.Next("case:" + k.Prefix + ":" + f.Opened.In(china).Format("2006"))
	if err != nil {
		return Case{}, err
	}
	f.Number = fmt.Sprintf("%s%s-%04d", k.Prefix, f.Opened.In(china).Format("20060102"), serial)
	fields := maps.Clone(f.Fields)
	for name, value := range map[string]string{toStage: f.Stage, toTitle: f.Title, toUnit: f.Unit, toHolder: f.Holder, toLevel: levelText(f.Level), toDue: dueText(f.Due)} {
		if value != "" {
			fields[name] = value
		}
	}
	if _, err := s.append(tx, f, Line{Actor: by.ID, Unit: by.Unit, Verb: lineOpen, Text: strings.TrimSpace(text), Fields: fields}, k.Open); err != nil {
		return Case{}, err
	}
	if err := f.insert(tx); err != nil {
		return Case{}, err
	}
	if err := f.parties(tx); err != nil {
		return Case{}, err
	}
	if s.o.Alarms != nil && len(alarms) > 0 {
		if err := s.o.Alarms.Link(tx, alarms, f.ID); err != nil {
			return Case{}, err
		}
	}
	s.told(tx, f)
	return f.out(), nil
}

// fresh is the file of a case that is being opened.
func (s *Service) fresh(k *Kind, by *identity.Principal, c Case, text string) (*file, error) {
	now := store.Time(store.Micros(s.o.Now()))
	fields, err := k.clean(c.Fields)
	if err != nil {
		return nil, err
	}
	c.Title = strings.TrimSpace(c.Title)
	if c.Title == "" {
		return nil, errs.Say(errs.Invalid, "请填写案件标题", "give the case a title")
	}
	if err := plain(c.Title, maxTitle); err != nil {
		return nil, err
	}
	if err := plain(text, maxText); err != nil {
		return nil, err
	}
	if c.Level < 0 || c.Level > 4 {
		return nil, errs.Say(errs.Invalid, "级别为 1 至 4，未定级为 0", "a level is 1 to 4, or 0 before it is judged")
	}
	if c.Unit == "" {
		c.Unit = by.Unit
	}
	if c.Opened.IsZero() || c.Opened.After(now) {
		c.Opened = now
	}
	f := &file{Case: Case{ID: store.NewID(now), Kind: k.Name, Stage: k.Stages[0].Name, Title: c.Title, Level: c.Level, Unit: c.Unit, Area: c.Area, Holder: c.Holder, Opened: store.Time(store.Micros(c.Opened)), Entered: now,
		Group: c.Group, Parent: c.Parent, Fields: fields, Version: 1}}
	f.Due = s.due(&k.Stages[0], now)
	return f, nil
}

// due is when a stage that is entered now is to be left.
func (s *Service) due(st *Stage, now time.Time) time.Time {
	switch {
	case st.Due == 0:
		return time.Time{}
	case st.Clock:
		return now.Add(st.Due)
	}
	return s.o.Deadline(now, st.Due)
}

// parties writes who may see the case from now on.
func (f *file) parties(tx *store.Tx) error {
	for prefix, id := range map[string]string{"unit:": f.Unit, "offered": f.Offered, "holder": f.Holder} {
		if id == "" {
			continue
		}
		if prefix == "offered" {
			prefix = "unit:"
		}
		if prefix == "holder" {
			prefix = "" // an account's id says what it is
		}
		if _, err := tx.Exec(qParty, prefix+id, f.ID); err != nil {
			return err
		}
	}
	return nil
}

// search is what the text filter looks in.
func (f *file) search() string {
	var b strings.Builder
	b.WriteString(f.Number + "\n" + f.Title + "\n" + f.Group)
	for _, k := range slices.Sorted(maps.Keys(f.Fields)) {
		b.WriteString("\n" + f.Fields[k])
	}
	return strings.ToLower(b.String())
}

// out is the case as others get it: nobody shares its fields.
func (f *file) out() Case {
	c := f.Case
	c.Fields = maps.Clone(f.Fields)
	return c
}

// dueText is a deadline as lines bear it.
func dueText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(store.Micros(t), 10)
}

func levelText(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprint(level)
}

// Follow adds a function that is called after each commit with the cases that changed. It must be quick and must not write.
func (s *Service) Follow(fn func(list []Case)) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.follow[id] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.follow, id)
	}
}

// told calls the followers after the commit.
func (s *Service) told(tx *store.Tx, f *file) {
	c := f.out()
	tx.OnCommit(func() {
		s.mu.Lock()
		fns := slices.Collect(maps.Values(s.follow))
		s.mu.Unlock()
		for _, fn := range fns {
			fn([]Case{c})
		}
	})
}

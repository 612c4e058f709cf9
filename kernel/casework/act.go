package casework

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// deed is one act on one case: what the acts below work with.
type deed struct {
	s     *Service
	tx    *store.Tx
	by    *identity.Principal
	f     *file
	kind  *Kind
	stage *Stage
	line  Line
	grant string // under which it is done
}

// begin reads the case for somebody who may see it. A version of 0 takes the case as it is.
func (s *Service) begin(tx *store.Tx, by *identity.Principal, id string, version int64) (*deed, error) {
	f, err := s.seen(tx, by, id)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != f.Version {
		return nil, errStale
	}
	k := s.kinds[f.Kind]
	st := k.stage(f.Stage)
	if st == nil {
		return nil, errs.Say(errs.Internal, "案件处于未知阶段“%[1]s”", "the case stands in an unknown stage %[1]q", f.Stage)
	}
	return &deed{s: s, tx: tx, by: by, f: f, kind: k, stage: st, grant: k.See, line: Line{Actor: by.ID, Unit: by.Unit, Fields: map[string]string{}}}, nil
}

// end writes the line and the case.
func (d *deed) end() (Case, error) {
	line, err := d.s.append(d.tx, d.f, d.line, d.grant)
	if err != nil {
		return Case{}, err
	}
	d.line = line
	if err := d.f.update(d.tx); err != nil {
		return Case{}, err
	}
	if err := d.f.parties(d.tx); err != nil {
		return Case{}, err
	}
	d.s.told(d.tx, d.f)
	return d.f.out(), nil
}

// lead asks for the right to do what a stage lets one do.
func (d *deed) lead(st *Stage) error {
	d.grant = st.Grant
	if st.Grant == "" || !d.s.leads(d.by, d.kind, &d.f.Case, st) {
		return errs.Say(errs.Denied, "您无权办理此案件的“%[1]s”阶段", "you may not deal with this case: %[2]s", st.Title.Zh, st.Title.En)
	}
	return nil
}

// leads tells whether somebody may do what a stage lets one do.
func (s *Service) leads(by *identity.Principal, k *Kind, c *Case, st *Stage) bool {
	if !by.Can(st.Grant) {
		return false
	}
	return by.Unit == c.Unit && by.Unit != "" || by.ID == "system:"+k.System || k.Direct != "" && by.Can(k.Direct)
}

// Do changes a case by one of the verbs, in the caller's transaction; version must be the case's present one.
func (s *Service) Do(tx *store.Tx, by *identity.Principal, id string, version int64, c Change) (Case, error) {
	if version == 0 {
		return Case{}, errStale
	}
	d, err := s.begin(tx, by, id, version)
	if err != nil {
		return Case{}, err
	}
	d.line.Verb, d.line.Text = c.Verb, strings.TrimSpace(c.Text)
	if err := plain(d.line.Text, maxText); err != nil {
		return Case{}, err
	}
	acts := map[string]func(c Change) error{"advance": d.advance, "reopen": d.reopen, "comment": d.comment, "assign": d.assign, "level": d.level, "edit": d.edit}
	act := acts[c.Verb]
	if act == nil {
		return Case{}, errs.Say(errs.Invalid, "没有“%[1]s”这一操作", "there is no act %[1]q", c.Verb)
	}
	if d.f.Closed.IsZero() == (c.Verb == "reopen") && c.Verb != "comment" {
		if c.Verb == "reopen" {
			return Case{}, errs.Say(errs.Conflict, "案件尚未办结，无须重新办理", "the case is not closed")
		}
		return Case{}, errs.Say(errs.Conflict, "案件已办结，请先重新办理", "the case is closed; reopen it first")
	}
	if err := act(c); err != nil {
		return Case{}, err
	}
	return d.end()
}

// advance leaves the present stage for one that may follow, with everything that the present one needs.
func (d *deed) advance(c Change) error {
	if err := d.lead(d.stage); err != nil {
		return err
	}
	next := d.kind.stage(c.Stage)
	if next == nil || !slices.Contains(d.stage.Next, c.Stage) {
		return errs.Say(errs.Invalid, "“%[1]s”之后不能转入“%[2]s”", "%[2]q does not follow %[1]q", d.stage.Name, c.Stage)
	}
	if d.f.Offered != "" {
		return errs.Say(errs.Conflict, "案件正在移交，对方接收或退回后方可继续", "the case is being handed over; it goes on when it was accepted or refused")
	}
	if err := d.merge(c.Fields); err != nil {
		return err
	}
	if lack := d.stage.lacking(d.f.Fields); len(lack) > 0 {
		var zh, en []string
		for _, f := range lack {
			zh, en = append(zh, "“"+f.Title.Zh+"”"), append(en, f.Title.En)
		}
		return errs.Say(errs.Invalid, "请先填写"+strings.Join(zh, "、"), "fill in first: "+strings.Join(en, ", "))
	}
	d.enter(next)
	return nil
}

// enter puts the case into a stage.
func (d *deed) enter(next *Stage) {
	now := store.Time(store.Micros(d.s.o.Now()))
	d.line.Fields[toFrom], d.line.Fields[toStage] = d.f.Stage, next.Name
	d.f.Stage, d.f.Entered, d.f.Due, d.f.Late, d.f.Closed = next.Name, now, d.s.due(next, now), false, time.Time{}
	if len(next.Next) == 0 {
		d.f.Closed, d.f.Due = now, time.Time{}
	}
	d.line.Fields[toDue] = dueText(d.f.Due)
}

// reopen puts a closed case back to the stage that is named, or to the one it was closed from; who may deal with that stage may.
func (d *deed) reopen(c Change) error {
	to := c.Stage
	if to == "" {
		var packed string
		err := d.tx.Get(qLeft, []any{d.f.ID}, &packed)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		left := map[string]string{}
		_ = json.Unmarshal([]byte(packed), &left) // where there is none, the first stage
		if to = left[toFrom]; to == "" {
			to = d.kind.Stages[0].Name
		}
	}
	st := d.kind.stage(to)
	if st == nil || len(st.Next) == 0 {
		return errs.Say(errs.Invalid, "不能重新办理到“%[1]s”阶段", "a case is not reopened into %[1]q", to)
	}
	if err := d.lead(st); err != nil {
		return err
	}
	if d.line.Text == "" {
		return errs.Say(errs.Invalid, "请说明重新办理的原因", "say why the case is reopened")
	}
	d.enter(st)
	return nil
}

func (d *deed) comment(Change) error {
	if d.line.Text == "" {
		return errs.Say(errs.Invalid, "请填写内容", "write something")
	}
	return nil
}

func (d *deed) assign(c Change) error {
	if err := d.lead(d.stage); err != nil {
		return err
	}
	if c.Holder == nil {
		return errs.Say(errs.Invalid, "请选择承办人", "choose who deals with the case")
	}
	d.f.Holder = *c.Holder
	d.line.Fields[toHolder] = *c.Holder
	return nil
}

func (d *deed) level(c Change) error {
	if err := d.lead(d.stage); err != nil {
		return err
	}
	if c.Level == nil || *c.Level < 1 || *c.Level > 4 {
		return errs.Say(errs.Invalid, "级别为 1 至 4", "a level is 1 to 4")
	}
	d.f.Level = *c.Level
	d.line.Fields[toLevel] = levelText(*c.Level)
	return nil
}

func (d *deed) edit(c Change) error {
	if err := d.lead(d.stage); err != nil {
		return err
	}
	if t := strings.TrimSpace(c.Title); t != "" && t != d.f.Title {
		if err := plain(t, maxTitle); err != nil {
			return err
		}
		d.f.Title = t
		d.line.Fields[toTitle] = t
	}
	if err := d.merge(c.Fields); err != nil {
		return err
	}
	if len(d.line.Fields) == 0 {
		return errs.Say(errs.Invalid, "没有要更正的内容", "there is nothing to correct")
	}
	return nil
}

// merge takes fields in; the line keeps those that changed.
func (d *deed) merge(fields map[string]string) error {
	clean, err := d.kind.clean(fields)
	if err != nil {
		return err
	}
	merged := maps.Clone(d.f.Fields)
	size := 0
	for name, value := range clean {
		if merged[name] != value {
			d.line.Fields[name] = value
		}
		if value == "" {
			delete(merged, name)
			continue
		}
		merged[name] = value
	}
	for name, value := range merged {
		size += len(name) + len(value)
	}
	if size > maxFields {
		return errs.Say(errs.TooLarge, "各项内容合计不超过 %[1]d 字节", "all fields together have at most %[1]d bytes", maxFields)
	}
	d.f.Fields = merged
	return nil
}

// Record puts a line on record that a room makes of its own, with a verb of the room's ("order", "warning"), in the caller's transaction;
// fields are the line's, not the case's. by may see the case.
func (s *Service) Record(tx *store.Tx, by *identity.Principal, id, verb, text string, fields map[string]string) (Case, error) {
	for _, v := range verbs {
		if v.verb == verb && verb != "told" {
			return Case{}, errs.Say(errs.Invalid, "“%[1]s”不能直接记入", "%[1]q is not put on record by itself", verb)
		}
	}
	d, err := s.begin(tx, by, id, 0)
	if err != nil {
		return Case{}, err
	}
	if !nameForm.MatchString(verb) {
		return Case{}, errs.Say(errs.Invalid, "没有“%[1]s”这一操作", "there is no act %[1]q", verb)
	}
	text = strings.TrimSpace(text)
	if err := plain(text, maxText); err != nil {
		return Case{}, err
	}
	if d.line.Fields, err = d.kind.clean(fields); err != nil {
		return Case{}, err
	}
	d.line.Verb, d.line.Text = verb, text
	return d.end()
}

// Link ties alarms to a case, in the caller's transaction.
func (s *Service) Link(tx *store.Tx, by *identity.Principal, id string, alarms []string) (Case, error) {
	d, err := s.begin(tx, by, id, 0)
	if err != nil {
		return Case{}, err
	}
	if err := d.lead(d.stage); err != nil {
		return Case{}, err
	}
	if s.o.Alarms == nil || len(alarms) == 0 {
		return Case{}, errs.Say(errs.Invalid, "请先选择告警", "choose alarms first")
	}
	if err := s.o.Alarms.Link(tx, alarms, id); err != nil {
		return Case{}, err
	}
	d.line.Verb, d.line.Fields["alarms"] = "link", strings.Join(alarms[:min(len(alarms), 100)], " ")
	return d.end()
}

// Offer hands a case to another unit, which accepts or refuses; until then it stays where it is.
func (s *Service) Offer(ctx context.Context, by *identity.Principal, id, unit, reason string) error {
	return s.hand(ctx, by, id, "offer", reason, func(d *deed) error {
		if err := d.lead(d.stage); err != nil {
			return err
		}
		switch {
		case d.f.Offered != "":
			return errs.Say(errs.Conflict, "案件已在移交，等待对方接收", "the case is offered already, and waits for an answer")
		case unit == "" || unit == d.f.Unit:
			return errs.Say(errs.Invalid, "请选择要移交到的其他单位", "choose another unit")
		case d.line.Text == "":
			return errs.Say(errs.Invalid, "请说明移交理由", "say why the case is handed over")
		}
		d.f.Offered = unit
		d.line.Fields[toOffer] = unit
		return d.tellUnit(unit)
	})
}

// tellUnit tells the duty officers of a unit that a case is offered to it, where it has any.
func (d *deed) tellUnit(unit string) error {
	if d.s.o.Post == nil {
		return nil
	}
	list, err := d.s.o.Post.Who(d.tx, notice.Wanted{Duty: "duty-officer", Unit: unit})
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c notice.Contact) bool { return c.Unit != unit })
	if len(list) == 0 {
		return nil
	}
	_, err = d.s.o.Post.Tell(d.tx, notice.Message{About: "case:" + d.f.ID, Title: lang.T("案件移交："+d.f.Number, "Case offered: "+d.f.Number),
		Body: lang.T(d.f.Title+"。请登录平台接收或退回。", d.f.Title+". Sign in to accept or refuse it."), Link: "/duty/cases/" + d.f.ID, Priority: 3, Levels: [][]notice.Contact{list}})
	return err
}

// Accept takes an offered case; who accepts it deals with it.
func (s *Service) Accept(ctx context.Context, by *identity.Principal, id string) error {
	return s.hand(ctx, by, id, "accept", "", func(d *deed) error {
		if err := d.offered(); err != nil {
			return err
		}
		d.line.Fields[toUnit], d.line.Fields[toHolder], d.line.Fields[toOffer] = d.f.Offered, d.by.ID, ""
		d.f.Unit, d.f.Holder, d.f.Offered = d.f.Offered, d.by.ID, ""
		return nil
	})
}

// Refuse gives an offered case back with a reason.
func (s *Service) Refuse(ctx context.Context, by *identity.Principal, id, reason string) error {
	return s.hand(ctx, by, id, "refuse", reason, func(d *deed) error {
		if err := d.offered(); err != nil {
			return err
		}
		if d.line.Text == "" {
			return errs.Say(errs.Invalid, "请说明退回理由", "say why the case is refused")
		}
		d.line.Fields[toOffer] = ""
		d.f.Offered = ""
		return nil
	})
}

// offered wants somebody of the unit that the case is offered to, who may deal with its stage.
func (d *deed) offered() error {
	if d.f.Offered == "" {
		return errs.Say(errs.Conflict, "案件没有移交给贵单位", "the case is not offered to anybody")
	}
	d.grant = d.stage.Grant
	if d.by.Unit != d.f.Offered || !d.by.Can(d.stage.Grant) {
		return errs.Say(errs.Denied, "只有被移交单位的经办人可以接收或退回", "only the unit that the case is offered to accepts or refuses it")
	}
	return nil
}

// hand is one step of a hand-over.
func (s *Service) hand(ctx context.Context, by *identity.Principal, id, verb, reason string, fn func(d *deed) error) error {
	return errs.Wrap(verb+" a case", s.o.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := s.begin(tx, by, id, 0)
		if err != nil {
			return err
		}
		if !d.f.Closed.IsZero() {
			return errs.Say(errs.Conflict, "案件已办结，不能移交", "the case is closed and is not handed over")
		}
		d.line.Verb, d.line.Text = verb, strings.TrimSpace(reason)
		if err := plain(d.line.Text, maxText); err != nil {
			return err
		}
		if err := fn(d); err != nil {
			return err
		}
		_, err = d.end()
		return err
	}))
}

// Moves are what somebody may do with a case now: what a page offers.
type Moves struct {
	Next      []Stage // stages that it may be led to
	Lacking   []Field // of the present stage, not filled in yet
	Lead      bool    // assign, grade, correct, offer
	Comment   bool
	Accept    bool // accept or refuse
	Reopen    bool
	Offerable bool
}

// Moves tells what by may do with a case.
func (s *Service) Moves(by *identity.Principal, c Case) (m Moves) {
	k := s.kinds[c.Kind]
	if k == nil {
		return m
	}
	st := k.stage(c.Stage)
	if st == nil {
		return m
	}
	m.Comment = by.Can(k.See) || by.Can(k.SeeAll) || by.ID == "system:"+k.System
	if !c.Closed.IsZero() {
		for i := range k.Stages {
			if len(k.Stages[i].Next) > 0 && s.leads(by, k, &c, &k.Stages[i]) {
				m.Reopen = true
			}
		}
		return m
	}
	m.Accept = c.Offered != "" && by.Unit == c.Offered && by.Can(st.Grant)
	if m.Lead = s.leads(by, k, &c, st); !m.Lead {
		return m
	}
	m.Lacking, m.Offerable = st.lacking(c.Fields), c.Offered == ""
	for _, name := range st.Next {
		if c.Offered == "" {
			m.Next = append(m.Next, *k.stage(name))
		}
	}
	return m
}

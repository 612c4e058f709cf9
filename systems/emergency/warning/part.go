package warning

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/systems/emergency/warning/served"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "write-warning", Title: lang.T("拟制预警", "Wrote a warning")},
		{Verb: "edit-warning", Title: lang.T("修改预警", "Changed a warning")},
		{Verb: "submit-warning", Title: lang.T("送审预警", "Sent a warning for approval")},
		{Verb: "return-warning", Title: lang.T("退回预警", "Sent a warning back")},
		{Verb: "drop-warning", Title: lang.T("撤销预警草稿", "Dropped a warning")},
		{Verb: "issue-warning", Title: lang.T("发布预警", "Issued a warning")},
		{Verb: "import-warning", Title: lang.T("接入外部预警", "Took an alert in")},
		{Verb: "expire-warning", Title: lang.T("预警到期失效", "A warning ended")},
	}
}

// Options are what the part works with. Place finds where a plant lies; ok is false where that is unknown.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	People   *identity.Service
	Post     *notice.Post
	Live     *web.Hub
	Now      func() time.Time
	Settings Settings
	Place    func(ctx context.Context, uri string) (at area.Point, ok bool)
}

// Becoming is told in the transaction of a change what becomes of a warning: "issued", "updated", "lifted", "expired".
type Becoming func(tx *store.Tx, who *identity.Principal, w *Warning, state, headline string) error

// Part keeps warnings.
type Part struct {
	o      Options
	seen   served.Cache
	follow Becoming

	mu    sync.Mutex
	dirty map[string]bool // messages whose notices have moved since their pages were told
	stop  func()
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.Settings.Check(); err != nil {
		return nil, err
	}
	if err := o.DB.Migrate(ctx, "emergency.warning", tables); err != nil {
		return nil, errs.Wrap("migrate warnings", err)
	}
	p := &Part{o: o, dirty: map[string]bool{}, follow: func(*store.Tx, *identity.Principal, *Warning, string, string) error { return nil }}
	p.stop = o.Post.Follow(p.moved)
	return p, nil
}

// Follow sets who is told what becomes of warnings. It is called while the room opens.
func (p *Part) Follow(fn Becoming) { p.follow = fn }

// Close ends what New began.
func (p *Part) Close() { p.stop() }

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{
		{Name: "warnings-end", Every: 5 * time.Second, Run: p.Expire},
		{Name: "warnings-live", Every: time.Second, Run: p.publish},
	}
}

func deny(who *identity.Principal, grant string) error {
	if who.Can(grant) {
		return nil
	}
	if grant == GrantGrave {
		return errs.Say(errs.Denied, "红色、橙色预警须由有相应权限的负责人审批", "red and orange warnings are approved by those who may for these levels")
	}
	return errs.Say(errs.Denied, "您没有此项预警权限", "you may not do this with warnings")
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, grant, verb string, w *Warning, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: "emergency.warning:" + w.ID, Detail: detail})
}

// Write makes a draft. One that updates or cancels names the message that it follows, which must be in force.
func (p *Part) Write(ctx context.Context, who *identity.Principal, w Warning) (*Warning, error) {
	if err := deny(who, GrantWrite); err != nil {
		return nil, err
	}
	now := p.o.Now()
	w.ID, w.Made, w.State, w.Unit, w.Author, w.Version, w.Changed = store.NewID(now), now, Draft, who.Unit, who.ID, 1, 1
	w.Root, w.Approver, w.Identifier, w.Reason = w.ID, "", "", ""
	return &w, p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if w.Refers != "" {
			if err := follow(tx, &w, now); err != nil {
				return err
			}
		} else {
			w.MsgType = Alert
		}
		if err := fresh(tx, w.Origin); err != nil {
			return err
		}
		if err := w.check(now); err != nil {
			return err
		}
		if err := insert(tx, &w); err != nil {
			return err
		}
		verb := "write-warning"
		if w.Origin != "" {
			verb = "import-warning"
		}
		return p.act(tx, who, GrantWrite, verb, &w, map[string]any{"event": w.Event, "colour": w.Colour, "type": w.MsgType, "refers": w.Refers, "exercise": w.Exercise, "origin": w.Origin})
	})
}

// follow makes w the next message of the one it refers to.
func follow(tx *store.Tx, w *Warning, now time.Time) error {
	before, err := one(tx, w.Refers)
	if err != nil {
		return err
	}
	if before.State != Issued || !before.Expires.After(now) {
		return errs.Say(errs.Conflict, "只有生效中的预警可以更新或解除", "only a warning in force can be updated or cancelled")
	}
	var open int64
	if err := tx.Get(qOpen, []any{w.Refers}, &open); err != nil {
		return err
	}
	if open > 0 {
		return errs.Say(errs.Conflict, "此预警已有待审的更新或解除", "an update or cancellation of this warning is under way already")
	}
	w.Root, w.Version, w.Exercise, w.Incident = before.Root, before.Version+1, before.Exercise, before.Incident
	if w.MsgType == Cancel {
		w.Event, w.Colour, w.Area, w.Expires, w.Urgency = before.Event, before.Colour, before.Area, before.Expires, "Past"
		w.Duties, w.AckMinutes, w.Certainty, w.Onset = before.Duties, 0, before.Certainty, time.Time{}
	} else {
		w.MsgType = Update
	}
	if w.Exercise && w.Note == "" {
		w.Note = before.Note
	}
	return nil
}

// fresh refuses an alert that was taken in before.
func fresh(tx *store.Tx, origin string) error {
	if origin == "" {
		return nil
	}
	had, err := read(tx, qOrigin, origin)
	if err == nil && len(had) > 0 {
		return errs.Say(errs.Conflict, "该警报已接入过", "this alert was taken in already")
	}
	return err
}

// Edit changes a draft; changed is the count that its editor saw.
func (p *Part) Edit(ctx context.Context, who *identity.Principal, id string, changed int64, next Warning) error {
	if err := deny(who, GrantWrite); err != nil {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := one(tx, id)
		switch {
		case err != nil:
			return err
		case w.State != Draft:
			return errs.Say(errs.Conflict, "只有草稿可以修改", "only a draft can be changed")
		case w.Changed != changed:
			return errChanged
		}
		w.Content, w.Reason = next.Content, ""
		if w.MsgType != Cancel {
			w.Event, w.Colour, w.Expires = next.Event, next.Colour, next.Expires
		}
		if w.MsgType == Alert {
			w.Exercise = next.Exercise
		}
		if err := w.check(p.o.Now()); err != nil {
			return err
		}
		if err := edit(tx, w); err != nil {
			return err
		}
		return p.act(tx, who, GrantWrite, "edit-warning", w, map[string]any{"event": w.Event, "colour": w.Colour})
	})
}

// move takes a message from one of the states to another.
func (p *Part) move(ctx context.Context, who *identity.Principal, id, verb, to string, from []string, grant func(*Warning) string, reason string) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := one(tx, id)
		if err != nil {
			return err
		}
		g := grant(w)
		if err := deny(who, g); err != nil {
			return err
		}
		if !slices.Contains(from, w.State) {
			return errs.Say(errs.Conflict, "此预警的状态已变化，请刷新", "the state of this warning has changed: reload")
		}
		if to == Submitted {
			if err := w.check(p.o.Now()); err != nil {
				return err
			}
		}
		w.State, w.Reason = to, reason
		if to == Dropped {
			w.Ended = p.o.Now()
		}
		if err := edit(tx, w); err != nil {
			return err
		}
		return p.act(tx, who, g, verb, w, map[string]any{"reason": reason})
	})
}

func writes(*Warning) string { return GrantWrite }

func approves(w *Warning) string { return approveGrant(w.Colour) }

// Submit sends a draft for approval.
func (p *Part) Submit(ctx context.Context, who *identity.Principal, id string) error {
	return p.move(ctx, who, id, "submit-warning", Submitted, []string{Draft}, writes, "")
}

// Drop gives a message up that was not issued.
func (p *Part) Drop(ctx context.Context, who *identity.Principal, id string) error {
	return p.move(ctx, who, id, "drop-warning", Dropped, []string{Draft, Submitted}, writes, "")
}

// Return sends a message back to its author with a reason.
func (p *Part) Return(ctx context.Context, who *identity.Principal, id, reason string) error {
	if reason == "" {
		return errs.Say(errs.Invalid, "请写明退回原因", "say why it is sent back")
	}
	return p.move(ctx, who, id, "return-warning", Draft, []string{Submitted}, approves, reason)
}

// Approve approves and issues a message: documents, the end of the one before it, notices and the journal's entry are one transaction.
func (p *Part) Approve(ctx context.Context, who *identity.Principal, id string) error {
	w, err := p.Get(ctx, id)
	if err != nil {
		return err
	}
	places, err := p.places(ctx, w)
	if err != nil {
		return err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := one(tx, id)
		switch {
		case err != nil:
			return err
		case w.State != Submitted:
			return errs.Say(errs.Conflict, "此预警不在待审状态", "this warning does not wait for approval")
		}
		if err := deny(who, approveGrant(w.Colour)); err != nil {
			return err
		}
		if who.ID == w.Author {
			return errs.Say(errs.Conflict, "拟制人不能审批本人拟制的预警", "who wrote a warning cannot approve it")
		}
		if err := w.check(p.o.Now()); err != nil {
			return err
		}
		return p.issue(tx, who, w, places)
	})
	if err == nil {
		p.seen.Forget()
	}
	return err
}

func (p *Part) issue(tx *store.Tx, who *identity.Principal, w *Warning, places map[string]area.Point) error {
	now := p.o.Now().Truncate(time.Second) // documents know whole seconds
	before, err := p.endBefore(tx, w, now)
	if err != nil {
		return err
	}
	if err := p.name(tx, w, now); err != nil {
		return err
	}
	w.Issued, w.Approver = now, who.ID
	capDoc, gbDoc, err := w.documents(p.o.Settings, before)
	if err != nil {
		return err
	}
	if w.State = Issued; w.MsgType == Cancel {
		w.State, w.Ended = Lifting, now
	}
	n, err := tx.Exec(qIssue, w.ID, w.Changed, w.State, w.Approver, w.Identifier, micros(w.Issued), micros(w.Ended), string(capDoc), string(gbDoc))
	if err == nil && n == 0 {
		return errChanged
	}
	if err != nil {
		return err
	}
	told, err := p.tell(tx, w, places)
	if err == nil {
		err = p.follow(tx, who, w, map[string]string{Alert: "issued", Update: "updated", Cancel: "lifted"}[w.MsgType], w.marked(w.Headline).Zh)
	}
	if err != nil {
		return err
	}
	return p.act(tx, who, approveGrant(w.Colour), "issue-warning", w, map[string]any{"identifier": w.Identifier, "type": w.MsgType, "refers": w.Refers, "event": w.Event, "colour": w.Colour, "exercise": w.Exercise, "told": told})
}

// endBefore ends the message that w follows, and what it still had to tell.
func (p *Part) endBefore(tx *store.Tx, w *Warning, now time.Time) (*Warning, error) {
	if w.Refers == "" {
		return nil, nil
	}
	before, err := one(tx, w.Refers)
	if err != nil {
		return nil, err
	}
	to := Superseded
	if w.MsgType == Cancel {
		to = Cancelled
	}
	n, err := tx.Exec(qEnd, before.ID, to, micros(now))
	if err == nil && n == 0 {
		return nil, errs.Say(errs.Conflict, "原预警已失效或已被更新，请重新拟制", "the warning that it follows has ended or was updated: write it anew")
	}
	if err != nil {
		return nil, err
	}
	return before, p.o.Post.Recall(tx, about(before.ID))
}

// name gives a message its identifier: the first free number of this second.
func (p *Part) name(tx *store.Tx, w *Warning, now time.Time) error {
	for n := range 10 {
		id, err := gbt35965.NewIdentifier(p.o.Settings.Issuer, now, n)
		if err != nil {
			return errs.As(errs.Internal, "name a warning", err)
		}
		had, err := read(tx, qNamed, id)
		if err != nil {
			return err
		}
		if len(had) == 0 {
			w.Identifier = id
			return nil
		}
	}
	return errs.Say(errs.Busy, "本秒内发布的预警过多，请稍后再试", "ten warnings were issued within this second: try again")
}

// Expire ends what has reached its time.
func (p *Part) Expire(ctx context.Context) error {
	over, err := p.read(ctx, qOver, micros(p.o.Now()))
	if err != nil || len(over) == 0 {
		return err
	}
	by := identity.System("emergency")
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, w := range over {
			n, err := tx.Exec(qEnd, w.ID, Expired, micros(w.Expires))
			if err == nil && n == 0 {
				continue
			}
			if err == nil {
				err = p.o.Post.Recall(tx, about(w.ID))
			}
			if err != nil {
				return err
			}
			if err := p.follow(tx, by, &w, "expired", w.marked(w.Headline).Zh); err != nil {
				return err
			}
			if err := p.act(tx, by, GrantWrite, "expire-warning", &w, map[string]any{"identifier": w.Identifier}); err != nil {
				return err
			}
		}
		return nil
	})
	p.seen.Forget()
	return errs.Wrap("end warnings", err)
}

func about(id string) string { return "warning:" + id }

// inArea tells whether a contact answers for something within the area: the city, a district that it reaches, or a plant that lies in it.
func (w *Warning) inArea(c notice.Contact, reached []string, places map[string]area.Point) bool {
	if at, ok := places[c.Group]; ok && c.Group != "" {
		return w.Has(at)
	}
	if c.Area == "" || c.Area == reach.City {
		return true
	}
	for _, d := range reached {
		if len(c.Area) >= len(d) && c.Area[:len(d)] == d { // a town's code begins with its district's
			return true
		}
	}
	return false
}

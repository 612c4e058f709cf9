package notice

import (
	"context"
	"strings"
	"unicode"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// The grants that notices ask for.
const (
	GrantRead     = "notice.read"     // who was told what; without names and addresses
	GrantAnswer   = "notice.answer"   // take down an answer that somebody gave by telephone
	GrantContacts = "notice.contacts" // read and keep the register of contacts
)

// maxAnswer bounds an answer, in characters.
const maxAnswer = 200

// Acts are the words of what this package records.
func Acts() []journal.Word { return acts() }

var (
	errContacts = errs.Say(errs.Denied, "您无权查看联系人", "you may not see the contacts")
	errToken    = errs.Say(errs.NotFound, "此应答链接无效，可能已过期或抄录有误", "this link does not answer anything: it has ended, or was copied wrongly")
	errAnswered = errs.Say(errs.Conflict, "此通知已有应答，无须重复", "this notice has been answered already")
)

// Peek shows what a token answers: the delivery as its receiver sees it, with its state. It changes nothing.
func (p *Post) Peek(ctx context.Context, ack string) (l Line, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := byToken(tx, ack)
		if err != nil {
			return err
		}
		var m letter
		if err := m.get(tx, r.message); err != nil {
			return err
		}
		l = r.line()
		l.Delivery = compose(r, &m, "")
		if m.recalled > 0 && l.State != Answered {
			l.State = Recalled
		}
		return nil
	})
	return l, errs.Wrap("look an answer's link up", err)
}

func byToken(tx *store.Tx, ack string) (*row, error) {
	if len(ack) < 16 || len(ack) > 64 {
		return nil, errToken
	}
	var id string
	err := tx.Get(qByToken, []any{hashOf(ack)}, &id)
	if errs.Is(err, errs.NotFound) {
		return nil, errToken
	}
	if err != nil {
		return nil, err
	}
	return byID(tx, id)
}

func byID(tx *store.Tx, id string) (*row, error) {
	r := new(row)
	err := r.scan(func(dest ...any) error { return tx.Get(qRow, []any{id}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Say(errs.NotFound, "没有这条通知", "there is no such notice")
	}
	return r, err
}

// Answer takes an answer by its token. The first one counts: a second is errs.Conflict.
func (p *Post) Answer(ctx context.Context, ack, answer string) error {
	return p.answer(ctx, answer, func(tx *store.Tx) (*row, journal.Act, error) {
		r, err := byToken(tx, ack)
		if err != nil {
			return nil, journal.Act{}, err
		}
		return r, journal.Act{Actor: contactID(r), Unit: r.who.Unit, Authority: "notice.link"}, nil
	})
}

// AnswerAs takes the answer of somebody who is signed in and is the contact, or who takes down what the contact said (GrantAnswer). id
// is that of the Line.
func (p *Post) AnswerAs(ctx context.Context, by *identity.Principal, id, answer string) error {
	return p.answer(ctx, answer, func(tx *store.Tx) (*row, journal.Act, error) {
		r, err := byID(tx, id)
		if err != nil {
			return nil, journal.Act{}, err
		}
		own := !by.Anonymous() && r.person == by.ID
		if !own && !by.Can(GrantAnswer) {
			return nil, journal.Act{}, errs.Say(errs.Denied, "只能应答发给本人的通知", "you may answer only what was sent to you")
		}
		act := journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantAnswer}
		if own {
			act.Authority = "notice.own"
		}
		return r, act, nil
	})
}

// AnswerFrom takes an answer that a channel brings in: a reply to a short message, say. It answers the last unanswered delivery to that
// address; errs.NotFound where there is none.
func (p *Post) AnswerFrom(ctx context.Context, channel, address, answer string) error {
	return p.answer(ctx, answer, func(tx *store.Tx) (*row, journal.Act, error) {
		var id string
		err := tx.Get(qByReply, []any{channel, address}, &id)
		if errs.Is(err, errs.NotFound) {
			return nil, journal.Act{}, errs.Say(errs.NotFound, "没有待应答的通知", "no notice waits for this answer")
		}
		if err != nil {
			return nil, journal.Act{}, err
		}
		r, err := byID(tx, id)
		return r, journal.Act{Actor: contactID(r), Unit: r.who.Unit, Authority: "notice.reply"}, err
	})
}

// contactID names a contact in the journal: by the register's id, by the delivery where they are in none.
func contactID(r *row) string {
	if r.contact == "" {
		return "delivery:" + r.id
	}
	return "contact:" + r.contact
}

func (p *Post) answer(ctx context.Context, answer string, find func(tx *store.Tx) (*row, journal.Act, error)) error {
	answer = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == unicode.ReplacementChar {
			return ' '
		}
		return c
	}, answer))
	if len([]rune(answer)) > maxAnswer {
		return errs.Say(errs.TooLarge, "应答不超过 %[1]d 字", "an answer has at most %[1]d characters", maxAnswer)
	}
	return errs.Wrap("answer a notice", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		r, act, err := find(tx)
		if err != nil {
			return err
		}
		now := p.o.Now()
		n, err := tx.Exec(qAnswer, store.Micros(now), answer, act.Actor, r.id)
		if err != nil {
			return err
		}
		if n == 0 {
			if r.state == string(Answered) {
				return errAnswered
			}
			return errs.Say(errs.Conflict, "此通知已撤回或尚未发出，不能应答", "this notice was recalled or has not been sent, so it cannot be answered")
		}
		r.state, r.back, r.answer, r.answerer = string(Answered), store.Micros(now), answer, act.Actor
		act.Verb, act.Object = "answer-notice", "notice:"+r.id
		act.Detail = map[string]string{"about": r.about}
		if err := p.o.Journal.Append(tx, act); err != nil {
			return err
		}
		line := r.line()
		tx.OnCommit(func() {
			p.counted(func(c *Stats) { c.Answered++ })
			p.say([]Line{line})
		})
		return nil
	}))
}

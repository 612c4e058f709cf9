package response

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/systems/grid/response/rule"
)

func deny(who *identity.Principal, grant string) error {
	if who.Can(grant) {
		return nil
	}
	switch grant {
	case GrantApprove:
		return errs.Say(errs.Denied, "您没有批准响应事件的权限", "you may not approve demand response events")
	case GrantAnswer:
		return errs.Say(errs.Denied, "您没有答复响应邀约的权限", "you may not answer for participants")
	}
	return errs.Say(errs.Denied, "您没有管理需求响应的权限", "you may not manage demand response")
}

// SetProgramme makes or changes a programme.
func (p *Part) SetProgramme(ctx context.Context, who *identity.Principal, x Programme) error {
	if err := deny(who, GrantManage); err != nil {
		return err
	}
	if err := x.Check(); err != nil {
		return err
	}
	x.Made = p.o.Clock.Now()
	x.Changed = x.Made
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := record.PutProgramme(tx, x); err != nil {
			return err
		}
		return p.act(tx, who, GrantManage, "set-response-programme", "grid.response.programme:"+x.Code, map[string]any{"method": string(x.Method), "silence": x.Silence, "least": x.Least, "most": x.Most, "state": x.State})
	})
}

// meters finds the series of meters by their addresses, each once.
func (p *Part) meters(addresses []string) (nums []int64, err error) {
	if len(addresses) == 0 || len(addresses) > record.MaxMeters {
		return nil, errs.Say(errs.Invalid, "每个主体应有 1 至 %d 只电表", "a participant has 1 to %d meters", record.MaxMeters)
	}
	for _, a := range addresses {
		_, m, ok := p.o.Book.Find(a)
		if !ok {
			return nil, errs.Say(errs.Invalid, "档案中没有电表 %s", "the archive does not know meter %s", a)
		}
		nums = append(nums, m.Num)
	}
	slices.Sort(nums)
	return slices.Compact(nums), nil
}

// Enrol takes a participant in with their meters, or changes their contract where the code is known.
func (p *Part) Enrol(ctx context.Context, who *identity.Principal, x Participant, addresses []string) error {
	if err := deny(who, GrantManage); err != nil {
		return err
	}
	nums, err := p.meters(addresses)
	if err == nil {
		err = x.Check()
	}
	if err != nil {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := p.enrol(tx, who, x, nums)
		return err
	})
}

// enrol writes a participant; changed is false where everything stood so already.
func (p *Part) enrol(tx *store.Tx, who *identity.Principal, x Participant, nums []int64) (changed bool, err error) {
	known, err := record.Programmes(tx)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(known, func(y Programme) bool { return y.Code == x.Programme }) {
		return false, errs.Say(errs.Invalid, "没有“%s”这一项目", "there is no programme %q", x.Programme)
	}
	verb := "enrol-participant"
	x.Made = p.o.Clock.Now()
	x.Changed = x.Made
	if old, err := record.Participants(tx, record.QParticipant, x.Code); err != nil {
		return false, err
	} else if len(old) == 1 {
		verb, x.Made, x.Claim = "edit-participant", old[0].Made, old[0].Claim
		same := old[0]
		same.Changed = x.Changed
		had, err := record.Numbers(tx, record.QMeters, x.Code)
		if err != nil {
			return false, err
		}
		if same == x && slices.Equal(had, nums) {
			return false, nil
		}
	}
	if err := record.PutParticipant(tx, x); err != nil {
		return false, err
	}
	if _, err := tx.Exec(record.QMeterCut, x.Code); err != nil {
		return false, err
	}
	for _, n := range nums {
		of, err := record.Texts(tx, record.QMeterOf, n)
		if err != nil {
			return false, err
		}
		if len(of) > 0 {
			m, _ := p.o.Book.ByNum(n)
			return false, errs.Say(errs.Conflict, "电表 %s 已属于主体 %s", "meter %s belongs to participant %s already", m.Address, of[0])
		}
		if _, err := tx.Exec(record.QMeterPut, n, x.Code); err != nil {
			return false, err
		}
	}
	return true, p.act(tx, who, GrantManage, verb, "grid.response.participant:"+x.Code, map[string]any{"programme": x.Programme, "capacity": x.Capacity, "notice": x.Notice, "events": x.Events, "hours": x.Hours, "price": x.Price, "state": x.State, "meters": len(nums)})
}

// hashed is what is kept of a claim code.
func hashed(code string) string {
	h := sha256.Sum256([]byte(code))
	return hex.EncodeToString(h[:])
}

// ClaimCode makes a code with which one account, of a person or a program, makes itself known as the participant's. It is shown once; a new
// one takes the old one's place.
func (p *Part) ClaimCode(ctx context.Context, who *identity.Principal, code string) (secret string, err error) {
	if err := deny(who, GrantManage); err != nil {
		return "", err
	}
	secret = strings.ToLower(rand.Text())
	return secret, p.o.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := record.OneParticipant(tx, code)
		if err != nil {
			return err
		}
		x.Claim, x.Changed = hashed(secret), p.o.Clock.Now()
		if err := record.PutParticipant(tx, x); err != nil {
			return err
		}
		return p.act(tx, who, GrantManage, "edit-participant", "grid.response.participant:"+code, map[string]any{"claim": "made"})
	})
}

// Claim binds the account that asks to the participant of a claim code, which is used up by it.
func (p *Part) Claim(ctx context.Context, who *identity.Principal, secret string) (code string, err error) {
	if err := deny(who, GrantAnswer); err != nil {
		return "", err
	}
	return code, p.o.DB.Write(ctx, func(tx *store.Tx) error {
		all, err := record.Participants(tx, record.QClaimed, hashed(strings.ToLower(strings.TrimSpace(secret))))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return errs.Say(errs.Invalid, "绑定码无效或已使用", "the code is not valid, or was used")
		}
		x := all[0]
		x.Claim, code = "", x.Code
		if err := record.PutParticipant(tx, x); err != nil {
			return err
		}
		if _, err := tx.Exec(record.QAccountPut, who.ID, x.Code, record.Micros(p.o.Clock.Now())); err != nil {
			return err
		}
		return p.act(tx, who, GrantAnswer, "claim-participant", "grid.response.participant:"+x.Code, nil)
	})
}

// mine is the participant that an account answers for; "" where it is none's.
func mine(tx *store.Tx, who *identity.Principal) (string, error) {
	of, err := record.Texts(tx, record.QAccountOf, who.ID)
	if err != nil || len(of) == 0 {
		return "", err
	}
	return of[0], nil
}

// yearOf is the beginning of a moment's year in China.
func yearOf(t time.Time) time.Time {
	return time.Date(t.In(book.China).Year(), 1, 1, 0, 0, 0, 0, book.China)
}

// candidates gives the participants of a programme as choosing sees them, and their meters.
func (p *Part) candidates(tx *store.Tx, e Event) (out []rule.Candidate, meters map[string][]int64, known map[string]Participant, err error) {
	all, err := record.Participants(tx, record.QParticipants, e.Programme, "", "", 1_000_000)
	if err != nil {
		return nil, nil, nil, err
	}
	meters, known = map[string][]int64{}, map[string]Participant{}
	for _, x := range all {
		c := rule.Candidate{Code: x.Code, Capacity: x.Capacity, Price: x.Price, Notice: x.Notice, Closed: x.State != "open", Reliability: rule.Newcomer}
		if meters[x.Code], err = record.Numbers(tx, record.QMeters, x.Code); err != nil {
			return nil, nil, nil, err
		}
		c.Inside = p.inside(meters[x.Code], e)
		var times, us int64
		if err := tx.Get(record.QUsed, []any{x.Code, record.Micros(yearOf(e.Begins))}, &times, &us); err != nil {
			return nil, nil, nil, err
		}
		c.EventsLeft, c.MinutesLeft = x.Events-times, x.Hours*60-us/time.Minute.Microseconds()
		rates, err := record.Numbers(tx, record.QRates, x.Code)
		if err != nil {
			return nil, nil, nil, err
		}
		if len(rates) > 0 {
			sum := int64(0)
			for _, r := range rates {
				sum += r
			}
			c.Reliability = sum / int64(len(rates))
		}
		known[x.Code] = x
		out = append(out, c)
	}
	return out, meters, known, nil
}

// inside tells whether all meters lie in an event's area.
func (p *Part) inside(meters []int64, e Event) bool {
	if len(meters) == 0 {
		return false
	}
	for _, n := range meters {
		m, ok := p.o.Book.ByNum(n)
		if !ok || len(e.Districts) > 0 && !slices.Contains(e.Districts, m.District) || len(e.Feeders) > 0 && !slices.Contains(e.Feeders, m.Feeder) {
			return false
		}
	}
	return true
}

package customer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// A code is 16 signs of an alphabet of 31 that nobody mistakes for one another: 79 bits, so that a plain hash of it keeps it.
const (
	alphabet  = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
	codeSigns = 16
	codeLife  = 90 * 24 * time.Hour
	maxIssue  = 50_000 // codes at once
)

// An account that tries tryLimit wrong codes within tryWindow waits until that is over.
const (
	tryLimit  = 5
	tryWindow = time.Hour
)

// maxMeters bounds the meters of one account, maxAccounts the accounts of one meter.
const (
	maxMeters   = 20
	maxAccounts = 10
)

// Issued is a code as it is printed, once.
type Issued struct {
	Meter   book.Meter
	Code    string
	Expires time.Time
}

// newCode makes a code in four groups of four.
func newCode() string {
	out := make([]byte, 0, codeSigns+3)
	var r [1]byte
	for n := 0; n < codeSigns; {
		rand.Read(r[:])   // never fails
		if r[0] >= 8*31 { // what lies beyond would favour the first letters
			continue
		}
		if n > 0 && n%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[r[0]%31])
		n++
	}
	return string(out)
}

// hashOf is a code's hash, however it was typed; ok is false for what cannot be a code.
func hashOf(code string) (hash []byte, ok bool) {
	clean := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
	for _, r := range clean {
		if !strings.ContainsRune(alphabet, r) {
			return nil, false
		}
	}
	sum := sha256.Sum256([]byte("haihe-grid-code/1\n" + clean))
	return sum[:], len(clean) == codeSigns
}

// Issue makes a code for each of the meters, in one transaction with its journal line, and gives them to be printed.
func (p *Part) Issue(ctx context.Context, who *identity.Principal, meters []book.Meter) ([]Issued, error) {
	if err := serve(who); err != nil {
		return nil, err
	}
	if len(meters) == 0 || len(meters) > maxIssue {
		return nil, errs.Say(errs.Invalid, "一次可为 1 至 %d 只电表签发，现有 %d 只符合条件", "codes are issued for 1 to %d meters at a time, %d match", maxIssue, len(meters))
	}
	now := p.o.Clock.Now()
	until := now.Add(codeLife)
	out := make([]Issued, 0, len(meters))
	rows := make([]any, 0, 8*len(meters))
	for _, m := range meters {
		c := Issued{m, newCode(), until}
		hash, _ := hashOf(c.Code)
		rows = append(rows, store.NewID(now), hash, m.Num, store.Micros(now), who.ID, store.Micros(until), 0, 0)
		out = append(out, c)
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecBulk(bulkCode, rows); err != nil {
			return err
		}
		return p.act(tx, who, GrantServe, "issue-codes", "grid.codes", map[string]any{"meters": len(meters)})
	})
	return out, errs.Wrap("issue codes", err)
}

// Revoke ends a code that nobody has used.
func (p *Part) Revoke(ctx context.Context, who *identity.Principal, id string) error {
	if err := serve(who); err != nil {
		return err
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qCodeGone, id, store.Micros(p.o.Clock.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "该绑定码已使用或已作废", "this code was used or revoked already")
		}
		return p.act(tx, who, GrantServe, "revoke-code", "grid.code:"+id, nil)
	})
	return errs.Wrap("revoke a code", err)
}

// errCode is the one answer to every code that does not open: wrong, used, expired or revoked.
var errCode = errs.Say(errs.Invalid, "绑定码不正确、已使用或已过期，请核对账单；需要新码请联系供电单位", "the code is wrong, used or expired: look at your bill, or ask the power company for a new one")

// Redeem binds the meter of a code to an account. A wrong code is counted, and the count outlives the refusal.
func (p *Part) Redeem(ctx context.Context, who *identity.Principal, typed string) (address string, err error) {
	person := who.Person()
	if person == "" || !who.Can(GrantOwn) {
		return "", errs.Say(errs.Denied, "只有市民与企业账户可以绑定电表", "only a citizen's account binds a meter")
	}
	hash, form := hashOf(typed)
	now := p.o.Clock.Now()
	var refused error // what is said though the transaction stands
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		address, refused = "", nil
		fails, wait, err := tries(tx, person, now)
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = errs.Say(errs.Busy, "输错次数过多，请 %d 分钟后再试", "too many wrong codes; try again in %d minutes", int(wait/time.Minute)+1)
			return nil
		}
		var id string
		var meter, expires, used, revoked int64
		if form {
			err = tx.Get(qCode, []any{hash}, &id, &meter, &expires, &used, &revoked)
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		m, known := p.o.Book.ByNum(meter)
		if id == "" || used != 0 || revoked != 0 || expires <= store.Micros(now) || !known {
			refused = errCode
			return fail(tx, person, fails, now)
		}
		if refused, err = room(tx, person, meter); err != nil || refused != nil {
			return err
		}
		if n, err := tx.Exec(qCodeUse, id, store.Micros(now)); err != nil || n == 0 {
			refused = errCode
			return err
		}
		if _, err := tx.Exec(qTryClear, person); err != nil {
			return err
		}
		address = m.Address
		return p.bind(tx, who, "self", person, m, "code")
	})
	if err == nil {
		err = refused
	}
	return address, errs.Wrap("bind a meter", err)
}

// bind writes a binding with its journal line.
func (p *Part) bind(tx *store.Tx, who *identity.Principal, authority, person string, m book.Meter, by string) error {
	now := p.o.Clock.Now()
	if _, err := tx.Exec(qBind, store.NewID(now), person, m.Num, store.Micros(now)); err != nil {
		return err
	}
	return p.act(tx, who, authority, "bind-meter", "person:"+person, map[string]any{"meter": m.Num, "by": by})
}

// tries is how many wrong codes an account has tried, and for how long it waits.
func tries(tx *store.Tx, person string, now time.Time) (fails int64, wait time.Duration, err error) {
	var since int64
	err = tx.Get(qTry, []any{person}, &fails, &since)
	if errs.Is(err, errs.NotFound) {
		return 0, 0, nil
	}
	over := store.Time(since).Add(tryWindow)
	switch {
	case err != nil:
		return 0, 0, err
	case !now.Before(over):
		return 0, 0, nil
	case fails >= tryLimit:
		return fails, over.Sub(now), nil
	}
	return fails, 0, nil
}

func fail(tx *store.Tx, person string, fails int64, now time.Time) error {
	_, err := tx.Exec(qTrySet, person, fails+1, store.Micros(now))
	return err
}

// room refuses a binding that is there already, or one too many. refused leaves the transaction standing.
func room(tx *store.Tx, person string, meter int64) (refused, err error) {
	all, err := bindingsIn(tx, qBound, person)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		if b.meter == meter {
			return errs.Say(errs.Conflict, "这只电表已绑定到您的账户，绑定码未使用", "this meter is bound to your account already; the code stays unused"), nil
		}
	}
	var sharing int64
	if err := tx.Get(qSharing, []any{meter}, &sharing); err != nil {
		return nil, err
	}
	if len(all) >= maxMeters || sharing >= maxAccounts {
		return errs.Say(errs.Conflict, "每个账户最多绑定 %d 只电表，每只电表最多绑定 %d 个账户", "an account has at most %d meters, a meter at most %d accounts", maxMeters, maxAccounts), nil
	}
	return nil, nil
}

// Unbind ends a binding: the customer's own, or by an officer anybody's.
func (p *Part) Unbind(ctx context.Context, who *identity.Principal, id string) error {
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		all, err := bindingsIn(tx, qBinding, id)
		if err != nil {
			return err
		}
		authority := "self"
		if len(all) > 0 && all[0].person != who.Person() && who.Can(GrantServe) {
			authority = GrantServe
		}
		if len(all) == 0 || authority == "self" && all[0].person != who.Person() {
			return errs.Say(errs.NotFound, "没有这项绑定，或已解除", "there is no such binding, or it has ended")
		}
		if _, err := tx.Exec(qUnbind, id, store.Micros(p.o.Clock.Now())); err != nil {
			return err
		}
		return p.act(tx, who, authority, "unbind-meter", "person:"+all[0].person, map[string]any{"meter": all[0].meter})
	})
	return errs.Wrap("end a binding", err)
}

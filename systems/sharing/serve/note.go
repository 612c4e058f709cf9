package serve

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
)

// Use is what is noted of a call: ids, names of fields and numbers; no value of a row or of a filter.
type Use struct {
	ID               string    `json:"id"`
	At               time.Time `json:"at"`
	Message          string    `json:"message"` // the exchange's number of it
	Member           string    `json:"member"`
	Unit             string    `json:"unit"`
	Person           string    `json:"person"`
	Purpose          string    `json:"purpose"`
	Resource         string    `json:"resource"`
	Owner            string    `json:"owner"`
	Grant            string    `json:"grant"`
	Status           int64     `json:"status"`
	Refused          string    `json:"refused,omitempty"`
	Fields, Personal []string  // names; Personal: those shown in clear although personal
	Rows             int64     `json:"rows"`
	Bytes            int64     `json:"bytes"`
	Micros           int64     `json:"micros"`

	subjects []string
}

const useColumns = `id, at, message, member, unit, person, purpose, resource, owner, grant_id, status, refused, fields, personal, lines, bytes, micros`

var (
	qUse     = store.Q("sharing_use_put", `INSERT INTO sharing_use (`+useColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`)
	qSubject = store.Q("sharing_subject_put", `INSERT INTO sharing_subject (subject, use_id) VALUES ($1, $2)`)
	qSearch  = store.Q("sharing_use_search", `SELECT `+useColumns+` FROM sharing_use WHERE id < $1 AND ($2 = '' OR resource = $2) AND ($3 = '' OR unit = $3) AND ($4 = '' OR owner = $4) AND ($5 = '' OR purpose = $5)
AND ($6 = '' OR ($6 = 'served' AND refused = '') OR ($6 = 'refused' AND refused <> '') OR refused = $6) AND (CAST($7 AS BIGINT) = 0 OR at >= $7) AND (CAST($8 AS BIGINT) = 0 OR at < $8) AND ($9 = '' OR person = $9) ORDER BY id DESC LIMIT $10`)
	qAbout = store.Q("sharing_use_about", `SELECT DISTINCT `+prefixed+` FROM sharing_subject s JOIN sharing_use u ON u.id = s.use_id JOIN sharing_subject_link l ON l.subject = s.subject WHERE l.person = $1 AND u.id < $2 ORDER BY u.id DESC LIMIT $3`)

	qCalled    = store.Q("sharing_called_put", `INSERT INTO sharing_called (resource, unit, last) VALUES ($1, $2, $3) ON CONFLICT (resource, unit) DO UPDATE SET last = CASE WHEN excluded.last > sharing_called.last THEN excluded.last ELSE sharing_called.last END`)
	qCalledAll = store.Q("sharing_called_all", `SELECT resource, unit, last FROM sharing_called WHERE last >= $1 ORDER BY resource, unit`)
)

const prefixed = `u.id, u.at, u.message, u.member, u.unit, u.person, u.purpose, u.resource, u.owner, u.grant_id, u.status, u.refused, u.fields, u.personal, u.lines, u.bytes, u.micros`

// note gathers what is kept of a call.
func (p *Part) note(c call.Call, v *view, out call.Answer, took time.Duration) *Use {
	now := p.o.Now()
	u := &Use{ID: store.NewID(now), At: now, Message: bounded(c.ID), Member: bounded(c.Member), Unit: bounded(c.Unit), Person: bounded(c.Person), Purpose: bounded(c.Purpose), Resource: bounded(c.Resource),
		Grant: out.Grant, Status: int64(out.Status), Refused: out.Refused, Rows: out.Rows, Bytes: int64(len(out.Body)), Micros: took.Microseconds()}
	if v != nil {
		u.Owner = v.r.Unit
	}
	if out.Refused == "" && v != nil {
		for _, f := range v.fields {
			u.Fields = append(u.Fields, f.Name)
		}
		u.Personal, u.subjects = v.personal, v.subjects
	}
	return u
}

// bounded keeps what a caller says of itself from filling the log.
func bounded(s string) string {
	const most = 120
	if len(s) > most {
		return clip(s)
	}
	return s
}

// keep writes what happened, in the transaction of whoever records the call.
func (p *Part) keep(tx *store.Tx, u *Use) error {
	fields, err := json.Marshal(u.Fields)
	if err != nil {
		return errs.Wrap("write the fields", err)
	}
	personal, err := json.Marshal(u.Personal)
	if err != nil {
		return errs.Wrap("write the fields", err)
	}
	if _, err := tx.Exec(qUse, u.ID, store.Micros(u.At), u.Message, u.Member, u.Unit, u.Person, u.Purpose, u.Resource, u.Owner, u.Grant, u.Status, u.Refused, string(fields), string(personal), u.Rows, u.Bytes, u.Micros); err != nil {
		return err
	}
	for _, s := range u.subjects {
		if _, err := tx.Exec(qSubject, s, u.ID); err != nil {
			return err
		}
	}
	tx.OnCommit(func() {
		p.mu.Lock()
		p.tally.add(u)
		p.mu.Unlock()
	})
	if len(u.Personal) == 0 || u.Rows == 0 {
		return nil
	}
	actor := u.Person
	if actor == "" {
		actor = "unit:" + u.Unit
	}
	return p.o.Journal.Append(tx, journal.Act{Actor: actor, Unit: u.Unit, Authority: "sharing.grant:" + u.Grant, Verb: "read-shared-personal", Object: "sharing.resource:" + u.Resource,
		Detail: map[string]any{"use": u.ID, "purpose": u.Purpose, "fields": u.Personal, "rows": u.Rows}})
}

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "read-shared-personal", Title: lang.T("经共享读取个人信息", "Read personal data through the exchange")},
		{Verb: "preview-grant", Title: lang.T("以其他单位视角测试授权", "Tried what another unit would see")},
		{Verb: "search-call-log", Title: lang.T("检索共享调用日志", "Searched the log of calls")},
		{Verb: "link-subject", Title: lang.T("核验身份后关联公民账户", "Tied a citizen's account to their records after an identity check")},
	}
}

// tally is what was counted since it was last written down. A crash loses at most what came since, of the counts; not of the log.
type tally struct {
	counts map[[2]string]int64 // counter and key
	called map[[2]string]time.Time
}

func newTally() tally { return tally{map[[2]string]int64{}, map[[2]string]time.Time{}} }

// The maintained counts, by day or by day and resource.
const (
	callCounter    = "sharing.calls"
	refusedCounter = "sharing.refused"
	usedCounter    = "sharing.used"
)

func (t *tally) add(u *Use) {
	day := u.At.In(zone).Format(time.DateOnly)
	t.counts[[2]string{callCounter, day}]++
	if u.Refused != "" {
		t.counts[[2]string{refusedCounter, day}]++
		return
	}
	t.counts[[2]string{usedCounter, day + "|" + u.Resource}]++
	if u.Unit != u.Owner {
		t.called[[2]string{u.Resource, u.Unit}] = u.At
	}
}

// zone is the one that days are counted in.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Flush writes the counts down; the job of every two seconds. It tells whether there was anything.
func (p *Part) Flush(ctx context.Context) (bool, error) {
	p.mu.Lock()
	t := p.tally
	p.tally = newTally()
	p.mu.Unlock()
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for k, n := range t.counts {
			if err := tx.Add(k[0], k[1], n); err != nil {
				return err
			}
		}
		for k, at := range t.called {
			if _, err := tx.Exec(qCalled, k[0], k[1], store.Micros(at)); err != nil {
				return err
			}
		}
		return p.limits.save(tx)
	})
	if err == nil {
		return len(t.counts) > 0, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, n := range t.counts {
		p.tally.counts[k] += n
	}
	for k, at := range t.called {
		if at.After(p.tally.called[k]) {
			p.tally.called[k] = at
		}
	}
	return false, errs.Wrap("write the counts of calls", err)
}

// Day is what happened on a day.
type Day struct {
	Calls, Refused int64
	Used           map[string]int64 // calls served, by resource
}

// Today reads the counts of the day, as far as they are written down.
func (p *Part) Today(ctx context.Context) (d Day, err error) {
	d.Used = map[string]int64{}
	day := p.o.Now().In(zone).Format(time.DateOnly)
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		if d.Calls, err = tx.Count(callCounter, day); err != nil {
			return err
		}
		if d.Refused, err = tx.Count(refusedCounter, day); err != nil {
			return err
		}
		return tx.Counts(usedCounter, day+"|", func(key string, n int64) error {
			d.Used[key[len(day)+1:]] = n
			return nil
		})
	})
	return d, errs.Wrap("read the counts of calls", err)
}

// Called is a unit that was served a resource of another's.
type Called struct {
	Resource, Unit string
	Last           time.Time
}

// CalledSince lists who was served what since a time.
func (p *Part) CalledSince(ctx context.Context, since time.Time) (out []Called, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qCalledAll, []any{store.Micros(since)}, func(scan func(...any) error) error {
			var c Called
			var at int64
			if err := scan(&c.Resource, &c.Unit, &at); err != nil {
				return err
			}
			c.Last = store.Time(at)
			out = append(out, c)
			return nil
		})
	})
	return out, errs.Wrap("read who called what", err)
}

// Search picks calls; empty fields do not.
type Search struct {
	Resource, Unit, Owner, Purpose, Outcome, Person string // Outcome: served, refused, or the code of a refusal
	From, To                                        time.Time
	After                                           string // id of the last call of the page before
	Limit                                           int
}

func (s Search) args() []any {
	after := s.After
	if after == "" {
		after = "~"
	}
	return []any{after, s.Resource, s.Unit, s.Owner, s.Purpose, s.Outcome, store.Micros(s.From), store.Micros(s.To), s.Person, int64(s.Limit)}
}

func uses(tx *store.Tx, q store.Stmt, args ...any) (out []Use, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var u Use
		var at int64
		var fields, personal string
		if err := scan(&u.ID, &at, &u.Message, &u.Member, &u.Unit, &u.Person, &u.Purpose, &u.Resource, &u.Owner, &u.Grant, &u.Status, &u.Refused, &fields, &personal, &u.Rows, &u.Bytes, &u.Micros); err != nil {
			return err
		}
		u.At = store.Time(at)
		if err := json.Unmarshal([]byte(fields), &u.Fields); err != nil {
			return errs.Wrap("read the fields", err)
		}
		if err := json.Unmarshal([]byte(personal), &u.Personal); err != nil {
			return errs.Wrap("read the fields", err)
		}
		out = append(out, u)
		return nil
	})
	return out, err
}

// Recent lists the latest calls that concern a unit: made by it, or for its resources.
func (p *Part) Recent(ctx context.Context, unit string, limit int) (out []Use, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		made, err := uses(tx, qSearch, Search{Unit: unit, Limit: limit}.args()...)
		if err != nil {
			return err
		}
		given, err := uses(tx, qSearch, Search{Owner: unit, Limit: limit}.args()...)
		out = merge(made, given, limit)
		return err
	})
	return out, errs.Wrap("read the calls", err)
}

// merge joins two lists that are newest first; what is in both comes once.
func merge(a, b []Use, limit int) (out []Use) {
	for len(out) < limit && len(a)+len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].ID > b[0].ID:
			out, a = append(out, a[0]), a[1:]
		case len(a) > 0 && a[0].ID == b[0].ID:
			a = a[1:]
		default:
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

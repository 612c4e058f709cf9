package ending

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qDue = store.Q("certificates_warn_due", `SELECT c.serial, COALESCE(s.office, '') FROM certificates_certificate c LEFT JOIN certificates_subject s ON s.kind = c.kind AND s.id = c.subject
		WHERE c.state < 3 AND c.not_after > $1 AND c.not_after <= $2 AND c.key_use = 'sign' AND c.kind IN ('citizen', 'enterprise', 'official', 'device')
		AND NOT EXISTS (SELECT 1 FROM certificates_warned w WHERE w.days = $3 AND w.serial = c.serial) ORDER BY c.not_after, c.serial LIMIT $4`)
	qLast   = store.Q("certificates_warn_last", `SELECT COALESCE(MAX(at), 0) FROM certificates_warned WHERE days = $1 AND message <> ''`)
	bWarned = store.NewBulk("certificates_warned_add", `INSERT INTO certificates_warned (days, serial, at, message)`, 4, "ON CONFLICT DO NOTHING")
)

// days are the warnings, the nearer one first: who gets it needs no other.
var days = [...]int64{7, 30}

const (
	day  = 24 * time.Hour
	most = 50_000 // certificates to one round; the rest is for the next day's
	duty = "certificates"
)

// Options are what the warnings work with.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	Post    *notice.Post
	People  *identity.Service
	Now     func() time.Time
	Own     string // the authority's own unit: told of what no other unit entered
}

// Watch warns.
type Watch struct{ o Options }

// Open migrates the table; it comes after the register, whose tables it reads.
func Open(ctx context.Context, o Options) (*Watch, error) {
	if err := o.DB.Migrate(ctx, "certificates.ending", tables); err != nil {
		return nil, errs.Wrap("migrate warnings of certificates' ends", err)
	}
	return &Watch{o}, nil
}

// Acts are the verbs of the journal.
func Acts() []journal.Word {
	return []journal.Word{{Verb: "certificate.warn", Title: lang.T("提醒证书即将到期", "Warned of certificates that end soon")}}
}

// Run makes the day's notices due. It may be called as often as one likes: a unit is told once a day, and of each certificate once.
func (w *Watch) Run(ctx context.Context) error {
	for i := range days {
		officers, err := w.officers(ctx)
		if err != nil {
			return err
		}
		if err := w.o.DB.Write(ctx, func(tx *store.Tx) error { return w.round(tx, i, officers) }); err != nil {
			return errs.Wrap("warn of certificates that end", err)
		}
	}
	return nil
}

// round counts, tells and remembers, in one transaction.
func (w *Watch) round(tx *store.Tx, which int, officers map[string][]notice.Contact) error {
	now, n := w.o.Now(), days[which]
	var last int64
	if err := tx.Get(qLast, []any{n}, &last); err != nil {
		return err
	}
	if last > 0 && now.Before(store.Time(last).Add(day)) {
		return nil
	}
	due := map[string][]string{}
	err := tx.Each(qDue, []any{store.Micros(now), store.Micros(now.Add(time.Duration(n) * day)), n, most}, func(scan func(...any) error) error {
		var serial, office string
		if err := scan(&serial, &office); err != nil {
			return err
		}
		if office == "" {
			office = w.o.Own
		}
		due[office] = append(due[office], serial)
		return nil
	})
	if err != nil {
		return err
	}
	offices := make([]string, 0, len(due))
	for office := range due {
		offices = append(offices, office)
	}
	slices.Sort(offices)
	for _, office := range offices {
		if err := w.tell(tx, which, office, due[office], officers[office]); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) tell(tx *store.Tx, which int, office string, serials []string, officers []notice.Contact) error {
	n, now := days[which], store.Micros(w.o.Now())
	people, err := w.o.Post.Who(tx, notice.Wanted{Duty: duty, Unit: office})
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(c notice.Contact) bool { return c.Unit != office }) // where a unit has none, those of another are none of its
	if len(people) == 0 {
		people = officers
	}
	message, err := w.o.Post.Tell(tx, notice.Message{About: fmt.Sprintf("certificates-ending:%s-%d", office, n), Priority: 4, Levels: [][]notice.Contact{people}, Link: "/certificates/list?ending=" + strconv.FormatInt(n, 10) + "&sort=to",
		Title: lang.T(fmt.Sprintf("%d 张证书将在 %d 天内到期", len(serials), n), fmt.Sprintf("Certificates that end within %d days: %d", n, len(serials))),
		Body:  lang.T("请通知持有人换发；到期后证书不能再用于登录和签名。", "Have the holders renew them: once ended, they neither sign in nor sign.")})
	if err != nil {
		return err
	}
	args := make([]any, 0, len(serials)*4*len(days))
	for _, s := range serials {
		args = append(args, n, s, now, message)
		for _, longer := range days[which+1:] {
			args = append(args, longer, s, now, "")
		}
	}
	if _, err := tx.ExecBulk(bWarned, args); err != nil {
		return err
	}
	return w.o.Journal.Append(tx, journal.Act{Actor: identity.System("certificates").ID, Authority: "certificates.read", Verb: "certificate.warn", Object: "notice:" + message, Detail: map[string]any{"unit": office, "days": n, "certificates": len(serials)}})
}

// officers are the accounts that are told where a unit has named nobody.
func (w *Watch) officers(ctx context.Context) (map[string][]notice.Contact, error) {
	out := map[string][]notice.Contact{}
	by := identity.NewPrincipal(identity.System("certificates").ID, "", nil, identity.GrantReadPeople) // a system has its own grants alone
	q := identity.PeopleQuery{Role: identity.RoleOfficer, Active: true, Limit: 500}
	for {
		list, next, err := w.o.People.People(ctx, by, q)
		if err != nil {
			return nil, err
		}
		for i := range list {
			person := "person:" + list[i].ID
			out[list[i].Unit] = append(out[list[i].Unit], notice.Contact{Name: list[i].Name, Unit: list[i].Unit, Duty: duty, Person: person, Ways: []notice.Way{{Channel: "page", Address: person}}})
		}
		if q.After = next; next == "" {
			return out, nil
		}
	}
}

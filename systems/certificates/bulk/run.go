package bulk

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
)

// Options are what the part works with. Wall measures how long work takes; Now is the plan's clock.
type Options struct {
	DB        *store.DB
	Journal   *journal.Journal
	Now, Wall func() time.Time
	Register  *register.Register
	Issue     func(ctx context.Context, orders []ca.Order, with func(*store.Tx, []ca.Result) error) ([]ca.Result, error)
}

// Bulk keeps jobs and works on them.
type Bulk struct{ o Options }

// New migrates the tables.
func New(ctx context.Context, o Options) (*Bulk, error) {
	if err := o.DB.Migrate(ctx, "certificates.bulk", tables); err != nil {
		return nil, errs.Wrap("migrate bulk issue", err)
	}
	return &Bulk{o: o}, nil
}

// Start lets a checked or paused job go. Who handed the list in cannot start it.
func (b *Bulk) Start(ctx context.Context, by *identity.Principal, id string) error {
	if !by.Can(register.GrantApprove) {
		return errs.Say(errs.Denied, "您无权启动批量签发", "you may not start a list")
	}
	j, err := b.Job(ctx, id)
	switch {
	case err != nil:
		return err
	case !b.o.Register.May(by, j.Unit):
		return notMine()
	case j.MadeBy == by.ID:
		return errs.Say(errs.Conflict, "提交名单的人不能启动批量签发，须由另一人复核", "a list is started by another person than the one who handed it in")
	case j.State != "checked" && j.State != "paused":
		return errs.Say(errs.Conflict, "该批次的状态已变化，请刷新", "the job's state has changed: reload")
	}
	return b.move(ctx, by, &j, "running", "certificate.list-start")
}

// Pause stops a job after the batch under way; Start goes on with it.
func (b *Bulk) Pause(ctx context.Context, by *identity.Principal, id string) error {
	return b.stop(ctx, by, id, "running", "paused", "certificate.list-pause")
}

// Drop gives a job up that does not run.
func (b *Bulk) Drop(ctx context.Context, by *identity.Principal, id string) error {
	return b.stop(ctx, by, id, "", "dropped", "certificate.list-drop")
}

func (b *Bulk) stop(ctx context.Context, by *identity.Principal, id, from, to, verb string) error {
	if !by.Can(register.GrantApprove) && !by.Can(register.GrantApply) {
		return errs.Say(errs.Denied, "您无权停止批量签发", "you may not stop a list")
	}
	j, err := b.Job(ctx, id)
	if err != nil {
		return err
	}
	if !b.o.Register.May(by, j.Unit) {
		return notMine()
	}
	if from != "" && j.State != from || from == "" && j.State != "checked" && j.State != "paused" {
		return errs.Say(errs.Conflict, "该批次的状态已变化，请刷新", "the job's state has changed: reload")
	}
	return b.move(ctx, by, &j, to, verb)
}

func notMine() error {
	return errs.Say(errs.Denied, "名单由其他单位提交，请联系该单位或认证机构办理", "another unit handed this list in: it, or the authority's own units, act on it")
}

func (b *Bulk) move(ctx context.Context, by *identity.Principal, j *Job, to, verb string) error {
	return b.o.DB.Write(ctx, func(tx *store.Tx) error {
		started, who := j.Started, j.StartedBy
		if to == "running" {
			started, who = b.o.Now(), by.ID
		}
		n, err := tx.Exec(qJobMove, j.ID, j.State, to, store.Micros(started), who)
		if err == nil && n == 0 {
			return errs.Say(errs.Conflict, "该批次的状态已变化，请刷新", "the job's state has changed: reload")
		}
		if err != nil {
			return err
		}
		return b.record(tx, by, register.GrantApprove, verb, j.ID, map[string]any{"kind": j.Kind, "lines": j.Total})
	})
}

// batchSize is how many subjects are issued to in one transaction: enough to spread its cost, few enough that others need not wait.
const batchSize = 256

// Work goes on with every running job until it is done, or ctx ends.
func (b *Bulk) Work(ctx context.Context) error {
	for {
		jobs, err := b.list(ctx, qRunning)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for i := range jobs {
			if err := b.step(ctx, &jobs[i]); err != nil {
				return err
			}
		}
	}
}

// errMoved is a job that another instance works on, or that was paused: this one leaves it alone.
var errMoved = errs.Say(errs.Conflict, "该批次正由另一节点处理", "another node works on this job")

// step issues one batch of a job.
func (b *Bulk) step(ctx context.Context, j *Job) error {
	began := b.o.Wall()
	lines, err := b.todo(ctx, j)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return b.end(ctx, j)
	}
	orders := make([]ca.Order, len(lines))
	by := identity.System("certificates")
	for i := range lines {
		l := &lines[i]
		orders[i] = ca.Order{Kind: j.Kind, Subject: l.subject.Of(), CSR: l.request, Replace: j.Renewal, By: by, Grant: register.GrantApprove}
	}
	_, err = b.o.Issue(ctx, orders, func(tx *store.Tx, out []ca.Result) error { return b.mark(tx, j, lines, out, began) })
	if errs.Is(err, errs.Conflict) {
		return nil // paused, or at work elsewhere: nothing of the batch was kept
	}
	return errs.Wrap("bulk issue", err)
}

// mark writes what became of the lines and the job's place, in the transaction of the certificates.
func (b *Bulk) mark(tx *store.Tx, j *Job, lines []line, out []ca.Result, began time.Time) error {
	var nIssued, nHad, nRefused int64
	for i, r := range out {
		switch {
		case r.Err == nil && !r.Had:
			nIssued++
			continue
		case r.Err == nil || errs.Is(r.Err, errs.Conflict):
			nHad++
			said := lang.T("已有有效证书", "has a standing certificate")
			if _, err := tx.Exec(qSaid, j.ID, lines[i].number, had, said.Zh, said.En); err != nil {
				return err
			}
		default:
			nRefused++
			said := words(r.Err)
			if _, err := tx.Exec(qSaid, j.ID, lines[i].number, refused, said.Zh, said.En); err != nil {
				return err
			}
		}
	}
	last := lines[len(lines)-1].number
	if _, err := tx.Exec(qDone, j.ID, lines[0].number, last); err != nil {
		return err
	}
	n, err := tx.Exec(qJobPlace, j.ID, nIssued, nHad, nRefused, last, b.o.Wall().Sub(began).Milliseconds(), j.Place)
	if err == nil && n == 0 {
		return errMoved
	}
	return err
}

func (b *Bulk) todo(ctx context.Context, j *Job) (out []line, err error) {
	err = b.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qToDo, []any{j.ID, j.Place, batchSize}, func(scan func(...any) error) error {
			var l line
			s := &l.subject
			if err := scan(&l.number, &s.ID, &s.Name, &s.Organization, &s.Unit, &s.Code, &l.request); err != nil {
				return err
			}
			s.Kind = j.Kind
			out = append(out, l)
			return nil
		})
	})
	return out, err
}

func (b *Bulk) end(ctx context.Context, j *Job) error {
	return b.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qJobEnd, j.ID, store.Micros(b.o.Now()))
		if err != nil || n == 0 {
			return err
		}
		return b.record(tx, identity.System("certificates"), register.GrantApprove, "certificate.list-done", j.ID, map[string]any{"issued": j.Issued, "had": j.Had, "refused": j.Refused})
	})
}

// Job reads one.
func (b *Bulk) Job(ctx context.Context, id string) (Job, error) {
	jobs, err := b.list(ctx, qJob, id)
	if err == nil && len(jobs) == 0 {
		err = errs.Say(errs.NotFound, "没有这个批次", "there is no such job")
	}
	if err != nil {
		return Job{}, err
	}
	return jobs[0], nil
}

// Jobs lists them, newest first.
func (b *Bulk) Jobs(ctx context.Context, after string, limit int) (out []Job, next string, err error) {
	at, id, err := keyset.Read(after)
	if err != nil {
		return nil, "", err
	}
	out, err = b.list(ctx, qJobs, at, id, limit+1)
	if err == nil && len(out) > limit {
		out = out[:limit]
		next = keyset.Mark(store.Micros(out[limit-1].Made), out[limit-1].ID)
	}
	return out, next, err
}

func (b *Bulk) list(ctx context.Context, q store.Stmt, args ...any) (out []Job, err error) {
	err = b.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			var j Job
			if err := j.scan(scan); err != nil {
				return err
			}
			out = append(out, j)
			return nil
		})
	})
	return out, err
}

// Trouble is a line that gave no certificate, and why.
type Trouble struct {
	Line int64
	Name string
	Had  bool
	Said lang.Text
}

// Troubles lists them by line.
func (b *Bulk) Troubles(ctx context.Context, id string, after int64, limit int) (out []Trouble, err error) {
	err = b.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qTroubles, []any{id, after, limit}, func(scan func(...any) error) error {
			var t Trouble
			var state int64
			if err := scan(&t.Line, &t.Name, &state, &t.Said.Zh, &t.Said.En); err != nil {
				return err
			}
			t.Had = state == had
			out = append(out, t)
			return nil
		})
	})
	return out, err
}

func (b *Bulk) record(tx *store.Tx, by *identity.Principal, grant, verb, id string, detail map[string]any) error {
	return b.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: grant, Verb: verb, Object: "certificate-job:" + id, Detail: detail})
}

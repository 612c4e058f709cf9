package rule

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// The grants that rules ask for.
const (
	GrantRead = "rule.read" // see rules
	GrantEdit = "rule.edit" // write versions and try them
	GrantLive = "rule.live" // let a version go live, retire a rule
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "save-rule", Title: lang.T("编写告警规则", "Wrote a rule")},
		{Verb: "try-rule", Title: lang.T("试运行告警规则", "Tried a rule")},
		{Verb: "live-rule", Title: lang.T("启用告警规则", "Let a rule go live")},
		{Verb: "retire-rule", Title: lang.T("停用告警规则", "Retired a rule")},
	}
}

// Engine keeps the rules. Its methods may be called from anywhere at once.
type Engine struct {
	db      *store.DB
	journal *journal.Journal
	now     func() time.Time

	mu      sync.Mutex
	live    []*Rule
	watches map[string]*Watch
}

// Open migrates the tables and reads the rules that are live.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time) (*Engine, error) {
	if err := db.Migrate(ctx, "rule", tables); err != nil {
		return nil, errs.Wrap("migrate rules", err)
	}
	e := &Engine{db: db, journal: j, now: now, watches: map[string]*Watch{}}
	return e, e.reload(ctx)
}

// reload reads what is live and hands it to every watch.
func (e *Engine) reload(ctx context.Context) error {
	var rules []Rule
	err := e.db.Read(ctx, func(tx *store.Tx) (err error) {
		rules, err = list(tx, qLive)
		return err
	})
	if err != nil {
		return errs.Wrap("read rules", err)
	}
	live := make([]*Rule, len(rules))
	for i := range rules {
		live[i] = &rules[i]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.live = live
	for _, w := range e.watches {
		if err := w.setRules(live); err != nil {
			return err
		}
	}
	return nil
}

// Declare installs rules that a system brings, live at once, where their ID is unknown; a rule that people have changed stays as it is.
// The ids begin with the system's name and a point.
func (e *Engine) Declare(ctx context.Context, system string, rules []Rule) error {
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		for _, r := range rules {
			if !strings.HasPrefix(r.ID, system+".") {
				return errs.Say(errs.Internal, "规则 %[1]s 的编号应以 %[2]s. 开头", "the id of rule %[1]s begins with %[2]s.", r.ID, system)
			}
			if err := r.Check(); err != nil {
				return errs.Wrap("declare rule "+r.ID, err)
			}
			var newest int64
			if err := tx.Get(qNewest, []any{r.ID}, &newest); err != nil {
				return err
			}
			if newest > 0 {
				continue
			}
			r.Version, r.State, r.Author, r.At = 1, Live, "system:"+system, e.now()
			if err := put(tx, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.reload(ctx)
}

// Watch gives the watch of a system, one for each name. standing are the keys of the conditions that stand, as kernel/casework has
// kept them, so that a restart tells nothing twice.
func (e *Engine) Watch(system string, standing map[string]bool) (*Watch, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.watches[system] != nil {
		return nil, errs.Say(errs.Internal, "系统 %[1]s 已有规则监视", "system %[1]s has a watch already", system)
	}
	w, err := newWatch(system, e.now, e.live, standing)
	if err != nil {
		return nil, err
	}
	e.watches[system] = w
	return w, nil
}

// Rules gives each rule once: its live version, or its newest where none is live.
func (e *Engine) Rules(ctx context.Context) (rules []Rule, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) (err error) {
		rules, err = list(tx, qHeads)
		return err
	})
	return rules, errs.Wrap("read rules", err)
}

// Versions gives all versions of a rule, newest first.
func (e *Engine) Versions(ctx context.Context, id string) (rules []Rule, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) (err error) {
		rules, err = list(tx, qVersions, id)
		return err
	})
	if err == nil && len(rules) == 0 {
		err = errs.Say(errs.NotFound, "没有规则 %[1]s", "there is no rule %[1]s", id)
	}
	return rules, errs.Wrap("read a rule", err)
}

// Save writes a new version, a draft. An empty ID makes a new rule.
func (e *Engine) Save(ctx context.Context, by *identity.Principal, r Rule) (Rule, error) {
	if !by.Can(GrantEdit) {
		return r, forbidden()
	}
	if err := r.Check(); err != nil {
		return r, err
	}
	known := r.ID != ""
	if !known {
		r.ID = "rule." + store.NewID(e.now())
	}
	r.State, r.Author, r.At, r.Trial = Draft, by.ID, e.now(), nil
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		var newest int64
		if err := tx.Get(qNewest, []any{r.ID}, &newest); err != nil {
			return err
		}
		if known && newest == 0 {
			return errs.Say(errs.NotFound, "没有规则 %[1]s", "there is no rule %[1]s", r.ID)
		}
		r.Version = newest + 1
		if err := put(tx, &r); err != nil {
			return err
		}
		return e.record(tx, by, GrantEdit, "save-rule", &r, nil)
	})
	return r, err
}

// GoLive lets a version that was tried watch from now on; the version before it is retired. An earlier version may come back this way.
// The author of a version does not let it go live alone: another person does.
func (e *Engine) GoLive(ctx context.Context, by *identity.Principal, id string, version int64) error {
	if !by.Can(GrantLive) {
		return forbidden()
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		r, err := get(tx, id, version)
		switch {
		case err != nil:
			return err
		case r.State == Live:
			return errs.Say(errs.Conflict, "该版本已在运行", "this version is live already")
		case r.Trial == nil && r.Kind != Entity && !strings.HasPrefix(r.Author, "system:"): // of entities there is no past to try on
			return errs.Say(errs.Conflict, "启用前应先用历史数据试运行", "try it on data of the past before it goes live")
		case r.Author == by.ID:
			return errs.Say(errs.Denied, "规则由另一人启用：编写人不得自行启用", "somebody else lets a rule go live than who wrote it")
		}
		if _, err := tx.Exec(qUnlive, id); err != nil {
			return err
		}
		if _, err := tx.Exec(qSetState, string(Live), id, version); err != nil {
			return err
		}
		return e.record(tx, by, GrantLive, "live-rule", &r, nil)
	})
	if err != nil {
		return err
	}
	return e.reload(ctx)
}

// Retire ends the live version of a rule; its conditions go with the next Tick.
func (e *Engine) Retire(ctx context.Context, by *identity.Principal, id, reason string) error {
	if !by.Can(GrantLive) {
		return forbidden()
	}
	if strings.TrimSpace(reason) == "" {
		return errs.Say(errs.Invalid, "请填写停用原因", "say why the rule is retired")
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qUnlive, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.NotFound, "规则 %[1]s 没有运行中的版本", "rule %[1]s has no live version", id)
		}
		return e.record(tx, by, GrantLive, "retire-rule", &Rule{ID: id}, map[string]any{"reason": reason})
	})
	if err != nil {
		return err
	}
	return e.reload(ctx)
}

func (e *Engine) record(tx *store.Tx, by *identity.Principal, grant, verb string, r *Rule, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	if r.Version > 0 {
		detail["version"] = r.Version
	}
	return e.journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: grant, Verb: verb, Object: "rule:" + r.ID, Detail: detail})
}

func forbidden() error {
	return errs.Say(errs.Denied, "您无权管理告警规则", "you may not manage rules")
}

package rules

import (
	"context"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// order is a trial that waits its turn: they run one after another, since each reads a day of a whole system.
type order struct {
	rule     rule.Rule
	by       *identity.Principal
	from, to time.Time
}

// progress is how far a trial is.
type progress struct {
	done, all int
	over      bool
	err       error
}

func trialKey(id string, version int64) string { return fmt.Sprintf("%s@%d", id, version) }

func (p *Part) note(key string, x progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trials[key] = x
}

// ask queues a trial over yesterday; errs.Busy where too many wait, errs.Conflict where this one does already.
func (p *Part) ask(by *identity.Principal, r rule.Rule) error {
	if r.Kind == rule.Entity {
		return errs.Say(errs.Invalid, "对实体的规则不能用测点历史试运行", "a rule over entities cannot be tried on readings")
	}
	if w, ok := p.duty.Watched(r.Scope.System); !ok || w.Points == nil || w.Past == nil {
		return errs.Say(errs.Invalid, "系统“%[1]s”未提供可供试运行的历史数据", "system %[1]q offers no past to try on", r.Scope.System)
	}
	key := trialKey(r.ID, r.Version)
	p.mu.Lock()
	x, known := p.trials[key]
	if known && !x.over {
		p.mu.Unlock()
		return errs.Say(errs.Conflict, "该版本正在试运行", "this version is being tried already")
	}
	p.trials[key] = progress{}
	p.mu.Unlock()
	midnight := p.clock.Now().In(ui.Zone())
	midnight = time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, ui.Zone())
	select {
	case p.queue <- order{r, by, midnight.AddDate(0, 0, -1), midnight}:
		return nil
	default:
		p.note(key, progress{over: true})
		return errs.Say(errs.Busy, "等待试运行的规则过多，请稍后再试", "too many trials wait; come again later")
	}
}

// Run runs the trials that were asked for, until ctx ends.
func (p *Part) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-p.queue:
			key := trialKey(o.rule.ID, o.rule.Version)
			err := p.run(ctx, key, o)
			p.note(key, progress{over: true, err: err})
		}
	}
}

func (p *Part) run(ctx context.Context, key string, o order) error {
	w, _ := p.duty.Watched(o.rule.Scope.System)
	points, err := w.Points(ctx)
	if err != nil {
		return err
	}
	_, err = p.engine.Try(ctx, o.by, o.rule.ID, o.rule.Version, points, w.Past, o.from, o.to, func(done, all int) { p.note(key, progress{done: done, all: all}) })
	return err
}

// trialBlock says what a version's trial does or did.
func (p *Part) trialBlock(r *rule.Rule) ui.Block {
	p.mu.Lock()
	x, known := p.trials[trialKey(r.ID, r.Version)]
	p.mu.Unlock()
	title := lang.T("试运行", "Trial")
	switch {
	case known && !x.over && x.all == 0:
		return ui.Notice{ID: "trial", Kind: "info", Text: lang.T("试运行排队中，请稍后刷新。", "The trial waits its turn; reload in a while."), Link: again(r)}
	case known && !x.over:
		return ui.Notice{ID: "trial", Kind: "info", Text: lang.T(fmt.Sprintf("试运行中：已完成 %d / %d 个企业。", x.done, x.all), fmt.Sprintf("Being tried: %d of %d plants are done.", x.done, x.all)), Link: again(r)}
	case known && x.err != nil:
		msg, ok := errs.MsgOf(x.err)
		if !ok {
			msg = lang.T("试运行失败，请稍后重试", "the trial failed; try again later")
		}
		return ui.Notice{ID: "trial", Kind: "bad", Text: msg}
	case r.Trial == nil:
		return ui.Notice{ID: "trial", Kind: "warn", Text: lang.T("尚未试运行。启用前应先用昨日数据试运行。", "Not tried yet. A version is tried on yesterday's data before it goes live.")}
	}
	t := r.Trial
	n := func(v int64) lang.Text { return lang.Same(ui.Grouped(v)) }
	out := ui.Facts{ID: "trial", Title: title, Items: []ui.Fact{{Name: lang.T("数据时段", "Data of"), Value: ui.Day(t.From)}, {Name: lang.T("测点", "Points"), Value: n(t.Points)}, {Name: lang.T("读数", "Readings"), Value: n(t.Readings)},
		{Name: lang.T("会告警次数", "Would have spoken"), Value: ui.Count(t.Transitions, "次", "times")}, {Name: lang.T("期末仍存在", "Still standing at the end"), Value: n(t.Standing)}, {Name: lang.T("试运行时间", "Tried"), Time: t.At}}}
	for i, w := range t.Worst {
		name := p.nameOf(w.Entity)
		out.Items = append(out.Items, ui.Fact{Name: lang.T(fmt.Sprintf("告警最多 %d", i+1), fmt.Sprintf("Most, %d", i+1)), Value: lang.T(fmt.Sprintf("%s：%d 次", name.Zh, w.Came), fmt.Sprintf("%s: %d times", name.En, w.Came)), Href: p.pageOf(r.Scope.System, w.Entity)})
	}
	return out
}

func again(r *rule.Rule) *ui.Link {
	return &ui.Link{Text: lang.T("刷新", "Reload"), Href: fmt.Sprintf("%s/%s?version=%d", path, r.ID, r.Version)}
}

func (p *Part) pageOf(system, uri string) string {
	if w, ok := p.duty.Watched(system); ok && w.Page != nil {
		return w.Page(uri)
	}
	return ""
}

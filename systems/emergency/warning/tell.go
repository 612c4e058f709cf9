package warning

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// The duties whose contacts are told next where somebody has not answered.
var nextDuties = []string{"leader", "duty-officer"}

// dutyNames names the duties that a form offers; others of the register are offered by their own word.
var dutyNames = map[string]lang.Text{
	"plant": lang.T("企业责任人", "Plants"), "district": lang.T("区级责任人", "Districts"), "leader": lang.T("带班领导", "Leaders"), "duty-officer": lang.T("值班人员", "Officers on duty"), notice.Public: lang.T("公众订阅", "Subscribers"),
}

// places finds where the plants lie whose contacts may be told: only where something was drawn, since districts are known of contacts.
func (p *Part) places(ctx context.Context, w *Warning) (map[string]area.Point, error) {
	if len(w.Polygons)+len(w.Circles) == 0 || p.o.Place == nil {
		return nil, nil
	}
	out := map[string]area.Point{}
	var groups []string
	err := p.o.DB.Read(ctx, func(tx *store.Tx) error {
		groups = nil
		for _, d := range w.Duties {
			list, err := p.o.Post.Who(tx, notice.Wanted{Duty: d})
			if err != nil {
				return err
			}
			for _, c := range list {
				if c.Group != "" {
					groups = append(groups, c.Group)
				}
			}
		}
		return nil
	})
	for _, g := range groups {
		if at, ok := p.o.Place(ctx, g); ok {
			out[g] = at
		}
	}
	return out, errs.Wrap("find who is told", err)
}

// Whom gives those who are told: first those of the duties chosen who answer for something within the area, then those above them.
func (p *Part) Whom(tx *store.Tx, w *Warning, places map[string]area.Point) (levels [][]notice.Contact, err error) {
	reached, err := w.Reached()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	pick := func(duties []string) (out []notice.Contact, err error) {
		for _, d := range duties {
			list, err := p.o.Post.Who(tx, notice.Wanted{Duty: d})
			if err != nil {
				return nil, err
			}
			for _, c := range list {
				if c.Duty == d && !seen[c.ID] && w.inArea(c, reached, places) {
					seen[c.ID] = true
					out = append(out, c)
				}
			}
		}
		return out, nil
	}
	first, err := pick(w.Duties)
	if err != nil {
		return nil, err
	}
	above := slices.DeleteFunc(slices.Clone(nextDuties), func(d string) bool { return slices.Contains(w.Duties, d) })
	next, err := pick(above)
	if err != nil {
		return nil, err
	}
	levels = [][]notice.Contact{first}
	answers := func(c notice.Contact) bool { return c.Duty != notice.Public }                                                                      // the public is told and not waited for
	if asked := slices.Index(w.Duties, notice.Public) < 0 || len(w.Duties) > 1; len(first) == 0 || asked && !slices.ContainsFunc(first, answers) { // nobody answers for the area: those above are told at once
		return [][]notice.Contact{slices.Concat(first, next)}, nil
	}
	if w.AckMinutes > 0 && len(next) > 0 {
		levels = append(levels, next)
	}
	return levels, nil
}

// tell makes the notices of a message that is being issued, in its transaction, and counts the people.
func (p *Part) tell(tx *store.Tx, w *Warning, places map[string]area.Point) (n int, err error) {
	if len(w.Duties) == 0 {
		return 0, nil
	}
	levels, err := p.Whom(tx, w, places)
	if err != nil {
		return 0, err
	}
	for _, l := range levels {
		n += len(l)
	}
	if n == 0 {
		return 0, nil
	}
	title := w.marked(w.Headline)
	body := w.Description
	if !w.Instruction.Empty() {
		body = lang.T(body.Zh+"\n"+w.Instruction.Zh, body.En+"\n"+w.Instruction.En)
	}
	_, err = p.o.Post.Tell(tx, notice.Message{About: about(w.ID), Title: title, Body: short(body), Link: page.Warnings + "/" + w.ID, Priority: level(w.Colour), AckBy: time.Duration(w.AckMinutes) * time.Minute, Levels: levels})
	return n, err
}

// short keeps a message to what a notice takes; the whole stands behind its link.
func short(t lang.Text) lang.Text {
	cut := func(s string) string {
		const most = 1500
		if r := []rune(s); len(r) > most {
			return string(r[:most]) + "…"
		}
		return s
	}
	return lang.T(cut(t.Zh), cut(t.En))
}

// moved notes that notices of warnings have moved; pages are told of it at most once a second.
func (p *Part) moved(list []notice.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range list {
		if id, ok := strings.CutPrefix(l.About, about("")); ok {
			p.dirty[id] = true
		}
	}
}

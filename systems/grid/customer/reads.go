package customer

import (
	"context"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Watch puts a note before every route that shows one meter (its pattern has {address}): who, what and how often a day. What cannot be
// noted is not shown. The customer's own pages are not noted.
func (p *Part) Watch(routes []web.Route) []web.Route {
	for i := range routes {
		r := &routes[i]
		if !strings.Contains(r.Pattern, "{address}") || r.Grant == GrantOwn {
			continue
		}
		what := kindOf(r.Pattern)
		if show := r.Page; show != nil {
			r.Page = func(q *web.Request) (*ui.Page, error) {
				if err := p.note(q, what); err != nil {
					return nil, err
				}
				return show(q)
			}
		}
		if answer := r.API; answer != nil {
			r.API = func(q *web.Request) (any, error) {
				if err := p.note(q, what); err != nil {
					return nil, err
				}
				return answer(q)
			}
		}
	}
	return routes
}

// The kinds of look that are told apart.
const (
	lookPage    = "page"
	lookExport  = "export"
	lookProgram = "program"
)

func kindOf(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	switch {
	case strings.HasSuffix(path, ".csv"):
		return lookExport
	case strings.HasPrefix(path, "/api/"):
		return lookProgram
	}
	return lookPage
}

var lookWords = map[string]lang.Text{lookPage: lang.T("查看页面", "looked at the page"), lookExport: lang.T("导出数据", "exported data"), lookProgram: lang.T("程序读取", "a program read it")}

func (p *Part) note(q *web.Request, what string) error {
	_, m, ok := p.o.Book.Find(q.Path("address"))
	if !ok || q.Who.Anonymous() {
		return nil // nothing of the city's is shown
	}
	now := p.o.Clock.Now()
	err := p.o.DB.Write(q.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(qReadAdd, m.Num, int64(book.DayOf(now.UnixMicro())), q.Who.ID, what, q.Who.Unit, store.Micros(now))
		return err
	})
	return errs.Wrap("note who looks at a meter", err)
}

// look is who looked at a meter on a day.
type look struct {
	who, what, unit string
	times           int64
	last            time.Time
}

// shownLooks bounds the looks that a page lists, days and rows.
const (
	shownDays  = 90
	shownLooks = 50
)

func (p *Part) looks(ctx context.Context, meter int64, since time.Time) (out []look, err error) {
	from := max(book.DayOf(since.UnixMicro()), book.DayOf(p.o.Clock.Now().UnixMicro())-shownDays) // who looked before the binding is not this customer's to know
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qReads, []any{meter, int64(from), shownLooks}, func(scan func(...any) error) error {
			var l look
			var last int64
			err := scan(&l.who, &l.what, &l.unit, &l.times, &last)
			l.last = store.Time(last)
			out = append(out, l)
			return err
		})
	})
	return out, errs.Wrap("read who looked at a meter", err)
}

func (p *Part) lookTable(ctx context.Context, looks []look) ui.Table {
	t := ui.Table{ID: "looks", Title: lang.T("谁查看过本表", "Who looked at this meter"), Total: -1, Empty: lang.T("近 90 日没有人查看过。", "Nobody looked in the last 90 days."),
		Note: lang.T("记录工作人员和程序对本表单独的查看；批量清单和统计不在其列。", "Looks of officers and programs at this one meter; lists of many meters and totals are not among them."),
		Columns: []ui.Column{{Key: "last", Text: lang.T("最近时间", "Last")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "who", Text: lang.T("人员或程序", "Who")},
			{Key: "what", Text: lang.T("事项", "What")}, {Key: "times", Text: lang.T("当日次数", "Times that day"), Num: true}}}
	for _, l := range looks {
		unit := lang.Same(ui.None)
		if l.unit != "" {
			unit = p.o.People.UnitName(l.unit)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Time: l.last}, {Text: unit}, {Text: p.o.People.ActorName(ctx, l.who)}, {Text: lookWords[l.what]}, {Text: lang.Same(ui.Grouped(l.times))}}})
	}
	return t
}

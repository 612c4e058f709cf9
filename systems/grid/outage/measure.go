package outage

import (
	"context"
	"fmt"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
)

// Measures are the plan's targets that this part measures.
func (p *Part) Measures() []host.Measure {
	return []host.Measure{{Target: Target, Measure: p.measure, Evidence: "/grid/reliability/core"}}
}

// measure is the average service availability of the core's customers for the year so far. IEEE 1366-2012 3.2
func (p *Part) measure(ctx context.Context) (indicator.Figure, error) {
	now := p.o.Clock.Now()
	recorded, err := p.recorded(ctx)
	if err != nil {
		return indicator.Figure{}, err
	}
	if !recorded {
		return indicator.Figure{}, &errs.Error{Kind: errs.Unavailable, Msg: unrecorded}
	}
	r, err := p.Report(ctx, Year(now))
	if err != nil {
		return indicator.Figure{}, err
	}
	f := r.Areas[areaCore].ByRule[byIEEE]
	share := f.ASAI()
	if share.None() {
		return indicator.Figure{}, errs.Say(errs.Unavailable, "档案中还没有核心区用户", "the archive has no customers in the core yet")
	}
	minutes := minutes(f.SAIDI(), 2)
	return indicator.Figure{Value: share.Float(100), At: now, Part: share.Num / 60, Whole: share.Den / 60, Note: lang.T(
		fmt.Sprintf("核心区 %d 户本年以来的平均供电可用率（用户分钟），每户平均停电 %s 分钟", f.Customers, minutes),
		fmt.Sprintf("average service availability of %d core customers for the year so far (customer-minutes); %s minutes without supply each", f.Customers, minutes))}, nil
}

// unrecorded says why there is no figure.
var unrecorded = lang.T("近一年没有任何停电记录，不能据此认定供电可靠", "no outage was recorded for a year, which is no proof of supply")

// recorded tells whether any outage of the last year is known. A city in which none is keeps no records.
func (p *Part) recorded(ctx context.Context) (bool, error) {
	_, known, _, err := find(ctx, p.o.DB, Select{From: p.o.Clock.Now().AddDate(-1, 0, 0), Limit: 1})
	return known > 0, err
}

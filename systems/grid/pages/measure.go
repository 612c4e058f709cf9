package pages

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
)

// The plan's targets that this room measures.
const (
	TargetCoverage = "collection-coverage" // meters whose readings of the day arrived over meters installed
	TargetMeters   = "smart-meters"        // meters in service
)

// Measures are the figures that this room gives the plan.
func (s *Part) Measures() []host.Measure {
	return []host.Measure{
		{Target: TargetCoverage, Measure: s.measureCoverage, Evidence: "/grid/missing"},
		{Target: TargetMeters, Measure: s.measureMeters, Evidence: "/grid/meters"},
	}
}

// measureCoverage counts the meters all of whose due readings of the day were measured, over the meters in service.
func (s *Part) measureCoverage(context.Context) (indicator.Figure, error) {
	d, due := s.today()
	city, _ := s.o.Book.Coverage(d, due)
	if city.Meters == 0 { // a share of nothing is no figure
		return indicator.Figure{}, errs.Say(errs.Unavailable, "档案中还没有在运电表", "the archive has no meters in service yet")
	}
	return indicator.Figure{Value: city.Rate(), At: s.o.Clock.Now(), Part: city.Complete, Whole: city.Meters,
		Note: lang.T("当日应到的每个时段都有实测数据的电表，占在运电表的比例", "meters with a measured reading for every slot due today, over meters in service")}, nil
}

func (s *Part) measureMeters(context.Context) (indicator.Figure, error) {
	n := s.o.Book.Size()
	return indicator.Figure{Value: float64(n), At: s.o.Clock.Now(), Part: n, Note: lang.T("档案中在运的智能电能表", "smart meters in service in the archive")}, nil
}

// Jobs are what the pages do by themselves: open ones are told what changed.
func (s *Part) Jobs() []host.Job {
	return []host.Job{{Name: "pages", Every: 2 * time.Second, Run: s.publish}}
}

// Search finds meters and concentrators by the beginning of their number.
func (s *Part) Search(_ context.Context, who *identity.Principal, q string, limit int) ([]web.Hit, error) {
	var hits []web.Hit
	if !who.Can(grantRead) || len(q) < 2 {
		return hits, nil
	}
	d, due := s.today()
	page, _, _ := s.o.Book.List(d, due, book.Select{Prefix: q, Limit: limit})
	for _, m := range page {
		hits = append(hits, web.Hit{Kind: lang.T("电能表", "Meter"), Text: lang.Same(m.Address), Sub: book.DistrictName(m.District), Href: "/grid/meters/" + m.Address})
	}
	for address, c := range s.o.Book.Concentrators() {
		if len(hits) < limit && len(address) >= len(q) && address[:len(q)] == q {
			hits = append(hits, web.Hit{Kind: lang.T("集中器", "Concentrator"), Text: lang.Same(address), Sub: book.DistrictName(c.District), Href: "/grid/meters?concentrator=" + address})
		}
	}
	return hits, nil
}

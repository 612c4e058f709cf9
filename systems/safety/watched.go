package safety

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// watched is what this room offers to those who write rules and answer for alarms.
func (s *service) watched() *host.Watched {
	return &host.Watched{
		Points: func(context.Context) ([]rule.Point, error) { return s.points(), nil },
		Past:   s.past,
		Curve:  s.curve,
		Name:   s.nameOf,
		Page:   s.pageOf,
	}
}

// past gives the readings of some points within a time.
func (s *service) past(ctx context.Context, keys []int64, from, to int64, fn func(rule.Reading)) error {
	return s.readings.Scan(ctx, keys, from, to, func(x series.Sample) error {
		fn(live.ReadingOf(x, decimals))
		return nil
	})
}

// curve gives the readings of one point.
func (s *service) curve(ctx context.Context, uri string, from, to time.Time) (out []rule.Reading, err error) {
	_, p, ok := s.register.ByURI(uri)
	if !ok {
		return nil, errs.Say(errs.NotFound, "没有测点 %[1]s", "there is no point %[1]s", uri)
	}
	list, err := s.readings.Range(ctx, p.Num, from.UnixMicro(), to.UnixMicro())
	for _, x := range list {
		out = append(out, live.ReadingOf(x, decimals))
	}
	return out, err
}

// nameOf says what a plant or a point is called.
func (s *service) nameOf(uri string) (lang.Text, bool) {
	site, p, ok := s.register.ByURI(uri)
	if ok {
		return p.Label(), true
	}
	if site != nil {
		return lang.Same(site.Name), true
	}
	return lang.Text{}, false
}

// pageOf gives the page of a plant or a point.
func (s *service) pageOf(uri string) string {
	site, p, ok := s.register.ByURI(uri)
	switch {
	case ok:
		return register.PointPage(site.Code, p.Name)
	case site != nil:
		return register.PlantPage(site.Code)
	}
	return ""
}

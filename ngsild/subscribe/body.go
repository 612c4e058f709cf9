package subscribe

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// body writes a notification (ETSI GS CIM 009 V1.9.1 5.3.1).
func (s *Service) body(ctx context.Context, sub *subscription.Subscription, p *plan, n *subscription.Notice) ([]byte, error) {
	c, err := s.compiled(ctx, p, n.Tenant)
	if err != nil {
		return nil, err
	}
	list := make([]shown, 0, len(n.Items))
	for i := range n.Items {
		list = append(list, p.show(sub, &n.Items[i]))
	}
	var l links
	if p.join != "" {
		for i := range list {
			list[i].e = list[i].e.Clone() // links are found by the attributes' places
		}
		if l, err = s.follow(ctx, p, n.Tenant, list); err != nil {
			return nil, err
		}
	}
	now := s.o.Now()
	o := object{b: make([]byte, 0, 1024)}
	o.b = append(o.b, `{"id":`...)
	o.b = append(o.b, quote(noticeID(sub, n, now))...)
	o.text("type", "Notification")
	o.text("subscriptionId", sub.ID)
	o.text("notifiedAt", stamp(now))
	o.raw("data", nil)
	if p.accept == exchange.GeoJSON {
		o.b = p.features(o.b, c, list, &l)
	} else {
		o.b = p.entities(o.b, c, list, &l)
	}
	if p.accept == exchange.LD {
		o.raw("@context", p.value())
	}
	return o.end(), nil
}

// noticeID is the same each time that a notice is tried, so that receivers can tell a repetition.
func noticeID(sub *subscription.Subscription, n *subscription.Notice, now time.Time) string {
	const urn = "urn:ngsi-ld:Notification:"
	if n.Seq == 0 {
		return urn + store.NewID(now)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(sub.Tenant + " " + sub.ID))
	return urn + strconv.FormatUint(h.Sum64(), 36) + "-" + strconv.FormatInt(n.Seq, 10)
}

// value is the @context that stands in bodies.
func (p *plan) value() []byte {
	if p.src.URL != "" && p.src.URL[0] != '/' {
		return quote(p.src.URL)
	}
	return p.src.Context
}

// output is the representation that is asked for.
func (p *plan) output(c *jsonld.Context, l *links) *form.Output {
	o := &form.Output{Context: c, Format: p.format, SysAttrs: p.sysAttrs, Lang: p.lang, Datasets: p.datasets, Pick: p.pick, Omit: p.omit, JoinLevel: p.level}
	if p.join == "inline" {
		o.Link = func(a *ngsi.Attr) []*ngsi.Entity { return l.joined[a] }
	}
	return o
}

// entities writes data as an array of entities. In JSON-LD each bears the @context, so that it can be taken out and kept.
func (p *plan) entities(b []byte, c *jsonld.Context, list []shown, l *links) []byte {
	o := p.output(c, l)
	b = append(b, '[')
	one := func(it shown) {
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		o.Before, o.DeletedAt = it.before, it.deleted
		b = form.Append(b, it.e, o)
		if p.accept == exchange.LD {
			b = extend(b, "@context", p.value())
		}
	}
	for _, it := range list {
		one(it)
	}
	for _, it := range l.flat {
		o.Pick, o.Omit = it.pick, it.omit
		one(shown{e: it.e})
	}
	return append(b, ']')
}

// features writes data as a GeoJSON FeatureCollection.
func (p *plan) features(b []byte, c *jsonld.Context, list []shown, l *links) []byte {
	o := p.output(c, l)
	b = append(b, `{"type":"FeatureCollection","features":[`...)
	one := func(it shown) {
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		o.Before, o.DeletedAt = it.before, it.deleted
		b = form.AppendFeature(b, it.e, o)
	}
	for _, it := range list {
		one(it)
	}
	for _, it := range l.flat {
		o.Pick, o.Omit = it.pick, it.omit
		one(shown{e: it.e})
	}
	b = append(b, "]}"...)
	if !p.plainGeo {
		b = extend(b, "@context", p.value())
	}
	return b
}

// extend adds a member to the object that b ends with.
func extend(b []byte, name string, v []byte) []byte {
	b = b[:len(b)-1]
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(b, quote(name)...), ':')
	return append(append(b, v...), '}')
}

// link is the Link header to the @context (JSON-LD 1.1 6.1), where the body does not bear it; "" where it does.
func (p *plan) link() string {
	if p.accept == exchange.LD || p.accept == exchange.GeoJSON && !p.plainGeo {
		return ""
	}
	url := p.src.URL
	if url == "" {
		url = jsonld.CoreURL
	}
	return `<` + url + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

package subscribe

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// shown is an entity as a notification shows it.
type shown struct {
	e       *ngsi.Entity
	before  *ngsi.Entity // that previous values are taken from; nil: none are shown
	deleted time.Time    // when the entity was deleted; zero: it is there
}

// show makes what a notification shows of a change: the entity as it stands, with its deleted attributes as NGSI-LD Nulls and, where
// asked for, with previous values. Of a deleted entity only deletedAt is shown, unless previous values or the deletion of attributes
// are asked for. What the change holds is not written to.
// ETSI GS CIM 009 V1.9.1 5.8.6
func (p *plan) show(s *subscription.Subscription, it *subscription.Item) shown {
	attributes := slices.Contains(it.Trigger, subscription.AttributeDeleted)
	var before *ngsi.Entity
	if p.showChanges {
		before = it.Before
	}
	if it.After == nil {
		b := it.Before
		e := &ngsi.Entity{ID: b.ID, Tenant: b.Tenant, Types: b.Types, CreatedAt: b.CreatedAt, ModifiedAt: b.ModifiedAt}
		if p.showChanges || attributes {
			e.Attrs = p.nulls(s, b, e, it.At)
		}
		return shown{e, before, it.At}
	}
	if it.Before == nil || !attributes {
		return shown{e: it.After, before: before}
	}
	e := it.After.Clone()
	e.Attrs = append(e.Attrs, p.nulls(s, it.Before, it.After, it.At)...)
	ngsi.Order(e.Attrs)
	return shown{e: e, before: before}
}

// instance finds the instance of an attribute with a's name and dataset.
func instance(e *ngsi.Entity, a *ngsi.Attr) *ngsi.Attr {
	for i := range e.Attrs {
		if b := &e.Attrs[i]; b.Name == a.Name && b.DatasetID == a.DatasetID {
			return b
		}
	}
	return nil
}

// nulls stand for the attributes of before that after does not have. Where every instance of an attribute is gone, one Null stands
// for them all, unless each has a previous value to show.
func (p *plan) nulls(s *subscription.Subscription, before, after *ngsi.Entity, at time.Time) (out []ngsi.Attr) {
	for i := 0; i < len(before.Attrs); {
		name := before.Attrs[i].Name
		j := i
		var gone []*ngsi.Attr
		for ; j < len(before.Attrs) && before.Attrs[j].Name == name; j++ {
			if instance(after, &before.Attrs[j]) == nil {
				gone = append(gone, &before.Attrs[j])
			}
		}
		i = j
		if len(gone) == 0 || len(s.Watched) > 0 && !slices.Contains(s.Watched, name) {
			continue
		}
		whole := !slices.ContainsFunc(after.Attrs, func(a ngsi.Attr) bool { return a.Name == name })
		if whole && len(gone) > 1 && !p.showChanges {
			one := *gone[0]
			one.DatasetID = ""
			gone = []*ngsi.Attr{&one}
		}
		for _, a := range gone {
			out = append(out, null(a, at))
		}
	}
	return out
}

// null is a deleted instance (4.8, 5.8.6). Its last modification is its deletion, where its entity goes on.
func null(a *ngsi.Attr, at time.Time) ngsi.Attr {
	return ngsi.Attr{Name: a.Name, Kind: a.Kind, DatasetID: a.DatasetID, Value: quote(ngsi.Null), CreatedAt: a.CreatedAt, ModifiedAt: at}
}

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
	deleted time.Time // when the entity was deleted; zero: it is there
}

// show makes what a notification shows of a change: the entity as it stands, with its deleted attributes as NGSI-LD Nulls and, where
// asked for, with previous values. Of a deleted entity only deletedAt is shown, unless previous values or the deletion of attributes
// are asked for. What the change holds is not written to.
// ETSI GS CIM 009 V1.9.1 5.8.6
func (p *plan) show(s *subscription.Subscription, it *subscription.Item) shown {
	attributes := slices.Contains(it.Trigger, subscription.AttributeDeleted)
	if it.After == nil {
		b := it.Before
		e := &ngsi.Entity{ID: b.ID, Tenant: b.Tenant, Types: b.Types, CreatedAt: b.CreatedAt, ModifiedAt: b.ModifiedAt}
		if p.showChanges || attributes {
			e.Attrs = p.nulls(s, b, e, it.At)
		}
		return shown{e, it.At}
	}
	if it.Before == nil || !p.showChanges && !attributes {
		return shown{e: it.After}
	}
	e := it.After.Clone()
	if p.showChanges {
		for i := range e.Attrs {
			a := &e.Attrs[i]
			if old := instance(it.Before, a); old != nil && !old.Same(a) {
				a.Members = withPrevious(a.Members, old)
			}
		}
	}
	if attributes {
		e.Attrs = append(e.Attrs, p.nulls(s, it.Before, it.After, it.At)...)
		ngsi.Order(e.Attrs)
	}
	return shown{e: e}
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
			out = append(out, p.null(a, at))
		}
	}
	return out
}

// null is a deleted instance (4.8, 5.8.6).
func (p *plan) null(a *ngsi.Attr, at time.Time) ngsi.Attr {
	n := ngsi.Attr{Name: a.Name, Kind: a.Kind, DatasetID: a.DatasetID, Value: quote(ngsi.Null), CreatedAt: a.CreatedAt, ModifiedAt: a.ModifiedAt}
	if a.Kind == ngsi.LanguageProperty {
		n.Value = []byte(`{"@none":"` + ngsi.Null + `"}`)
	}
	if p.showChanges {
		n.Members = withPrevious(nil, a)
	}
	if p.sysAttrs {
		n.Members = append(n.Members, ngsi.Member{Name: "deletedAt", Value: quote(stamp(at))})
	}
	return n
}

// previous names, by kind, the member that bears the value before a change.
var previous = [...]string{
	ngsi.Property: "previousValue", ngsi.GeoProperty: "previousValue", ngsi.Relationship: "previousObject", ngsi.LanguageProperty: "previousLanguageMap",
	ngsi.JSONProperty: "previousJson", ngsi.VocabProperty: "previousVocab", ngsi.ListProperty: "previousValueList", ngsi.ListRelationship: "previousObjectList",
}

// withPrevious adds the value of old, without writing to members.
func withPrevious(list []ngsi.Member, old *ngsi.Attr) []ngsi.Member {
	if int(old.Kind) >= len(previous) || len(old.Value) == 0 {
		return list
	}
	return append(slices.Clip(list), ngsi.Member{Name: previous[old.Kind], Value: old.Value})
}

package temporal

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal/ident"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// memberID is the member that an instance bears its id in, once its change was amended.
const memberID = "instanceId"

// idOf gives the id that an attribute bears with it, and the attribute without it.
func idOf(a ngsi.Attr) (string, ngsi.Attr) {
	for i, m := range a.Members {
		if m.Name == memberID {
			var id string
			_ = json.Unmarshal(m.Value, &id)
			a.Members = slices.Delete(slices.Clone(a.Members), i, i+1)
			if len(a.Members) == 0 {
				a.Members = nil
			}
			return id, a
		}
	}
	return "", a
}

// stamp gives every attribute of a change the id that it has.
func stamp(p *entity.PastRow) {
	for i := range p.Attrs {
		a := &p.Attrs[i]
		if id, _ := idOf(*a); id == "" {
			bear(a, ident.ID{A: p.Seq, B: int64(i)}.String())
		}
	}
}

func bear(a *ngsi.Attr, id string) {
	value, _ := json.Marshal(id)
	a.Members = append(slices.Clone(a.Members), ngsi.Member{Name: memberID, Value: value})
}

// unobserved is the place in its course of an instance that does not say when it was observed: before all others, in order of seq.
func unobserved(seq int64) int64 { return math.MinInt64 + seq }

// scopeName is the attribute that the course of the scope is held as (4.5.6).
const scopeName = "scope"

// isNull tells whether an instance is the tombstone that 4.5.7 describes, given as it is.
func isNull(a *ngsi.Attr) bool { return ngsi.IsNull(a.Value) }

func noEntity(k entity.Key) error {
	return errs.Say(errs.NotFound, "实体 %s 没有历史记录", "entity %s has no history", ngsi.Clip(k.ID))
}

func noAttr(k entity.Key, attr string) error {
	return errs.Say(errs.NotFound, "实体 %s 的历史记录中没有属性 %s", "the history of entity %s has no attribute %s", ngsi.Clip(k.ID), ngsi.Clip(attr))
}

func noInstance(k entity.Key, attr, instance string) error {
	return errs.Say(errs.NotFound, "实体 %s 的属性 %s 没有实例 %s", "attribute %[2]s of entity %[1]s has no instance %[3]s",
		ngsi.Clip(k.ID), ngsi.Clip(attr), ngsi.Clip(instance))
}

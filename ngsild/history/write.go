package history

import (
	"encoding/json"
	"net/http"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// key reads the id of the path.
func key(x *exchange.Exchange) (entity.Key, error) {
	id := x.Path("id")
	if !ngsi.IsURI(id) {
		return entity.Key{}, exchange.BadRequestData.Say("实体标识 %q 不是合规的 URI", "%q is not a URI and cannot be an entity's id", ngsi.Clip(id))
	}
	return entity.Key{Tenant: x.Tenant, ID: id}, nil
}

// target reads id, attribute and instance of the path. ETSI GS CIM 009 V1.9.1 5.6.13.4, 5.6.14.4, 5.6.15.4
func target(x *exchange.Exchange, instance bool) (k entity.Key, attr, id string, err error) {
	if k, err = key(x); err != nil {
		return k, "", "", err
	}
	term := x.Path("attr")
	if !ngsi.IsTerm(term) && !ngsi.IsURI(term) { // 4.6.2; prefix:term has the form of a URI
		return k, "", "", exchange.BadRequestData.Say("属性名 %q 不合规", "%q is not a valid name of an attribute", ngsi.Clip(term))
	}
	if attr = term; attr != "scope" {
		attr = x.Ctx.Expand(attr)
	}
	if id = x.Path("instance"); instance && !ngsi.IsURI(id) {
		return k, "", "", exchange.BadRequestData.Say("实例标识 %q 不是合规的 URI", "%q is not a URI and cannot be an instance's id", ngsi.Clip(id))
	}
	return k, attr, id, nil
}

// body reads the evolution that a request bears; scope instances (4.5.6) come with the others.
func body(x *exchange.Exchange, fragment bool) (*ngsi.Entity, error) {
	e, err := form.Entity(x.Body, form.Input{Context: x.Ctx, Fragment: fragment, Temporal: true})
	if err != nil {
		return nil, err
	}
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Kind == ngsi.Unsaid && !ngsi.IsNull(a.Value) {
			return nil, exchange.BadRequestData.Say("属性 %s 没有值", "the attribute %s has no value", ngsi.Clip(x.Ctx.Compact(a.Name)))
		} else if a.Kind == ngsi.Unsaid {
			a.Kind = ngsi.Property
		}
	}
	scopes, err := scopeInstances(x)
	if err != nil {
		return nil, err
	}
	if scopes != nil {
		e.Scope, e.Attrs = nil, append(e.Attrs, scopes...)
	}
	return e, nil
}

// scopeInstances reads the scope where it is given as the temporal representation of a Property (4.5.6); nil where it is not.
func scopeInstances(x *exchange.Exchange) (list []ngsi.Attr, err error) {
	var members struct {
		Scope json.RawMessage `json:"scope"`
	}
	if err := json.Unmarshal(x.Body, &members); err != nil || len(members.Scope) == 0 {
		return nil, nil // form.Entity has read it
	}
	one := func(raw json.RawMessage) error {
		got, err := form.Attr(raw, "scope", form.Input{Context: x.Ctx, Temporal: true})
		list = append(list, got...)
		return err
	}
	var many []json.RawMessage
	switch {
	case members.Scope[0] == '{':
		err = one(members.Scope)
	case json.Unmarshal(members.Scope, &many) == nil && len(many) > 0 && many[0][0] == '{':
		for _, raw := range many {
			if err = one(raw); err != nil {
				break
			}
		}
	}
	return list, err
}

// upsert is O31.
func (s *Service) upsert(x *exchange.Exchange) error {
	e, err := body(x, false)
	if err != nil {
		return err
	}
	created, err := s.Histories.Record(x.R.Context(), entity.Key{Tenant: x.Tenant, ID: e.ID}, s.owner(x), e.Types, e.Scope, e.Attrs)
	if err != nil {
		return err
	}
	if created {
		return x.Created("/temporal/entities/" + exchange.Segment(e.ID))
	}
	return x.NoContent()
}

// add is O36: the entity must have a history.
func (s *Service) add(x *exchange.Exchange) error {
	k, err := key(x)
	if err != nil {
		return err
	}
	e, err := body(x, true)
	if err != nil {
		return err
	}
	if e.ID != "" && e.ID != k.ID {
		return exchange.BadRequestData.Say("请求体的 id 与路径不符", "the id of the body is not that of the path")
	}
	if len(e.Attrs) == 0 && len(e.Types) == 0 && len(e.Scope) == 0 {
		return exchange.BadRequestData.Say("请求体没有要追加的实例", "the body has no instances to add")
	}
	if err := s.Histories.Add(x.R.Context(), k, e.Types, e.Scope, e.Attrs); err != nil {
		return err
	}
	return x.NoContent()
}

// remove is O35.
func (s *Service) remove(x *exchange.Exchange) error {
	k, err := key(x)
	if err != nil {
		return err
	}
	if err := s.Histories.Delete(x.R.Context(), k); err != nil {
		return err
	}
	return x.NoContent()
}

// removeAttr is O37.
func (s *Service) removeAttr(x *exchange.Exchange) error {
	k, attr, _, err := target(x, false)
	if err != nil {
		return err
	}
	dataset := x.Param("datasetId")
	if dataset == "@none" {
		dataset = ""
	}
	if dataset != "" && !ngsi.IsURI(dataset) {
		return exchange.BadRequestData.Say("datasetId %q 不是合规的 URI", "the datasetId %q is not a URI", ngsi.Clip(dataset))
	}
	if err := s.Histories.DeleteAttr(x.R.Context(), k, attr, dataset, x.True("deleteAll")); err != nil {
		return err
	}
	return x.NoContent()
}

// modify is O38: the body is the instance, alone or under the attribute's name.
func (s *Service) modify(x *exchange.Exchange) error {
	k, attr, id, err := target(x, true)
	if err != nil {
		return err
	}
	raw := json.RawMessage(x.Body)
	var members map[string]json.RawMessage
	if json.Unmarshal(x.Body, &members) == nil {
		if inner, ok := members[x.Path("attr")]; ok && members["type"] == nil && members["value"] == nil {
			raw = inner
		}
	}
	list, err := form.Attr(raw, attr, form.Input{Context: x.Ctx, Temporal: true})
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return exchange.BadRequestData.Say("须给出一个属性实例", "give one instance of the attribute")
	}
	if err := s.Histories.Modify(x.R.Context(), k, attr, id, list[0]); err != nil {
		return err
	}
	return x.NoContent()
}

// removeInstance is O39.
func (s *Service) removeInstance(x *exchange.Exchange) error {
	k, attr, id, err := target(x, true)
	if err != nil {
		return err
	}
	if err := s.Histories.DeleteInstance(x.R.Context(), k, attr, id); err != nil {
		return err
	}
	return x.NoContent()
}

// Around gives operations on the current state what the history has to do with them: "delete an attribute" (O13) of what only a history
// knows leaves its tombstone all the same (4.5.7, 4.5.8), and is answered by 204.
func (s *Service) Around(op exchange.Op) exchange.Op {
	if op.ID == "O13" {
		op.Run = s.bury(op.Run)
	}
	return op
}

func (s *Service) bury(run func(x *exchange.Exchange) error) func(x *exchange.Exchange) error {
	return func(x *exchange.Exchange) error {
		err := run(x)
		if status, _ := exchange.ProblemOf(err); err == nil || status != http.StatusNotFound {
			return err
		}
		k, attr, _, bad := target(x, false)
		if bad != nil {
			return err
		}
		dataset := x.Param("datasetId")
		if dataset == "@none" {
			dataset = ""
		}
		if s.Histories.Bury(x.R.Context(), k, attr, dataset, x.True("deleteAll")) != nil {
			return err // what the current state said
		}
		return x.NoContent()
	}
}

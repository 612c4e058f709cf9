package entities

import (
	"net/http"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/patch"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// create is O01. ETSI GS CIM 009 V1.9.1 5.6.1.4
func (s *Service) create(x *exchange.Exchange) error {
	e, err := form.Entity(x.Body, form.Input{Context: x.Ctx})
	if err != nil {
		return err
	}
	if _, err := s.Store.Do(x.R.Context(), entity.Task{Key: entity.Key{Tenant: x.Tenant, ID: e.ID}, Owner: s.owner(x), Edit: creation(e)}); err != nil {
		return err
	}
	return x.Created("/entities/" + exchange.Segment(e.ID))
}

// creation makes an entity where there is none.
func creation(e *ngsi.Entity) entity.Edit {
	return func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.Create(old, e) }
}

func missing(id string) error {
	return exchange.ResourceNotFound.Say("实体 %s 不存在", "there is no entity %s", id)
}

// key reads the id of the path.
func key(x *exchange.Exchange) (entity.Key, error) {
	id := x.Path("id")
	if !ngsi.IsURI(id) {
		return entity.Key{}, exchange.BadRequestData.Say("实体标识 %q 不是合规的 URI", "%q is not a URI and cannot be an entity's id", ngsi.Clip(id))
	}
	return entity.Key{Tenant: x.Tenant, ID: id}, nil
}

// wanted reads the type selection that an entity of a path must fulfil (4.17); nil where none is asked for.
func wanted(x *exchange.Exchange) (*query.Types, error) {
	v := x.Param("type")
	if v == "" {
		return nil, nil
	}
	return query.ParseTypes(v, x.Names)
}

// there gives back an entity of the types that are wanted, or says that it is not there.
func there(old *ngsi.Entity, id string, types *query.Types) error {
	if old == nil || !types.Match(old.Types) {
		return missing(id)
	}
	return nil
}

// edit changes the entity of the path by fn, which is given it as it stands.
func (s *Service) edit(x *exchange.Exchange, fn entity.Edit) error {
	k, err := key(x)
	if err != nil {
		return err
	}
	types, err := wanted(x)
	if err != nil {
		return err
	}
	_, err = s.Store.Do(x.R.Context(), entity.Task{Key: k, Owner: s.owner(x), Edit: func(old *ngsi.Entity) (*ngsi.Entity, error) {
		if err := there(old, k.ID, types); err != nil {
			return nil, err
		}
		return fn(old)
	}})
	return err
}

// fragment reads a body that is a part of the entity of the path.
func fragment(x *exchange.Exchange, in form.Input) (*ngsi.Entity, error) {
	if _, err := key(x); err != nil {
		return nil, err
	}
	in.Context, in.Fragment = x.Ctx, true
	e, err := form.Entity(x.Body, in)
	if err != nil {
		return nil, err
	}
	if id := x.Path("id"); e.ID != "" && e.ID != id {
		return nil, exchange.BadRequestData.Say("请求体的 id（%s）与路径（%s）不一致", "the id of the body (%s) is not that of the path (%s)", e.ID, id)
	}
	return e, nil
}

// remove is O06. ETSI GS CIM 009 V1.9.1 5.6.6.4
func (s *Service) remove(x *exchange.Exchange) error {
	if err := s.edit(x, func(*ngsi.Entity) (*ngsi.Entity, error) { return nil, nil }); err != nil {
		return err
	}
	return x.NoContent()
}

// replace is O07.
func (s *Service) replace(x *exchange.Exchange) error {
	e, err := fragment(x, form.Input{})
	if err != nil {
		return err
	}
	if err := s.edit(x, func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.Replace(old, e) }); err != nil {
		return err
	}
	return x.NoContent()
}

// merge is O08.
func (s *Service) merge(x *exchange.Exchange) error {
	o := patch.MergeOptions{Lang: x.Param("lang")}
	switch f := x.Param("format"); f {
	case "simplified", "keyValues":
		o.Simplified = true
	case "":
		o.Simplified = x.Option("simplified") || x.Option("keyValues")
	}
	if v := x.Param("observedAt"); v != "" {
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return exchange.BadRequestData.Say("observedAt %q 不是合规的时间（例：2026-01-01T08:00:00Z）", "observedAt %q is not a DateTime (example: 2026-01-01T08:00:00Z)", ngsi.Clip(v))
		}
		o.ObservedAt = t
	}
	e, err := fragment(x, form.Input{Simplified: o.Simplified, Merge: true})
	if err != nil {
		return err
	}
	if err := s.edit(x, func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.Merge(old, e, o) }); err != nil {
		return err
	}
	return x.NoContent()
}

// append is O09.
func (s *Service) append(x *exchange.Exchange) error {
	overwrite := !x.Option("noOverwrite")
	return s.attrs(x, func(old, e *ngsi.Entity) (*ngsi.Entity, patch.Outcome, error) { return patch.Append(old, e, overwrite) })
}

// update is O10.
func (s *Service) update(x *exchange.Exchange) error { return s.attrs(x, patch.Update) }

// attrs changes the attributes of an entity and tells which were left (207 with an UpdateResult).
func (s *Service) attrs(x *exchange.Exchange, change func(old, frag *ngsi.Entity) (*ngsi.Entity, patch.Outcome, error)) error {
	e, err := fragment(x, form.Input{})
	if err != nil {
		return err
	}
	if len(e.Attrs) == 0 && len(e.Types) == 0 && len(e.Scope) == 0 && e.ExpiresAt.IsZero() {
		return exchange.BadRequestData.Say("请求体没有任何属性", "the body has no attributes")
	}
	var out patch.Outcome
	err = s.edit(x, func(old *ngsi.Entity) (n *ngsi.Entity, err error) {
		n, out, err = change(old, e)
		return n, err
	})
	if err != nil {
		return err
	}
	if len(out.Skipped) == 0 {
		return x.NoContent()
	}
	return x.Plain(http.StatusMultiStatus, updateResult(&out))
}

// updateResult writes what became of attributes; names are full, for there is no @context (6.3.6).
// ETSI GS CIM 009 V1.9.1 5.2.18, 5.2.19
func updateResult(o *patch.Outcome) []byte {
	b := []byte(`{"updated":[`)
	for i, n := range o.Updated {
		b = comma(b, i)
		b = appendText(b, full(n))
	}
	b = append(b, `],"notUpdated":[`...)
	for i, k := range o.Skipped {
		b = comma(b, i)
		b = append(appendText(append(b, `{"attributeName":`...), full(k.Name)), `,"reason":`...)
		b = append(appendText(b, k.Reason), '}')
	}
	return append(b, "]}"...)
}

// full is the full name of an attribute; members of the entity stand for themselves.
func full(name string) string {
	if name == "scope" || name == "type" {
		return name
	}
	return jsonld.IRI(name)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// attrName reads the attribute of the path, as a stored name.
func attrName(x *exchange.Exchange) (string, error) {
	term := x.Path("attr")
	if term == "scope" {
		return term, nil
	}
	name := x.Ctx.Expand(term)
	if err := ngsi.CheckName(name); err != nil {
		return "", err
	}
	return name, nil
}

// instances reads a body that holds instances of the attribute of the path.
func instances(x *exchange.Exchange, partial bool) (string, []ngsi.Attr, error) {
	if _, err := key(x); err != nil {
		return "", nil, err
	}
	name, err := attrName(x)
	if err != nil {
		return "", nil, err
	}
	if name == "scope" {
		return "", nil, exchange.BadRequestData.Say("scope 不能以属性操作修改", "scope cannot be changed by an operation on attributes")
	}
	list, err := form.Attr(x.Body, name, form.Input{Context: x.Ctx, Fragment: partial})
	if err == nil && (len(list) == 0 || partial && len(list) == 1 && blank(&list[0])) {
		err = exchange.BadRequestData.Say("请求体没有要修改的内容", "the body has nothing to change")
	}
	return name, list, err
}

// blank tells whether an instance says nothing.
func blank(a *ngsi.Attr) bool {
	return len(a.Value) == 0 && a.UnitCode == "" && a.ObservedAt.IsZero() && a.ExpiresAt.IsZero() && len(a.Attrs) == 0 && len(a.Members) == 0
}

// partial is O11.
func (s *Service) partial(x *exchange.Exchange) error {
	name, list, err := instances(x, true)
	if err != nil {
		return err
	}
	if err := s.edit(x, func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.Partial(old, name, list) }); err != nil {
		return err
	}
	return x.NoContent()
}

// replaceAttr is O12.
func (s *Service) replaceAttr(x *exchange.Exchange) error {
	name, list, err := instances(x, false)
	if err != nil {
		return err
	}
	if err := s.edit(x, func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.ReplaceAttr(old, name, list) }); err != nil {
		return err
	}
	return x.NoContent()
}

// deleteAttr is O13.
func (s *Service) deleteAttr(x *exchange.Exchange) error {
	if _, err := key(x); err != nil {
		return err
	}
	name, err := attrName(x)
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
	all := x.True("deleteAll")
	if err := s.edit(x, func(old *ngsi.Entity) (*ngsi.Entity, error) { return patch.DeleteAttr(old, name, dataset, all) }); err != nil {
		return err
	}
	return x.NoContent()
}

// purge is O04. ETSI GS CIM 009 V1.9.1 5.6.21.4
func (s *Service) purge(x *exchange.Exchange) error {
	drop, keep := names(x, "drop"), names(x, "keep")
	if drop != nil && keep != nil {
		return exchange.BadRequestData.Say("drop 与 keep 不能同用", "drop and keep cannot go together")
	}
	sel, err := s.selection(x)
	if err != nil {
		return err
	}
	if sel.links > 0 {
		return exchange.BadRequestData.Say("清除操作的条件不能涉及关联实体", "a purge cannot ask for linked entities")
	}
	list, err := s.purgeable(x, sel)
	if err != nil {
		return err
	}
	tasks := make([]entity.Task, len(list))
	for i, id := range list {
		tasks[i] = entity.Task{Key: entity.Key{Tenant: x.Tenant, ID: id}, Edit: func(old *ngsi.Entity) (*ngsi.Entity, error) {
			if old == nil || drop == nil && keep == nil {
				return nil, nil
			}
			return patch.Trim(old, drop, keep), nil
		}}
	}
	results, err := s.Store.DoAll(x.R.Context(), tasks)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return x.NoContent()
}

// purgeable collects what a purge is about.
func (s *Service) purgeable(x *exchange.Exchange, sel *selection) (ids []string, err error) {
	err = s.Store.EachMatch(x.R.Context(), x.Tenant, &sel.Selection, func(e *entity.Entity) error {
		if sel.also == nil || sel.also(e) {
			ids = append(ids, e.ID)
		}
		return nil
	})
	return ids, err
}

// names reads a list of attribute names, expanded.
func names(x *exchange.Exchange, param string) []string {
	list := x.List(param)
	for i, n := range list {
		if n != "scope" {
			list[i] = x.Ctx.Expand(n)
		}
	}
	return list
}

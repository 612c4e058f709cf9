package entities

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/patch"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// batch is a batch operation under way: tasks for what could be read, and the fate of each element.
type batch struct {
	x     *exchange.Exchange
	ids   []string // of the elements
	errs  []error
	tasks []entity.Task
	of    []int  // element of a task
	made  []bool // whether an element was created, or left something as it was
}

// elements cuts the body into its elements. ETSI GS CIM 009 V1.9.1 5.6.7.4 to 5.6.10.4, 5.6.20.4: neither empty nor null
func elements(x *exchange.Exchange) ([]json.RawMessage, error) {
	list, err := form.Elements(x.Body)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, exchange.BadRequestData.Say("批量操作的数组为空", "the array of the batch is empty")
	}
	for _, el := range list {
		if string(bytes.TrimSpace(el)) == "null" {
			return nil, exchange.BadRequestData.Say("批量操作的数组含有 null", "the array of the batch has a null in it")
		}
	}
	return list, nil
}

// run reads every element and edits the entities; what cannot be read fails alone.
func (s *Service) run(x *exchange.Exchange, in form.Input, edit func(e *ngsi.Entity, made *bool) entity.Edit) (*batch, error) {
	list, err := elements(x)
	if err != nil {
		return nil, err
	}
	n := len(list)
	b := &batch{x: x, ids: make([]string, n), errs: make([]error, n), made: make([]bool, n), tasks: make([]entity.Task, 0, n), of: make([]int, 0, n)}
	owner := s.owner(x)
	for i, el := range list {
		in := in
		if in.Context, err = x.ContextOf(el); err == nil {
			var e *ngsi.Entity
			if e, err = form.Entity(el, in); err == nil {
				if e.ID == "" {
					err = exchange.BadRequestData.Say("第 %d 个实体缺少 id", "entity number %d has no id", i+1)
				} else {
					b.ids[i] = e.ID
					b.of = append(b.of, i)
					b.tasks = append(b.tasks, entity.Task{Key: entity.Key{Tenant: x.Tenant, ID: e.ID}, Owner: owner, Edit: edit(e, &b.made[i])})
				}
			}
		}
		if err != nil {
			b.ids[i], b.errs[i] = idOf(el), err
		}
	}
	return b, b.do(s)
}

// do runs the tasks.
func (b *batch) do(s *Service) error {
	if len(b.tasks) == 0 {
		return nil
	}
	results, err := s.Store.DoAll(b.x.R.Context(), b.tasks)
	if err != nil {
		return err
	}
	for i := range results {
		b.errs[b.of[i]] = results[i].Err
	}
	return nil
}

// idOf finds the id of an element that could not be read.
func idOf(el json.RawMessage) string {
	var e struct {
		ID   json.RawMessage `json:"id"`
		AtID json.RawMessage `json:"@id"`
	}
	var id string
	if json.Unmarshal(el, &e) == nil {
		if json.Unmarshal(e.ID, &id) != nil {
			_ = json.Unmarshal(e.AtID, &id)
		}
	}
	return id
}

// failed tells whether something did.
func (b *batch) failed() bool {
	return slices.ContainsFunc(b.errs, func(err error) bool { return err != nil })
}

// result answers a BatchOperationResult. ETSI GS CIM 009 V1.9.1 5.2.16, 5.2.17
func (b *batch) result() error {
	out := []byte(`{"success":[`)
	out = appendIDs(out, b.ids, func(i int) bool { return b.errs[i] == nil })
	out = append(out, `],"errors":[`...)
	n := 0
	for i, err := range b.errs {
		if err == nil {
			continue
		}
		_, details := exchange.ProblemOf(err)
		out = append(comma(out, n), `{"entityId":`...)
		out = append(appendText(out, b.ids[i]), `,"error":`...)
		out = append(append(out, details...), '}')
		n++
	}
	return b.x.Plain(http.StatusMultiStatus, append(out, `]}`...))
}

// appendIDs writes the ids that are wanted, each once.
func appendIDs(out []byte, ids []string, want func(i int) bool) []byte {
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if !want(i) || seen[id] {
			continue
		}
		out = appendText(comma(out, len(seen)), id)
		seen[id] = true
	}
	return out
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, q...)
}

// batchCreate is O14. Of several of one id the first is created, the others exist already (5.5.11.1).
func (s *Service) batchCreate(x *exchange.Exchange) error {
	b, err := s.run(x, form.Input{}, func(e *ngsi.Entity, _ *bool) entity.Edit { return creation(e) })
	if err != nil {
		return err
	}
	if b.failed() {
		return b.result()
	}
	return x.Plain(http.StatusCreated, append(appendIDs([]byte{'['}, b.ids, func(int) bool { return true }), ']'))
}

// batchUpsert is O15. Of several of one id the later ones replace or update what the earlier ones made (5.5.11.2).
func (s *Service) batchUpsert(x *exchange.Exchange) error {
	update := x.Option("update")
	if update && x.Option("replace") {
		return exchange.InvalidRequest.Say("options 的 replace 与 update 不能同用", "replace and update cannot go together in options")
	}
	b, err := s.run(x, form.Input{}, func(e *ngsi.Entity, made *bool) entity.Edit {
		create := creation(e)
		return func(old *ngsi.Entity) (n *ngsi.Entity, err error) {
			*made = old == nil
			switch {
			case old == nil:
				return create(nil)
			case update:
				n, _, err = patch.Update(old, e)
				return n, err
			}
			return patch.Replace(old, e)
		}
	})
	if err != nil {
		return err
	}
	switch {
	case b.failed():
		return b.result()
	case !slices.Contains(b.made, true):
		return x.NoContent()
	}
	return x.Plain(http.StatusCreated, append(appendIDs([]byte{'['}, b.ids, func(i int) bool { return b.made[i] }), ']'))
}

// change answers a batch of changes to entities that must be there.
func (s *Service) change(x *exchange.Exchange, in form.Input, edit func(old, e *ngsi.Entity) (*ngsi.Entity, error)) error {
	b, err := s.run(x, in, func(e *ngsi.Entity, _ *bool) entity.Edit {
		return func(old *ngsi.Entity) (*ngsi.Entity, error) {
			if old == nil {
				return nil, missing(e.ID)
			}
			return edit(old, e)
		}
	})
	if err != nil {
		return err
	}
	if b.failed() {
		return b.result()
	}
	return x.NoContent()
}

// batchUpdate is O16. ETSI GS CIM 009 V1.9.1 5.6.9.4: as Append Attributes
func (s *Service) batchUpdate(x *exchange.Exchange) error {
	overwrite := !x.Option("noOverwrite")
	b, err := s.run(x, form.Input{Fragment: true}, func(e *ngsi.Entity, skipped *bool) entity.Edit {
		return func(old *ngsi.Entity) (*ngsi.Entity, error) {
			if old == nil {
				return nil, missing(e.ID)
			}
			n, out, err := patch.Append(old, e, overwrite)
			*skipped = len(out.Skipped) > 0
			return n, err
		}
	})
	if err != nil {
		return err
	}
	for i, skipped := range b.made { // what was new stands; what was left is told
		if b.errs[i] == nil && skipped {
			b.errs[i] = exchange.BadRequestData.Say("部分属性已存在，且要求不覆盖（noOverwrite），未更新", "some attributes exist, and noOverwrite was asked for: they were left")
		}
	}
	if b.failed() {
		return b.result()
	}
	return x.NoContent()
}

// batchMerge is O17.
func (s *Service) batchMerge(x *exchange.Exchange) error {
	return s.change(x, form.Input{Fragment: true, Merge: true}, func(old, e *ngsi.Entity) (*ngsi.Entity, error) { return patch.Merge(old, e, patch.MergeOptions{}) })
}

// batchDelete is O18. The body is an array of ids; of several of one id the later ones are not there any more (5.5.11.4).
func (s *Service) batchDelete(x *exchange.Exchange) error {
	list, err := elements(x)
	if err != nil {
		return err
	}
	n := len(list)
	b := &batch{x: x, ids: make([]string, n), errs: make([]error, n)}
	for i, el := range list {
		if json.Unmarshal(el, &b.ids[i]) != nil || !ngsi.IsURI(b.ids[i]) {
			b.errs[i] = exchange.BadRequestData.Say("第 %d 项不是合规的实体标识（URI）", "item number %d is not an entity's id (a URI)", i+1)
			continue
		}
		id := b.ids[i]
		b.of = append(b.of, i)
		b.tasks = append(b.tasks, entity.Task{Key: entity.Key{Tenant: x.Tenant, ID: id}, Edit: func(old *ngsi.Entity) (*ngsi.Entity, error) {
			if old == nil {
				return nil, missing(id)
			}
			return nil, nil
		}})
	}
	if err := b.do(s); err != nil {
		return err
	}
	if b.failed() {
		return b.result()
	}
	return x.NoContent()
}

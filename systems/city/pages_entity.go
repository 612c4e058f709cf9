package city

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// pageEntity is one entity: what it is, its attributes, where it stands, the course of one attribute, its changes.
func (s *service) pageEntity(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	id := r.Query("id")
	if id == "" {
		return s.pageEntities(r)
	}
	e, err := s.entities.Find(r.Context(), entity.Key{Tenant: tenant, ID: id})
	if err != nil {
		return nil, err
	}
	p := s.page(lang.Same(clip(id, 80)), "/city/entities", ui.Link{Text: lang.T("实体", "Entities"), Href: link("/city/entities", "tenant", tenant)}, ui.Link{Text: lang.Same(clip(id, 60)), Href: entityLink(tenant, id)})
	p.Actions = []ui.Action{{Text: lang.Same("JSON-LD"), Href: link("/api/city/entities.jsonld", "id", id, "tenant", tenant)},
		{Text: lang.T("经接口读取", "Read it over the API"), Href: link("/city/try/O05", "id", id, "tenant", tenant)}}
	left := []ui.Block{s.attrTable(tenant, e)}
	course, err := s.course(r, tenant, e)
	if err != nil {
		return nil, err
	}
	left = append(left, course...)
	right := []ui.Block{s.entityFacts(tenant, e)}
	if lon, lat, ok := place(e); ok {
		right = append(right, ui.Map{ID: "entity-map", Title: lang.T("位置", "Where it is"), Height: 300, Points: []ui.Point{{Lon: lon, Lat: lat, Kind: "plain", Text: lang.Same(id)}}})
	}
	if tenant == "" {
		changes, err := s.changes(r, id)
		if err != nil {
			return nil, err
		}
		right = append(right, changes)
	}
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{left, right}}}
	return p, nil
}

func (s *service) entityFacts(tenant string, e *entity.Entity) ui.Facts {
	return ui.Facts{ID: "entity-facts", Title: lang.T("基本信息", "What it is"), Items: []ui.Fact{
		{Name: lang.T("类型", "Type"), Value: lang.Same(strings.Join(terms(e.Types), ", ")), Href: link("/city/entities", "type", e.Type(), "tenant", tenant)},
		{Name: lang.T("责任单位", "Owner"), Value: s.host.People.UnitName(e.Owner)},
		{Name: lang.T("租户", "Tenant"), Value: s.tenantName(tenant)},
		{Name: lang.T("范围", "Scope"), Value: lang.Same(strings.Join(e.Scope, ", "))},
		{Name: lang.T("创建", "Created"), Time: e.CreatedAt}, {Name: lang.T("最近修改", "Modified"), Time: e.ModifiedAt},
		{Name: lang.T("失效", "Expires"), Time: e.ExpiresAt},
		{Name: lang.T("版本", "Version"), Value: lang.Same(strconv.FormatInt(e.Version, 10))},
	}}
}

func (s *service) tenantName(tenant string) lang.Text {
	if tenant == "" {
		return lang.T("公共上下文", "Common context")
	}
	return s.host.People.UnitName(tenant)
}

// place is the middle of an entity's location.
func place(e *entity.Entity) (lon, lat float64, ok bool) {
	a := e.Attr("location")
	if a == nil {
		return 0, 0, false
	}
	_, box, ok := a.Bounds()
	return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, ok
}

var kindWords = map[ngsi.AttrKind]lang.Text{
	ngsi.Property: lang.T("属性", "Property"), ngsi.Relationship: lang.T("关系", "Relationship"), ngsi.GeoProperty: lang.T("地理属性", "Geo property"),
	ngsi.LanguageProperty: lang.T("多语言属性", "Language property"), ngsi.JSONProperty: lang.T("JSON 属性", "JSON property"), ngsi.VocabProperty: lang.T("词汇属性", "Vocab property"),
	ngsi.ListProperty: lang.T("列表属性", "List property"), ngsi.ListRelationship: lang.T("列表关系", "List relationship"),
}

// attrTable lists the attribute instances of an entity, relationships as links.
func (s *service) attrTable(tenant string, e *entity.Entity) ui.Table {
	t := ui.Table{ID: "attrs", Title: lang.T("属性", "Attributes"), Total: -1, Empty: lang.T("没有属性。", "No attributes."), Columns: []ui.Column{
		{Key: "name", Text: lang.T("名称", "Name")}, {Key: "value", Text: lang.T("值", "Value")}, {Key: "unit", Text: lang.T("单位", "Unit")},
		{Key: "observed", Text: lang.T("观测", "Observed"), Num: true}, {Key: "modified", Text: lang.T("修改", "Modified"), Num: true}}}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		sub := kindWords[a.Kind]
		if a.DatasetID != "" {
			sub = lang.T(sub.Zh+" · "+a.DatasetID, sub.En+" · "+a.DatasetID)
		}
		value := ui.Cell{Text: lang.Same(clip(plain(a), 160)), Sub: subs(a)}
		if a.Kind == ngsi.Relationship {
			if targets := e.Objects(a.Name); len(targets) == 1 {
				value.Href = entityLink(tenant, targets[0])
			}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "a-" + strconv.Itoa(i), Cells: []ui.Cell{
			{Text: lang.Same(jsonld.Core().Compact(a.Name)), Sub: sub, Href: link("/city/entity", "id", e.ID, "tenant", tenant, "attr", a.Name, "dataset", a.DatasetID) + "#course", Strong: true},
			value, {Text: lang.Same(a.UnitCode)}, {Time: a.ObservedAt}, {Time: a.ModifiedAt},
		}})
	}
	return t
}

// subs says the properties of a property.
func subs(a *ngsi.Attr) lang.Text {
	var parts []string
	for i := range a.Attrs {
		parts = append(parts, jsonld.Core().Compact(a.Attrs[i].Name)+"="+clip(plain(&a.Attrs[i]), 40))
	}
	return lang.Same(strings.Join(parts, "  "))
}

// courseLength is how many values of an attribute a page shows.
const courseLength = 500

// chosen is the attribute whose course is shown: the one asked for, or the first number.
func chosen(r *web.Request, e *entity.Entity) *ngsi.Attr {
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Name == r.Query("attr") && a.DatasetID == r.Query("dataset") {
			return a
		}
	}
	for i := range e.Attrs {
		if _, ok := number(e.Attrs[i].Value); ok && e.Attrs[i].Kind == ngsi.Property {
			return &e.Attrs[i]
		}
	}
	if len(e.Attrs) > 0 {
		return &e.Attrs[0]
	}
	return nil
}

func number(raw json.RawMessage) (v float64, ok bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil
}

// moment is when an instance holds from: when it was observed, or else written.
func moment(i *form.Instance) time.Time {
	switch {
	case !i.ObservedAt.IsZero():
		return i.ObservedAt
	case !i.DeletedAt.IsZero():
		return i.DeletedAt
	}
	return i.ModifiedAt
}

// course shows the history of one attribute, as a curve where it is of numbers, and as a table.
func (s *service) course(r *web.Request, tenant string, e *entity.Entity) ([]ui.Block, error) {
	a := chosen(r, e)
	if a == nil {
		return nil, nil
	}
	list, err := s.instances(r.Context(), entity.Key{Tenant: tenant, ID: e.ID}, a)
	if err != nil {
		return nil, err
	}
	name := jsonld.Core().Compact(a.Name)
	out := []ui.Block{}
	if c, ok := curve(name, a.UnitCode, list); ok {
		out = append(out, ui.Panel{ID: "course", Title: lang.T(name+" 的变化", "The course of "+name), Body: []ui.Block{c}})
	}
	t := ui.Table{ID: "instances", Title: lang.T(name+" 的历史", "History of "+name), Total: -1, Empty: lang.T("没有历史记录。", "Nothing is recorded."),
		Note:    lang.T(fmt.Sprintf("最近 %d 个值", courseLength), fmt.Sprintf("the newest %d values", courseLength)),
		Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "Time")}, {Key: "value", Text: lang.T("值", "Value")}, {Key: "written", Text: lang.T("写入", "Written"), Num: true}}}
	for i := len(list) - 1; i >= 0; i-- {
		x := &list[i]
		v := ui.Cell{Text: lang.Same(strings.TrimSpace(clip(plain(&x.Attr), 160) + " " + x.UnitCode))}
		if !x.DeletedAt.IsZero() {
			v = ui.Cell{Tag: &ui.Tag{Status: ui.StatusNone, Text: lang.T("已删除", "deleted")}}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "i-" + strconv.Itoa(i), Cells: []ui.Cell{{Time: moment(x)}, v, {Time: x.ModifiedAt}}})
		if len(t.Rows) == pageSize {
			break
		}
	}
	return append(out, t), nil
}

// instances are the newest values of an attribute, oldest first.
func (s *service) instances(ctx context.Context, k entity.Key, a *ngsi.Attr) (list []form.Instance, err error) {
	dataset := cmp.Or(a.DatasetID, "@none")
	page, err := s.past.Get(ctx, k, temporal.Ask{Tenant: k.Tenant, Attrs: []string{a.Name}, Datasets: []string{dataset}, LastN: courseLength})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	for _, v := range page.Evolutions {
		for i := range v.Attrs {
			if c := &v.Attrs[i]; c.Name == a.Name && c.Dataset == a.DatasetID {
				list = append(list, c.Instances...)
			}
		}
	}
	slices.SortStableFunc(list, func(x, y form.Instance) int { return cmp.Compare(moment(&x).UnixMicro(), moment(&y).UnixMicro()) })
	return list, nil
}

// curveSteps is how many points a curve has.
const curveSteps = 240

// curve draws numbers that hold until the next one; ok is false where there are not two of them.
func curve(name, unit string, list []form.Instance) (c ui.Chart, ok bool) {
	numbers := 0
	for i := range list {
		if _, is := number(list[i].Value); is {
			numbers++
		}
	}
	if numbers < 2 {
		return c, false
	}
	from, to := moment(&list[0]), moment(&list[len(list)-1])
	step := max(to.Sub(from)/(curveSteps-1), time.Second)
	points := make([]float64, int(to.Sub(from)/step)+1)
	next, now := 0, math.NaN()
	for i := range points {
		end := from.Add(time.Duration(i) * step)
		if i == len(points)-1 {
			end = to
		}
		for next < len(list) && !moment(&list[next]).After(end) {
			if now, ok = number(list[next].Value); !ok {
				now = math.NaN() // deleted, or not a number for a while
			}
			next++
		}
		points[i] = now
	}
	return ui.Chart{ID: "course-chart", Title: lang.Same(name), Unit: lang.Same(unit), From: from, Step: step, Lines: []ui.Line{{Name: lang.Same(name), Style: "now", Points: points}}}, true
}

// changes tells what happened to an entity of the common context.
func (s *service) changes(r *web.Request, id string) (ui.Timeline, error) {
	t := ui.Timeline{ID: "changes", Title: lang.T("变更", "Changes"), Empty: lang.T("没有变更。", "No changes.")}
	list, _, err := s.entities.History(r.Context(), id, "", 12)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return t, err
	}
	for _, c := range list {
		names := clip(strings.Join(terms(c.Attrs), ", "), 80)
		ev := ui.Event{At: c.At, Who: s.host.People.UnitName(c.Owner), What: lang.T("更新 "+names, "changed "+names)}
		switch c.Verb {
		case "create":
			ev.What, ev.Kind = lang.T("创建", "created"), "good"
		case "delete":
			ev.What, ev.Kind = lang.T("删除", "deleted"), "bad"
		}
		t.Items = append(t.Items, ev)
	}
	return t, nil
}

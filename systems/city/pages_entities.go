package city

import (
	"context"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// pageTypes is the room at a glance: what kinds of things there are, and how many.
func (s *service) pageTypes(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	types, err := s.entities.Types(r.Context(), tenant)
	if err != nil {
		return nil, err
	}
	t := s.typeTable(types, tenant)
	t.Query = keep(r, "tenant")
	if t.Filters, err = s.tenantFilter(r); err != nil {
		return nil, err
	}
	tiles, err := s.typeTiles(r, types, tenant)
	if err != nil {
		return nil, err
	}
	p := s.page(source, "/city")
	p.Crumbs = p.Crumbs[:2]
	p.Clause = lang.T("方案三（三）2", "Clause 3(3)2")
	p.Lead = lang.T("各系统共享的实体及其历史，以 NGSI-LD（ETSI GS CIM 009）对外提供查询、写入和订阅。", "The entities that all systems share, with their history; read, written and subscribed to in NGSI-LD (ETSI GS CIM 009).")
	p.Body = []ui.Block{tiles, t}
	return p, nil
}

// typeTiles are the room's figures; those of subscriptions are of the same tenant.
func (s *service) typeTiles(r *web.Request, types []entity.TypeInfo, tenant string) (ui.Tiles, error) {
	_, states, _, subs, err := s.engine.List(r.Context(), tenant, "", 0, 1_000_000)
	var total, dead, waiting int64
	for _, x := range types {
		total += x.Count
	}
	for _, st := range states {
		dead, waiting = dead+st.Dead, waiting+st.Waiting
	}
	now, to := s.host.Clock.Now(), link("/city/subscriptions", "tenant", tenant)
	tile := func(id string, name lang.Text, v int64, href string) ui.Tile {
		return ui.Tile{ID: id, Name: name, Value: ui.Grouped(v), Href: href, At: now, Source: source}
	}
	tiles := ui.Tiles{ID: "city-tiles", Title: lang.T("关键指标", "Key figures"), Items: []ui.Tile{
		tile("kpi-entities", lang.T("实体（按类型计）", "Entities, by type"), total, link("/city/entities", "tenant", tenant)),
		tile("kpi-subscriptions", lang.T("订阅", "Subscriptions"), subs, to),
		tile("kpi-waiting", lang.T("待发通知", "Notifications waiting"), waiting, to),
		tile("kpi-dead", lang.T("死信", "Dead letters"), dead, to),
	}}
	if s.broker != nil {
		tiles.Items = append(tiles.Items, tile("kpi-devices", lang.T("MQTT 连接", "MQTT connections"), int64(s.broker.Clients()), "/city/devices"))
	}
	return tiles, err
}

func (s *service) typeTable(types []entity.TypeInfo, tenant string) ui.Table {
	t := ui.Table{ID: "types", Title: lang.T("实体类型", "Types of entities"), Path: "/city", Total: int64(len(types)),
		Empty: lang.T("还没有实体。可经 NGSI-LD 接口或 MQTT 写入，见“接口试用”和“设备接入”。", "There are no entities yet. Write some over NGSI-LD or MQTT: see Try the API and Devices."),
		Columns: []ui.Column{{Key: "type", Text: lang.T("类型", "Type")}, {Key: "count", Text: lang.T("实体数", "Entities"), Num: true},
			{Key: "attrs", Text: lang.T("属性", "Attributes")}, {Key: "model", Text: lang.T("数据模型登记方", "Model registered by")}}}
	for i, x := range types {
		var names []string
		for _, a := range x.Attrs {
			names = append(names, jsonld.Core().Compact(a.Name))
		}
		model := lang.Same("—")
		if o := s.entities.Owner(x.Type); o != "" && tenant == "" {
			model = lang.Same(o)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "type-" + strconv.Itoa(i), Cells: []ui.Cell{
			{Text: lang.Same(jsonld.Core().Compact(x.Type)), Href: link("/city/entities", "type", x.Type, "tenant", tenant), Strong: true},
			{Text: lang.Same(ui.Grouped(x.Count))}, {Text: lang.Same(clip(strings.Join(names, ", "), 120))}, {Text: model},
		}})
	}
	return t
}

// selection reads the filters of a list of entities.
func selection(r *web.Request) (*filter.Selection, error) {
	sel := &filter.Selection{}
	names := jsonld.Core().Expand
	var err error
	if t := r.Query("type"); t != "" {
		if sel.Types, err = query.ParseTypes(t, names); err != nil {
			return nil, unread(err, lang.T("类型选择式有误", "the type selection is wrong"))
		}
	}
	if q := r.Query("q"); q != "" {
		if sel.Q, err = query.ParseQ(q, query.QOptions{Names: names}); err != nil {
			return nil, unread(err, lang.T("条件式有误", "the condition is wrong"))
		}
	}
	switch id := strings.TrimSpace(r.Query("id")); {
	case id == "":
	case ngsi.IsURI(id) && (strings.Count(id, ":") > 2 && strings.HasPrefix(id, "urn:") || strings.Contains(id, "://")): // whole: looked up, not searched
		sel.IDs = []string{id}
	default:
		if sel.IDPattern, err = regexp.Compile(regexp.QuoteMeta(id)); err != nil {
			return nil, errs.As(errs.Invalid, "read the id", err)
		}
	}
	return sel, nil
}

// pageEntities lists entities in the order in which they came to be.
func (s *service) pageEntities(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	p := s.page(lang.T("实体", "Entities"), "/city/entities", ui.Link{Text: lang.T("实体", "Entities"), Href: "/city/entities"})
	t, err := s.entityTable(r, tenant)
	if errs.Is(err, errs.Invalid) {
		msg, _ := errs.MsgOf(err)
		p.Body = append(p.Body, ui.Notice{ID: "wrong", Kind: "bad", Text: msg})
	} else if err != nil {
		return nil, err
	}
	p.Body = append(p.Body, t, ui.Prose{Text: lang.T("条件式按 NGSI-LD 4.9 书写，如 temperature>20;status==\"online\"。按创建先后排列；编号可填全部，或其中一部分。",
		"A condition is written as NGSI-LD 4.9 has it, such as temperature>20;status==\"online\". The order is that of creation; give an id whole or in part.")})
	return p, nil
}

func (s *service) entityTable(r *web.Request, tenant string) (ui.Table, error) {
	t := ui.Table{ID: "entities", Title: lang.T("实体", "Entities"), Path: "/city/entities", Query: keep(r, "id", "type", "q", "tenant"), Total: -1, Paged: r.Query("after") != "",
		Search: &ui.Field{Name: "id", Kind: "search", Label: lang.T("编号", "Id"), Placeholder: lang.Same("urn:ngsi-ld:…"), Value: r.Query("id")},
		Filters: []ui.Field{{Name: "type", Label: lang.T("类型", "Type"), Value: r.Query("type"), Placeholder: lang.T("类型", "Type")},
			{Name: "q", Label: lang.T("条件", "Condition"), Value: r.Query("q"), Placeholder: lang.Same("temperature>20")}},
		Empty: lang.T("没有符合条件的实体。", "No entity fits."),
		Columns: []ui.Column{{Key: "id", Text: lang.T("编号 · 类型", "Id · type")}, {Key: "attrs", Text: lang.T("属性", "Attributes")}, {Key: "owner", Text: lang.T("责任单位", "Owner")},
			{Key: "modified", Text: lang.T("最近修改", "Modified"), Num: true}},
	}
	more, err := s.tenantFilter(r)
	if err != nil {
		return t, err
	}
	t.Filters = append(t.Filters, more...)
	sel, err := selection(r)
	if err != nil {
		return t, err
	}
	// A total costs a walk over the candidates, except where a type alone is asked for.
	count := sel.Q == nil && sel.IDPattern == nil
	page, err := s.entities.Search(r.Context(), entity.Search{Tenant: tenant, Select: sel, After: r.Query("after"), Limit: pageSize, Count: count})
	if err != nil {
		return t, err
	}
	t.Total, t.Next = page.Total, page.Next
	for _, e := range page.Entities {
		t.Rows = append(t.Rows, ui.Row{ID: "e-" + strconv.FormatInt(e.Num, 10), Cells: []ui.Cell{
			{Text: lang.Same(e.ID), Sub: lang.Same(strings.Join(terms(e.Types), ", ")), Href: entityLink(tenant, e.ID), Strong: true},
			{Text: lang.Same(clip(summary(e), 90))}, {Text: s.host.People.UnitName(e.Owner)}, {Time: e.ModifiedAt},
		}})
	}
	pairs := []string{"id", r.Query("id"), "type", r.Query("type"), "q", r.Query("q"), "tenant", tenant}
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: link("/api/city/entities.csv", append(pairs, "bom", "1")...)},
		{Text: lang.Same("JSON-LD"), Href: link("/api/city/entities.jsonld", pairs...)}}
	return t, nil
}

func terms(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = jsonld.Core().Compact(n)
	}
	return out
}

// summary says the first attributes of an entity.
func summary(e *entity.Entity) string {
	var parts []string
	for i := range e.Attrs {
		if len(parts) == 6 {
			break
		}
		a := &e.Attrs[i]
		parts = append(parts, jsonld.Core().Compact(a.Name)+"="+clip(plain(a), 30))
	}
	return strings.Join(parts, "  ")
}

// plain writes an attribute's value for a reader: a text without its quotes.
func plain(a *ngsi.Attr) string {
	var t string
	if len(a.Value) > 0 && a.Value[0] == '"' && json.Unmarshal(a.Value, &t) == nil {
		return t
	}
	return string(a.Value)
}

// exportRows bounds an export.
const exportRows = 1_000_000

// each streams the entities that a list shows, up to exportRows.
func (s *service) each(ctx context.Context, r *web.Request, fn func(*entity.Entity) error) error {
	tenant, err := s.tenant(r)
	if err != nil {
		return err
	}
	sel, err := selection(r)
	if err != nil {
		return err
	}
	n := 0
	return s.entities.EachMatch(ctx, tenant, sel, func(e *entity.Entity) error {
		if n++; n > exportRows {
			return errs.Say(errs.TooLarge, "超过 %d 个实体，请缩小条件后导出", "more than %d entities: narrow the condition", exportRows)
		}
		return fn(e)
	})
}

// apiEntitiesCSV writes one row an attribute instance, for spreadsheets.
func (s *service) apiEntitiesCSV(r *web.Request) (any, error) {
	return web.Reply{Type: sheet.Type, Name: "entities.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		if err := out.Write("id", "type", "owner", "attribute", "kind", "dataset", "value", "unit", "observedAt", "modifiedAt"); err != nil {
			return err
		}
		stamp := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.UTC().Format(time.RFC3339Nano)
		}
		err := s.each(r.Context(), r, func(e *entity.Entity) error {
			typ := strings.Join(terms(e.Types), " ")
			for i := range e.Attrs {
				a := &e.Attrs[i]
				err := out.Write(e.ID, typ, e.Owner, jsonld.Core().Compact(a.Name), a.Kind.String(), a.DatasetID, plain(a), a.UnitCode, stamp(a.ObservedAt), stamp(a.ModifiedAt))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return out.Flush()
	}}, nil
}

// apiEntitiesLD writes an array of entities in normalized form.
func (s *service) apiEntitiesLD(r *web.Request) (any, error) {
	return web.Reply{Type: "application/ld+json", Name: "entities.jsonld", Body: func(w io.Writer) error {
		o := &form.Output{Context: jsonld.Core(), InBody: true}
		before, b := "[", []byte(nil)
		err := s.each(r.Context(), r, func(e *entity.Entity) error {
			b = form.Append(append(b[:0], before...), e, o)
			before = ",\n"
			_, err := w.Write(b)
			return err
		})
		if err == nil && before == "[" {
			_, err = io.WriteString(w, "[")
		}
		if err == nil {
			_, err = io.WriteString(w, "]\n")
		}
		return err
	}}, nil
}

// unread says in both languages what a codec could not read.
func unread(err error, what lang.Text) error {
	why, said := errs.MsgOf(err)
	if !said {
		why = lang.Same(err.Error())
	}
	return errs.Because(err, errs.Invalid, what.Zh+"：%[1]s", what.En+": %[2]s", clip(why.Zh, 200), clip(why.En, 200))
}

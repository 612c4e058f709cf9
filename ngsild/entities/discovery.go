package entities

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// sheet writes the objects of discovery, names compacted, with the @context where the answer bears it in its body.
type sheet struct {
	x *exchange.Exchange
	b []byte
}

// open begins an object of a type.
func (d *sheet) open(id, typ string) {
	d.b = append(d.b, `{"id":`...)
	d.b = append(appendText(d.b, id), `,"type":"`+typ+`"`...)
}

func (d *sheet) name(member, name string) {
	d.b = append(d.b, `,"`+member+`":`...)
	d.b = appendText(d.b, d.x.Ctx.Compact(name))
}

func (d *sheet) names(member string, list []string) {
	d.b = append(d.b, `,"`+member+`":[`...)
	short := make([]string, len(list))
	for i, n := range list {
		short[i] = d.x.Ctx.Compact(n)
	}
	slices.Sort(short)
	for i, n := range short {
		d.b = appendText(comma(d.b, i), n)
	}
	d.b = append(d.b, ']')
}

func (d *sheet) count(member string, n int64) {
	d.b = strconv.AppendInt(append(d.b, `,"`+member+`":`...), n, 10)
}

// close ends an object; top puts the @context in.
func (d *sheet) close(top bool) {
	if top && d.x.Accept == exchange.LD {
		d.b = append(append(d.b, `,"@context":`...), d.x.Ctx.Value()...)
	}
	d.b = append(d.b, '}')
}

// attr writes an Attribute; whole adds what only 4.5.15 has.
// ETSI GS CIM 009 V1.9.1 5.2.28
func (d *sheet) attr(a *entity.AttrInfo, kinds, types, count bool) {
	d.open(jsonld.IRI(a.Name), "Attribute")
	d.name("attributeName", a.Name)
	if count {
		d.count("attributeCount", a.Count)
	}
	if kinds {
		words := make([]string, 0, len(a.Kinds))
		for _, k := range a.Kinds {
			words = append(words, k.String())
		}
		slices.Sort(words)
		d.b = append(d.b, `,"attributeTypes":[`...)
		for i, w := range words {
			d.b = appendText(comma(d.b, i), w)
		}
		d.b = append(d.b, ']')
	}
	if types {
		d.names("typeNames", a.Types)
	}
}

func (d *sheet) send() error { return d.x.Answer(http.StatusOK, d.b) }

// counted tells the number of elements where it is asked for (6.3.13).
func counted(x *exchange.Exchange, n int) {
	if x.True("count") {
		x.Page("", 0, 0, 0, int64(n))
	}
}

// types is O19, and O20 where details are asked for.
// ETSI GS CIM 009 V1.9.1 5.2.24, 5.2.25
func (s *Service) types(x *exchange.Exchange) error {
	list, err := s.Store.Types(x.R.Context(), x.Tenant)
	if err != nil {
		return err
	}
	counted(x, len(list))
	d := &sheet{x: x}
	if !x.True("details") {
		names := make([]string, len(list))
		for i := range list {
			names[i] = list[i].Type
		}
		d.open("urn:ngsi-ld:EntityTypeList:"+listID(x), "EntityTypeList")
		d.names("typeList", names)
		d.close(true)
		return d.send()
	}
	d.b = append(d.b, '[')
	for i := range list {
		d.b = comma(d.b, i)
		d.open(jsonld.IRI(list[i].Type), "EntityType")
		d.name("typeName", list[i].Type)
		d.names("attributeNames", attrNames(list[i].Attrs))
		d.close(true)
	}
	d.b = append(d.b, ']')
	return d.send()
}

// listID tells the lists of tenants apart.
func listID(x *exchange.Exchange) string {
	if x.Tenant == "" {
		return "default"
	}
	return x.Tenant
}

func attrNames(list []entity.AttrInfo) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Name
	}
	return out
}

// describeType is O21. ETSI GS CIM 009 V1.9.1 5.7.7.4, 5.2.26
func (s *Service) describeType(x *exchange.Exchange) error {
	name := x.Ctx.Expand(x.Path("type"))
	if err := ngsi.CheckName(name); err != nil {
		return err
	}
	list, err := s.Store.Types(x.R.Context(), x.Tenant)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(t entity.TypeInfo) bool { return t.Type == name })
	if at < 0 {
		return exchange.ResourceNotFound.Say("没有类型为 %s 的实体", "there is no entity of the type %s", jsonld.IRI(name))
	}
	t := &list[at]
	d := &sheet{x: x}
	d.open(jsonld.IRI(name), "EntityTypeInfo")
	d.name("typeName", name)
	d.count("entityCount", t.Count)
	d.b = append(d.b, `,"attributeDetails":[`...)
	for i := range t.Attrs {
		d.b = comma(d.b, i)
		d.attr(&t.Attrs[i], true, false, false)
		d.close(false)
	}
	d.b = append(d.b, ']')
	d.close(true)
	return d.send()
}

// attributes is O22, and O23 where details are asked for.
// ETSI GS CIM 009 V1.9.1 5.2.27, 5.2.28
func (s *Service) attributes(x *exchange.Exchange) error {
	list, err := s.Store.AttrNames(x.R.Context(), x.Tenant)
	if err != nil {
		return err
	}
	counted(x, len(list))
	d := &sheet{x: x}
	if !x.True("details") {
		d.open("urn:ngsi-ld:AttributeList:"+listID(x), "AttributeList")
		d.names("attributeList", attrNames(list))
		d.close(true)
		return d.send()
	}
	d.b = append(d.b, '[')
	for i := range list {
		d.b = comma(d.b, i)
		d.attr(&list[i], false, true, false)
		d.close(true)
	}
	d.b = append(d.b, ']')
	return d.send()
}

// describeAttr is O24. ETSI GS CIM 009 V1.9.1 5.7.10.4
func (s *Service) describeAttr(x *exchange.Exchange) error {
	name := x.Ctx.Expand(x.Path("attr"))
	if err := ngsi.CheckName(name); err != nil {
		return err
	}
	list, err := s.Store.AttrNames(x.R.Context(), x.Tenant)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(a entity.AttrInfo) bool { return a.Name == name })
	if at < 0 {
		return exchange.ResourceNotFound.Say("没有实体带有属性 %s", "no entity has the attribute %s", jsonld.IRI(name))
	}
	d := &sheet{x: x}
	d.attr(&list[at], true, true, true)
	d.close(true)
	return d.send()
}

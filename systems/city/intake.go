package city

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/patch"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// intake stores what devices publish. The tenant "-" is the common context; an id with "/", "+" or "#" is percent-encoded.
//
//	city/<tenant>/entities                      an entity or an array of them: comes to be, or its attributes are laid over what is there
//	city/<tenant>/entities/<id>/attrs           a fragment of an entity, merged into it (5.6.17)
//	city/<tenant>/entities/<id>/attrs/<attr>    a reading: a number, text, boolean or any JSON value, or an attribute as an object
//
// A reading that does not say when it was made was made when it came.
type intake struct {
	entities *entity.Store
	contexts exchange.Contexts
	now      func() time.Time
	allow    func(who *identity.Principal, tenant string) error
}

// refusal is a publication that was refused.
type refusal struct {
	At    time.Time
	Who   string
	Topic string
	Err   error
}

// keptRefusals is how many are shown.
const keptRefusals = 100

func (s *service) keepRefused(m broker.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, refusal{s.host.Clock.Now(), m.Who.ID, m.Topic, err})
	if n := len(s.refused) - keptRefusals; n > 0 {
		s.refused = slices.Delete(s.refused, 0, n)
	}
}

// take stores a batch in one transaction and answers for each publication.
func (k *intake) take(ctx context.Context, batch []broker.Message) []error {
	out := make([]error, len(batch))
	var tasks []entity.Task
	var of []int // publication of each task
	for i := range batch {
		list, err := k.read(&batch[i])
		out[i] = err
		for _, t := range list {
			tasks, of = append(tasks, t), append(of, i)
		}
	}
	results, err := k.entities.DoAll(ctx, tasks)
	for j, i := range of {
		switch {
		case j < len(results) && results[j].Err != nil && out[i] == nil:
			out[i] = results[j].Err
		case j >= len(results):
			out[i] = err
		}
	}
	return out
}

// read makes tasks of a publication.
func (k *intake) read(m *broker.Message) ([]entity.Task, error) {
	levels := strings.Split(m.Topic, "/")
	if len(levels) < 3 || levels[0] != "city" || levels[2] != "entities" {
		return nil, noTopic()
	}
	tenant := tenantOf(levels[1])
	if err := k.allow(m.Who, tenant); err != nil {
		return nil, err
	}
	if len(levels) == 3 {
		return k.readEntities(m, tenant)
	}
	id, err := url.PathUnescape(levels[3])
	if err != nil || !ngsi.IsURI(id) {
		return nil, errs.Say(errs.Invalid, "主题中的实体标识不是 URI", "the entity's id in the topic is no URI")
	}
	t := entity.Task{Key: entity.Key{Tenant: tenant, ID: id}}
	switch {
	case len(levels) == 5 && levels[4] == "attrs":
		t.Edit, err = k.fragment(m, id)
	case len(levels) == 6 && levels[4] == "attrs":
		var name string
		if name, err = url.PathUnescape(levels[5]); err == nil {
			t.Edit, err = k.reading(m, id, name)
		}
	default:
		err = noTopic()
	}
	if err != nil {
		return nil, err
	}
	return []entity.Task{t}, nil
}

func noTopic() error {
	return errs.Say(errs.NotFound, "没有此主题，可用 city/<租户>/entities、…/<标识>/attrs、…/<标识>/attrs/<属性>",
		"there is no such topic: city/<tenant>/entities, …/<id>/attrs or …/<id>/attrs/<attribute>")
}

// contextOf is the context of a body: its own, or the core one.
func (k *intake) contextOf(body []byte) (*jsonld.Context, error) {
	value, err := form.Split(body)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return jsonld.Core(), nil
	}
	return k.contexts.ByValue(nil, value)
}

// readEntities reads an entity or an array of them.
func (k *intake) readEntities(m *broker.Message, tenant string) ([]entity.Task, error) {
	list := []json.RawMessage{m.Payload}
	if b := bytes.TrimLeft(m.Payload, " \t\r\n"); len(b) > 0 && b[0] == '[' {
		var err error
		if list, err = form.Elements(b); err != nil {
			return nil, wrong(err)
		}
	}
	out := make([]entity.Task, 0, len(list))
	for _, body := range list {
		c, err := k.contextOf(body)
		if err != nil {
			return nil, wrong(err)
		}
		e, err := form.Entity(body, form.Input{Context: c})
		if err != nil {
			return nil, wrong(err)
		}
		who := m.Who
		out = append(out, entity.Task{Key: entity.Key{Tenant: tenant, ID: e.ID}, Owner: ownerOf(who), Edit: func(old *entity.Entity) (*entity.Entity, error) {
			if old == nil {
				return e.Clone(), nil
			}
			if err := owned(who, old); err != nil {
				return nil, err
			}
			made, _, err := patch.Append(old, e, true)
			return made, err
		}})
	}
	return out, nil
}

// fragment reads what is to be merged into an entity.
func (k *intake) fragment(m *broker.Message, id string) (entity.Edit, error) {
	c, err := k.contextOf(m.Payload)
	if err != nil {
		return nil, wrong(err)
	}
	frag, err := form.Entity(m.Payload, form.Input{Context: c, Fragment: true})
	if err != nil {
		return nil, wrong(err)
	}
	who := m.Who
	return func(old *entity.Entity) (*entity.Entity, error) {
		if err := there(who, old, id); err != nil {
			return nil, err
		}
		return patch.Merge(old, frag, patch.MergeOptions{})
	}, nil
}

// reading reads one value of an attribute. A payload that is no JSON is a text.
func (k *intake) reading(m *broker.Message, id, term string) (entity.Edit, error) {
	name, body := jsonld.Core().Expand(term), bytes.TrimSpace(m.Payload)
	if err := ngsi.CheckName(name); err != nil {
		return nil, err
	}
	var a ngsi.Attr
	switch {
	case len(body) == 0:
		return nil, errs.Say(errs.Invalid, "消息没有内容", "the message is empty")
	case body[0] == '{':
		c, err := k.contextOf(body)
		if err != nil {
			return nil, wrong(err)
		}
		list, err := form.Attr(body, c.Expand(term), form.Input{Context: c, Fragment: true})
		if err != nil {
			return nil, wrong(err)
		}
		if len(list) != 1 || len(list[0].Value) == 0 {
			return nil, errs.Say(errs.Invalid, "属性没有值", "the attribute has no value")
		}
		a = list[0]
	case json.Valid(body):
		a = ngsi.Attr{Name: name, Kind: ngsi.Unsaid, Value: slices.Clone(body)}
	default:
		a = ngsi.TextAttr(name, string(bytes.ToValidUTF8(body, []byte("\uFFFD"))))
		a.Kind = ngsi.Unsaid
	}
	if string(a.Value) == "null" {
		return nil, errs.Say(errs.Invalid, "读数不能为 null", "a reading is not null")
	}
	if a.ObservedAt.IsZero() {
		a.ObservedAt = k.now()
	}
	who := m.Who
	return func(old *entity.Entity) (*entity.Entity, error) {
		if err := there(who, old, id); err != nil {
			return nil, err
		}
		return lay(old, a)
	}, nil
}

// lay sets the value of one attribute; what it said besides stays, and an attribute that is not there comes to be.
func lay(old *entity.Entity, a ngsi.Attr) (*entity.Entity, error) {
	e := old.Clone()
	for i := range e.Attrs {
		if x := &e.Attrs[i]; x.Name == a.Name && x.DatasetID == a.DatasetID {
			if a.Kind != ngsi.Unsaid && a.Kind != x.Kind {
				return nil, errs.Say(errs.Invalid, "属性 %s 的种类是 %s，不能改为 %s", "the attribute %s is a %s and cannot become a %s", a.Name, x.Kind.String(), a.Kind.String())
			}
			x.Value, x.ObservedAt, x.ModifiedAt, x.Gauge = a.Value, a.ObservedAt, time.Time{}, 0
			if a.UnitCode != "" {
				x.UnitCode = a.UnitCode
			}
			if len(a.Attrs) > 0 {
				x.Attrs = a.Attrs
			}
			return e, nil
		}
	}
	if a.Kind == ngsi.Unsaid {
		a.Kind = ngsi.Property
	}
	e.Attrs = append(e.Attrs, a)
	return e, nil
}

// there refuses an entity that does not exist, or that is another unit's.
func there(who *identity.Principal, old *entity.Entity, id string) error {
	if old == nil {
		return errs.Say(errs.NotFound, "实体 %s 不存在；请先向 city/<租户>/entities 发布整个实体", "there is no entity %s: publish it whole to city/<tenant>/entities first", id)
	}
	return owned(who, old)
}

// owned keeps a unit's devices off the entities of another unit in the common context.
func owned(who *identity.Principal, old *entity.Entity) error {
	if old.Tenant != "" || old.Owner == ownerOf(who) || who.Can(grantTenants) {
		return nil
	}
	return errs.Say(errs.Denied, "实体 %s 属于其他单位", "the entity %s is another unit's", old.ID)
}

// ownerOf is the unit that what a device makes belongs to.
func ownerOf(who *identity.Principal) string {
	if who.Unit != "" {
		return who.Unit
	}
	return "city"
}

// wrong gives an error of a codec its kind.
func wrong(err error) error {
	if errs.KindOf(err) != errs.Internal {
		return err
	}
	return errs.As(errs.Invalid, "read the message", err)
}

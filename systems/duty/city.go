package duty

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// watchName is the watch of the rules over entities, and the system that their alarms belong to.
const watchName = "city"

// cityWatch holds the entities of the common context against the rules of kind entity, in the writer's own transaction: an update and its
// alarm are one commit. Entities of other tenants are no business of the desk's.
type cityWatch struct {
	watch  *rule.Watch
	board  *alarm.Board
	db     *store.DB
	clock  host.Clock
	unhook func()
}

func watchCity(h *host.Host) (*cityWatch, error) {
	w, err := h.Duty.Rules.Watch(watchName, h.Duty.Alarms.Standing(watchName))
	if err != nil {
		return nil, err
	}
	c := &cityWatch{watch: w, board: h.Duty.Alarms, db: h.DB, clock: h.Clock}
	c.unhook = h.Entities.Watch(c.changed)
	return c, nil
}

// changed judges what a transaction changed, within it.
func (c *cityWatch) changed(tx *store.Tx, changes []entity.Change) error {
	var docs []rule.Document
	for i := range changes {
		ch := &changes[i]
		if kind := short(ch.Type); ch.Tenant == "" && c.watch.Reads(kind) {
			docs = append(docs, document(ch, kind))
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return c.keep(tx, c.watch.Judge(docs))
}

// keep hands transitions to the board; where the transaction fails, they are to be told again.
func (c *cityWatch) keep(tx *store.Tx, list []rule.Transition) error {
	if len(list) == 0 {
		return nil
	}
	tx.OnRollback(func() { c.watch.Untell(list) })
	return c.board.Apply(tx, alarm.FromRules(watchName, list))
}

// tick ends what stands under a rule that is no more.
func (c *cityWatch) tick(ctx context.Context) error {
	list := c.watch.Tick(c.clock.Now().UnixMicro())
	if len(list) == 0 {
		return nil
	}
	err := c.db.Write(ctx, func(tx *store.Tx) error { return c.board.Apply(tx, alarm.FromRules(watchName, list)) })
	if err != nil {
		c.watch.Untell(list)
	}
	return err
}

// document is an entity as rules read it: values of the default instances by their short names. What is no JSON is left out.
func document(ch *entity.Change, kind string) rule.Document {
	d := rule.Document{ID: ch.ID, Type: kind, Unit: ch.Owner, At: ch.At.UnixMicro(), Gone: ch.Entity == nil, Title: lang.Same(ch.ID), Values: map[string]any{}}
	if ch.Entity == nil {
		return d
	}
	for i := range ch.Entity.Attrs {
		a := &ch.Entity.Attrs[i]
		if a.DatasetID != "" {
			continue
		}
		var v any
		if err := json.Unmarshal(a.Value, &v); err == nil && v != nil {
			d.Values[short(a.Name)] = v
		}
	}
	if name, ok := d.Values["name"].(string); ok && name != "" {
		d.Title = lang.Same(name)
	}
	return d
}

// short is the end of a name: what stands after the last / or # of an IRI.
func short(name string) string { return name[strings.LastIndexAny(name, "/#")+1:] }

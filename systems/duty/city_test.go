package duty

import (
	"context"
	"errors"
	"testing"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// TestCity: an update of an entity raises an alarm in the same commit, another ends it, a deletion ends it, and what is rolled back
// leaves nothing behind. The suite runs on both engines (HAIHE_TEST_ENGINE).
func TestCity(t *testing.T) {
	d := openDesk(t)
	ctx := context.Background()
	declare := func() {
		err := d.Duty.Rules.Declare(ctx, "duty", []rule.Rule{{ID: "duty.full", Title: lang.T("垃圾桶将满", "Bin nearly full"), Kind: rule.Entity, Expr: `entity["fillingLevel"] > 0.8`, Scope: rule.Scope{Types: []string{"WasteContainer"}}, Priority: rule.Medium}})
		if err != nil {
			t.Fatal(err)
		}
	}
	declare()
	const id = "urn:ngsi-ld:WasteContainer:1"
	number := func(v string) entity.Attr { return entity.Attr{Name: "fillingLevel", Value: []byte(v)} }
	write := func(fn func(tx *store.Tx) error) error { return d.DB.Write(ctx, fn) }
	want := func(when string, n int, state alarm.State) {
		t.Helper()
		list, _, err := d.Duty.Alarms.List(ctx, alarm.Filter{System: watchName})
		if err != nil || len(list) != n || n > 0 && (list[0].State != state || list[0].Entity != id) {
			t.Fatalf("%s: %v %+v", when, err, list)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(write(func(tx *store.Tx) error {
		return d.Entities.Create(tx, &entity.Entity{ID: id, Types: []string{"WasteContainer"}, Owner: "work-safety", Attrs: []entity.Attr{number("0.2"), {Name: "name", Value: []byte(`"一号桶"`)}}})
	}))
	want("half empty", 0, "")
	merge := func(v string) func(tx *store.Tx) error {
		return func(tx *store.Tx) error { _, err := d.Entities.Merge(tx, id, number(v)); return err }
	}
	must(write(merge("0.9")))
	want("full", 1, alarm.Unacknowledged)
	broken := errors.New("no")
	defer d.Entities.Watch(func(_ *store.Tx, changes []entity.Change) error {
		if v, _ := changes[0].Entity.Number("fillingLevel"); v == 0.05 {
			return broken
		}
		return nil
	})()
	if err := write(merge("0.05")); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	want("emptied, and rolled back", 1, alarm.Unacknowledged)
	must(write(merge("0.1")))
	want("emptied", 1, alarm.Returned)
	must(write(merge("0.95")))
	want("full again", 1, alarm.Unacknowledged)
	officer := d.As("officer")
	ids := d.ids(alarm.Filter{})
	contains(t, "its page", officer.Get("/zh/duty/alarms/"+ids[0]).Body, "垃圾桶将满", "城市数据")
	d2 := &desk{d.Reopen(plants(), System()), t}
	d = d2
	want("after a restart", 1, alarm.Unacknowledged)
	must(write(func(tx *store.Tx) error { return d.Entities.Delete(tx, id) }))
	want("deleted", 1, alarm.Returned)
}

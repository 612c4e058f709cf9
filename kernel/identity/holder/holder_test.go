package holder

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

func TestTie(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, now := t.Context(), func() time.Time { return time.Date(2016, 3, 1, 8, 0, 0, 0, time.UTC) }
		j, err := journal.Open(ctx, db, now)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(ctx, db, j, now)
		if err != nil {
			t.Fatal(err)
		}
		one, two := &identity.Principal{ID: "person:one", Unit: "power"}, &identity.Principal{ID: "person:two", Unit: "power"}
		if err := b.Bind(ctx, one, "official:7", "0a"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name   string
			who    *identity.Principal
			holder string
			want   errs.Kind
		}{
			{"another's certificate", two, "official:7", errs.Conflict},
			{"a second certificate", one, "official:8", errs.Conflict},
			{"a program", identity.System("x"), "official:9", errs.Denied},
		} {
			if err := b.Bind(ctx, c.who, c.holder, "0b"); !errs.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if p, err := b.Person(ctx, "official:7"); err != nil || p != "one" {
			t.Errorf("%q, %v", p, err)
		}
		if x, ok, err := b.Of(ctx, "one"); err != nil || !ok || x.Serial != "0a" || !x.Bound.Equal(now()) {
			t.Errorf("%+v, %v, %v", x, ok, err)
		}
		if err := b.Release(ctx, one); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Person(ctx, "official:7"); !errs.Is(err, errs.NotFound) {
			t.Errorf("after the release: %v", err)
		}
		if err := b.Bind(ctx, two, "official:7", "0c"); err != nil {
			t.Errorf("after the release: %v", err)
		}
		for i, want := range []bool{true, false} {
			if err := b.Spend(ctx, "ticket", now().Add(time.Minute)); (err == nil) != want {
				t.Errorf("use %d of a ticket: %v", i+1, err)
			}
		}
		if list, _, err := j.List(ctx, journal.Filter{Limit: 10}); err != nil || len(list) != 3 {
			t.Errorf("%d acts, %v", len(list), err)
		}
	})
}

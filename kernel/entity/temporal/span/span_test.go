package span_test

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

func TestTime(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2020, 8, 1, 12, 0, s, 0, time.UTC) }
	i := form.Instance{Attr: ngsi.Attr{ObservedAt: at(1), CreatedAt: at(2), ModifiedAt: at(3)}, DeletedAt: at(4)}
	bare := form.Instance{Attr: ngsi.Attr{CreatedAt: at(2), ModifiedAt: at(3)}}
	for _, c := range []struct {
		q        *query.Times
		i        *form.Instance
		want     int
		in, none bool
	}{
		{nil, &i, 1, true, false},
		{nil, &bare, 2, true, false},
		{&query.Times{Property: "observedAt"}, &bare, 0, false, true},
		{&query.Times{Property: "deletedAt"}, &i, 4, true, false},
		{&query.Times{Property: "createdAt", Rel: "before", At: at(2)}, &i, 2, false, false},
		{&query.Times{Property: "createdAt", Rel: "before", At: at(2).Add(time.Nanosecond)}, &i, 2, true, false},
		{&query.Times{Property: "modifiedAt", Rel: "after", At: at(3)}, &i, 3, true, false},
		{&query.Times{Property: "modifiedAt", Rel: "after", At: at(3).Add(time.Nanosecond)}, &i, 3, false, false},
		{&query.Times{Rel: "between", At: at(1), End: at(2)}, &i, 1, true, false},
		{&query.Times{Rel: "between", At: at(0), End: at(1)}, &i, 1, false, false},
	} {
		s := span.Of(c.q)
		got, in := s.Time(c.i)
		if in != c.in || !c.none && got != at(c.want).UnixMicro() {
			t.Errorf("%+v: %v, %v", c.q, time.UnixMicro(got).UTC(), in)
		}
	}
}

func TestArrange(t *testing.T) {
	list := []span.Timed{{At: 3}, {At: 1, Seq: 1}, {At: 2}, {At: 1, Seq: 2}}
	if got := span.Arrange(append([]span.Timed(nil), list...), false, 3); len(got) != 3 || got[0].Seq != 1 || got[1].Seq != 2 || got[2].At != 2 {
		t.Errorf("oldest first: %v", got)
	}
	if got := span.Arrange(append([]span.Timed(nil), list...), true, 0); len(got) != 4 || got[0].At != 3 || got[3].Seq != 2 {
		t.Errorf("newest first: %v", got)
	}
}

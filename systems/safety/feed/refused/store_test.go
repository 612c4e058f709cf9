package refused

import (
	"bytes"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
)

func TestKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		s, err := Open(t.Context(), db, func() time.Time { return now }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for i := range keptOfPeer + 20 {
			s.Keep(t.Context(), gate.Refused{Peer: "10.0.0.1:" + strconv.Itoa(i), Protocol: "hj212", Reason: lang.T("长度错误", "wrong length"), Clause: "6.3.1", Offset: 2}, bytes.Repeat([]byte{0xAB}, 3000))
		}
		s.Keep(t.Context(), gate.Refused{Peer: "P1 x", Protocol: "mqtt"}, nil)
		list, err := s.List(t.Context(), 0, 1000)
		if err != nil || len(list) != keptOfPeer+1 {
			t.Fatalf("%d are kept, %v", len(list), err)
		}
		if f := list[1]; f.Peer != "10.0.0.1:"+strconv.Itoa(keptOfPeer-1) || f.Clause != "6.3.1" || f.Offset != 2 || len(f.Hex) != 2*keptBytes || !f.At.Equal(now) || f.Reason.Zh != "长度错误" {
			t.Errorf("%+v", f)
		}
		if rest, err := s.List(t.Context(), list[50].Num, 1000); err != nil || len(rest) != keptOfPeer-50 || rest[0].Num >= list[50].Num {
			t.Errorf("%d follow, %v", len(rest), err)
		}
		now = now.Add(time.Minute)
		if s.Keep(t.Context(), gate.Refused{Peer: "10.0.0.1:1"}, nil); len(must(s.List(t.Context(), 0, 1000))) != keptOfPeer+2 {
			t.Error("the next minute keeps nothing")
		}
	})
}

func must(list []Frame, err error) []Frame {
	if err != nil {
		panic(err)
	}
	return list
}

package refused

import (
	"bytes"
	"log/slog"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// tables is a room's.
var tables = fstest.MapFS{"table/0001_refused.sql": {Data: []byte("CREATE TABLE test_refused (num BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, peer TEXT NOT NULL, protocol TEXT NOT NULL, reason TEXT NOT NULL, reason_en TEXT NOT NULL, clause TEXT NOT NULL, place BIGINT NOT NULL, body BYTEA NOT NULL);")}}

const keptOfPeer = 100

func TestKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		if err := db.Migrate(t.Context(), "refused.test", tables); err != nil {
			t.Fatal(err)
		}
		s := New(Options{DB: db, Table: "test_refused", Peer: keptOfPeer, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		for i := range keptOfPeer + 20 {
			s.Keep(t.Context(), Refusal{Peer: "10.0.0.1:" + strconv.Itoa(i), Protocol: "hj212", Reason: lang.T("长度错误", "wrong length"), Clause: "6.3.1", Offset: 2}, bytes.Repeat([]byte{0xAB}, 3000))
		}
		s.Keep(t.Context(), Refusal{Peer: "P1 x", Protocol: "mqtt"}, nil)
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
		if s.Keep(t.Context(), Refusal{Peer: "10.0.0.1:1"}, nil); len(must(s.List(t.Context(), 0, 1000))) != keptOfPeer+2 {
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

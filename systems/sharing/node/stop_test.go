package node

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/sharing/link"
)

// TestARewrittenLog: a peer whose checkpoint contradicts an earlier one raises an alarm, and calls with it stop, either way and also after a
// start, until a person decides; then they go on, and the same checkpoint is no news.
func TestARewrittenLog(t *testing.T) {
	for name, size := range map[string]int64{"another root": 0, "a log that shrank": -1} {
		t.Run(name, func(t *testing.T) { rewrites(t, size) })
	}
}

func rewrites(t *testing.T, by int64) {
	e := found(t, 1, nil)
	city, d := e.nodes[0], e.nodes[1]
	if _, err := d.Call(t.Context(), "tianjin", ask("a")); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	size, err := city.Witnessed(t.Context(), "district-1")
	if err != nil || size < 2 {
		t.Fatalf("%d, %v", size, err)
	}
	c, err := d.live.Load().Log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(c.Note.String(), "\n", 4)
	forged := lines[0] + "\n" + strconv.FormatInt(size+by, 10) + "\n" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n" + lines[3]
	send := func(seq int64) {
		t.Helper()
		b, err := json.Marshal(link.Batch{Items: []link.Item{{Seq: seq, Kind: kindCheckpoint, Item: "x", Body: []byte(forged)}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.live.Load().Tell(t.Context(), "tianjin", syncResource, b); err != nil {
			t.Fatal(err)
		}
	}
	stopped := func(want bool) {
		t.Helper()
		if status, words := raw(t, e, nil, nil); (status == 403) != want {
			t.Errorf("a call by it: %d %s", status, words)
		}
		if _, err := city.Call(t.Context(), "district-1", ask("a")); errs.Is(err, errs.Denied) != want {
			t.Errorf("a call of it: %v", err)
		}
		if err := city.Poll(t.Context()); err != nil || city.alarms["sharing.rewritten"] != want {
			t.Errorf("%v, %v", err, city.alarms)
		}
	}
	stopped(false)
	send(2)
	stopped(true)
	if err := city.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped(true)
	who := identity.System("test")
	if err := city.Resume(t.Context(), who, "sharing.members", "district-1"); err != nil {
		t.Fatal(err)
	}
	stopped(false)
	send(3)
	stopped(false)
	if err := city.Resume(t.Context(), who, "sharing.members", "district-1"); !errs.Is(err, errs.NotFound) {
		t.Errorf("decided on twice: %v", err)
	}
}

// TestRevokedBehindACut: where lists hold for 5 seconds, two members that are both cut off from the registry stop calling one another within
// 5 seconds of the cut, and so of any revocation that they cannot hear of.
func TestRevokedBehindACut(t *testing.T) {
	e := found(t, 2, func(o *Options) { o.ListLimit = 5 * time.Second })
	city, one, two := e.nodes[0], e.nodes[1], e.nodes[2]
	for _, s := range e.nodes {
		if err := s.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := one.Call(t.Context(), "district-2", ask("a")); err != nil {
		t.Fatal(err)
	}
	city.server.Close() // neither hears of what follows
	if err := city.Revoke(t.Context(), identity.System("test"), "district-1"); err != nil {
		t.Fatal(err)
	}
	e.clock.add(6 * time.Second)
	if _, err := one.Call(t.Context(), "district-2", ask("a")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("the revoked member called: %v", err)
	}
	if err := two.live.Load().Book.Fresh(); !errs.Is(err, errs.Unavailable) {
		t.Errorf("its peer, cut off as well, would serve it: %v", err)
	}
	if _, err := two.Call(t.Context(), "district-1", ask("a")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("the revoked member was called: %v", err)
	}
}

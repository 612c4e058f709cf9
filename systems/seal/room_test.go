package seal

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
)

// room is the system with its service in reach.
func room(set func(*Config), s **service) host.System {
	sys := System()
	conf := *sys.Config.(*Config)
	if set != nil {
		set(&conf)
	}
	sys.Config = &conf
	sys.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
		o, made, err := openRoom(ctx, h, conf)
		*s = made
		return o, err
	}
	return sys
}

func record(t *testing.T, app *hosttest.App, n int) {
	t.Helper()
	for i := range n {
		err := app.DB.Write(t.Context(), func(tx *store.Tx) error {
			return app.Journal.Append(tx, journal.Act{Actor: "person:01A", Unit: "power", Verb: "approve", Object: "target:x", Detail: i})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestContract(t *testing.T) { hosttest.Check(t, System) }

// TestOneNode is one program's life: what it serves, a key that is retired, and a journal that is damaged.
func TestOneNode(t *testing.T) {
	var s *service
	now := func() time.Time { return hosttest.Start }
	source := newClock(t, func() time.Time { return now() })
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, cert.Armour("CERTIFICATE", source.root), 0o600); err != nil {
		t.Fatal(err)
	}
	app := hosttest.Open(t, room(func(c *Config) { c.Stamp, c.StampRoots, c.StampDigest = source.URL, roots, "sm3" }, &s))
	now = app.Clock.Now
	t.Run("who may fetch what", func(t *testing.T) { fetch(t, app, s) })
	t.Run("judge", func(t *testing.T) { judged(t, app, s) })
	t.Run("time stamps", func(t *testing.T) { stamped(t, app, s, source) })
	t.Run("retired key", func(t *testing.T) { retire(t, app, s) })
	t.Run("damaged", func(t *testing.T) { damage(t, app, s) })
}

// fetch is the table of doc.go.
func fetch(t *testing.T, app *hosttest.App, s *service) {
	record(t, app, 300)
	if err := s.fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	nobody, reader, auditor := app.Nobody(), app.As("reader"), app.As("audit")
	for _, c := range []struct {
		who    *hosttest.Client
		path   string
		status int
	}{
		{nobody, "/log/journal/checkpoint", 200}, {nobody, "/log/journal/key", 200}, {nobody, "/log/journal/tile/1/000.p/1", 200},
		{nobody, "/log/journal/tile/0/000", 401}, {reader, "/log/journal/tile/0/000", 403}, {auditor, "/log/journal/tile/0/000", 200},
		{nobody, "/log/journal/tile/entries/000", 401}, {reader, "/log/journal/tile/entries/000", 403}, {auditor, "/log/journal/tile/entries/000", 200},
		{reader, "/api/seal/proof/5", 403}, {auditor, "/api/seal/proof/5", 200}, {auditor, "/api/seal/proof/0", 400}, {auditor, "/api/seal/proof/x", 400}, {auditor, "/api/seal/proof/100000", 404},
		{auditor, "/log/journal/tile/0/0", 404}, {auditor, "/log/journal/tile/0/999", 404}, {auditor, "/log/journal/tile/entries/999", 404}, {nobody, "/log/other/checkpoint", 404},
		{reader, "/zh/seal", 403}, {auditor, "/zh/seal", 200}, {auditor, "/en/seal", 200},
	} {
		if a := c.who.Get(c.path); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %.200s", c.path, a.Status, c.status, a.Body)
		}
	}
	var keys audit.Keys
	if err := keys.Add([]byte(nobody.Get("/log/journal/key").Body), ""); err != nil {
		t.Fatal(err)
	}
	p, err := audit.Proof([]byte(auditor.Get("/api/seal/proof/5").Body), &keys)
	if err != nil || p.Entry.Seq != 5 || len(p.Signed) != 2 || p.Signed[0].Time == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if a := nobody.Do(http.MethodPost, "/log/witness/add-checkpoint", "text/plain", "old 0\n\n"+nobody.Get("/log/journal/checkpoint").Body); a.Status != 404 {
		t.Errorf("a node that witnesses nobody: %d", a.Status)
	}
}

// retire ends a key: another one signs on.
func retire(t *testing.T, app *hosttest.App, s *service) {
	first, old := s.current().Log.Keys(), app.Nobody().Get("/log/journal/checkpoint").Body
	keys, err := app.Trust.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.Name == "seal.journal.sm2" {
			if err := app.Trust.Retire(t.Context(), identity.System("seal"), k.ID, "test"); err != nil {
				t.Fatal(err)
			}
		}
	}
	record(t, app, 3)
	for range 2 { // the first run finds the key refused, the next one signs with another
		err = s.fold(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	now := s.current().Log.Keys()
	if now[0].ID == first[0].ID || now[1].ID != first[1].ID {
		t.Error("the key is not another one")
	}
	if app.Nobody().Get("/log/journal/checkpoint").Body == old {
		t.Error("nothing was signed since")
	}
}

// damage changes the journal beside the program: it is not signed, and the console says so.
func damage(t *testing.T, app *hosttest.App, s *service) {
	record(t, app, 5)
	err := app.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("test.damage", `UPDATE journal_entry SET verb = 'reject' WHERE seq = (SELECT MAX(seq) - 2 FROM journal_entry)`))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.fold(t.Context()) == nil || s.health(t.Context()) == nil {
		t.Fatal("a damaged journal was signed")
	}
	if a := app.As("audit").Get("/zh/seal"); !strings.Contains(a.Body, "断裂") {
		t.Error("the page does not say that the journal is broken")
	}
}

// TestTwoNodes: one node cosigns the other's checkpoints over HTTP, first from nothing and then as the log grows.
func TestTwoNodes(t *testing.T) {
	var a, b *service
	appA := hosttest.Open(t, room(func(c *Config) { c.Origin = "a.example/journal" }, &a))
	keysA := strings.Split(appA.Nobody().Get("/log/journal/key").Body, "\n")
	appB := hosttest.Open(t, room(func(c *Config) { c.Origin, c.Logs = "b.example/journal", keysA }, &b))
	server := httptest.NewServer(appB.Handler)
	defer server.Close()
	appA = appA.Reopen(room(func(c *Config) { c.Witnesses = []string{server.URL + "/log/witness " + b.witness.Key.String()} }, &a))
	for _, n := range []int{10, 400} {
		record(t, appA, n)
		if err := a.fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.askWitnesses(t.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := a.current().Log.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if signed, err := c.Note.Open(a.witnesses[0].keys, audit.Check); err != nil || signed[0].Time == 0 {
			t.Errorf("the checkpoint of %d is not cosigned: %v", c.Size, err)
		}
	}
	need := audit.Keys{Witnesses: a.witnesses[0].keys, Need: 1}
	if err := need.Add([]byte(strings.Join(keysA, "\n")), ""); err != nil {
		t.Fatal(err)
	}
	if p, err := audit.Proof([]byte(appA.As("audit").Get("/api/seal/proof/7").Body), &need); err != nil || len(p.Signed) != 3 {
		t.Errorf("with the witness that is asked for: %+v, %v", p, err)
	}
	if res := appB.Nobody().Do(http.MethodPost, "/log/witness/add-checkpoint", "text/plain", "old 0\n\n"+appA.Nobody().Get("/log/journal/checkpoint").Body); res.Status != 409 || res.Body != sizeOf(t, a) {
		t.Errorf("a log that begins again: %d %q", res.Status, res.Body)
	}
	for _, body := range []string{"", "old 0\n", "old 0\n\nx\n", strings.Repeat("x", maxWitness+1)} {
		if res := appB.Nobody().Do(http.MethodPost, "/log/witness/add-checkpoint", "text/plain", body); res.Status != 400 && res.Status != 413 {
			t.Errorf("%.20q: %d", body, res.Status)
		}
	}
}

func sizeOf(t *testing.T, s *service) string {
	t.Helper()
	c, err := s.current().Log.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(c.Note.Text, "\n")[1] + "\n"
}

func TestConfig(t *testing.T) {
	for _, bad := range []Config{{Origin: "a b"}, {Origin: "a+b"}, {Witnesses: []string{"https://x.example"}}, {Witnesses: []string{"ftp://x.example k"}}, {Logs: []string{"x"}}, {Stamp: "ftp://x"}, {Stamp: "/tsa"}, {StampDigest: "md5"}} {
		if bad.StampDigest == "" {
			bad.StampDigest = "sm3"
		}
		if err := bad.Valid(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := (&Config{StampDigest: "sha256", Stamp: "https://tsa.example/x"}).Valid(); err != nil {
		t.Error(err)
	}
}

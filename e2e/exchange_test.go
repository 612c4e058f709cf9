package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is a TCP proxy that stands before a node and can be cut.
type wire struct {
	ln net.Listener
	to string

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

// lay puts a wire before the node at an address.
func lay(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, to: to, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = ln.Close(); w.cut(true) })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

func (w *wire) url() string { return "http://" + w.ln.Addr().String() }

// cut cuts the wire, and all that goes over it, or heals it.
func (w *wire) cut(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
	for c := range w.open {
		if down {
			_ = c.Close()
		}
	}
}

// hold notes a connection; false where the wire is cut.
func (w *wire) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.down {
		w.open[c] = true
	}
	return !w.down
}

func (w *wire) carry(c net.Conn) {
	defer c.Close()
	if !w.hold(c) {
		return
	}
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer far.Close()
	if !w.hold(far) {
		return
	}
	go func() {
		_, _ = io.Copy(far, c) // a wire that is cut is what the story is about
		_ = far.Close()
	}()
	_, _ = io.Copy(c, far)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	delete(w.open, far)
}

// press sends the form of a page whose action ends so, as its button does.
func (v *visitor) press(p page, action string) page {
	v.t.Helper()
	for _, form := range formTag.FindAllStringSubmatch(p.body, -1) {
		if !strings.HasSuffix(attrs(form[1])["action"], action) {
			continue
		}
		fields := map[string][]string{}
		for _, in := range inputTag.FindAllStringSubmatch(form[2], -1) {
			if a := attrs(in[1]); a["name"] != "" {
				fields[a["name"]] = []string{a["value"]}
			}
		}
		resp, err := v.http.PostForm(v.base+attrs(form[1])["action"], fields)
		return v.page(resp, err)
	}
	v.t.Fatalf("%s has no form to %s\n%.3000s", p.path, action, p.body)
	return page{}
}

// callNode calls a resource of another node with the program's token; id is what its receipt is asked for by.
func (s *server) callNode(to, resource string) (status int, id, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/sharing/members/"+to+"/resources/"+resource+"/call", strings.NewReader(`{"purpose":"emergency"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Haihe-Call"), string(b)
}

// until looks again and again whether something has come about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(startLimit); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within %v", what, startLimit)
		}
	}
}

// settled tells whether a node's link with another lives and nothing waits on it.
func (s *server) settled(peer string) bool {
	var out struct {
		Members []struct {
			ID      string `json:"id"`
			Live    bool   `json:"live"`
			Waiting int64  `json:"waiting"`
		} `json:"members"`
	}
	if err := json.Unmarshal(s.get("/api/sharing/members"), &out); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range out.Members {
		if m.ID == peer {
			return m.Live && m.Waiting == 0
		}
	}
	return false
}

// provesCall fetches a call's receipt at one side and has the program verify it, as anybody may who holds the file.
func provesCall(t *testing.T, s *server, pin, id, side string) string {
	t.Helper()
	v := s.visitor()
	v.login("security", exchangeWord)
	var got page
	until(t, "a receipt of "+side, func() bool {
		got = v.get("/api/sharing/records/" + id + "/receipt?side=" + side)
		return got.status == http.StatusOK
	})
	file := filepath.Join(t.TempDir(), "receipt.json")
	if err := os.WriteFile(file, []byte(got.body), 0o600); err != nil {
		t.Fatal(err)
	}
	o := run(t, "exchange", "verify", file, "--registry", pin)
	if o.code != exitDone || !strings.Contains(o.out, "call "+id+" caller=emergency") {
		t.Fatalf("the receipt of %s: exit code %d\n%s%s", side, o.code, o.out, o.errout)
	}
	return o.out
}

const exchangeWord = "two nodes by the Hai river"

var pinLine = regexp.MustCompile(`registry-sha256=([0-9a-f]{64})`)

// Claim: two programs, each with its own data, become an exchange by three commands. What is published, applied for and granted with
// conditions on one is called from the other; both sides have the line, and either's receipt proves the call without a platform. A cut
// wire stops calls and nothing else; a node that is killed meanwhile comes back as it was, and both catch up when the wire is mended. A
// member that is revoked is not served from then on, and what it signed before still verifies.
func TestExchangeBetweenPrograms(t *testing.T) {
	dir := t.TempDir()
	here, there := filepath.Join(dir, "city"), filepath.Join(dir, "office")
	config := filepath.Join(dir, "haihe.toml")
	if err := os.WriteFile(config, []byte(quiet+"[sharing.nodes]\nlink_interval = \"1s\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cityPort, officePort := freePort(t), freePort(t)
	toCity, toOffice := lay(t, cityPort), lay(t, officePort)
	begin := func(data, port string) *server {
		return start(t, "demo", "--no-simulate", "--config", config, "--listen", port, "--data", data, "--password", exchangeWord)
	}
	ok := func(args ...string) string {
		t.Helper()
		o := run(t, args...)
		if o.code != exitDone {
			t.Fatalf("haihe %s: exit code %d\n%s%s", strings.Join(args[:2], " "), o.code, o.out, o.errout)
		}
		return o.out
	}
	founded := ok("node", "found", "tianjin", "--data", here, "--zh", "天津市", "--en", "Tianjin", "--unit", "economy-it", "--address", toCity.url())
	pin := pinLine.FindStringSubmatch(founded)[1]
	invitation := strings.TrimSpace(ok("node", "invite", "emergency", "--data", here, "--zh", "应急办", "--en", "Emergency office", "--kind", "unit", "--unit", "emergency-office"))
	city := begin(here, cityPort)
	if joined := ok("node", "join", invitation, "--data", there, "--address", toOffice.url()); !strings.Contains(joined, pin) {
		t.Fatalf("joined another registry than %s: %s", pin, joined)
	}
	if o := run(t, "node", "join", invitation, "--data", filepath.Join(dir, "thief"), "--address", toOffice.url()); o.code == exitDone {
		t.Error("an invitation was used twice")
	}
	office := begin(there, officePort)
	if status, _, body := office.callNode("tianjin", "own-targets"); status != http.StatusNotFound {
		t.Errorf("what is not published: %d %s", status, body)
	}
	grantOnPages(t, city)
	status, id, body := office.callNode("tianjin", "own-targets")
	if status != http.StatusOK || strings.Count(body, `"id":`) != 1 || !strings.Contains(body, `"id":"sharing-rate"`) || !strings.Contains(body, `"masked":false`) {
		t.Fatalf("the call: %d %s", status, body)
	}
	if asked, served := provesCall(t, office, pin, id, "asked"), provesCall(t, city, pin, id, "served"); !strings.Contains(asked, "status=200") || !strings.Contains(served, "status=200") {
		t.Errorf("the receipts:\n%s\n%s", asked, served)
	}

	// The wire is cut, and the office's node killed meanwhile.
	toCity.cut(true)
	toOffice.cut(true)
	if status, _, body := office.callNode("tianjin", "own-targets"); status != http.StatusServiceUnavailable {
		t.Errorf("a call over a cut wire: %d %s", status, body)
	}
	own := "/api/sharing/call/grid-feeders?purpose=statistics"
	office.get(own)
	office.kill()
	office = begin(there, officePort)
	office.get(own)
	city.get(own)
	if status, _, _ := office.callNode("tianjin", "own-targets"); status != http.StatusServiceUnavailable {
		t.Errorf("after the kill, the wire still cut: %d", status)
	}
	toCity.cut(false)
	toOffice.cut(false)
	status, again, body := office.callNode("tianjin", "own-targets")
	if status != http.StatusOK || again == id {
		t.Fatalf("after the wire was mended: %d %s", status, body)
	}
	until(t, "both links live, nothing waiting", func() bool { return office.settled("tianjin") && city.settled("emergency") })
	provesCall(t, office, pin, again, "asked")

	revokedOnPages(t, city, office)
	for _, old := range []string{id, again} {
		if said := provesCall(t, city, pin, old, "served"); !strings.Contains(said, "status=200") {
			t.Errorf("signed before the revocation: %s", said)
		}
	}
	for _, s := range []*server{office, city} {
		if code, _ := s.stop(); code != exitDone {
			t.Errorf("exit code %d\n%s", code, s.errout)
		}
	}
	for _, data := range []string{here, there} {
		ok("journal", "verify", "--data", data)
	}
}

// grantOnPages has one officer publish a resource, another apply for it, and the owner's head grant it on a condition.
func grantOnPages(t *testing.T, city *server) {
	t.Helper()
	enter := func(login string) *visitor {
		v := city.visitor()
		v.login(login, exchangeWord)
		return v
	}
	owner, asker, head := enter("power-officer"), enter("emergency-officer"), enter("power-leader")
	p := owner.submit(owner.get("/zh/sharing/resources/new"), map[string]string{"id": "own-targets", "name": "目标进展", "name_en": "Targets", "abstract": "本单位目标的进展", "abstract_en": "Progress", "category": "department", "format": "interface", "period": "live",
		"sharing": "conditional", "condition": "用于应急处置", "source": "plan", "fields": "id|text||id|目标|Target\nname|text||name|名称|Name\ndue|integer||due|年份|Due"})
	if !strings.HasSuffix(p.path, "/own-targets") {
		t.Fatalf("the entry was not saved: %d %s\n%.6000s", p.status, p.path, p.body)
	}
	owner.press(p, "/own-targets/publish")
	p = asker.submit(asker.get("/zh/sharing/resources/own-targets/apply"), map[string]string{"resource": "own-targets", "purpose": "emergency", "reason": "处置时核对目标", "basis": "突发事件应对法", "f_id": "1", "f_name": "1"})
	at := strings.LastIndex(p.path, "/applications/")
	if at < 0 {
		t.Fatalf("the application: %d %s\n%.6000s", p.status, p.path, p.body)
	}
	p = head.submit(head.get("/zh/sharing"+p.path[at:]), map[string]string{"to": "granted", "minute": "30", "answer": "同意，仅限一项目标", "rows": "id eq sharing-rate", "f_id": "1"})
	if p.status != http.StatusOK || !strings.Contains(p.body, "查看授权") {
		t.Fatalf("the decision: %d %s\n%.6000s", p.status, p.path, p.body)
	}
}

// revokedOnPages has a head end the office's membership; its calls are refused from then on, by it and by the city.
func revokedOnPages(t *testing.T, city, office *server) {
	t.Helper()
	head := city.visitor()
	head.login("leader", exchangeWord)
	head.press(head.get("/zh/sharing/members/emergency/revoke"), "/members/emergency/revoke")
	if status, _, body := office.callNode("tianjin", "own-targets"); status != http.StatusForbidden {
		t.Errorf("a revoked member's call: %d %s", status, body)
	}
	if page := head.get("/zh/sharing/members"); !strings.Contains(page.body, "已撤销") {
		t.Error("the page does not say that the member was revoked")
	}
}

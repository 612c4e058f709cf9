package certificates

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/pem"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/pages"
	"github.com/haihe-city/haihe/web"
)

// everyPage asks for every address of the pages that is read, with the numbers of things put in, and wants 200 in both languages.
func (w *world) everyPage(t *testing.T, put map[string]string, has map[string]string) {
	t.Helper()
	for _, r := range pages.New(pages.Options{}).Routes() {
		at, ok := strings.CutPrefix(r.Pattern, "GET ")
		if !ok {
			continue
		}
		full := at
		for key, v := range put {
			if strings.HasPrefix(at, key) {
				full = strings.NewReplacer("{serial}", v, "{id}", v).Replace(full)
			}
		}
		if strings.Contains(full, "{") {
			continue // there is none yet
		}
		as := "leader"
		if r.Grant == "certificates.apply" {
			as = "officer"
		}
		if r.API != nil {
			w.Rows(t, []hosttest.Row{{Name: full, Path: full, Method: "GET", As: as, Status: 200}})
			continue
		}
		for _, l := range []string{"/zh", "/en"} {
			row := hosttest.Row{Name: l + full, Path: l + full, Method: "GET", As: as, Status: 200, Lacks: []string{"%!", "<no value>"}}
			if want := has[l+at]; want != "" {
				row.Has = []string{want}
			}
			w.Rows(t, []hosttest.Row{row})
		}
	}
}

// TestPages walks every page empty and full, and what may be done from each by whom.
func TestPages(t *testing.T) {
	w := openWorld(t, func(s *host.Settings) { s.Server.Proxied = true })
	t.Run("empty", func(t *testing.T) {
		w.everyPage(t, nil, map[string]string{"/zh/certificates": "尚无签发机构", "/en/certificates": "There is no authority yet", "/zh/certificates/list": "没有符合条件的证书", "/en/certificates/list": "No certificate matches",
			"/zh/certificates/subjects": "没有符合条件的主体", "/en/certificates/applications": "There is no application", "/zh/certificates/jobs": "没有批次", "/en/certificates/recoveries": "There is no request", "/zh/certificates/authorities": "尚无根证书"})
		if got := w.must(w.As("leader").Get("/api/certificates/list.csv"), 200).Body; strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "serial,kind") {
			t.Errorf("an empty table: %q", got)
		}
	})
	for _, a := range []string{"official/sm2-sm3", "citizen/ecdsa-p256-sha256", "system/ecdsa-p256-sha256"} {
		family, alg, _ := strings.Cut(a, "/")
		w.authority(family, pki.Algorithm(alg))
	}
	csr, _ := w.request(pki.SM2)
	held := w.issue(official(1, csr))
	waiting := w.apply(official(2, ""))
	job := w.list(t)
	t.Run("full", func(t *testing.T) {
		w.everyPage(t, map[string]string{"/certificates/list/": held.Serial, "/certificates/applications/": waiting.ID, "/certificates/jobs/": job, "/api/certificates/list/": held.Serial, "/api/certificates/jobs/": job, "/api/certificates/check/": held.Serial}, map[string]string{
			"/zh/certificates/list": "示例公务员01", "/en/certificates/list/{serial}": "Authority", "/zh/certificates/subjects": "登记", "/en/certificates/applications/{id}": "Waits for a decision", "/zh/certificates/jobs/{id}": "已有有效证书", "/en/certificates/authorities": "In service"})
	})
	t.Run("rights", func(t *testing.T) { w.rights(t, held, waiting.ID, job) })
	t.Run("standing", func(t *testing.T) { w.standing(t, held) })
	t.Run("lists", func(t *testing.T) { w.tables(t) })
	t.Run("looks", func(t *testing.T) { w.looks(t, held) })
	t.Run("oversized", w.oversized)
	t.Run("pace", w.pace)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// list hands in a list of three: one who has a certificate, one who gets one, one with a wrong number; and starts it as the leader.
func (w *world) list(t *testing.T) (id string) {
	t.Helper()
	var text, body bytes.Buffer
	rows := csv.NewWriter(&text)
	_ = rows.Write([]string{"name", "organization", "number", "request"})
	for n, number := range map[int]string{1: number(1), 5: number(5), 6: "123"} {
		csr, _ := w.request(pki.SM2)
		der, _ := pem.Decode([]byte(csr))
		_ = rows.Write([]string{fmt.Sprintf("示例公务员%02d", n), "示例委员会", number, base64.StdEncoding.EncodeToString(der.Bytes)})
	}
	rows.Flush()
	send := func(as string) hosttest.Answer {
		c := w.As(as)
		body.Reset()
		form := multipart.NewWriter(&body)
		for k, v := range map[string]string{"kind": ca.Official, "name": "三人名单", "csrf": csrfField.FindStringSubmatch(c.Get("/zh/certificates/jobs").Body)[1]} {
			_ = form.WriteField(k, v)
		}
		f, _ := form.CreateFormFile("file", "list.csv")
		_, _ = f.Write(text.Bytes())
		_ = form.Close()
		return c.Do(http.MethodPost, "/zh/certificates/jobs", form.FormDataContentType(), body.String())
	}
	w.must(send("reader"), 403)
	a := w.must(send("officer"), http.StatusSeeOther)
	id = path.Base(a.Header.Get("Location"))
	w.must(w.As("power-leader").Post("/zh/certificates/jobs/"+id+"/start", nil), 200) // another unit's: refused in words
	w.must(w.As("leader").Post("/zh/certificates/jobs/"+id+"/start", nil), http.StatusSeeOther)
	var list struct {
		Items []struct {
			State                string
			Issued, Had, Refused int64
		}
	}
	for range 100 {
		w.As("leader").Get("/api/certificates/jobs").JSON(t, &list)
		if list.Items[0].State == "done" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if x := list.Items[0]; x.State != "done" || x.Issued != 1 || x.Had != 1 || x.Refused != 1 {
		t.Fatalf("the list came to %+v", x)
	}
	return id
}

// rights: whoever only reads changes nothing, and a stranger sees the public pages alone.
func (w *world) rights(t *testing.T, held applied, waiting, job string) {
	put := strings.NewReplacer("/list/{serial}", "/list/"+held.Serial, "/applications/{id}", "/applications/"+waiting, "/jobs/{id}", "/jobs/"+job, "{id}", "none")
	for _, r := range pages.New(pages.Options{}).Routes() {
		method, at, _ := strings.Cut(r.Pattern, " ")
		if r.Grant == web.Public {
			continue
		}
		at = put.Replace(at)
		row := hosttest.Row{Name: "stranger " + r.Pattern, Method: method, Path: "/zh" + at, Status: http.StatusSeeOther, Lacks: []string{"示例公务员"}}
		if r.API != nil {
			row.Path, row.Status = at, http.StatusUnauthorized
		}
		if method == "POST" {
			row.Form, row.Status = url.Values{}, http.StatusUnauthorized
		}
		rows := []hosttest.Row{row}
		if r.Grant != pages.GrantRead {
			rows = append(rows, hosttest.Row{Name: "reader " + r.Pattern, Method: method, Path: row.Path, As: "reader", Form: row.Form, Status: http.StatusForbidden})
		}
		w.Rows(t, rows)
	}
	w.Rows(t, []hosttest.Row{
		{Name: "an officer decides", Path: "/zh/certificates/applications/" + waiting + "/approve", As: "officer", Form: url.Values{}, Status: 403},
		{Name: "another unit's leader decides", Path: "/zh/certificates/applications/" + waiting + "/approve", As: "power-leader", Form: url.Values{}, Status: 200, Has: []string{"其他单位登记"}},
		{Name: "another unit's officer revokes", Path: "/zh/certificates/list/" + held.Serial + "/revoke", As: "power-officer", Form: url.Values{"reason": {"1"}}, Status: 200, Has: []string{"其他单位登记"}, Lacks: []string{`id="revoke"`}},
		{Name: "another unit's officer holds", Path: "/en/certificates/list/" + held.Serial + "/suspend", As: "power-officer", Form: url.Values{}, Status: 200, Has: []string{"another unit entered"}},
		{Name: "another unit's officer reads, and is offered nothing", Method: "GET", Path: "/zh/certificates/list/" + held.Serial, As: "power-officer", Status: 200, Lacks: []string{"/suspend", `id="revoke"`}},
		{Name: "the leader is offered the decision", Method: "GET", Path: "/zh/certificates/applications/" + waiting, As: "leader", Status: 200, Has: []string{"/approve"}},
		{Name: "a second certificate", Path: "/zh/certificates/applications/new", As: "officer", Form: official(1, ""), Status: 422, Has: []string{"已有有效证书"}},
		{Name: "no such certificate", Method: "GET", Path: "/zh/certificates/list/ff", As: "reader", Status: 404},
		{Name: "no such application", Method: "GET", Path: "/zh/certificates/applications/none", As: "reader", Status: 404},
		{Name: "no such list", Method: "GET", Path: "/en/certificates/jobs/none", As: "reader", Status: 404},
		{Name: "none to revoke", Path: "/zh/certificates/list/ff/revoke", As: "officer", Form: url.Values{"reason": {"1"}}, Status: 404},
	})
	if s := w.state(held.Serial); s != "valid" {
		t.Errorf("after all that it is %s", s)
	}
}

// state asks as anybody may.
func (w *world) state(serial string) string {
	w.t.Helper()
	var v struct{ State string }
	w.must(w.Nobody().Get("/api/certificates/check/"+serial), 200).JSON(w.t, &v)
	return v.State
}

// standing leads a certificate through all it can be, and holds the public page to it: any certificate is judged, nobody is named.
func (w *world) standing(t *testing.T, held applied) {
	officer, pemOf := w.As("officer"), func(der []byte) url.Values {
		return url.Values{"text": {string(cert.Armour("CERTIFICATE", der))}}
	}
	der := w.der(held.Serial)
	bent := append([]byte{}, der...)
	bent[len(bent)-1] ^= 1
	check := func(name string, form url.Values, has ...string) {
		t.Helper()
		stranger := w.browser(t, "")
		with := map[string]string{}
		for k := range form {
			with[k] = form.Get(k)
		}
		page, _ := stranger.send(stranger.open("/zh/certificates/check"), "/certificates/check", with)
		_, page, _ = strings.Cut(page, "<main")
		for _, h := range has {
			if !strings.Contains(page, h) {
				t.Errorf("%s: the answer lacks %q\n%.1500s", name, h, page)
			}
		}
		if strings.Contains(page, "示例公务员") || strings.Contains(page, held.Subject) || strings.Contains(page, "示例委员会") {
			t.Errorf("%s: the answer names the holder", name)
		}
	}
	check("valid", pemOf(der), "证书有效", held.Serial)
	check("by number", url.Values{"serial": {strings.ToUpper(held.Serial)}}, "证书有效")
	check("by number with colons", url.Values{"serial": {colons(held.Serial)}}, "证书有效")
	check("another signature", pemOf(bent), "请勿信任")
	check("a root of ours, which has no number here", pemOf(w.certs[pki.SM2].Raw), "没有签发过")
	check("unknown number", url.Values{"serial": {"0123456789abcdef0123456789abcdef"}}, "没有签发过")
	for name, text := range map[string]string{"rubbish": "rubbish", "rubbish PEM": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cut PEM": "-----BEGIN CERTIFICATE-----\n", "a request": "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----"} {
		check(name, url.Values{"text": {text}}, "不是可识别的证书")
	}
	check("no number", url.Values{"serial": {"<script>"}}, "请输入序列号")
	check("nothing", url.Values{}, "请输入序列号")
	w.Rows(t, []hosttest.Row{{Name: "no number in the interface", Method: "GET", Path: "/api/certificates/check/zz", Status: 400}, {Name: "in English", Method: "GET", Path: "/en/certificates/check?serial=" + held.Serial, Status: 200, Has: []string{"The certificate is valid"}, Lacks: []string{"示例公务员"}}})

	for _, step := range []struct {
		verb   string
		form   url.Values
		status int
		state  string
		has    string
	}{
		{"resume", nil, 303, "valid", "证书有效"}, // resuming what stands changes nothing
		{"suspend", nil, 303, "suspended", "已冻结"},
		{"suspend", nil, 303, "suspended", "已冻结"},
		{"resume", nil, 303, "valid", "证书有效"},
		{"revoke", url.Values{"reason": {"6"}}, 200, "valid", "证书有效"}, // being on hold is no reason
		{"revoke", url.Values{"reason": {"x"}}, 200, "valid", "证书有效"},
		{"revoke", url.Values{"reason": {"4"}}, 303, "revoked", "已吊销"},
		{"resume", nil, 200, "revoked", "已吊销"},
		{"suspend", nil, 200, "revoked", "已吊销"},
		{"revoke", url.Values{"reason": {"4"}}, 303, "revoked", "已吊销"},
	} {
		w.must(officer.Post("/zh/certificates/list/"+held.Serial+"/"+step.verb, step.form), step.status)
		if got := w.state(held.Serial); got != step.state {
			t.Errorf("after %s it is %s", step.verb, got)
		}
		check("after "+step.verb, pemOf(der), step.has)
	}
	var list struct {
		Items []struct{ Use, State, Subject string }
	}
	w.As("reader").Get("/api/certificates/list?find="+held.Subject).JSON(t, &list)
	for _, c := range list.Items {
		if c.State != "revoked" {
			t.Errorf("the %s certificate beside it is %s", c.Use, c.State)
		}
	}
}

func colons(s string) string {
	return strings.Trim(regexp.MustCompile(`..`).ReplaceAllString(s, "$0:"), ":")
}

// tables: filters, orders and the CSV. Beside seven certificates of people there are those of the three answering services.
func (w *world) tables(t *testing.T) {
	for n := 10; n < 13; n++ {
		csr, _ := w.request(pki.ECDSA)
		w.issue(url.Values{"kind": {ca.Citizen}, "name": {fmt.Sprintf("=市民%d", n)}, "number": {number(n)}, "seen": {"居民身份证"}, "manner": {"video"}, "text": {csr}})
	}
	reader := w.As("reader")
	for _, row := range []struct {
		query string
		want  int
	}{{"", 10}, {"kind=citizen", 3}, {"kind=official", 4}, {"kind=server", 0}, {"state=revoked", 2}, {"state=valid", 8}, {"algorithm=sm2-sm3", 5}, {"kind=citizen&algorithm=sm2-sm3", 0}, {"find=nobody", 0}, {"ending=30", 0}, {"ending=7&kind=citizen", 0}, {"sort=to", 10}, {"sort=-to&kind=citizen", 3}, {"sort=leaf", 10}} {
		rows, err := csv.NewReader(strings.NewReader(w.must(reader.Get("/api/certificates/list.csv?"+row.query), 200).Body)).ReadAll()
		if err != nil || len(rows) != row.want+1 {
			t.Errorf("%q: %d rows, %v", row.query, len(rows)-1, err)
		}
		var list struct{ Items []struct{ Serial string } }
		reader.Get("/api/certificates/list?"+row.query).JSON(t, &list)
		if len(list.Items) != row.want {
			t.Errorf("%q: %d in the interface", row.query, len(list.Items))
		}
		if got := strings.Count(w.must(reader.Get("/en/certificates/list?"+row.query), 200).Body, `id="c-`); got != row.want {
			t.Errorf("%q: %d on the page", row.query, got)
		}
	}
	sheet := w.must(reader.Get("/api/certificates/list.csv?kind=citizen&bom=1"), 200).Body
	if !strings.HasPrefix(sheet, "\ufeff") || strings.Contains(sheet, ",=市民") {
		t.Errorf("a name that a spreadsheet reckons with: %.300q", sheet)
	}
	w.Rows(t, []hosttest.Row{
		{Name: "a state of nothing's", Method: "GET", Path: "/zh/certificates/list?state=odd", As: "reader", Status: 400},
		{Name: "an end of nobody's", Method: "GET", Path: "/zh/certificates/list?ending=1", As: "reader", Status: 400},
		{Name: "a mark of nobody's", Method: "GET", Path: "/zh/certificates/list?after=odd", As: "reader", Status: 400},
		{Name: "subjects without one", Method: "GET", Path: "/zh/certificates/subjects?kind=official&held=2", As: "reader", Status: 200, Has: []string{"示例公务员02", "示例公务员01"}, Lacks: []string{"示例公务员05"}},
		{Name: "subjects with one", Method: "GET", Path: "/zh/certificates/subjects?kind=official&held=1", As: "reader", Status: 200, Has: []string{"示例公务员05"}, Lacks: []string{"示例公务员02"}},
		{Name: "applications that wait", Method: "GET", Path: "/zh/certificates/applications?state=submitted", As: "reader", Status: 200, Has: []string{"示例公务员02"}, Lacks: []string{"示例公务员01"}},
	})
}

// looks: who was shown a name is in the journal, by numbers, and no name is.
func (w *world) looks(t *testing.T, held applied) {
	count := func() (n int, last journal.Entry) {
		t.Helper()
		list, _, err := w.Journal.List(t.Context(), journal.Filter{Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if strings.Contains(string(e.Detail)+e.Object, "示例公务员") || strings.Contains(string(e.Detail), number(1)) {
				t.Fatalf("the journal names somebody: %s %s", e.Verb, e.Detail)
			}
			if e.Verb == "certificate.read-personal" && n == 0 {
				last = e
			}
			if e.Verb == "certificate.read-personal" {
				n++
			}
		}
		return n, last
	}
	for _, row := range []struct {
		path, has string
		looks     int
	}{
		{"/zh/certificates/list/" + held.Serial, held.Subject, 1}, {"/zh/certificates/subjects?kind=official", held.Subject, 1}, {"/zh/certificates/list?kind=official", held.Subject, 1}, {"/api/certificates/list/" + held.Serial, held.Subject, 1},
		{"/api/certificates/list/" + held.Serial + "/pem", held.Subject, 1}, {"/api/certificates/list.csv", `"count":7`, 1}, {"/zh/certificates/applications", held.Subject, 1},
		{"/zh/certificates", "", 0}, {"/zh/certificates/list?kind=server", "", 0}, {"/zh/certificates/subjects?kind=enterprise", "", 0}, {"/zh/certificates/check?serial=" + held.Serial, "", 0},
	} {
		before, _ := count()
		w.must(w.As("power-operator").Get(row.path), 200)
		after, last := count()
		if after-before != row.looks || row.looks > 0 && (!strings.Contains(string(last.Detail), row.has) || last.Unit != "power") {
			t.Errorf("%s: %d looks more, the last %s of %s", row.path, after-before, last.Detail, last.Unit)
		}
	}
}

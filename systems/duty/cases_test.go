package duty

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// works is a small room with one kind of case.
func works() host.System {
	r := []string{identity.RoleOfficer}
	all := []string{identity.RoleLeader}
	return host.System{Name: "works", Title: lang.T("样例办理", "Works"), Common: true, Sections: []string{"3.3.5"}, Owners: []string{"work-safety"},
		Grants: []identity.Grant{{Name: "works.open", Title: lang.T("立案", "Open"), Roles: r}, {Name: "works.see", Title: lang.T("查看", "See"), Roles: r}, {Name: "works.deal", Title: lang.T("办理", "Deal"), Roles: r}, {Name: "works.all", Title: lang.T("查看全部", "See all"), Roles: all}},
		Kinds: []casework.Kind{{Name: "repair", System: "works", Title: lang.T("整改", "Repair"), Prefix: "ZG", Open: "works.open", See: "works.see", SeeAll: "works.all", Stages: []casework.Stage{
			{Name: "fix", Title: lang.T("整改", "Fix"), Next: []string{"done"}, Grant: "works.deal", Due: time.Hour, Clock: true, Tell: "duty-officer", Needs: []casework.Field{{Name: "how", Title: lang.T("措施", "How"), Type: "long"}}},
			{Name: "done", Title: lang.T("销号", "Done")}}}},
		Open: func(context.Context, *host.Host) (*host.Opened, error) { return new(host.Opened), nil }}
}

// gate is a channel that keeps what it was given.
type gate struct{ took chan notice.Delivery }

func (gate) Name() string { return "sms" }

func (g gate) Send(_ context.Context, d notice.Delivery) (string, error) {
	g.took <- d
	return "1", nil
}

func (gate) Found(context.Context, string) (string, bool, bool, error) { return "", false, true, nil }

func startCase(t *testing.T, d *desk) casework.Case { return startCaseOf(t, d, "work-safety") }

func startCaseOf(t *testing.T, d *desk, unit string) casework.Case {
	t.Helper()
	by := identity.NewPrincipal("system:works", "", nil, "works.open")
	var c casework.Case
	err := d.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
		c, err = d.Duty.Cases.Start(tx, by, casework.Case{Kind: "repair", Title: "阀门渗漏", Unit: unit}, nil, "检查发现")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCases: an officer finds a case, is told what is lacking, leads it on, attaches a file; who may not see it does not.
func TestCases(t *testing.T) {
	d := &desk{hosttest.Open(t, works(), System()), t}
	c := startCase(t, d)
	all, none := d.As("leader"), d.As("power-operator")
	contains(t, "the list", all.Get("/zh/duty/cases").Body, "阀门渗漏", c.Number, "整改")
	contains(t, "the list", all.Get("/en/duty/cases?which=all&sort=due&q=ZG").Body, c.Number, "Not graded")
	if strings.Contains(none.Get("/zh/duty/cases").Body, c.Number) || none.Get("/zh/duty/cases/"+c.ID).Status != http.StatusNotFound {
		t.Error("who has no grant sees the case")
	}
	page := all.Get("/zh/duty/cases/" + c.ID).Body
	contains(t, "the page", page, "阀门渗漏", "立案", "检查发现", "本阶段时限")
	if strings.Contains(page, "/advance") {
		t.Error("who may only see is offered to deal with the case")
	}
	// An officer of the unit.
	path := "/zh/duty/cases/" + c.ID
	if a := d.As("officer").Get(path); a.Status != http.StatusNotFound { // of another unit
		t.Fatalf("an officer of another unit: %d", a.Status)
	}
	mine := identity.NewPrincipal("person:x", "work-safety", nil, "works.see", "works.deal")
	if err := d.Duty.Cases.Offer(t.Context(), mine, c.ID, officerUnit(t, d), "属地管理"); err != nil {
		t.Fatal(err)
	}
	op := d.As("officer")
	contains(t, "an offered case", op.Get(path).Body, "本案移交贵单位", "接收", "退回")
	if a := op.Post(path+"/refuse", url.Values{"text": {""}, "version": {"2"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "请说明退回理由") {
		t.Errorf("refused without a reason: %d", a.Status)
	}
	if a := op.Post(path+"/accept", url.Values{"version": {"2"}}); a.Status != http.StatusSeeOther {
		t.Errorf("accepted: %d %s", a.Status, a.Body)
	}
	contains(t, "the accepted case", op.Get(path).Body, "下一步：整改", "f.how", "接收")
	if a := op.Post(path+"/advance", url.Values{"stage": {"done"}, "version": {"3"}, "f.how": {""}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "请先填写“措施”") {
		t.Errorf("led on without what is needed: %d", a.Status)
	}
	if a := upload(t, op, path+"/attach", "现场.txt", "text/plain", "更换垫片"); a.Status != http.StatusSeeOther {
		t.Errorf("attached: %d %s", a.Status, a.Body)
	}
	link := regexp.MustCompile(`/api/duty/cases/[A-Z0-9]+/files/[A-Z0-9]+`).FindString(op.Get(path).Body)
	if a := op.Get(link); a.Body != "更换垫片" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file: %d %q %v", a.Status, a.Body, a.Header)
	}
	if a := none.Get(link); a.Status != http.StatusNotFound {
		t.Errorf("who may not see the case gets its file: %d", a.Status)
	}
	if a := op.Post(path+"/advance", url.Values{"stage": {"done"}, "version": {"4"}, "f.how": {"更换垫片"}}); a.Status != http.StatusSeeOther {
		t.Errorf("led on: %d", a.Status)
	}
	contains(t, "the closed case", op.Get(path).Body, "销号", "办结时间", "更换垫片", "重新办理")
	contains(t, "the sheet", op.Get("/api/duty/cases.csv?which=all").Body, c.Number, "number,kind")
	contains(t, "the interface", op.Get("/api/duty/cases/"+c.ID).Body, `"verb":"accept"`, `"hash"`)
	contains(t, "the journal's check", d.As("audit").Post("/zh/admin/journal/verify", nil).Body, "案卷校验通过，共核对 5 行")
}

func officerUnit(t *testing.T, d *desk) string {
	t.Helper()
	var unit string
	err := d.DB.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Get(store.Q("unit", `SELECT unit FROM identity_person WHERE login = 'officer'`), nil, &unit)
	})
	if err != nil {
		t.Fatal(err)
	}
	return unit
}

// formToken finds the token in the forms of a page.
var formToken = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// answerByLink posts the form of a link's page as a browser does that is not signed in: with the page's token and cookie.
func answerByLink(t *testing.T, d *desk, path, answer string) {
	t.Helper()
	page := d.Nobody().Get(path)
	form := url.Values{"csrf": {formToken.FindStringSubmatch(page.Body)[1]}, "answer": {answer}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range page.Header.Values("Set-Cookie") {
		req.Header.Add("Cookie", strings.Split(c, ";")[0])
	}
	a, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || a.Body.Close() != nil || a.StatusCode != http.StatusSeeOther {
		t.Fatalf("the answer: %v %v", a, err)
	}
}

func upload(t *testing.T, c *hosttest.Client, path, name, kind, body string) hosttest.Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("csrf", formToken.FindStringSubmatch(c.Get("/zh/duty/cases").Body)[1]); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {kind}})
	if err == nil {
		_, err = part.Write([]byte(body))
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return c.Do(http.MethodPost, path, w.FormDataContentType(), b.String())
}

// TestNotices: contacts are entered and imported by who may, a late case tells them, the link answers without signing in, once.
func TestNotices(t *testing.T) {
	d := &desk{hosttest.Open(t, works(), System()), t}
	g := gate{make(chan notice.Delivery, 10)}
	if err := d.Duty.Post.Plug(g, notice.Pace{}); err != nil {
		t.Fatal(err)
	}
	op, reader := d.As("officer"), d.As("reader")
	if a := reader.Get("/zh/duty/notices/contacts"); a.Status != http.StatusForbidden {
		t.Errorf("anybody reads contacts: %d", a.Status)
	}
	if a := op.Post("/zh/duty/notices/contacts", url.Values{"name": {"王某"}, "duty": {"duty-officer"}, "ways": {"13800000000"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "通道:地址") {
		t.Errorf("a way that is none: %d", a.Status)
	}
	if a := op.Post("/zh/duty/notices/contacts", url.Values{"name": {"王某"}, "duty": {"duty-officer"}, "ways": {"sms:+8613800000000"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("saved: %d %s", a.Status, a.Body)
	}
	contains(t, "the register", op.Get("/zh/duty/notices/contacts").Body, "王某", "+8613800000000", "值班人员")
	sheet := "name_zh,duty,ways\n李某,leader,mail:li@example.cn\n赵某,leader,bad\n"
	if a := upload(t, op, "/zh/duty/notices/contacts/import", "c.csv", "text/csv", sheet); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "第 3 行") {
		t.Errorf("a bad line: %d", a.Status)
	}
	if a := upload(t, op, "/zh/duty/notices/contacts/import", "c.csv", "text/csv", strings.ReplaceAll(sheet, "bad", "mail:z@example.cn")); a.Status != http.StatusSeeOther {
		t.Errorf("the sheet: %d", a.Status)
	}
	contains(t, "the sheet again", op.Get("/api/duty/contacts.csv").Body, "李某", "mail:z@example.cn")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = d.Duty.Post.Run(ctx) }()
	c := startCase(t, d)
	err := d.DB.Write(t.Context(), func(tx *store.Tx) error { // its hour has passed
		_, err := tx.Exec(store.Q("past", `UPDATE case_case SET due = 1 WHERE id = $1`), c.ID)
		return err
	})
	if err == nil {
		err = d.Duty.Cases.Tick(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	told := <-g.took
	if !strings.Contains(told.Title, c.Number) || told.Address != "+8613800000000" || told.Ack == "" {
		t.Fatalf("told: %+v", told)
	}
	contains(t, "the notices", reader.Get("/zh/duty/notices").Body, "整改逾期："+c.Number, "邮件网关尚未配置")
	public := d.Nobody()
	if a := public.Get("/ack/" + told.Ack); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/zh/duty/ack/"+told.Ack {
		t.Errorf("the short address: %d %s", a.Status, a.Header.Get("Location"))
	}
	contains(t, "the link's page", public.Get("/zh/duty/ack/"+told.Ack).Body, c.Number, "确认收到")
	answerByLink(t, d, "/zh/duty/ack/"+told.Ack, "马上到")
	contains(t, "the link's page after it", public.Get("/zh/duty/ack/"+told.Ack).Body, "您的应答已收到")
	list, _, err := d.Duty.Post.Letters(t.Context(), "case:", "", 0)
	if err != nil || len(list) != 1 || list[0].States[notice.Answered] != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	one := "/zh/duty/notices/" + list[0].ID
	if body := reader.Get(one).Body; strings.Contains(body, "王某") || strings.Contains(body, "138") {
		t.Error("a reader sees names and addresses")
	}
	contains(t, "the notice", op.Get(one).Body, "王某", "已应答", "马上到")
	status := 0
	for range 30 {
		status = public.Get("/zh/duty/ack/AAAAAAAAAAAAAAAAAAAAAAAA").Status
	}
	if status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
		t.Errorf("guessing is answered %d", status)
	}
}

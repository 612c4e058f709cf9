package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Exchange is one request under way.
type Exchange struct {
	R      *http.Request
	W      http.ResponseWriter
	Kit    *Kit
	Op     *Op
	Tenant string
	Who    *identity.Principal
	Body   []byte          // whole, bounded; JSON syntax not yet checked
	LD     bool            // the body came as application/ld+json
	Ctx    *jsonld.Context // from the Link header or the body (6.3.5); of an Array body: of the Link header
	Accept Media
	Minor  int // NGSI-LD 1.Minor is what the client understands ("Prefer: ngsi-ld=1.5", 4.3.6.8); Native where it does not say

	prefix string
	route  route
	params []pair
	few    [8]pair // what params begins with
	status int     // that was sent; 0 before
}

const (
	maxBody   = 16 << 20
	maxTenant = 64 // bytes
)

// mounted is the handler of many operations.
type mounted struct {
	kit    *Kit
	prefix string
	root   node
}

// Mount gives the handler of many operations: routes (on the escaped path, so ids may hold "/"), 405 with Allow, 404, then for each
// request the checks of 6.3 in order: method, Content-Length (411), Content-Type (415), Accept (406), who and grants, tenant,
// parameters (400), @context (504), and then Run. The operations must stand Check.
func Mount(kit *Kit, prefix string, ops []Op) http.Handler {
	m := &mounted{kit: kit, prefix: prefix}
	for i := range ops {
		op := ops[i]
		m.root.add(&op)
	}
	return m
}

// ServeHTTP finds the operation and runs it.
func (m *mounted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.EscapedPath(), m.prefix)
	rt, ok := m.root.find(path)
	if tenant := r.Header["Ngsild-Tenant"]; len(tenant) > 0 && okTenant(tenant[0]) { // 6.3.14: in every answer
		w.Header()["NGSILD-Tenant"] = tenant[:1:1]
	}
	if !ok || !below || path != "" && path[0] != '/' {
		Problem(w, r, ResourceNotFound.Say("没有资源 %s", "there is no resource %s", clip(r.URL.Path)))
		return
	}
	op := rt.at.op(r.Method)
	if op == nil && strings.HasSuffix(path, "/") { // the id of an element of this list may be what lacks
		if next := rt.at.param; next != nil && next.op(r.Method) != nil && next.op(r.Method).needsID() {
			Problem(w, r, errNoID())
			return
		}
	}
	if op == nil || rt.empty {
		m.noMethod(w, r, rt.at.allow)
		return
	}
	x := &Exchange{R: r, W: w, Kit: m.kit, Op: op, Minor: Native, prefix: m.prefix, route: rt}
	x.params = x.few[:0]
	observe := m.kit.Observe
	var start time.Time
	if observe != nil {
		start = m.kit.Now()
	}
	if err := x.guard(); err != nil {
		x.fail(err)
	}
	if observe != nil {
		observe(op.ID, x.status, m.kit.Now().Sub(start))
	}
}

// guard runs the request and turns a panic into an error that bears the stack.
func (x *Exchange) guard() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.As(errs.Internal, x.Op.Name, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return x.run()
}

// noMethod answers OPTIONS, and what is not allowed (6.3.2: 405 with Allow).
func (m *mounted) noMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	if r.Method == http.MethodOptions {
		w.Header().Set("Accept-Patch", "application/merge-patch+json, application/json, application/ld+json")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.WriteHeader(http.StatusMethodNotAllowed)
}

// run makes the checks and runs the operation.
func (x *Exchange) run() error {
	if !x.preconditions() {
		return nil
	}
	if x.route.at.names != nil && x.route.values[0] == "" {
		return errNoID()
	}
	if err := x.admit(); err != nil {
		return err
	}
	var err error
	if x.params, err = readQuery(x.R.URL.RawQuery, x.params); err != nil {
		return err
	}
	if err := checkParams(x.Op, x.params); err != nil {
		return err
	}
	if err := x.read(); err != nil {
		return err
	}
	if err := x.resolve(); err != nil {
		return err
	}
	return x.Op.Run(x)
}

// Native is the minor version of NGSI-LD that this package speaks: 1.9.
const Native = 9

// version reads the version that a client prefers, and says which one it gets.
// ETSI GS CIM 009 V1.9.1 4.3.6.8, 6.3.6
func (x *Exchange) version(asked string) {
	major, minor, ok := strings.Cut(asked, ".")
	n, err := strconv.Atoi(minor)
	if !ok || major != "1" || err != nil || n < 0 {
		return
	}
	x.Minor = min(n, Native)
	x.W.Header()["Preference-Applied"] = []string{"ngsi-ld=1." + strconv.Itoa(x.Minor)}
}

func errNoID() error {
	return BadRequestData.Say("路径中缺少标识", "the path lacks an identifier")
}

// preconditions are those of ETSI GS CIM 009 V1.9.1 6.3.4 whose failure has no problem details.
func (x *Exchange) preconditions() bool {
	h := x.R.Header
	if x.Op.Body != None {
		if x.R.ContentLength < 0 {
			x.bare(http.StatusLengthRequired)
			return false
		}
		var media string
		if v := h["Content-Type"]; len(v) > 0 {
			media = mediaOf(v[0])
		}
		switch {
		case media == "application/json":
		case media == "application/ld+json":
			x.LD = true
		case media == "application/merge-patch+json" && (x.Op.Body == MergePatch || x.R.Method == http.MethodPatch):
		default:
			x.bare(http.StatusUnsupportedMediaType)
			return false
		}
	}
	if !x.Op.answers() {
		return true
	}
	var header string
	if v := h["Accept"]; len(v) == 1 {
		header = v[0]
	} else if len(v) > 1 {
		header = strings.Join(v, ",")
	}
	media, ok := accept(header, x.Op.GeoJSON)
	if !ok {
		x.notAcceptable()
		return false
	}
	x.Accept = media
	if len(h["Prefer"]) > 0 {
		x.version(prefer(h, "ngsi-ld"))
	}
	return true
}

func (x *Exchange) bare(status int) {
	x.status = status
	x.W.Header()["Content-Length"] = []string{"0"}
	x.W.WriteHeader(status)
}

// notAcceptable lists what there is (6.3.4).
func (x *Exchange) notAcceptable() {
	list := `["application/json","application/ld+json"]`
	if x.Op.GeoJSON {
		list = `["application/json","application/ld+json","application/geo+json"]`
	}
	x.W.Header()["Content-Type"] = mediaTypes[JSON]
	x.status = http.StatusNotAcceptable
	x.W.WriteHeader(x.status)
	_, _ = io.WriteString(x.W, `{"type":"about:blank","title":"Not acceptable","status":406,"detail":"没有所要求的表示形式 / no such representation","availableRepresentations":`+list+`}`)
}

// admit finds who asks and the tenant, and whether they may.
func (x *Exchange) admit() (err error) {
	if v := x.R.Header["Ngsild-Tenant"]; len(v) > 0 {
		if !okTenant(v[0]) || len(v) > 1 {
			return BadRequestData.Say("租户名无效：1 至 %d 个字母、数字或 _ - . 字符", "not a valid tenant: 1 to %d letters, digits or _ - .", maxTenant)
		}
		x.Tenant = v[0]
	}
	if x.Kit.Who != nil {
		if x.Who, err = x.Kit.Who(x.R); err != nil {
			return err
		}
	}
	if x.Kit.Allow != nil {
		if err := x.Kit.Allow(x.Who, x.Tenant, x.Op); err != nil {
			return err
		}
	}
	if x.Tenant == "" || x.Op.Act == Host || x.Op.anyTenant() || x.Kit.Known == nil {
		return nil
	}
	known, err := x.Kit.Known(x.R, x.Tenant)
	if err == nil && !known { // 5.5.10
		return NonexistentTenant.Say("租户 %s 不存在", "there is no tenant %s", x.Tenant)
	}
	return err
}

func okTenant(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s != "" && len(s) <= maxTenant
}

// read takes in the body.
func (x *Exchange) read() error {
	if x.Op.Body == None {
		return nil
	}
	limit := x.Kit.MaxBody
	if limit == 0 {
		limit = maxBody
	}
	n := x.R.ContentLength
	if n > limit {
		return errs.Say(errs.TooLarge, "请求体过大（%d 字节），不得超过 %d 字节", "the body is too large (%d bytes), at most %d bytes", n, limit)
	}
	if n == 0 {
		return InvalidRequest.Say("请求体为空", "the body is empty")
	}
	b := bytes.NewBuffer(make([]byte, 0, min(n+bytes.MinRead, 64<<10))) // room for what comes, not for what is announced
	got, err := b.ReadFrom(io.LimitReader(x.R.Body, n))
	if x.Body = b.Bytes(); err != nil || got < n {
		x.Body = nil
		return InvalidRequest.Say("请求体不完整", "the body broke off")
	}
	return nil
}

// resolve finds the @context of the request: from the Link header, or from the body where that is JSON-LD; never both.
// ETSI GS CIM 009 V1.9.1 6.3.5
func (x *Exchange) resolve() (err error) {
	if x.Op.Act == Host { // what is hosted is a @context itself
		x.Ctx = jsonld.Core()
		return nil
	}
	link, linked, clash := "", false, false
	if len(x.R.Header["Link"]) > 0 {
		link, linked, clash = contextLink(x.R.Header)
	}
	if clash {
		return BadRequestData.Say("Link 头指向了多个 @context", "the Link headers lead to several @contexts")
	}
	if x.LD && linked {
		return BadRequestData.Say("application/ld+json 请求不得带 @context 的 Link 头：@context 应写在请求体中", "a request in application/ld+json must not bear a Link header to a @context: the body holds it")
	}
	if x.Op.Body == Object || x.Op.Body == MergePatch {
		if body := bytes.TrimLeft(x.Body, " \t\r\n"); len(body) == 0 || body[0] != '{' {
			return InvalidRequest.Say("请求体应为 JSON 对象", "the body must be a JSON object")
		}
		var value json.RawMessage
		if x.LD || bytes.Contains(x.Body, []byte(`@context`)) || bytes.Contains(x.Body, []byte(`\u`)) {
			if value, err = form.Split(x.Body); err != nil {
				return err
			}
		}
		switch {
		case x.LD && value == nil:
			return errNoContext()
		case x.LD:
			x.Ctx, err = x.Kit.Contexts.ByValue(x.R, value)
			return err
		case value != nil:
			return errMixed()
		}
	}
	if linked {
		x.Ctx, err = x.Kit.Contexts.ByURL(x.R, link)
		return err
	}
	x.Ctx = jsonld.Core() // 5.5.5
	return nil
}

func errNoContext() error {
	return BadRequestData.Say("application/ld+json 请求体缺少 @context", "a body in application/ld+json must hold a @context")
}

func errMixed() error {
	return BadRequestData.Say("application/json 请求体不得含 @context：请改用 Link 头，或以 application/ld+json 发送", "a body in application/json must not hold a @context: use a Link header, or send application/ld+json")
}

// ContextOf gives the context of an element of an array: its own @context under ld+json, else x.Ctx.
func (x *Exchange) ContextOf(element []byte) (*jsonld.Context, error) {
	if !x.LD && !bytes.Contains(element, []byte(`@context`)) {
		return x.Ctx, nil
	}
	value, err := form.Split(element)
	switch {
	case err != nil:
		return nil, err
	case value == nil && x.LD:
		return nil, errNoContext()
	case value == nil:
		return x.Ctx, nil
	case !x.LD:
		return nil, errMixed()
	}
	return x.Kit.Contexts.ByValue(x.R, value)
}

// fail answers an error. What is wrong with a body that is not JSON at all is an InvalidRequest (5.5.4).
func (x *Exchange) fail(err error) {
	if x.status != 0 { // the answer has begun
		x.log(err)
		return
	}
	p := describe(err)
	if p.status == http.StatusInternalServerError || p.status == http.StatusServiceUnavailable {
		x.log(err)
	}
	if p.status == http.StatusBadRequest && len(x.Body) > 0 && !json.Valid(x.Body) {
		err = InvalidRequest.Because(err, "请求体不是合规的 JSON：%s", "the body is not valid JSON: %s", syntax(x.Body))
	}
	x.status = p.status
	Problem(x.W, x.R, err)
}

func (x *Exchange) log(err error) {
	if x.Kit.Log != nil {
		x.Kit.Log.Error("request failed", "operation", x.Op.Name, "path", x.R.URL.Path, "err", err)
	}
}

// syntax says where a body ceases to be JSON.
func syntax(body []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(body, &v)
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return s.Error()
	}
	return "unexpected end"
}

// buffers are for answers. A big one is not kept.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// Buffer lends an empty buffer for an answer; Send answers with it and takes it back.
func (x *Exchange) Buffer() *[]byte { return buffers.Get().(*[]byte) }

// Release takes back a buffer that was not sent.
func (x *Exchange) Release(b *[]byte) {
	if cap(*b) <= 1<<20 {
		*b = (*b)[:0]
		buffers.Put(b)
	}
}

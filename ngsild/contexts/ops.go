package contexts

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Ops lists the operations O51 to O54.
func (m *Manager) Ops() []exchange.Op {
	return []exchange.Op{
		{ID: "O51", Name: "addContext", Title: lang.T("添加 @context", "Add a @context"), Method: "POST", Path: "/jsonldContexts", Clause: "5.13.2, 6.29.3.1",
			Act: exchange.Host, Body: exchange.Object, Answers: []int{201, 400}, Run: m.add},
		{ID: "O52", Name: "listContexts", Title: lang.T("列出 @context", "List @contexts"), Method: "GET", Path: "/jsonldContexts", Clause: "5.13.3, 6.29.3.2",
			Act: exchange.Host, Params: exchange.Params("details kind"), Answers: []int{200, 400}, Run: m.list},
		{ID: "O53", Name: "serveContext", Title: lang.T("提供 @context", "Serve a @context"), Method: "GET", Path: "/jsonldContexts/{contextId}", Clause: "5.13.4, 6.30.3.1",
			Act: exchange.Host, Params: exchange.Params("details"), Answers: []int{200, 400, 404, 422}, Run: m.serve},
		{ID: "O54", Name: "deleteContext", Title: lang.T("删除或重新下载 @context", "Delete or reload a @context"), Method: "DELETE", Path: "/jsonldContexts/{contextId}", Clause: "5.13.5, 6.30.3.2",
			Act: exchange.Host, Params: exchange.Params("reload"), Answers: []int{204, 400, 404, 504}, Run: m.remove},
	}
}

// add is O51. What lies outside of the @context member is dropped (5.13.2.3); what it refers to is not fetched yet.
// ETSI GS CIM 009 V1.9.1 5.13.2.4
func (m *Manager) add(x *exchange.Exchange) error {
	v, err := value(x.Body)
	if err != nil || v == nil {
		return exchange.InvalidRequest.Because(err, "请求体应为含 @context 的 JSON 对象", "the body must be a JSON object with a @context")
	}
	if len(v) > maxDoc {
		return errs.Say(errs.TooLarge, "@context 过大，至多 %d 字节", "the @context is too large, at most %d bytes", maxDoc)
	}
	nothing := func(string) (json.RawMessage, error) { return json.RawMessage(`{"@context":{}}`), nil }
	if _, err := jsonld.Compile(v, nothing); err != nil {
		return err
	}
	now := m.o.Now()
	id := "urn:ngsi-ld:Context:" + store.NewID(now)
	text := append(append([]byte(`{"@context":`), v...), '}')
	if err := put(x.R.Context(), m.db, row{id: id, tenant: x.Tenant, kind: Hosted, created: store.Micros(now), doc: text}, maxCached); err != nil {
		return err
	}
	return x.Created(contextsPath + exchange.Segment(id))
}

// seen tells whether a tenant may know of a document: hosted ones are its own.
func seen(r *row, tenant string) bool { return r.kind != Hosted || r.tenant == tenant }

// list is O52. ETSI GS CIM 009 V1.9.1 5.13.3.4
func (m *Manager) list(x *exchange.Exchange) error {
	rows, err := list(x.R.Context(), m.db)
	if err != nil {
		return err
	}
	kind := Kind(x.Param("kind"))
	out := []any{}
	for _, r := range append([]row{m.core.row}, rows...) {
		switch {
		case kind != "" && r.kind != kind || !seen(&r, x.Tenant):
		case x.True("details"):
			out = append(out, m.details(x, &r))
		default:
			out = append(out, m.urlOf(x, &r))
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return x.Plain(http.StatusOK, b)
}

// urlOf is where a document is had.
func (m *Manager) urlOf(x *exchange.Exchange, r *row) string {
	if r.kind == Cached {
		return r.url
	}
	return exchange.Base(x.R) + m.o.Prefix + contextsPath + exchange.Segment(r.id)
}

// metadata is what there is to say about a document (5.13.3.5).
type metadata struct {
	URL          string `json:"URL"`
	LocalID      string `json:"localId"`
	Kind         Kind   `json:"kind"`
	CreatedAt    string `json:"createdAt"`
	ExpiresAt    string `json:"expiresAt,omitempty"`
	LastUsage    string `json:"lastUsage,omitempty"`
	NumberOfHits int64  `json:"numberOfHits"`
}

func (m *Manager) details(x *exchange.Exchange, r *row) metadata {
	d := metadata{URL: m.urlOf(x, r), LocalID: r.id, Kind: r.kind, CreatedAt: stamp(store.Time(r.created))}
	if r.expires > 0 {
		d.ExpiresAt = stamp(store.Time(r.expires))
	}
	m.mu.RLock()
	held := m.docs[r.id]
	m.mu.RUnlock()
	if r.id == coreID {
		held = &m.core
	}
	if held != nil {
		d.NumberOfHits = held.hits.Load()
		if used := held.used.Load(); used > 0 {
			d.LastUsage = stamp(time.Unix(0, used))
		}
	}
	return d
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// lookup finds what a path names: a local id, or the URL of a cached document.
func (m *Manager) lookup(x *exchange.Exchange) (*doc, error) {
	id := x.Path("contextId")
	if id == coreID || jsonld.IsCore(id) {
		return &m.core, nil
	}
	if own := m.own(id); own != "" {
		id = own
	}
	ctx := x.R.Context()
	d, err := m.byID(ctx, id)
	if errs.Is(err, errs.NotFound) {
		d, err = m.byID(ctx, cachedID(id))
	}
	if err == nil && seen(&d.row, x.Tenant) {
		return d, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return nil, exchange.ResourceNotFound.Say("没有 @context %s", "there is no @context %s", clip(id))
}

// serve is O53. ETSI GS CIM 009 V1.9.1 5.13.4.4
func (m *Manager) serve(x *exchange.Exchange) error {
	d, err := m.lookup(x)
	if err != nil {
		return err
	}
	if x.True("details") {
		b, err := json.Marshal(m.details(x, &d.row))
		if err != nil {
			return err
		}
		m.touch(d)
		return x.Plain(http.StatusOK, b)
	}
	if d.kind == Cached {
		return exchange.OperationNotSupported.Say("%s 是缓存的 @context，请向原地址获取", "%s is a cached @context; get it where it comes from", clip(d.url))
	}
	if x.Accept == exchange.LD {
		x.W.Header()["Content-Type"] = []string{exchange.LD.String()}
		return x.Bytes(http.StatusOK, d.text)
	}
	return x.Plain(http.StatusOK, d.text)
}

// remove is O54. ETSI GS CIM 009 V1.9.1 5.13.5.4
func (m *Manager) remove(x *exchange.Exchange) error {
	d, err := m.lookup(x)
	reload := x.True("reload")
	if reload && (isKind(err, exchange.ResourceNotFound) || err == nil && d.kind != Cached) {
		return exchange.BadRequestData.Say("%s 不是缓存的 @context，不能重新下载", "%s is not a cached @context and cannot be reloaded", clip(x.Path("contextId")))
	}
	if err != nil {
		return err
	}
	switch {
	case d == &m.core && reload: // it is part of the program, and always up to date
		return x.NoContent()
	case d == &m.core:
		return exchange.BadRequestData.Say("核心 @context 不能删除", "the core @context cannot be deleted")
	case reload:
		if err = m.reload(x.R.Context(), d.url); isKind(err, exchange.BadRequestData) { // invalid: the same to who asks
			err = unavailable(d.url, err)
		}
	default:
		err = m.forget(x, d)
	}
	if err != nil {
		return err
	}
	return x.NoContent()
}

func isKind(err error, k exchange.Kind) bool {
	var f *exchange.Fault
	return errors.As(err, &f) && f.Kind == k
}

// forget removes a document, and what was made of it.
func (m *Manager) forget(x *exchange.Exchange, d *doc) error {
	if err := del(x.R.Context(), m.db, d.id); err != nil {
		return err
	}
	m.drop(d.id)
	return nil
}

package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Kind is what a kept @context is. ETSI GS CIM 009 V1.9.1 5.13.1
type Kind string

// The kinds.
const (
	Hosted            Kind = "Hosted"
	Cached            Kind = "Cached"
	ImplicitlyCreated Kind = "ImplicitlyCreated"
)

// Bounds of what is kept.
const (
	maxCached   = 1000             // documents fetched
	maxCompiled = 2000             // contexts in memory
	pardon      = 3 * time.Second  // a failure is remembered so long, that many askers do not become many fetches
	recheck     = 30 * time.Second // a document in use is looked after so often
)

// Options say where contexts may come from.
type Options struct {
	Now       func() time.Time
	Prefix    string   // path that the API lies below: "/ngsi-ld/v1"
	Hosts     []string // that contexts may be fetched from; none: any
	NoPrivate bool     // fetch from public addresses only
	Log       *slog.Logger
}

// Manager finds compiled contexts; it implements exchange.Contexts. It is safe for concurrent use.
type Manager struct {
	db     *store.DB
	o      Options
	client *http.Client
	since  time.Time // createdAt of the core context

	mu      sync.RWMutex
	ready   map[string]*compiled // by key: URL, or text of a value
	docs    map[string]*doc      // by id
	flights map[string]*flight   // by URL
	failed  map[string]failure   // by URL
	served  map[string]bool      // implicit ids that are kept
	gen     uint64               // rises when a document changes or goes
	core    doc
}

// compiled is a context made ready.
type compiled struct {
	ctx  *jsonld.Context
	gen  uint64
	deps []*doc // documents that it was made of
}

// doc is a document in memory.
type doc struct {
	row
	text  json.RawMessage
	tried atomic.Int64 // when it was last looked after: unix nanoseconds
	hits  atomic.Int64
	used  atomic.Int64 // unix nanoseconds
}

type flight struct {
	done chan struct{}
	doc  *doc
	err  error
}

type failure struct {
	err   error
	until time.Time
}

// Open makes a manager over its table.
func Open(ctx context.Context, db *store.DB, o Options) (*Manager, error) {
	if err := db.Migrate(ctx, "contexts", tables); err != nil {
		return nil, errs.Wrap("open contexts", err)
	}
	m := &Manager{db: db, o: o, client: o.client(), since: o.Now(), ready: map[string]*compiled{}, docs: map[string]*doc{},
		flights: map[string]*flight{}, failed: map[string]failure{}, served: map[string]bool{}}
	m.core.row = row{id: coreID, url: jsonld.CoreURL, kind: Cached, created: store.Micros(m.since)}
	return m, nil
}

// coreID is the local id of the core context.
const coreID = "urn:ngsi-ld:Context:core"

func tenantOf(r *http.Request) string {
	if r == nil {
		return ""
	}
	if v := r.Header["Ngsild-Tenant"]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// ByURL gives the context at a URL; LdContextNotAvailable where it cannot be had. One of ours is taken from the store.
func (m *Manager) ByURL(r *http.Request, at string) (*jsonld.Context, error) {
	if jsonld.IsCore(at) {
		m.touch(&m.core)
		return jsonld.Core(), nil
	}
	key := at
	if m.own(at) != "" {
		key = tenantOf(r) + " " + at
	}
	return m.context(r, key, func() (json.RawMessage, error) { return json.Marshal(at) })
}

// ByValue gives the context of an @context member.
func (m *Manager) ByValue(r *http.Request, v json.RawMessage) (*jsonld.Context, error) {
	if len(v) > 0 && v[0] == '"' {
		var at string
		if err := json.Unmarshal(v, &at); err == nil {
			return m.ByURL(r, at)
		}
	}
	m.mu.RLock()
	c := m.ready[string(v)]
	gen := m.gen
	m.mu.RUnlock()
	if c != nil && c.gen == gen {
		return m.use(c), nil
	}
	key := string(v)
	if strings.Contains(key, contextsPath) {
		key = tenantOf(r) + " " + key
	}
	return m.context(r, key, func() (json.RawMessage, error) { return v, nil })
}

// context gives what is ready under a key, or compiles it.
func (m *Manager) context(r *http.Request, key string, value func() (json.RawMessage, error)) (*jsonld.Context, error) {
	m.mu.RLock()
	c, gen := m.ready[key], m.gen
	m.mu.RUnlock()
	if c != nil && c.gen == gen {
		return m.use(c), nil
	}
	v, err := value()
	if err != nil {
		return nil, err
	}
	c = &compiled{gen: gen}
	c.ctx, err = jsonld.Compile(v, func(at string) (json.RawMessage, error) {
		d, err := m.find(r, at)
		if err != nil {
			return nil, err
		}
		c.deps = append(c.deps, d)
		return d.text, nil
	})
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	if len(m.ready) >= maxCompiled {
		for k := range m.ready { // some one: what is in use comes back
			delete(m.ready, k)
			break
		}
	}
	m.ready[key] = c
	m.mu.Unlock()
	return m.use(c), nil
}

// use counts a use of a context, and sees now and then that its documents are still what they were.
func (m *Manager) use(c *compiled) *jsonld.Context {
	if len(c.deps) == 0 {
		return c.ctx
	}
	now := m.o.Now().UnixNano()
	for _, d := range c.deps {
		d.hits.Add(1)
		d.used.Store(now)
		if last := d.tried.Load(); now-last > int64(recheck) && d.tried.CompareAndSwap(last, now) {
			go m.check(d)
		}
	}
	return c.ctx
}

func (m *Manager) touch(d *doc) {
	d.hits.Add(1)
	d.used.Store(m.o.Now().UnixNano())
}

// check looks whether another instance of the program has changed or removed a document, and fetches an expired copy anew; beside the
// requests, which go on using what there is.
func (m *Manager) check(d *doc) {
	ctx := context.Background()
	r, err := get(ctx, m.db, qByID, d.id)
	switch {
	case errs.Is(err, errs.NotFound):
		m.drop(d.id)
	case err == nil && r.created != d.created:
		m.replace(&doc{row: r, text: r.doc})
	case err == nil && d.kind == Cached && d.expires > 0 && store.Time(d.expires).Before(m.o.Now()):
		err = m.reload(ctx, d.url)
	}
	if err != nil && m.o.Log != nil {
		m.o.Log.Warn("context not renewed", "id", d.id, "url", d.url, "err", err)
	}
}

// drop forgets a document, and with it what was made of it.
func (m *Manager) drop(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.docs, id)
	delete(m.served, id)
	m.gen++
}

// replace puts a document in place of the one of its id, whose uses it takes over.
func (m *Manager) replace(d *doc) {
	d.tried.Store(m.o.Now().UnixNano())
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.docs[d.id]; old != nil {
		d.hits.Store(old.hits.Load())
		d.used.Store(old.used.Load())
	}
	m.docs[d.id] = d
	m.gen++
}

const contextsPath = "/jsonldContexts/"

// own gives the id of a URL that leads to one of our own contexts; "" where it leads elsewhere.
func (m *Manager) own(at string) string {
	i := strings.Index(at, m.o.Prefix+contextsPath)
	if i < 0 {
		return ""
	}
	id, err := url.PathUnescape(at[i+len(m.o.Prefix)+len(contextsPath):])
	if err != nil || strings.ContainsAny(id, "?#/") {
		return ""
	}
	return id
}

// find gives the document of a URL: from memory, from the table, or from where it lies.
func (m *Manager) find(r *http.Request, at string) (*doc, error) {
	if id := m.own(at); id != "" {
		if d, err := m.byID(context.Background(), id); err == nil && (d.kind != Hosted || d.tenant == tenantOf(r)) {
			return d, nil
		}
	}
	if d, err := m.byID(context.Background(), cachedID(at)); err == nil {
		return d, nil
	} else if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return m.once(at, m.download)
}

// cachedID is the local id of a cached context.
func cachedID(at string) string {
	sum := sha256.Sum256([]byte(at))
	return "urn:ngsi-ld:Context:cached:" + hex.EncodeToString(sum[:16])
}

// byID gives a document by its local id; errs.NotFound where there is none.
func (m *Manager) byID(ctx context.Context, id string) (*doc, error) {
	m.mu.RLock()
	d := m.docs[id]
	m.mu.RUnlock()
	if d != nil {
		return d, nil
	}
	r, err := get(ctx, m.db, qByID, id)
	if err != nil {
		return nil, err
	}
	d = &doc{row: r, text: r.doc}
	if r.kind != Cached || r.expires == 0 || !store.Time(r.expires).Before(m.o.Now()) {
		d.tried.Store(m.o.Now().UnixNano()) // an expired copy is seen to at its first use
	}
	return m.keep(d), nil
}

// keep holds a document in memory; the one that is there wins.
func (m *Manager) keep(d *doc) *doc {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.docs[d.id]; old != nil {
		return old
	}
	if len(m.docs) >= maxCompiled {
		for k := range m.docs {
			delete(m.docs, k)
			break
		}
	}
	m.docs[d.id] = d
	return d
}

// once fetches a URL, one fetch for all who ask meanwhile. A failure is given to who asks right after it too.
func (m *Manager) once(at string, fetch func(at string) (*doc, error)) (*doc, error) {
	m.mu.Lock()
	if d := m.docs[cachedID(at)]; d != nil { // it came while this one looked for it
		m.mu.Unlock()
		return d, nil
	}
	if f, ok := m.failed[at]; ok && m.o.Now().Before(f.until) {
		m.mu.Unlock()
		return nil, f.err
	}
	f := m.flights[at]
	if f != nil {
		m.mu.Unlock()
		<-f.done
		return f.doc, f.err
	}
	f = &flight{done: make(chan struct{})}
	m.flights[at] = f
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.flights, at)
		if len(m.failed) > maxCompiled {
			clear(m.failed)
		}
		if delete(m.failed, at); f.err != nil {
			m.failed[at] = failure{f.err, m.o.Now().Add(pardon)}
		}
		m.mu.Unlock()
		close(f.done)
	}()
	f.doc, f.err = fetch(at)
	return f.doc, f.err
}

// download fetches a document and keeps it.
func (m *Manager) download(at string) (*doc, error) {
	text, expires, err := m.fetch(at)
	if err != nil {
		return nil, err
	}
	now := m.o.Now()
	d := &doc{row: row{id: cachedID(at), kind: Cached, url: at, created: store.Micros(now), expires: store.Micros(expires), doc: text}, text: text}
	d.tried.Store(now.UnixNano())
	if err := put(context.Background(), m.db, d.row, maxCached); err != nil && m.o.Log != nil {
		m.o.Log.Warn("context not kept", "url", at, "err", err) // it serves from memory all the same
	}
	return m.keep(d), nil
}

// reload fetches a cached document anew and puts it in place of the copy; where that fails the copy stays.
// ETSI GS CIM 009 V1.9.1 5.13.5.4
func (m *Manager) reload(ctx context.Context, at string) error {
	text, expires, err := m.fetch(at)
	if err != nil {
		return err
	}
	v, err := value(text)
	if err == nil {
		_, err = jsonld.Compile(v, func(string) (json.RawMessage, error) { return json.RawMessage(`{"@context":{}}`), nil })
	}
	if err != nil {
		return unavailable(at, err)
	}
	now := m.o.Now()
	d := &doc{row: row{id: cachedID(at), kind: Cached, url: at, created: store.Micros(now), expires: store.Micros(expires), doc: text}, text: text}
	m.replace(d)
	return put(ctx, m.db, d.row, maxCached)
}

// Served gives the URL that a context without a URL of its own is served at; it is kept for that. It begins with "/".
// ETSI GS CIM 009 V1.9.1 5.13.1
func (m *Manager) Served(c *jsonld.Context) string {
	if u := c.URL(); u != "" {
		return u
	}
	v := c.Value()
	sum := sha256.Sum256(v)
	id := "urn:ngsi-ld:Context:implicit:" + hex.EncodeToString(sum[:16])
	m.mu.RLock()
	known := m.served[id]
	m.mu.RUnlock()
	if !known {
		text := append(append(json.RawMessage(`{"@context":`), v...), '}')
		r := row{id: id, kind: ImplicitlyCreated, created: store.Micros(m.o.Now()), doc: text}
		if err := put(context.Background(), m.db, r, maxCached); err != nil {
			if m.o.Log != nil {
				m.o.Log.Error("context not kept", "id", id, "err", err)
			}
			return jsonld.CoreURL
		}
		m.mu.Lock()
		m.served[id] = true
		m.mu.Unlock()
	}
	return m.o.Prefix + contextsPath + id
}

var _ exchange.Contexts = (*Manager)(nil)

package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/account"
	"github.com/haihe-city/haihe/web/language"
	"github.com/haihe-city/haihe/web/ui"
)

// Bounds of time. A stream has none in all, but each of its writes has.
const (
	pageTime  = 30 * time.Second // to draw a page or act on a form
	readTime  = 30 * time.Second // for the next bytes of a body
	writeTime = 60 * time.Second // for the next bytes of an answer
	formRAM   = 1 << 20          // of an upload that is kept in memory; the rest goes to a file
)

// servePage answers a page's or a form's route.
func (s *Server) servePage(w http.ResponseWriter, q *http.Request, l lang.Lang, route Route) {
	r, err := s.request(w, q)
	r.Lang = l
	if err == nil {
		err = s.admit(r, route.Grant)
	}
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), pageTime)
	if route.MaxBody > 1<<20 { // an upload takes its time
		cancel()
		ctx, cancel = context.WithCancel(q.Context())
	}
	defer cancel()
	r.HTTP = q.WithContext(ctx)
	if route.Form != nil {
		s.serveForm(w, r, route)
		return
	}
	// The topic's mark is taken before the page is made: what happens meanwhile is told by the stream. Which topic it will be is
	// known from the last time; the first page of a route takes it afterwards.
	topic, _ := s.live.Load(route.Pattern)
	name, _ := topic.(string)
	if name != "" {
		r.since = s.o.Hub.Mark(name)
	}
	page, err := route.Page(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	if page != nil && page.Live != name {
		s.live.Store(route.Pattern, page.Live)
		r.since = s.o.Hub.Mark(page.Live)
	}
	s.draw(w, r, page, http.StatusOK)
}

// serveForm checks the token, runs the form's function and shows or goes to what it says.
func (s *Server) serveForm(w http.ResponseWriter, r *Request, route Route) {
	defer func() {
		if r.HTTP.MultipartForm != nil {
			_ = r.HTTP.MultipartForm.RemoveAll() // files that stay behind are the machine's to tidy up
		}
	}()
	if err := s.readForm(w, r, route.MaxBody); err != nil {
		s.failPage(w, r, err)
		return
	}
	page, next, err := route.Form(r)
	if err == nil && r.newCookie != nil {
		s.setCookie(w, r.HTTP, sessionCookie, *r.newCookie)
		s.setCookie(w, r.HTTP, formCookie, "")
	}
	switch {
	case err != nil:
		s.failPage(w, r, err)
	case page != nil:
		status := http.StatusOK
		if wrong(page.Body) {
			status = http.StatusUnprocessableEntity
		}
		s.draw(w, r, page, status)
	default:
		s.redirect(w, r.HTTP, r.Lang, next, http.StatusSeeOther)
	}
}

// readForm reads a form within its bound and checks that it came from a page of ours.
func (s *Server) readForm(w http.ResponseWriter, r *Request, limit int64) error {
	r.HTTP.Body = http.MaxBytesReader(w, r.HTTP.Body, limit)
	err := r.HTTP.ParseForm() // first and alone: ParseMultipartForm hides its error
	if mime, _, _ := strings.Cut(r.HTTP.Header.Get("Content-Type"), ";"); err == nil && mime == "multipart/form-data" {
		err = r.HTTP.ParseMultipartForm(formRAM)
	}
	if err != nil {
		return errs.Wrap("read the form", classifyForm(err))
	}
	return s.checkForm(r, r.HTTP.PostFormValue("csrf"))
}

func classifyForm(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return errs.As(errs.TooLarge, "", err)
	}
	return errs.As(errs.Invalid, "", err)
}

// wrong tells whether a page shows a form with errors.
func wrong(blocks []ui.Block) bool {
	for _, b := range blocks {
		switch b := b.(type) {
		case ui.Form:
			if !b.Error.Empty() {
				return true
			}
			for _, f := range b.Fields {
				if !f.Error.Empty() {
					return true
				}
			}
		case ui.Panel:
			if wrong(b.Body) {
				return true
			}
		case ui.Columns:
			for _, c := range b.Cols {
				if wrong(c) {
					return true
				}
			}
		}
	}
	return false
}

// admit refuses who may not: nobody is sent to the sign-in, a one-time password to where it is changed.
func (s *Server) admit(r *Request, grant string) error {
	if allowed(r.Who, grant) {
		return nil
	}
	if r.Who.Anonymous() {
		return errs.As(errs.Unauthenticated, "admit", errors.New("nobody is signed in"))
	}
	if r.Who.MustChange {
		if path := r.HTTP.URL.Path; strings.HasSuffix(path, "/account/password") {
			return nil
		}
		return errs.Say(errs.Denied, "这是一次性口令，请先修改口令。", "This is a one-time password: change it first.")
	}
	if r.Who.Has(identity.RoleCitizen) { // what is not theirs is not there for them: no answer tells one from the other
		return notFound()
	}
	return errs.As(errs.Denied, "admit", fmt.Errorf("grant %s is needed", grant))
}

// draw writes a page in its shell.
func (s *Server) draw(w http.ResponseWriter, r *Request, p *ui.Page, status int) {
	if p == nil {
		s.failPage(w, r, errors.New("the handler returned neither a page nor an error"))
		return
	}
	p = p.Only(s.may(r))
	shell := s.shell(w, r, p)
	var b bytes.Buffer
	if err := ui.RenderPage(r.HTTP.Context(), &b, shell, p); err != nil {
		if errors.Is(err, context.Canceled) {
			return // the reader has gone
		}
		s.o.Log.Error("a page could not be drawn", "request", r.id, "route", r.HTTP.Pattern, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.Lang))
	h.Set("Cache-Control", "no-store") // pages are their reader's: a shared machine must not show them after sign-out
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may have gone
}

// shell gathers what surrounds a page for this reader.
func (s *Server) shell(w http.ResponseWriter, r *Request, p *ui.Page) ui.Shell {
	_, path, ok := language.OfPath(r.HTTP.URL.EscapedPath())
	if !ok {
		path = r.HTTP.URL.EscapedPath()
	}
	if r.HTTP.Method != http.MethodGet { // the other language cannot be had by repeating a form
		path = s.home(r.Who)
	}
	sh := ui.Shell{
		Lang: r.Lang, Path: path, Query: r.HTTP.URL.RawQuery, Static: s.files.Prefix(), Mounted: s.Mounted, Home: s.home(r.Who), Plain: r.Who.Has(identity.RoleCitizen), Now: r.Now, Banner: s.o.Banner, Version: s.o.Version,
		Search: r.Query("q"), Since: r.since,
	}
	if path != "/search" {
		sh.Search = ""
	}
	if r.HTTP.Method != http.MethodGet {
		sh.Query = ""
	}
	if c, err := r.HTTP.Cookie("theme"); err == nil && (c.Value == "dark" || c.Value == "light") {
		sh.Theme = c.Value
	}
	if r.Who.Anonymous() {
		sh.Bare = !s.o.PublicPlan || path == "/login" || path == "/register"
		if s.formSecret(r) == "" && holdsForm(p.Body) {
			secret := randomID()
			s.setCookie(w, r.HTTP, formCookie, secret)
			sh.CSRF = account.Mask(s.o.People.CSRF(secret))
		} else {
			sh.CSRF = s.formToken(r)
		}
	} else {
		sh.CSRF = s.formToken(r)
		sh.User = &ui.User{Name: r.Who.Name, Unit: s.o.People.UnitName(r.Who.Unit), Links: []ui.Link{
			{Text: lang.T("修改口令", "Change password"), Href: "/account/password"}, {Text: lang.T("登录记录", "Where I am signed in"), Href: "/account/sessions"}}}
		if r.Who.Has(identity.RoleCitizen) {
			sh.User.Links = append(sh.User.Links, ui.Link{Text: lang.T("注销账户", "Close my account"), Href: "/account/close"})
		}
		sh.Bare = r.Who.MustChange
	}
	if !sh.Bare {
		sh.Nav = s.nav(r)
	}
	return sh
}

func holdsForm(blocks []ui.Block) bool {
	for _, b := range blocks {
		if _, ok := b.(ui.Form); ok {
			return true
		}
	}
	return false
}

// nav is the navigation as this reader may use it.
func (s *Server) nav(r *Request) []ui.NavGroup {
	var out []ui.NavGroup
	may := s.may(r)
	for _, g := range append(append([]NavGroup{s.ownNav()}, s.o.Nav...), s.adminNav()) {
		x := ui.NavGroup{Text: g.Text}
		for _, it := range g.Items {
			grant := it.Grant
			if s.o.PublicPlan && (grant == "" || grant == planGrant) && (it.Href == "/plan" || strings.HasPrefix(it.Href, "/plan/")) {
				grant = Public
			}
			if !allowed(r.Who, grant) || !may(http.MethodGet, it.Href) {
				continue
			}
			item := it.NavItem
			if it.Count != nil {
				if n := it.Count(r.HTTP.Context()); n > 0 {
					item.Badge = ui.Grouped(int64(n))
				}
			}
			x.Items = append(x.Items, item)
		}
		if len(x.Items) > 0 {
			out = append(out, x)
		}
	}
	return out
}

// serveAPI answers an API's route.
func (s *Server) serveAPI(w http.ResponseWriter, q *http.Request, route Route) {
	r, err := s.request(w, q)
	r.Lang = language.Negotiate(q)
	if err == nil {
		err = s.admit(r, route.Grant)
	}
	if err == nil && q.Method != http.MethodGet && q.Method != http.MethodHead && r.cookie != "" {
		err = s.checkForm(r, q.Header.Get("X-CSRF-Token")) // a browser sends cookies whoever made it ask; a bearer token it does not
	}
	if err != nil {
		s.problem(w, q, err)
		return
	}
	q.Body = http.MaxBytesReader(w, q.Body, route.MaxBody)
	v, err := route.API(r)
	if err != nil {
		s.problem(w, q, err)
		return
	}
	reply, ok := v.(Reply)
	if p, isPointer := v.(*Reply); isPointer && p != nil {
		reply, ok = *p, true
	}
	if !ok {
		reply = Reply{Body: v}
		if v == nil {
			reply.Status = http.StatusNoContent
		}
	}
	s.send(w, q, reply)
}

// send writes an API's answer.
func (s *Server) send(w http.ResponseWriter, r *http.Request, a Reply) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	for k, v := range a.Header {
		h.Set(k, v)
	}
	if a.Name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Type != "" {
		h.Set("Content-Type", a.Type)
	}
	switch b := a.Body.(type) {
	case nil:
		w.WriteHeader(a.Status)
	case []byte:
		w.WriteHeader(a.Status)
		_, _ = w.Write(b) // the reader may have gone
	case io.Reader:
		s.stream(w, r, a.Status, func(w io.Writer, _ func()) error { _, err := io.Copy(w, b); return err })
	case Stream:
		s.stream(w, r, a.Status, b)
	case func(io.Writer, func()) error:
		s.stream(w, r, a.Status, b)
	case func(io.Writer) error:
		s.stream(w, r, a.Status, func(w io.Writer, _ func()) error { return b(w) })
	default:
		s.sendJSON(w, r, a)
	}
}

// stream lets a body write as it goes. A failure after the first byte cannot become an answer any more: the connection is cut,
// so that nobody takes a half for the whole.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, status int, body Stream) {
	c := &counting{w: w, control: http.NewResponseController(w), wall: s.o.Wall, status: status}
	err := body(c, c.flush)
	switch {
	case err == nil:
		c.begin()
	case !c.begun:
		w.Header().Del("Content-Disposition")
		s.problem(w, r, err)
	default:
		s.o.Log.WarnContext(r.Context(), "an answer broke off", "request", w.Header().Get("X-Request-Id"), "route", r.Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// counting is the writer of a stream: it sends the head with the first byte and gives each write its time.
type counting struct {
	w       http.ResponseWriter
	control *http.ResponseController
	wall    func() time.Time
	status  int
	begun   bool
}

func (c *counting) begin() {
	if !c.begun {
		c.begun = true
		c.w.WriteHeader(c.status)
	}
}

func (c *counting) Write(p []byte) (int, error) {
	c.begin()
	_ = c.control.SetWriteDeadline(c.wall().Add(writeTime)) // not every connection knows deadlines
	return c.w.Write(p)
}

func (c *counting) flush() {
	c.begin()
	_ = c.control.Flush()
}

// sendJSON writes a value, with an ETag where it was read.
func (s *Server) sendJSON(w http.ResponseWriter, r *http.Request, a Reply) {
	b, err := json.Marshal(a.Body)
	if err != nil {
		s.problem(w, r, fmt.Errorf("write the answer as JSON: %w", err))
		return
	}
	if r.Method == http.MethodGet && a.Status == http.StatusOK {
		sum := sha256.Sum256(b)
		tag := `"` + hex.EncodeToString(sum[:8]) + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.Type == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(append(b, '\n'))
}

func (s *Server) writeJSON(w http.ResponseWriter, mime string, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mime)
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

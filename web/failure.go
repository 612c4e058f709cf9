package web

import (
	"errors"
	"net/http"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/language"
	"github.com/haihe-city/haihe/web/ui"
)

// outcome is what a kind of failure becomes for the one who asked.
type outcome struct {
	status int
	title  lang.Text
	text   lang.Text // said where the failure brings no message of its own
}

var outcomes = map[errs.Kind]outcome{
	errs.Invalid:         {http.StatusBadRequest, lang.T("请求有误", "The request is wrong"), lang.T("提交的内容有误。请返回检查后重试。", "What was sent is wrong. Go back, check it and try again.")},
	errs.NotFound:        {http.StatusNotFound, lang.T("没有找到", "Not found"), lang.T("没有这个页面或对象，或您无权查看。请检查网址，或用搜索查找。", "There is no such page or object, or you may not see it. Check the address, or search.")},
	errs.Conflict:        {http.StatusConflict, lang.T("与现状冲突", "In conflict with the present state"), lang.T("对象已被他人改动，或当前状态不允许此操作。请刷新后再试。", "Someone else changed it, or its state does not allow this. Reload and try again.")},
	errs.Denied:          {http.StatusForbidden, lang.T("没有权限", "Not allowed"), lang.T("您的角色没有此项权限。如工作需要，请向安全管理员申请。", "Your roles do not allow this. If your work needs it, ask the security administrator.")},
	errs.Unauthenticated: {http.StatusUnauthorized, lang.T("请先登录", "Sign in first"), lang.T("登录已过期或尚未登录。", "You are not signed in, or your session has ended.")},
	errs.Busy:            {http.StatusServiceUnavailable, lang.T("系统繁忙", "Busy"), lang.T("当前请求过多，本次操作未执行。请稍后重试。", "There is too much to do now and nothing was changed. Try again in a moment.")},
	errs.TooLarge:        {http.StatusRequestEntityTooLarge, lang.T("内容过大", "Too large"), lang.T("提交的内容超过上限。请缩小或分批提交。", "What was sent is above the limit. Make it smaller, or send it in parts.")},
	errs.Unavailable:     {http.StatusServiceUnavailable, lang.T("暂时不可用", "Not available now"), lang.T("所需的部分暂时不可用，其他功能照常。请稍后重试。", "A part that this needs is down; the rest goes on. Try again later.")},
	errs.Internal:        {http.StatusInternalServerError, lang.T("内部错误", "An internal failure"), lang.T("系统内部出错，已记入日志。请稍后重试；仍不成功时，请将请求编号告知系统管理员。", "Something failed inside; it is in the log. Try again later; if it fails again, give the request number to the system administrator.")},
}

func notFound() error { return errs.As(errs.NotFound, "find the route", errors.New("no route")) }

// errMethod says that the path is there, but not for this method.
var errMethod = errs.Say(errs.Invalid, "此网址不接受这种请求方法", "this address does not take this method")

// errSlow says that a body did not come in its time.
var errSlow = errs.Say(errs.Invalid, "请求内容未按时到达，请检查网络后重试", "the body of the request did not come in time: check the network and try again")

// classify gives errors of net/http their kind.
func classify(err error) error {
	if errors.Is(err, errSlow) {
		return errSlow // whatever a reader of JSON or of a form has made of it
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return errs.As(errs.TooLarge, "read the request", err)
	}
	return err
}

// explain says a failure: its outcome, and the words for the user.
func explain(err error) (o outcome, kind errs.Kind) {
	kind = errs.KindOf(err)
	o, known := outcomes[kind]
	if !known {
		o = outcomes[errs.Internal]
	}
	if msg, ok := errs.MsgOf(err); ok {
		o.text = msg
	}
	switch {
	case errors.Is(err, errMethod):
		o.status = http.StatusMethodNotAllowed
	case errors.Is(err, errSlow):
		o.status = http.StatusRequestTimeout
	}
	return o, kind
}

// note writes a failure to the log: what is ours to mend as an error, the rest for who looks closely. The path is not written,
// since paths and queries may name people.
func (s *Server) note(r *http.Request, id string, status int, err error) {
	if status >= http.StatusInternalServerError && !errs.Is(err, errs.Busy) {
		s.o.Log.ErrorContext(r.Context(), "a request failed", "request", id, "method", r.Method, "route", r.Pattern, "status", status, "error", err)
		return
	}
	s.o.Log.DebugContext(r.Context(), "a request was refused", "request", id, "method", r.Method, "route", r.Pattern, "status", status, "error", err)
}

// refuse answers with a page for a failure that happened before a handler ran.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, l lang.Lang, err error) {
	q, _ := s.request(w, r) // who asks matters for the frame of the page only
	q.Lang = l
	s.failPage(w, q, err)
}

// failPage answers a page's request with the failure as a page, or sends to the sign-in who is not signed in.
func (s *Server) failPage(w http.ResponseWriter, r *Request, err error) {
	err = classify(err)
	o, kind := explain(err)
	s.note(r.HTTP, r.id, o.status, err)
	if kind == errs.Unauthenticated && r.HTTP.Method == http.MethodGet {
		s.toLogin(w, r)
		return
	}
	if kind == errs.Busy {
		w.Header().Set("Retry-After", "2")
	}
	links := []ui.Link{{Text: lang.T("回首页", "To the start page"), Href: s.o.Home}}
	if kind == errs.Unauthenticated {
		links = []ui.Link{{Text: lang.T("登录", "Sign in"), Href: "/login"}}
	}
	p := &ui.Page{Title: o.title, Body: []ui.Block{ui.Failure{Status: o.status, Text: o.text, RequestID: r.id, Links: links}}}
	s.draw(w, r, p, o.status)
}

// problem is RFC 9457's document, with the words in both languages besides.
type problem struct {
	Type     string    `json:"type"`
	Title    string    `json:"title"`
	Status   int       `json:"status"`
	Detail   string    `json:"detail"`
	Instance string    `json:"instance"` // the request's number
	Titles   lang.Text `json:"titles"`
	Details  lang.Text `json:"details"`
}

// problem answers an API's request with a failure.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	err = classify(err)
	o, kind := explain(err)
	id := w.Header().Get("X-Request-Id")
	s.note(r, id, o.status, err)
	switch kind {
	case errs.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Bearer realm="haihe"`)
	case errs.Busy:
		w.Header().Set("Retry-After", "2")
	}
	l := language.Negotiate(r)
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Language", string(l))
	s.writeJSON(w, "application/problem+json", o.status, problem{
		Type: "urn:haihe:problem:" + kind.String(), Title: o.title.In(l), Status: o.status, Detail: o.text.In(l),
		Instance: "urn:haihe:request:" + id, Titles: o.title, Details: o.text,
	})
}

package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Kind is the kind of a problem, with its status.
// ETSI GS CIM 009 V1.9.1 5.5.2, 6.3.2
type Kind string

// The kinds.
const (
	AlreadyExists         Kind = "AlreadyExists"         // 409
	BadRequestData        Kind = "BadRequestData"        // 400
	Conflict              Kind = "Conflict"              // 409
	InvalidRequest        Kind = "InvalidRequest"        // 400
	LdContextNotAvailable Kind = "LdContextNotAvailable" // 504
	NonexistentTenant     Kind = "NonexistentTenant"     // 404
	OperationNotSupported Kind = "OperationNotSupported" // 422
	ResourceNotFound      Kind = "ResourceNotFound"      // 404
	TooComplexQuery       Kind = "TooComplexQuery"       // 403
	TooManyResults        Kind = "TooManyResults"        // 403
	InternalError         Kind = "InternalError"         // 500
)

// typeRoot is what the type of a problem begins with. A problem of plain HTTP has the type about:blank (RFC 9457 4.2.1).
const typeRoot = "https://uri.etsi.org/ngsi-ld/errors/"

// face is what a kind shows.
type face struct {
	status int
	title  lang.Text
}

var faces = map[Kind]face{
	AlreadyExists:         {409, lang.T("已存在", "Already exists")},
	BadRequestData:        {400, lang.T("请求数据有误", "Bad request data")},
	Conflict:              {409, lang.T("与当前状态冲突", "Conflict with the current state")},
	InvalidRequest:        {400, lang.T("请求无效", "Invalid request")},
	LdContextNotAvailable: {504, lang.T("无法取得 @context", "@context not available")},
	NonexistentTenant:     {404, lang.T("租户不存在", "No such tenant")},
	OperationNotSupported: {422, lang.T("不支持此操作", "Operation not supported")},
	ResourceNotFound:      {404, lang.T("未找到", "Resource not found")},
	TooComplexQuery:       {403, lang.T("查询过于复杂", "Query too complex")},
	TooManyResults:        {403, lang.T("结果过多", "Too many results")},
	InternalError:         {500, lang.T("内部错误", "Internal error")},
}

// plain are the problems of plain HTTP.
var plain = map[errs.Kind]face{
	errs.Denied:          {403, lang.T("无权操作", "Forbidden")},
	errs.Unauthenticated: {401, lang.T("未登录", "Unauthorized")},
	errs.Busy:            {503, lang.T("服务繁忙", "Busy")},
	errs.Unavailable:     {503, lang.T("服务暂不可用", "Service unavailable")},
	errs.TooLarge:        {413, lang.T("内容过大", "Content too large")},
}

// Fault is a problem that an operation found. It is answered as it is.
type Fault struct {
	Kind Kind
	Text lang.Text
	Err  error // the cause, for the log
}

// Error gives the kind and the text in English.
func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Text.En }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Say makes a problem: Chinese, English, arguments of both. Plain errors of the kernel become problems by their errs kind (Invalid:
// BadRequestData, NotFound: ResourceNotFound, Conflict: AlreadyExists, Busy: 503 with Retry-After, TooLarge: 413...).
func (k Kind) Say(zh, en string, args ...any) error {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return &Fault{Kind: k, Text: lang.T(zh, en)}
}

// Because is Say with the cause, which goes to the log.
func (k Kind) Because(cause error, zh, en string, args ...any) error {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return &Fault{Kind: k, Text: lang.T(zh, en), Err: cause}
}

// problem is an error made ready to be shown.
type problem struct {
	kind string // type URI
	face
	detail lang.Text
}

// describe finds the kind and the words of an error.
func describe(err error) problem {
	var f *Fault
	if errors.As(err, &f) {
		return problem{typeRoot + string(f.Kind), faces[f.Kind], f.Text}
	}
	text, said := errs.MsgOf(err)
	kind := InternalError
	switch k := errs.KindOf(err); k {
	case errs.Invalid:
		kind = BadRequestData
	case errs.NotFound:
		kind = ResourceNotFound
	case errs.Conflict:
		kind = AlreadyExists
	case errs.Internal:
		if t, ok := spoken(err); ok { // a codec's own error: the input is wrong
			return problem{typeRoot + string(BadRequestData), faces[BadRequestData], t}
		}
		said = false
	default:
		if !said {
			text = plain[k].title
		}
		return problem{"about:blank", plain[k], text}
	}
	if !said {
		text = lang.T("处理请求时出错，请稍后重试；如持续出现，请联系系统管理员", "the request could not be handled; try again later, and tell the administrator if it goes on")
	}
	return problem{typeRoot + string(kind), faces[kind], text}
}

// spoken gives the words of an error of a codec: those that say them in both languages.
func spoken(err error) (lang.Text, bool) {
	var t interface{ Text() lang.Text }
	if errors.As(err, &t) {
		return t.Text(), true
	}
	return lang.Text{}, false
}

// append writes the problem details (5.5.3).
func (p *problem) append(b []byte, title, detail string) []byte {
	b = append(append(b, `{"type":`...), quote(p.kind)...)
	b = append(append(b, `,"title":`...), quote(title)...)
	b = append(append(b, `,"detail":`...), quote(detail)...)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.status), 10)
	return append(b, '}')
}

// quote writes a JSON string.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return b
}

// both writes a text in both languages.
func both(t lang.Text) string {
	if t.Zh == t.En {
		return t.Zh
	}
	return t.Zh + " / " + t.En
}

// Problem writes an error as problem details (6.3.3: application/json; RFC 9457).
func Problem(w http.ResponseWriter, r *http.Request, err error) {
	p := describe(err)
	title, detail := both(p.title), both(p.detail)
	if l, ok := prefers(r.Header.Get("Accept-Language")); ok {
		title, detail = p.title.In(l), p.detail.In(l)
	}
	body := p.append(make([]byte, 0, 256), title, detail)
	h := w.Header()
	h["Content-Type"] = mediaTypes[JSON]
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	switch p.status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(body)
}

// ProblemOf gives them as a value, for 207 bodies.
func ProblemOf(err error) (status int, details json.RawMessage) {
	p := describe(err)
	return p.status, p.append(nil, both(p.title), both(p.detail))
}

// prefers reads Accept-Language as far as it concerns the two languages.
func prefers(accept string) (lang.Lang, bool) {
	for part := range strings.SplitSeq(accept, ",") {
		tag := strings.TrimSpace(part)
		if strings.HasPrefix(tag, "zh") {
			return lang.Zh, true
		}
		if strings.HasPrefix(tag, "en") {
			return lang.En, true
		}
	}
	return "", false
}

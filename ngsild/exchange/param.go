package exchange

import (
	"net/url"
	"strconv"
	"strings"
)

// pair is one query parameter.
type pair struct{ name, value string }

// maxQuery bounds a query string, in bytes.
const maxQuery = 64 << 10

// readQuery reads a query string. A parameter that is there several times is one list.
func readQuery(raw string, into []pair) ([]pair, error) {
	if len(raw) > maxQuery {
		return nil, TooComplexQuery.Say("查询参数过长，至多 %d 字节", "the query string is too long, at most %d bytes", maxQuery)
	}
	for raw != "" {
		var part string
		part, raw, _ = strings.Cut(raw, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, ok := unescape(name, false)
		v, fine := unescape(value, keepsPlus(name))
		if !ok || !fine {
			return nil, InvalidRequest.Say("查询参数 %s 的百分号编码有误", "the parameter %s is not percent-encoded rightly", clip(part))
		}
		if at := index(into, name); at >= 0 {
			if into[at].value != v {
				into[at].value += "," + v
			}
			continue
		}
		into = append(into, pair{name, v})
	}
	return into, nil
}

// keepsPlus tells whether a plus is a plus: where a space cannot be.
func keepsPlus(name string) bool {
	switch name {
	case "scopeQ", "idPattern", "timeAt", "endTimeAt", "observedAt":
		return true
	}
	return false
}

func unescape(s string, plus bool) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && (plus || strings.IndexByte(s, '+') < 0) {
		return s, true
	}
	var v string
	var err error
	if plus {
		v, err = url.PathUnescape(s)
	} else {
		v, err = url.QueryUnescape(s)
	}
	return v, err == nil
}

func index(list []pair, name string) int {
	for i := range list {
		if list[i].name == name {
			return i
		}
	}
	return -1
}

// checkParams holds the parameters to those of the operation. A parameter without a value counts as not given.
// ETSI GS CIM 009 V1.9.1 6.3.20
func checkParams(op *Op, list []pair) error {
	for i := range list {
		p := op.param(list[i].name)
		if p == nil {
			return InvalidRequest.Say("%s 操作没有查询参数 %s", "the operation %s has no parameter %s", op.Name, clip(list[i].name))
		}
		if list[i].value == "" {
			continue
		}
		if !p.takes(list[i].value) {
			kind := BadRequestData
			if p.Name == "options" || p.Name == "format" {
				kind = InvalidRequest
			}
			return kind.Say("查询参数 %s 的取值 %q 无效，应为：%s", "the parameter %s cannot have the value %q; it takes: %s", p.Name, clip(list[i].value), p.Schema)
		}
	}
	return nil
}

func (op *Op) param(name string) *Param {
	for i := range op.Params {
		if op.Params[i].Name == name {
			return &op.Params[i]
		}
	}
	return nil
}

// takes tells whether a parameter may have a value.
func (p *Param) takes(v string) bool {
	switch p.Schema {
	case "boolean":
		return v == "true" || v == "false"
	case "integer", "string", "uri", "dateTime", "list", "": // read where they are used, with better words
		return true
	}
	if choices, ok := strings.CutPrefix(p.Schema, "["); ok {
		choices = strings.TrimSuffix(choices, "]")
		for one := range strings.SplitSeq(v, ",") {
			if !among(choices, strings.TrimSpace(one)) {
				return false
			}
		}
		return true
	}
	return among(p.Schema, v)
}

func among(choices, v string) bool {
	for c := range strings.SplitSeq(choices, "|") {
		if c == v {
			return true
		}
	}
	return false
}

// Param reads a query parameter; Has tells whether it is there with a value.
func (x *Exchange) Param(name string) string {
	if at := index(x.params, name); at >= 0 {
		return x.params[at].value
	}
	return ""
}

// Has is described at Param.
func (x *Exchange) Has(name string) bool { return x.Param(name) != "" }

// SetParam gives a parameter a value, "" takes it away: so a query in a body (5.2.23) is read by the same code as one in a URL.
func (x *Exchange) SetParam(name, value string) {
	if at := index(x.params, name); at >= 0 {
		x.params[at].value = value
		return
	}
	x.params = append(x.params, pair{name, value})
}

// True tells whether a boolean parameter is true.
func (x *Exchange) True(name string) bool { return x.Param(name) == "true" }

// List reads a parameter that is a list separated by commas; nil where it is not there.
func (x *Exchange) List(name string) []string {
	v := x.Param(name)
	if v == "" {
		return nil
	}
	out := strings.Split(v, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// Option tells whether a word is among the options.
func (x *Exchange) Option(word string) bool {
	v := x.Param("options")
	if v == "" {
		return false
	}
	for o := range strings.SplitSeq(v, ",") {
		if strings.TrimSpace(o) == word {
			return true
		}
	}
	return false
}

// Paging is what a request says about its pages (6.3.10, 6.3.13).
type Paging struct {
	After  string // cursor, "" where none
	Offset int64  // of the first one on the page; with After it only serves the Link to the page before
	Limit  int
	Count  bool
}

// Bounds of a page.
const (
	DefaultLimit = 20
	MaxLimit     = 1000
)

// Paging reads limit, offset, count and pageAfter.
func (x *Exchange) Paging() (p Paging, err error) {
	p.Limit = DefaultLimit
	p.Count = x.True("count")
	p.After = x.Param("pageAfter")
	if v := x.Param("offset"); v != "" {
		if p.Offset, err = strconv.ParseInt(v, 10, 64); err != nil || p.Offset < 0 {
			return p, BadRequestData.Say("offset 须为不小于 0 的整数，实为 %q", "offset must be a whole number of at least 0, it is %q", clip(v))
		}
	}
	if v := x.Param("limit"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return p, BadRequestData.Say("limit 须为不小于 0 的整数，实为 %q", "limit must be a whole number of at least 0, it is %q", clip(v))
		}
		if n == 0 && !p.Count { // 6.3.13
			return p, BadRequestData.Say("limit=0 只能与 count=true 同用", "limit=0 goes only with count=true")
		}
		if n > MaxLimit { // 5.5.6
			return p, TooManyResults.Say("每页至多 %d 条，请减小 limit 并分页取用", "a page has at most %d elements; ask for fewer and follow the pages", MaxLimit)
		}
		p.Limit = int(n)
	}
	return p, nil
}

// clip shortens what a message repeats.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

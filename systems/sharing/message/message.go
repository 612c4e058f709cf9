package message

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/httpsig"
)

// Prefix is where a node's exchange stands.
const Prefix = "/exchange/v1"

// Label and Tag of all signatures. RFC 9421 2.3
const (
	Label = "call"
	Tag   = "haihe-exchange"
)

// The header fields beside those of the standards.
const (
	FieldCaller   = "Haihe-Caller"
	FieldProvider = "Haihe-Provider"
	FieldPerson   = "Haihe-Person"
	FieldPurpose  = "Haihe-Purpose"
)

// digestName is the digest's algorithm. RFC 9530 5
const digestName = "sha-256"

// Request is what is signed of a call.
type Request struct {
	Call                              string // id of the message, the signature's nonce
	Caller, Provider, Person, Purpose string
	Resource                          string
	Type                              string   // content type
	Digest                            [32]byte // SHA-256 of the body
	Created                           int64    // Unix seconds
	KeyID                             string   // hex, SHA-256 of the certificate
	Alg                               string
}

// Response is what is signed of an answer.
type Response struct {
	Call    string
	Status  int
	Type    string
	Digest  [32]byte
	Created int64
	KeyID   string
	Alg     string
	Asked   [32]byte // digest of the request's body
	Of      []byte   // the request's signature
}

// Path is where a resource is called.
func Path(resource string) string { return Prefix + "/resources/" + resource + "/call" }

var (
	requestParts = []httpsig.Component{{Name: "@method"}, {Name: "@path"}, {Name: "content-type"}, {Name: "content-digest"},
		{Name: "haihe-caller"}, {Name: "haihe-provider"}, {Name: "haihe-person"}, {Name: "haihe-purpose"}}
	responseParts = []httpsig.Component{{Name: "@status"}, {Name: "content-type"}, {Name: "content-digest"},
		{Name: "content-digest", Req: true}, {Name: "signature", Req: true, Key: Label}}
)

func (r *Request) input() *httpsig.Input {
	return &httpsig.Input{Label: Label, Components: requestParts, Created: r.Created, Nonce: r.Call, KeyID: r.KeyID, Alg: r.Alg, Tag: Tag}
}

func (r *Response) input() *httpsig.Input {
	return &httpsig.Input{Label: Label, Components: responseParts, Created: r.Created, Nonce: r.Call, KeyID: r.KeyID, Alg: r.Alg, Tag: Tag}
}

// Base is the text that is signed.
func (r *Request) Base() ([]byte, error) {
	return r.input().Base(func(c httpsig.Component) (string, bool) {
		switch c.Name {
		case "@method":
			return http.MethodPost, true
		case "@path":
			return Path(r.Resource), true
		case "content-type":
			return r.Type, true
		case "content-digest":
			return httpsig.FormatDigest(digestName, r.Digest[:]), true
		case "haihe-caller":
			return r.Caller, true
		case "haihe-provider":
			return r.Provider, true
		case "haihe-person":
			return r.Person, true
		}
		return r.Purpose, true
	})
}

// Base is the text that is signed.
func (r *Response) Base() ([]byte, error) {
	return r.input().Base(func(c httpsig.Component) (string, bool) {
		switch {
		case c.Name == "@status":
			return strconv.Itoa(r.Status), true
		case c.Name == "content-type":
			return r.Type, true
		case c.Req && c.Name == "content-digest":
			return httpsig.FormatDigest(digestName, r.Asked[:]), true
		case c.Name == "content-digest":
			return httpsig.FormatDigest(digestName, r.Digest[:]), true
		}
		return ":" + base64.StdEncoding.EncodeToString(r.Of) + ":", true // RFC 9421 2.1.2: the member as a structured field
	})
}

// Put writes the fields of a signed request.
func (r *Request) Put(h http.Header, sig []byte) error {
	if err := r.check(); err != nil {
		return err
	}
	h[FieldCaller], h[FieldProvider], h[FieldPerson], h[FieldPurpose] = []string{r.Caller}, []string{r.Provider}, []string{r.Person}, []string{r.Purpose}
	return put(h, r.Type, r.Digest, r.input(), sig)
}

// Put writes the fields of a signed response.
func (r *Response) Put(h http.Header, sig []byte) error {
	return put(h, r.Type, r.Digest, r.input(), sig)
}

func put(h http.Header, typ string, sum [32]byte, in *httpsig.Input, sig []byte) error {
	field, err := in.Field()
	if err != nil {
		return err
	}
	h["Content-Type"] = []string{typ}
	h["Content-Digest"] = []string{httpsig.FormatDigest(digestName, sum[:])}
	h["Signature-Input"] = []string{field}
	h["Signature"] = []string{httpsig.FormatSignature(Label, sig)}
	return nil
}

// isID tells whether a text has the form of ids: nothing that a header, a path or a log could take for something else. It is looked at a
// dozen times a call, so it is no regular expression.
func isID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '_' || c == ':' || c == '@' || c == '-') {
			continue
		}
		return false
	}
	return s != "" && len(s) <= 128
}

var typeForm = regexp.MustCompile(`^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}(; ?[a-z0-9-]{1,20}=[A-Za-z0-9._-]{1,40})?$`)

func (r *Request) check() error {
	for _, f := range [][2]string{{r.Call, "nonce"}, {r.Caller, FieldCaller}, {r.Provider, FieldProvider}, {r.Person, FieldPerson}, {r.Purpose, FieldPurpose}, {r.Resource, "resource"}} {
		if !isID(f[0]) {
			return errs.Say(errs.Invalid, "“%s”的值无效：须为 1 至 128 个字母、数字或 . _ : @ -", "the value of %q is not valid: 1 to 128 letters, digits or . _ : @ -", f[1])
		}
	}
	return checkType(r.Type)
}

func checkType(s string) error {
	if s != "application/json" && s != "application/vnd.haihe.call+json" && !typeForm.MatchString(s) { // the two that nearly all calls have
		return errs.Say(errs.Invalid, "Content-Type“%s”无效", "the Content-Type %q is not valid", s)
	}
	return nil
}

// one gives a field that has to stand exactly once: of two, two readers could take different ones.
func one(h http.Header, name string) (string, error) {
	v := h[name]
	if len(v) != 1 || v[0] == "" {
		return "", errs.Say(errs.Invalid, "首部 %s 须恰好出现一次且不为空", "the header field %s has to stand exactly once, with a value", name)
	}
	return v[0], nil
}

// fields reads what request and response have in common.
func fields(h http.Header, want []httpsig.Component) (in *httpsig.Input, typ string, sum [32]byte, sig []byte, err error) {
	var text [4]string
	for i, name := range []string{"Content-Type", "Content-Digest", "Signature-Input", "Signature"} {
		if text[i], err = one(h, name); err != nil {
			return nil, "", sum, nil, err
		}
	}
	algorithm, digest, err := httpsig.ParseDigest(text[1])
	if err != nil || algorithm != digestName || len(digest) != len(sum) {
		return nil, "", sum, nil, errs.Because(err, errs.Invalid, "Content-Digest 须为 sha-256", "Content-Digest has to be sha-256")
	}
	if in, err = httpsig.ParseInput(text[2]); err != nil {
		return nil, "", sum, nil, errs.Because(err, errs.Invalid, "Signature-Input 无效：%s", "Signature-Input is not valid: %s", err.Error())
	}
	label, sig, err := httpsig.ParseSignature(text[3])
	if err != nil || label != Label || in.Label != Label || in.Tag != Tag || !slices.Equal(in.Components, want) || in.Expires != 0 {
		return nil, "", sum, nil, errs.Because(err, errs.Invalid, "签名的标签或覆盖范围与本协议不符", "the signature's label or what it covers is not that of this protocol")
	}
	return in, text[0], [32]byte(digest), sig, checkType(text[0])
}

// known are the header fields of ours; others that begin so are refused, since who sends them means something by them.
var known = []string{FieldCaller, FieldProvider, FieldPerson, FieldPurpose}

// ReadRequest reads what a request says of itself. It trusts nothing of it: signature, digest, time and members are for the caller to check.
func ReadRequest(r *http.Request) (q Request, sig []byte, err error) {
	if len(r.TransferEncoding) > 0 || r.ContentLength < 0 || r.Header["Content-Encoding"] != nil || r.Header["Upgrade"] != nil || r.Header["Trailer"] != nil {
		return q, nil, errs.Say(errs.Invalid, "请求须带 Content-Length，不得分块、压缩或升级", "a request has a Content-Length and is not chunked, packed or an upgrade")
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Haihe-") && !slices.Contains(known, name) {
			return q, nil, errs.Say(errs.Invalid, "未知首部 %s", "the header field %s is unknown", name)
		}
	}
	for _, f := range []struct {
		name string
		into *string
	}{{FieldCaller, &q.Caller}, {FieldProvider, &q.Provider}, {FieldPerson, &q.Person}, {FieldPurpose, &q.Purpose}} {
		if *f.into, err = one(r.Header, f.name); err != nil {
			return q, nil, err
		}
	}
	in, typ, sum, sig, err := fields(r.Header, requestParts)
	if err != nil {
		return q, nil, err
	}
	resource, ours := strings.CutPrefix(r.URL.EscapedPath(), Prefix+"/resources/")
	q.Resource, _ = strings.CutSuffix(resource, "/call")
	if !ours || q.Resource == resource || r.URL.RawQuery != "" || r.URL.ForceQuery || r.Method != http.MethodPost {
		return q, nil, errs.Say(errs.Invalid, "调用须为 POST %s，不带查询串", "a call is POST %s without a query", Path("{resource}"))
	}
	q.Type, q.Digest, q.Call, q.Created, q.KeyID, q.Alg = typ, sum, in.Nonce, in.Created, in.KeyID, in.Alg
	return q, sig, q.check()
}

// ReadResponse reads what a response says of itself; asked is the request that it has to answer, signed is that request's signature.
func ReadResponse(r *http.Response, asked *Request, signed []byte) (a Response, sig []byte, err error) {
	in, typ, sum, sig, err := fields(r.Header, responseParts)
	if err != nil {
		return a, nil, err
	}
	if in.Nonce != asked.Call {
		return a, nil, errs.Say(errs.Invalid, "应答不是对本次请求的应答", "the answer is not to this request")
	}
	return Response{Call: in.Nonce, Status: r.StatusCode, Type: typ, Digest: sum, Created: in.Created, KeyID: in.KeyID, Alg: in.Alg, Asked: asked.Digest, Of: signed}, sig, nil
}

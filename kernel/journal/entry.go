package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Bounds of an act. A journal that can be flooded by one act cannot be kept for years.
const (
	MaxDetail = 60 << 10 // bytes of canonical JSON: with all fields an entry stays below the 65,535 bytes of a bundle's entry (C2SP tlog-tiles)
	MaxField  = 512      // bytes of each text
)

// Act is one official act.
type Act struct {
	Actor     string // person, token or system that did it: "person:01H…", "token:01H…", "system:grid"
	Unit      string // unit on whose behalf
	Authority string // grant or clause under which: "plan.approve"
	Verb      string // "submit", "approve", "login", "merge"
	Object    string // what was acted on: an entity id, "target:sharing-rate", "person:…"
	Detail    any    // marshalled to JSON; must not hold personal data or secrets
}

// Entry is an act as it was recorded.
type Entry struct {
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"` // UTC, whole microseconds
	Actor     string          `json:"actor"`
	Unit      string          `json:"unit"`
	Authority string          `json:"authority"`
	Verb      string          `json:"verb"`
	Object    string          `json:"object"`
	Detail    json.RawMessage `json:"detail,omitempty"`
	Prev      string          `json:"prev"` // hex, hash of the entry before
	Hash      string          `json:"hash"` // hex, SHA-256 over the previous hash and this entry
}

// row is an entry as it lies in the table.
type row struct {
	seq, at                              int64
	actor, unit, authority, verb, object string
	detail                               string
	prev, hash                           []byte
}

// tag opens the hashed bytes, so that an entry's hash can never be taken for that of anything else.
const tag = "haihe-journal/1\n"

// zero is the hash before the first entry.
var zero [sha256.Size]byte

// digest is the hash of r standing at seq after prev; doc.go gives the layout.
func (r *row) digest(seq int64, prev []byte) [sha256.Size]byte {
	return sha256.Sum256(r.canonical(seq, prev))
}

// canonical is the hashed bytes of r standing at seq after prev; doc.go gives the layout.
func (r *row) canonical(seq int64, prev []byte) []byte {
	if len(prev) == 0 {
		prev = zero[:]
	}
	b := make([]byte, 0, 256+len(r.detail))
	b = append(b, tag...)
	b = append(b, prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.at))
	for _, s := range [...]string{r.actor, r.unit, r.authority, r.verb, r.object, r.detail} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// scan reads the columns of qWalk and of a listing.
func (r *row) scan(scan func(...any) error) error {
	return scan(&r.seq, &r.at, &r.actor, &r.unit, &r.authority, &r.verb, &r.object, &r.detail, &r.prev, &r.hash)
}

func (r *row) entry() Entry {
	e := Entry{Seq: r.seq, At: store.Time(r.at).UTC(), Actor: r.actor, Unit: r.unit, Authority: r.authority,
		Verb: r.verb, Object: r.object, Prev: hex.EncodeToString(r.prev), Hash: hex.EncodeToString(r.hash)}
	if r.detail != "" {
		e.Detail = json.RawMessage(r.detail)
	}
	return e
}

// row checks an act and gives it the form in which it is kept.
func (a *Act) row() (*row, error) {
	for _, f := range [...]struct{ name, value string }{
		{"actor", a.Actor}, {"unit", a.Unit}, {"authority", a.Authority}, {"verb", a.Verb}, {"object", a.Object},
	} {
		if len(f.value) > MaxField {
			return nil, errs.Say(errs.TooLarge, "日志条目的 %s 超过 %d 字节", "the journal entry's %s is longer than %d bytes", f.name, MaxField)
		}
		if !plain(f.value) {
			return nil, errs.Say(errs.Invalid, "日志条目的 %s 含有控制字符或无效编码", "the journal entry's %s has control characters or is not UTF-8", f.name)
		}
	}
	if a.Actor == "" || a.Verb == "" {
		return nil, errs.Say(errs.Invalid, "日志条目缺少行为人或动作", "a journal entry needs an actor and a verb")
	}
	detail, err := canonical(a.Detail)
	if err != nil {
		return nil, err
	}
	return &row{actor: a.Actor, unit: a.Unit, authority: a.Authority, verb: a.Verb, object: a.Object, detail: detail}, nil
}

// plain tells whether s is UTF-8 without control characters: PostgreSQL's TEXT takes no NUL, and a line break could feign a second
// entry in a listing.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if unicode.IsControl(c) {
			return false
		}
	}
	return true
}

// canonical gives v's JSON with sorted keys and no white space; "" for nil. Marshalling twice sorts the keys of structs too.
func canonical(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", errs.As(errs.Invalid, "marshal journal detail", err)
	}
	if len(raw) > 6*MaxDetail { // before the costly part; an escape of six bytes may become one
		return "", tooLarge()
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return "", errs.As(errs.Invalid, "read journal detail", err)
	}
	if tree == nil {
		return "", nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		return "", errs.As(errs.Invalid, "marshal journal detail", err)
	}
	text := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if len(text) > MaxDetail {
		return "", tooLarge()
	}
	return string(text), nil
}

func tooLarge() error {
	return errs.Say(errs.TooLarge, "日志条目的详情超过 %d KiB，请只记录编号和摘要",
		"the journal entry's detail is over %d KiB; record ids and digests only", MaxDetail>>10)
}

package subscribe

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// member is a member of a JSON object.
type member struct {
	name string
	raw  json.RawMessage
}

// members reads an object in the order in which it is written; a member that comes twice is a fault.
func members(raw json.RawMessage, where string) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		if err != nil && err != io.EOF {
			return nil, exchange.InvalidRequest.Because(err, "%s 不是合规的 JSON", "%s is not valid JSON", label(where))
		}
		return nil, wrong(where, "须为 JSON 对象", "must be a JSON object")
	}
	var out []member
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		m := member{name: name}
		if err == nil && ok {
			err = d.Decode(&m.raw)
		}
		if err != nil {
			return nil, exchange.InvalidRequest.Because(err, "%s 不是合规的 JSON", "%s is not valid JSON", label(where))
		}
		if seen[name] {
			return nil, wrong(join(where, name), "重复出现", "comes twice")
		}
		seen[name] = true
		out = append(out, m)
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, exchange.InvalidRequest.Because(err, "%s 不是合规的 JSON", "%s is not valid JSON", label(where))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, exchange.InvalidRequest.Because(err, "%s 之后还有内容", "something follows %s", label(where))
	}
	return out, nil
}

// label names the place of a fault.
func label(where string) string {
	if where == "" {
		return "body"
	}
	return where
}

// wrong is a fault of a payload: where, and what is wrong there.
func wrong(where, zh, en string, args ...any) error {
	return exchange.BadRequestData.Say("订阅的 "+escape(where)+" 有误："+zh, "the subscription's "+escape(where)+" is not valid: "+en, args...)
}

// escape keeps a member's name from being read as a format.
func escape(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '%' {
			b = append(b, '%')
		}
		b = append(b, s[i])
	}
	return ngsi.Clip(string(b))
}

func join(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// isNGSINull tells whether raw is the NGSI-LD Null.
func isNGSINull(raw json.RawMessage) bool { return string(raw) == `"`+ngsi.Null+`"` }

func text(raw json.RawMessage, where string) (s string, err error) {
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", wrong(where, "须为字符串", "must be a string")
	}
	if s == ngsi.Null {
		return "", wrong(where, "不得为 urn:ngsi-ld:null", "must not be urn:ngsi-ld:null")
	}
	return s, nil
}

func boolean(raw json.RawMessage, where string) (bool, error) {
	switch string(raw) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, wrong(where, "须为 true 或 false", "must be true or false")
}

// positive reads a number greater than 0, at most most.
func positive(raw json.RawMessage, where string, most float64) (float64, error) {
	if len(raw) == 0 || raw[0] == '"' {
		return 0, wrong(where, "须为大于 0 的数", "must be a number greater than 0")
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(v > 0) {
		return 0, wrong(where, "须为大于 0 的数", "must be a number greater than 0")
	}
	if v > most {
		return 0, wrong(where, "过大，不得超过 %g", "is too large, at most %g", most)
	}
	return v, nil
}

// span reads a number greater than 0 as a duration in units.
func span(raw json.RawMessage, where string, unit time.Duration) (time.Duration, error) {
	const most = 100 * 365 * 24 * time.Hour
	v, err := positive(raw, where, float64(most/unit))
	return max(time.Duration(v*float64(unit)), 1), err
}

// texts reads a non-empty array of strings.
func texts(raw json.RawMessage, where string) ([]string, error) {
	items, err := elements(raw, where)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i, it := range items {
		if out[i], err = text(it, where+"["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
		if out[i] == "" {
			return nil, wrong(where+"["+strconv.Itoa(i)+"]", "不得为空字符串", "must not be empty")
		}
	}
	return out, nil
}

// maxElements bounds the arrays of a subscription.
const maxElements = 1000

// elements reads a non-empty array.
func elements(raw json.RawMessage, where string) (items []json.RawMessage, err error) {
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		return nil, wrong(where, "须为数组", "must be an array")
	}
	if len(items) == 0 {
		return nil, wrong(where, "不得为空数组", "must not be an empty array")
	}
	if len(items) > maxElements {
		return nil, wrong(where, "至多 %d 项", "has at most %d elements", maxElements)
	}
	return items, nil
}

// quote writes a JSON string.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return json.RawMessage(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// stamp writes a time as NGSI-LD does.
func stamp(t time.Time) string { return t.UTC().Format(ngsi.TimeFormat) }

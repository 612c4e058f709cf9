// Package call holds what passes between the two halves of the room of sharing (信息共享与交换): the verified call that the exchange hands
// over, the answer that it signs and records, and the state of links that pages show. It has no rules of its own.
//
// The exchange (signatures, members, records) never sees a policy; the gate (catalogue, grants, masking, sources) never sees a signature.
package call

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Call is one request for a resource whose sender has been made sure of.
type Call struct {
	ID       string              // of the message, never used twice by its sender
	Member   string              // the member that sent it; "" where it was made on this node
	Unit     string              // the unit that asks: an id of the plan's units
	Person   string              // who asks within it: a principal's id, or what the member calls its own; "" where nobody is named
	Purpose  string              // a code of Purposes
	Resource string              // id of the catalogue's resource
	Params   map[string][]string // as they were sent: fields, where, sort, limit, after, count, format
	Body     []byte              // a resource that is read takes none
	At       time.Time           // when it came
}

// Answer is what goes back. A refusal is an answer too: it is signed and recorded like any other.
type Answer struct {
	Status  int    // of HTTP: 200, 400, 403, 404, 413, 429, 502, 503
	Type    string // content type of Body
	Body    []byte
	Rows    int64
	Refused string // code of the refusal, "" where it was served: see Refusals
	Grant   string // under which it was served
	Bodies  bool   // the resource's setting: both bodies are kept with the record, not their digests alone
	// Keep notes the call (usage, quota, who was spoken of) in the transaction that records it. Never nil; it is to run once, also for
	// a refusal.
	Keep func(tx *store.Tx) error
}

// Serve decides a call and answers it.
type Serve func(ctx context.Context, c Call) Answer

// Link is a unit's connection to the exchange as the registry of members knows it.
type Link struct {
	Member string
	Unit   string
	Live   bool      // its node answered within the time that the registry states
	Since  time.Time // of the present state
}

// Links gives the links of all members, by member.
type Links func(ctx context.Context) ([]Link, error)

// The codes of refusals.
const (
	Malformed  = "malformed"   // a parameter that is unknown, doubled or wrong
	NoResource = "no-resource" // there is none of that id, or it is not offered
	NoGrant    = "no-grant"    // no grant of this unit for this purpose, or it has ended
	NoField    = "no-field"    // a field is asked for, filtered or sorted by that is not granted so
	Rate       = "rate"        // more calls in a minute than granted
	Quota      = "quota"       // more calls in a day than granted
	TooLarge   = "too-large"   // the answer would be larger than stated
	Source     = "source"      // the source of the data did not answer
	Failed     = "failed"      // a failure of ours
)

// Purpose is a use that data are asked for.
type Purpose struct {
	Code string
	Name lang.Text
}

// Purposes are those that a grant can be for.
func Purposes() []Purpose {
	return []Purpose{
		{"approval", lang.T("行政审批", "Administrative approval")},
		{"supervision", lang.T("监管执法", "Supervision and enforcement")},
		{"emergency", lang.T("应急处置", "Emergency response")},
		{"service", lang.T("公共服务", "Public service")},
		{"statistics", lang.T("统计分析", "Statistics")},
		{"planning", lang.T("规划决策", "Planning")},
		{"audit", lang.T("审计监督", "Auditing")},
	}
}

// PurposeName names a purpose; its code where it is unknown.
func PurposeName(code string) lang.Text {
	for _, p := range Purposes() {
		if p.Code == code {
			return p.Name
		}
	}
	return lang.Same(code)
}

// RefusalText says a refusal in an officer's words.
func RefusalText(code string) lang.Text {
	switch code {
	case Malformed:
		return lang.T("参数有误", "Wrong parameters")
	case NoResource:
		return lang.T("无此资源", "No such resource")
	case NoGrant:
		return lang.T("未获授权", "Not granted")
	case NoField:
		return lang.T("信息项未获授权", "Field not granted")
	case Rate:
		return lang.T("超过频率", "Too many a minute")
	case Quota:
		return lang.T("超过日限额", "Over the day's quota")
	case TooLarge:
		return lang.T("结果过大", "Too large")
	case Source:
		return lang.T("数据源无应答", "Source silent")
	case Failed:
		return lang.T("平台故障", "Failure")
	}
	return lang.Same(code)
}

// Refuse makes a refusal's answer: a problem document in both languages.
func Refuse(status int, code string, said lang.Text) Answer {
	body, err := json.Marshal(map[string]any{"status": status, "code": code, "title": said.En, "title_zh": said.Zh})
	if err != nil { // two strings and two numbers always marshal
		body = nil
	}
	return Answer{Status: status, Type: "application/problem+json", Body: body, Refused: code, Keep: func(*store.Tx) error { return nil }}
}

package response

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/web"
)

// The objects of OpenADR 3.0 as far as a client needs them that polls events and posts reports. The names are those of its OpenAPI
// description. A cancelled event is gone, as one that was deleted.
type (
	adrPeriod struct {
		Start    time.Time `json:"start"`
		Duration string    `json:"duration"`
	}
	adrPayload struct {
		Type   string `json:"type"`
		Values []any  `json:"values"`
	}
	adrInterval struct {
		ID       int64        `json:"id"`
		Period   *adrPeriod   `json:"intervalPeriod,omitempty"`
		Payloads []adrPayload `json:"payloads"`
	}
	adrDescriptor struct {
		ObjectType  string `json:"objectType,omitempty"`
		PayloadType string `json:"payloadType"`
		Units       string `json:"units,omitempty"`
		ReadingType string `json:"readingType,omitempty"`
	}
	adrTarget struct {
		Type   string   `json:"type"`
		Values []string `json:"values"`
	}
	adrProgramObject struct {
		ID         string    `json:"id"`
		Created    time.Time `json:"createdDateTime"`
		Modified   time.Time `json:"modificationDateTime"`
		ObjectType string    `json:"objectType"`
		Name       string    `json:"programName"`
		LongName   string    `json:"programLongName"`
		Country    string    `json:"country"`
		Zone       string    `json:"timeZoneOffset"`
	}
	adrEventObject struct {
		ID          string          `json:"id"`
		Created     time.Time       `json:"createdDateTime"`
		Modified    time.Time       `json:"modificationDateTime"`
		ObjectType  string          `json:"objectType"`
		Program     string          `json:"programID"`
		Name        string          `json:"eventName"`
		Targets     []adrTarget     `json:"targets"`
		Reports     []adrDescriptor `json:"reportDescriptors"`
		Descriptors []adrDescriptor `json:"payloadDescriptors"`
		Period      adrPeriod       `json:"intervalPeriod"`
		Intervals   []adrInterval   `json:"intervals"`
	}
	adrResource struct {
		Name      string        `json:"resourceName"`
		Period    *adrPeriod    `json:"intervalPeriod,omitempty"`
		Intervals []adrInterval `json:"intervals"`
	}
	adrReportObject struct {
		ID          string          `json:"id,omitempty"`
		Created     time.Time       `json:"createdDateTime,omitzero"`
		Modified    time.Time       `json:"modificationDateTime,omitzero"`
		ObjectType  string          `json:"objectType,omitempty"`
		Program     string          `json:"programID"`
		Event       string          `json:"eventID"`
		Client      string          `json:"clientName"`
		Name        string          `json:"reportName,omitempty"`
		Descriptors []adrDescriptor `json:"payloadDescriptors,omitempty"`
		Resources   []adrResource   `json:"resources"`
	}
)

// duration writes a length of time as ISO 8601 has it.
func duration(d time.Duration) string {
	out := "PT"
	if h := int(d / time.Hour); h > 0 {
		out += strconv.Itoa(h) + "H"
	}
	if m := int(d % time.Hour / time.Minute); m > 0 || d < time.Hour {
		out += strconv.Itoa(m) + "M"
	}
	return out
}

func programObject(x Programme) adrProgramObject {
	return adrProgramObject{x.Code, x.Made, x.Changed, "PROGRAM", x.Code, x.Name, "CN", "PT8H"}
}

// object is an event as a participant is asked: the change of consumption is below zero, since it is to fall.
func eventObject(e Event, c Call) adrEventObject {
	return adrEventObject{ID: e.ID, Created: e.Approved, Modified: e.Changed, ObjectType: "EVENT", Program: e.Programme, Name: e.Name,
		Targets: []adrTarget{{"VEN_NAME", []string{c.Participant}}}, Reports: []adrDescriptor{{PayloadType: "USAGE", ReadingType: "DIRECT_READ", Units: "KWH"}},
		Descriptors: []adrDescriptor{{ObjectType: "EVENT_PAYLOAD_DESCRIPTOR", PayloadType: "DISPATCH_SETPOINT_RELATIVE", Units: "KW"}},
		Period:      adrPeriod{e.Begins, duration(e.Ends.Sub(e.Begins))},
		Intervals:   []adrInterval{{ID: 0, Payloads: []adrPayload{{"DISPATCH_SETPOINT_RELATIVE", []any{-c.KW}}}}}}
}

// pageOf cuts a list as the query parameters skip and limit ask.
func pageOf[T any](r *web.Request, all []T) ([]T, error) {
	skip, limit := 0, 50
	for name, to := range map[string]*int{"skip": &skip, "limit": &limit} {
		if text := r.Query(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return nil, errs.Say(errs.Invalid, "参数 %s 应为不小于 0 的整数", "%s is a whole number from 0", name)
			}
			*to = n
		}
	}
	skip = min(skip, len(all))
	return append([]T{}, all[skip:min(len(all), skip+min(limit, 50))]...), nil
}

func noMine() error {
	return errs.Say(errs.Denied, "此账户或令牌未绑定响应主体，请先用绑定码绑定", "this account or token is no participant's: claim one with its code first")
}

func (p *Part) adrPrograms(r *web.Request) (any, error) {
	all, err := record.Read(r.Context(), p.o.DB, record.Programmes)
	if err != nil {
		return nil, err
	}
	out := []adrProgramObject{}
	for _, x := range all {
		if x.State == "open" {
			out = append(out, programObject(x))
		}
	}
	return pageOf(r, out)
}

func (p *Part) adrProgram(r *web.Request) (any, error) {
	all, err := record.Read(r.Context(), p.o.DB, record.Programmes)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.Code == r.Path("id") {
			return programObject(x), nil
		}
	}
	return nil, errs.Say(errs.NotFound, "没有这一项目", "there is no such program")
}

// mostCalls bounds how far back a participant's events are listed.
const mostCalls = 500

// asked is an event and what it asks of a participant.
type asked struct {
	e Event
	c Call
}

// askedOf lists what an account's participant was told, the newest first, and notes that it was fetched.
func (p *Part) askedOf(r *web.Request) (code string, out []asked, err error) {
	list, err := record.Read(r.Context(), p.o.DB, func(tx *store.Tx) ([]Call, error) {
		out = nil
		if code, err = mine(tx, r.Who); err != nil || code == "" {
			return nil, err
		}
		list, err := record.Calls(tx, record.QCallsOf, code, mostCalls)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			e, err := record.OneEvent(tx, c.Event)
			if err != nil {
				return nil, err
			}
			out = append(out, asked{e, c})
		}
		return list, nil
	})
	if err != nil {
		return "", nil, err
	}
	return code, out, p.seen(r.Context(), list)
}

func (p *Part) adrEvents(r *web.Request) (any, error) {
	code, all, err := p.askedOf(r)
	switch {
	case err != nil:
		return nil, err
	case code == "" && !r.Who.Can(GrantManage):
		return nil, noMine()
	case code == "":
		if all, err = p.wholeEvents(r.Context()); err != nil {
			return nil, err
		}
	}
	out := []adrEventObject{}
	for _, x := range all {
		if x.e.State != Cancelled && (r.Query("programID") == "" || r.Query("programID") == x.e.Programme) {
			out = append(out, eventObject(x.e, x.c))
		}
	}
	return pageOf(r, out)
}

// wholeEvents are the events as whoever manages them sees them: with what all participants together are asked for.
func (p *Part) wholeEvents(ctx context.Context) ([]asked, error) {
	list, err := record.Read(ctx, p.o.DB, func(tx *store.Tx) ([]Event, error) {
		return record.Events(tx, record.QEvents, "", "", "", int64(0), mostCalls)
	})
	var out []asked
	for _, e := range list {
		if !e.Approved.IsZero() {
			out = append(out, asked{e, Call{Event: e.ID, Participant: "*", KW: e.Target}})
		}
	}
	return out, err
}

func (p *Part) adrEvent(r *web.Request) (any, error) {
	_, all, err := p.askedOf(r)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.e.ID == r.Path("id") && x.e.State != Cancelled {
			return eventObject(x.e, x.c), nil
		}
	}
	return nil, errs.Say(errs.NotFound, "没有这次响应事件", "there is no such event")
}

// Bounds of a report.
const (
	maxResources = 100
	maxIntervals = 500
)

// check holds a report to what can be used of it: numbers in intervals of named resources.
func (x adrReportObject) check() error {
	wrong := func(zh, en string, args ...any) error { return errs.Say(errs.Invalid, zh, en, args...) }
	if x.Event == "" || x.Program == "" || x.Client == "" || len(x.Client) > record.MaxName || len(x.Resources) == 0 || len(x.Resources) > maxResources {
		return wrong("报告应有 programID、eventID、clientName 和 1 至 %d 个 resources", "a report has programID, eventID, clientName and 1 to %d resources", maxResources)
	}
	for i, res := range x.Resources {
		if res.Name == "" || len(res.Intervals) == 0 || len(res.Intervals) > maxIntervals {
			return wrong("resources[%d] 应有 resourceName 和 1 至 500 个 intervals", "resources[%d] has a resourceName and 1 to 500 intervals", i)
		}
		for k, in := range res.Intervals {
			for _, pay := range in.Payloads {
				if v, ok := slices.Index([]string{"USAGE", "DEMAND", "READING", "BASELINE"}, pay.Type) >= 0, len(pay.Values) > 0; !v || !ok {
					return wrong("resources[%d].intervals[%d] 的 payload 应为 USAGE、DEMAND、READING 或 BASELINE，并有数值", "resources[%d].intervals[%d]: a payload is USAGE, DEMAND, READING or BASELINE, with values", i, k)
				}
				for _, v := range pay.Values {
					if f, ok := v.(float64); !ok || math.IsInf(f, 0) {
						return wrong("resources[%d].intervals[%d] 的数值无效", "resources[%d].intervals[%d] has a value that is no number", i, k)
					}
				}
			}
		}
	}
	return nil
}

// readReport reads a report.
func readReport(body []byte) (x adrReportObject, err error) {
	if err := json.Unmarshal(body, &x); err != nil {
		return x, errs.Because(err, errs.Invalid, "报告不是合规的 JSON", "the report is no JSON of that shape")
	}
	return x, x.check()
}

// adrReport keeps a client's report of an event. It is beside the meters' readings, never in their place: settlement does not use it.
func (p *Part) adrReport(r *web.Request) (any, error) {
	var raw json.RawMessage
	if err := json.NewDecoder(r.HTTP.Body).Decode(&raw); err != nil {
		return nil, errs.Because(err, errs.Invalid, "报告不是合规的 JSON", "the report is no JSON")
	}
	x, err := readReport(raw)
	if err != nil {
		return nil, err
	}
	code, all, err := p.askedOf(r)
	if err != nil {
		return nil, err
	}
	if code == "" {
		return nil, noMine()
	}
	i := slices.IndexFunc(all, func(a asked) bool { return a.e.ID == x.Event && a.e.Programme == x.Program })
	if i < 0 {
		return nil, errs.Say(errs.NotFound, "没有这次响应事件", "there is no such event")
	}
	now := p.o.Clock.Now()
	x.ID, x.Created, x.Modified, x.ObjectType = store.NewID(now), now, now, "REPORT"
	body, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("write a report: %w", err)
	}
	err = p.o.DB.Write(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(record.QReportAdd, x.ID, x.Event, code, record.Micros(now), body)
		return err
	})
	return web.Reply{Status: 201, Body: x}, err
}

// adrReports lists the reports of the account's participant; whoever manages demand response sees all.
func (p *Part) adrReports(r *web.Request) (any, error) {
	out := []json.RawMessage{}
	_, err := record.Read(r.Context(), p.o.DB, func(tx *store.Tx) (struct{}, error) {
		code, err := mine(tx, r.Who)
		switch {
		case err != nil:
			return struct{}{}, err
		case code == "" && !r.Who.Can(GrantManage):
			return struct{}{}, noMine()
		}
		out = out[:0]
		return struct{}{}, tx.Each(record.QReports, []any{r.Query("eventID"), code, mostCalls}, func(scan func(...any) error) error {
			var id, event, of string
			var at int64
			var body []byte
			err := scan(&id, &event, &of, &at, &body)
			out = append(out, body)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return pageOf(r, out)
}

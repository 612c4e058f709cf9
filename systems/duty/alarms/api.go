package alarms

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// alarmJSON is an alarm as programs read it. Times are RFC 3339.
type alarmJSON struct {
	ID       string    `json:"id"`
	Key      string    `json:"key"`
	Source   string    `json:"source"`
	System   string    `json:"system"`
	Class    string    `json:"class"`
	Priority int       `json:"priority"`
	State    string    `json:"state"`
	Hold     holdJSON  `json:"hold,omitzero"`
	Title    lang.Text `json:"title"`
	Advice   lang.Text `json:"advice,omitzero"`
	Place    placeJSON `json:"place"`
	Value    *float64  `json:"value,omitempty"`
	Limit    *float64  `json:"limit,omitempty"`
	Unit     string    `json:"unit,omitempty"` // UCUM
	First    time.Time `json:"first"`
	Gone     time.Time `json:"gone,omitzero"`
	Count    int64     `json:"count"`
	Answer   ackJSON   `json:"answer,omitzero"`
	Case     string    `json:"case,omitempty"`
	Change   int64     `json:"change"`
}

type holdJSON struct {
	Kind  string    `json:"kind"`
	Until time.Time `json:"until,omitzero"`
}

type placeJSON struct {
	Entity string `json:"entity,omitempty"`
	Point  string `json:"point,omitempty"`
	Group  string `json:"group,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Area   string `json:"area,omitempty"`
}

type ackJSON struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
}

func jsonOf(a *alarm.Alarm) alarmJSON {
	out := alarmJSON{ID: a.ID, Key: a.Key, Source: a.Source, System: a.System, Class: string(a.Class), Priority: int(a.Priority), State: string(a.State), Title: a.Title, Advice: a.Advice,
		Place: placeJSON{a.Entity, a.Name, a.Group, a.Unit, a.Area}, Value: a.Value, Limit: a.Limit, Unit: a.UCUM, First: a.First, Gone: a.Gone, Count: a.Count, Case: a.Case, Change: a.Change}
	if a.Hold != alarm.None {
		out.Hold = holdJSON{string(a.Hold), a.Until}
	}
	if a.Acker != "" {
		out.Answer = ackJSON{a.Acker, a.AckedAt, a.Note}
	}
	return out
}

// apiSelection is a filter with what only programs ask for: the hold, and how many at once.
func apiSelection(v url.Values) (alarm.Filter, error) {
	f, err := selection(v)
	if err != nil {
		return f, err
	}
	if h := alarm.Hold(v.Get("hold")); h != alarm.None {
		if h != alarm.Shelved && h != alarm.ByDesign && h != alarm.OutOfService {
			return f, errs.Say(errs.Invalid, "hold 应为 shelved、suppressed、out-of-service 之一", "hold is shelved, suppressed or out-of-service")
		}
		f.Holds = []alarm.Hold{h}
	}
	if text := v.Get("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 1 || f.Limit > 1000 {
			return f, errs.Say(errs.Invalid, "limit 应为 1 至 1000", "limit is 1 to 1000")
		}
	}
	return f, nil
}

// apiList gives a page of alarms with the counters of its place.
func (p *Part) apiList(r *web.Request) (any, error) {
	f, err := apiSelection(r.HTTP.URL.Query())
	if err != nil {
		return nil, err
	}
	list, next, err := p.board.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	out := struct {
		Alarms []alarmJSON    `json:"alarms"`
		Next   string         `json:"next,omitempty"`
		Counts map[string]any `json:"counts"`
	}{make([]alarmJSON, len(list)), next, countsJSON(p.board.Count(f))}
	for i := range list {
		out.Alarms[i] = jsonOf(&list[i])
	}
	return out, nil
}

func countsJSON(c alarm.Counts) map[string]any {
	return map[string]any{"open": c.Open, "unacknowledged": c.Unacknowledged, "returned": c.Returned, "silent": c.Silent, "shelved": c.Shelved, "suppressed": c.Suppressed, "outOfService": c.OutOfService,
		"byPriority": c.ByPriority[1:], "lastTenMinutes": c.LastTen, "flood": c.Flood}
}

// apiOne gives an alarm with its history.
func (p *Part) apiOne(r *web.Request) (any, error) {
	a, err := p.board.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	lines, err := p.board.Lines(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	type lineJSON struct {
		At    time.Time `json:"at"`
		Verb  string    `json:"verb"`
		Actor string    `json:"actor"`
		Note  string    `json:"note,omitempty"`
	}
	out := struct {
		alarmJSON
		Lines []lineJSON `json:"lines"`
	}{jsonOf(&a), []lineJSON{}}
	for _, l := range lines {
		out.Lines = append(out.Lines, lineJSON{l.At, l.Verb, l.Actor, l.Note})
	}
	return out, nil
}

// mostRows bounds a sheet.
const mostRows = 100_000

// apiSheet is the list as a sheet, the open ones or with state=closed the past.
func (p *Part) apiSheet(r *web.Request) (any, error) {
	f, err := apiSelection(r.HTTP.URL.Query())
	if err != nil {
		return nil, err
	}
	ctx, spread := r.Context(), r.Query("bom") == "1"
	f.Limit, f.Cursor = 1000, ""
	return web.Reply{Type: sheet.Type, Name: "alarms.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, spread)
		_ = out.Write("id", "priority", "class", "state", "hold", "title_zh", "title_en", "system", "plant", "district", "point", "entity", "value", "limit", "unit", "first", "gone", "count", "answered_by", "answered_at", "note", "case") // errors are kept for Flush
		for n := 0; n < mostRows; {
			list, next, err := p.board.List(ctx, f)
			if err != nil {
				return err
			}
			for i := range list {
				_ = out.Write(cells(&list[i])...)
			}
			if n += len(list); next == "" {
				break
			}
			f.Cursor = next
		}
		return out.Flush()
	}}, nil
}

func cells(a *alarm.Alarm) []string {
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(ui.Zone()).Format(time.RFC3339)
	}
	return []string{a.ID, strconv.Itoa(int(a.Priority)), string(a.Class), string(a.State), string(a.Hold), a.Title.Zh, a.Title.En, a.System, a.Group, a.Area, a.Name, a.Entity,
		number(a.Value), number(a.Limit), a.UCUM, at(a.First), at(a.Gone), strconv.FormatInt(a.Count, 10), a.Acker, at(a.AckedAt), a.Note, a.Case}
}

// streamLag is how many changes a reader of the stream may lag behind before it is cut off; it comes back and asks for the list.
const streamLag = 4096

// apiStream tells changes as server-sent events, one JSON alarm each; the event's id is the number of the change. A filter picks as in the
// list; an alarm that leaves it is told once more as it left.
func (p *Part) apiStream(r *web.Request) (any, error) {
	if r.Path("of") != "alarms" {
		return nil, errs.Say(errs.NotFound, "没有“%[1]s”的变更流，可用 alarms", "there is no stream of %[1]q: alarms", r.Path("of"))
	}
	f, err := apiSelection(r.HTTP.URL.Query())
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	return web.Reply{Type: "text/event-stream", Header: map[string]string{"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, Body: web.Stream(func(w io.Writer, flush func()) error {
		changes, cut := make(chan alarm.Alarm, streamLag), make(chan struct{}, 1)
		defer p.board.Follow(func(list []alarm.Alarm) { offer(list, &f, changes, cut) })()
		return tell(ctx, w, flush, changes, cut)
	})}, nil
}

// offer puts changes into a reader's queue, or cuts the reader off where it is full. It never waits.
func offer(list []alarm.Alarm, f *alarm.Filter, changes chan<- alarm.Alarm, cut chan<- struct{}) {
	for i := range list {
		if !f.Touches(&list[i]) {
			continue
		}
		select {
		case changes <- list[i]:
		default:
			select {
			case cut <- struct{}{}:
			default: // it was cut off already
			}
		}
	}
}

// tell writes a reader's changes until it goes or is cut off.
func tell(ctx context.Context, w io.Writer, flush func(), changes <-chan alarm.Alarm, cut <-chan struct{}) error {
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	_, err := io.WriteString(w, ": open\n\n")
	for err == nil {
		flush()
		select {
		case <-ctx.Done():
			return nil
		case <-cut:
			_, err = io.WriteString(w, "event: reload\ndata: {}\n\n")
			return err
		case a := <-changes:
			err = writeEvent(w, &a)
		case <-beat.C:
			_, err = io.WriteString(w, ": beat\n\n")
		}
	}
	return err
}

// streamBeat is the silence that proxies do not take for death.
const streamBeat = 20 * time.Second

func writeEvent(w io.Writer, a *alarm.Alarm) error {
	b, err := json.Marshal(jsonOf(a))
	if err != nil {
		return errs.As(errs.Internal, "write an alarm", err)
	}
	_, err = fmt.Fprintf(w, "id: %d\nevent: alarm\ndata: %s\n\n", a.Change, b)
	return err
}

// actJSON is what a program sends to act.
type actJSON struct {
	IDs     []string `json:"ids"`
	Note    string   `json:"note"`
	Minutes int      `json:"minutes"` // of a shelving
}

func readAct(r *web.Request) (act actJSON, err error) {
	d := json.NewDecoder(r.HTTP.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&act); err != nil {
		return act, errs.As(errs.Invalid, "read the body", err)
	}
	return act, nil
}

func (p *Part) apiAcknowledge(r *web.Request) (any, error) {
	act, err := readAct(r)
	if err != nil {
		return nil, err
	}
	n, err := p.board.Acknowledge(r.Context(), r.Who, act.IDs, act.Note)
	return map[string]int{"changed": n}, err
}

func (p *Part) apiShelve(r *web.Request) (any, error) {
	act, err := readAct(r)
	if err != nil {
		return nil, err
	}
	until := p.now().Add(time.Duration(act.Minutes) * time.Minute)
	return map[string]time.Time{"until": until}, p.board.Shelve(r.Context(), r.Who, act.IDs, until, act.Note)
}

func (p *Part) apiUnshelve(r *web.Request) (any, error) {
	act, err := readAct(r)
	if err != nil {
		return nil, err
	}
	return map[string]int{"asked": len(act.IDs)}, p.board.Unshelve(r.Context(), r.Who, act.IDs)
}

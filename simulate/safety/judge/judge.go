package judge

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/safety/fault"
)

// Get asks the platform for a path of its interface.
type Get func(ctx context.Context, path string) (io.ReadCloser, error)

// Row is what became of one kind of fault. A flood counts by its points, any other kind by its plants.
type Row struct {
	Kind                       fault.Kind
	Made, Found, Missed, False int
	Waiting                    int    // whose time to be found has not come yet
	By                         string // class of the alarms that count
}

// Report is the judgement.
type Report struct {
	Rows        []Row
	Alarms      int            // of the room, of all states
	Unexplained map[string]int // of them, by class: those that no fault accounts for
	Worst       []string       // some of these
}

// grace is how long after its end an alarm may still be a fault's: what was leaking is not well at once, and back-fill comes late.
const grace = 5 * time.Minute

// patience is how long after its beginning a fault should be found at the latest, by kind; two minutes where none is named. A drift needs to come
// far enough, a stuck sensor is told by standing still for two hours, and early warning looks at a quarter of an hour.
var patience = map[fault.Kind]time.Duration{fault.Drift: 11 * time.Minute, fault.Stuck: 2*time.Hour + 5*time.Minute, fault.Process: 16 * time.Minute, fault.Leak: 4 * time.Minute}

// classes that find a kind, and whether the alarm must be of one of the fault's points.
var classes = map[fault.Kind]struct {
	any   []string // at the plant
	point []string // at the very point
}{
	fault.Leak: {point: []string{"process"}}, fault.Drift: {any: []string{"early"}, point: []string{"process"}}, fault.Stuck: {point: []string{"quality"}},
	fault.Chatter: {point: []string{"process"}}, fault.Silence: {any: []string{"silence"}}, fault.Flood: {point: []string{"process"}},
	fault.Bad: {point: []string{"quality"}}, fault.Process: {any: []string{"early"}}, fault.Fire: {any: []string{"device"}, point: []string{"process"}},
}

// alarm is what is read of one.
type alarm struct {
	Key, Class string
	Place      struct{ Point, Group string }
	First      time.Time
	Gone       time.Time
	ID         string

	explained bool
}

func (a *alarm) plant() string { return a.Place.Group[strings.LastIndexByte(a.Place.Group, ':')+1:] }

// Judge reads the truth and asks the platform for its alarms.
func Judge(ctx context.Context, truth io.Reader, get Get) (Report, error) {
	list, err := readTruth(truth)
	if err != nil {
		return Report{}, err
	}
	var health struct{ Time time.Time }
	if err := ask(ctx, get, "/healthz", &health); err != nil {
		return Report{}, err
	}
	alarms, err := readAlarms(ctx, get)
	if err != nil {
		return Report{}, err
	}
	return weigh(list, alarms, health.Time), nil
}

// told is a line of the truth with its times.
type told struct {
	fault.Truth
	begin, end time.Time
}

func readTruth(r io.Reader) (out []told, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var x told
		err := json.Unmarshal(lines.Bytes(), &x.Truth)
		if err == nil {
			x.begin, err = time.Parse(time.RFC3339, x.Begin)
		}
		if err == nil {
			x.end, err = time.Parse(time.RFC3339, x.End)
		}
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "真值文件第 %d 行读不出", "line %d of the truth file cannot be read", n)
		}
		out = append(out, x)
	}
	return out, errs.Wrap("read the truth", lines.Err())
}

func ask(ctx context.Context, get Get, path string, into any) error {
	body, err := get(ctx, path)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return errs.As(errs.Unavailable, "read the answer to "+path, err)
	}
	return nil
}

// readAlarms reads all alarms of the room: open, held and closed.
func readAlarms(ctx context.Context, get Get) (out []*alarm, err error) {
	seen := map[string]bool{}
	for _, which := range []string{"state=", "hold=shelved", "hold=suppressed", "hold=out-of-service", "state=closed"} {
		for after := ""; ; {
			var page struct {
				Alarms []*alarm
				Next   string
			}
			if err := ask(ctx, get, "/api/duty/alarms?system=safety&order=oldest&limit=1000&"+which+"&after="+url.QueryEscape(after), &page); err != nil {
				return nil, err
			}
			for _, a := range page.Alarms { // what changed its state while the pages were read stands in two of them
				if !seen[a.ID] {
					seen[a.ID] = true
					out = append(out, a)
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	return out, nil
}

// weigh compares.
func weigh(list []told, alarms []*alarm, now time.Time) Report {
	r := Report{Alarms: len(alarms), Unexplained: map[string]int{}}
	at := map[string][]*alarm{}
	for _, a := range alarms {
		at[a.plant()] = append(at[a.plant()], a)
	}
	for _, k := range fault.Kinds() {
		row := Row{Kind: k, By: strings.Join(append(slices.Clone(classes[k].point), classes[k].any...), "/")}
		for i := range list {
			if list[i].Kind == k {
				row.judge(&list[i], at[list[i].Plant], now)
			}
		}
		r.Rows = append(r.Rows, row)
	}
	for _, a := range alarms {
		if a.explained {
			continue
		}
		r.Unexplained[a.Class]++
		if len(r.Worst) < 20 {
			r.Worst = append(r.Worst, fmt.Sprintf("%s %s %s %s %s", a.First.Format(time.RFC3339), a.Class, a.plant(), a.Place.Point, a.Key))
		}
	}
	return r
}

// judge holds one fault to the alarms of its plant. Any alarm of a plant in the time of its fault is explained by it.
func (row *Row) judge(x *told, alarms []*alarm, now time.Time) {
	wait := patience[row.Kind]
	if wait == 0 {
		wait = 2 * time.Minute
	}
	found := map[string]int{} // alarms that count, by point; "" where the plant counts
	c := classes[row.Kind]
	for _, a := range alarms {
		stands := a.First.Before(x.begin) && (a.Gone.IsZero() || a.Gone.After(x.begin)) // it stood before and stands on
		if !stands && (a.First.Before(x.begin.Add(-time.Second)) || a.First.After(x.end.Add(grace))) {
			continue
		}
		a.explained = a.explained || !stands
		switch {
		case slices.Contains(c.point, a.Class) && slices.Contains(x.Points, a.Place.Point):
			found[a.Place.Point]++
		case slices.Contains(c.any, a.Class):
			found[""]++
		}
	}
	if len(c.any)+len(c.point) == 0 { // nothing that alarms tell
		row.Made++
		row.Waiting++
		return
	}
	if row.Kind == fault.Flood {
		row.Made += len(x.Points)
		row.Found += len(found)
		if now.Before(x.begin.Add(wait)) {
			row.Waiting += len(x.Points) - len(found)
		} else {
			row.Missed += len(x.Points) - len(found)
		}
		return
	}
	row.Made++
	switch {
	case len(found) > 0:
		row.Found++
	case now.Before(x.begin.Add(wait)):
		row.Waiting++
	default:
		row.Missed++
	}
	if row.Kind == fault.Chatter { // one alarm, however often the value crosses
		row.False += max(0, found[x.Points[0]]-1)
	}
}

// Missed is how many faults were not found though their time has come.
func (r Report) Missed() (n int) {
	for _, row := range r.Rows {
		n += row.Missed
	}
	return n
}

// Print writes the report as a table, in both languages.
func (r Report) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%-10s %7s %7s %7s %7s %7s  %s\n", "kind", "made", "found", "missed", "false", "waiting", "by / 异常")
	for _, x := range r.Rows {
		if err == nil {
			_, err = fmt.Fprintf(w, "%-10s %7d %7d %7d %7d %7d  %s / %s\n", x.Kind, x.Made, x.Found, x.Missed, x.False, x.Waiting, x.By, x.Kind.Text().Zh)
		}
	}
	var kinds []string
	for class, n := range r.Unexplained {
		kinds = append(kinds, fmt.Sprintf("%s=%d", class, n))
	}
	slices.Sort(kinds)
	if err == nil {
		_, err = fmt.Fprintf(w, "alarms=%d unexplained %s\n", r.Alarms, strings.Join(append(kinds, "."), " "))
	}
	for _, line := range r.Worst {
		if err == nil {
			_, err = fmt.Fprintln(w, "unexplained", line)
		}
	}
	return errs.Wrap("print the report", err)
}

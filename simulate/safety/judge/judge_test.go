package judge

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
)

const truth = `{"kind":"leak","plant":"A","name":"甲","points":["LT-101","GT-101"],"begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T09:39:00+08:00"}
{"kind":"chatter","plant":"B","name":"乙","points":["FT-201"],"begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T10:31:00+08:00","times":500}
{"kind":"silence","plant":"C","name":"丙","begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T09:33:00+08:00"}
{"kind":"silence","plant":"D","name":"丁","begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T09:33:00+08:00"}
{"kind":"silence","plant":"E","name":"戊","begin":"2015-11-20T09:39:30+08:00","end":"2015-11-20T09:42:00+08:00"}
{"kind":"flood","plant":"F","name":"己","points":["TT-101","TT-102","TT-103"],"begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T09:32:00+08:00","times":3}
{"kind":"stuck","plant":"G","name":"庚","points":["TT-101"],"begin":"2015-11-20T09:31:00+08:00","end":"2015-11-20T12:01:00+08:00"}
`

// answers of a platform at 09:40.
func platform(alarms ...map[string]any) Get {
	return func(_ context.Context, path string) (io.ReadCloser, error) {
		body := any(map[string]any{"time": "2015-11-20T09:40:00+08:00"})
		if path != "/healthz" {
			list := []map[string]any{}
			if strings.Contains(path, "state=&") {
				list = alarms
			}
			body = map[string]any{"alarms": list}
		}
		b, err := json.Marshal(body)
		return io.NopCloser(strings.NewReader(string(b))), err
	}
}

func a(id, plant, point, class, at string) map[string]any {
	return map[string]any{"id": id, "class": class, "first": "2015-11-20T" + at + "+08:00", "place": map[string]any{"point": point, "group": "urn:ngsi-ld:HazardousPlant:" + plant}}
}

func TestJudge(t *testing.T) {
	r, err := Judge(t.Context(), strings.NewReader(truth), platform(
		a("1", "A", "GT-101", "process", "09:31:20"), a("2", "A", "TT-101", "process", "09:33:00"),
		a("3", "B", "FT-201", "process", "09:31:10"), a("4", "B", "FT-201", "process", "09:35:10"),
		a("5", "C", "LT-101", "silence", "09:31:30"), a("6", "D", "LT-101", "process", "09:31:30"),
		a("7", "F", "TT-101", "process", "09:31:02"), a("8", "F", "TT-103", "process", "09:31:02"),
		a("9", "H", "TT-103", "early", "09:31:02"), a("10", "C", "LT-101", "process", "09:20:00"),
	))
	if err != nil {
		t.Fatal(err)
	}
	want := map[fault.Kind]Row{
		fault.Leak: {Made: 1, Found: 1}, fault.Chatter: {Made: 1, Found: 1, False: 1}, fault.Silence: {Made: 3, Found: 1, Missed: 1, Waiting: 1},
		fault.Flood: {Made: 3, Found: 2, Missed: 1}, fault.Stuck: {Made: 1, Waiting: 1},
	}
	for _, row := range r.Rows {
		w := want[row.Kind]
		w.Kind, w.By = row.Kind, row.By
		if row != w {
			t.Errorf("%+v, want %+v", row, w)
		}
	}
	if r.Alarms != 10 || r.Unexplained["early"] != 1 || r.Unexplained["process"] != 1 || r.Missed() != 2 {
		t.Errorf("%d alarms, unexplained %v, %d missed", r.Alarms, r.Unexplained, r.Missed())
	}
	var b strings.Builder
	if err := r.Print(&b); err != nil || !strings.Contains(b.String(), "process=1") {
		t.Errorf("%v\n%s", err, &b)
	}
}

func TestJudgeRefusesNonsense(t *testing.T) {
	if _, err := Judge(t.Context(), strings.NewReader(`{"kind":"leak","begin":"yesterday"}`), platform()); err == nil {
		t.Error("a truth without times is read")
	}
}

func TestPatience(t *testing.T) {
	for _, k := range fault.Kinds() {
		if _, ok := classes[k]; !ok && k != fault.Garbled {
			t.Errorf("nothing finds %s", k)
		}
	}
	if patience[fault.Stuck] < 2*time.Hour {
		t.Error("a stuck sensor is told by two hours")
	}
}

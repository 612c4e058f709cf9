package plan

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

// targetJSON is a target as programs read it. Numbers are in Unit; a target without a figure has value null and, where nothing
// measures it, the state not-connected. Times are RFC 3339.
type targetJSON struct {
	ID       string    `json:"id"`
	Name     lang.Text `json:"name"`
	Area     string    `json:"area"`
	Section  string    `json:"section"`
	Kind     string    `json:"kind"` // measured or reported
	Measure  lang.Text `json:"measure"`
	Value    *float64  `json:"value"`
	Unit     string    `json:"unit"`
	Op       string    `json:"op"`
	Goal     float64   `json:"goal"`
	Due      int       `json:"due"`
	State    string    `json:"state"` // met, on-pace, at-risk, behind or not-connected
	AsOf     *string   `json:"asOf"`
	Part     *int64    `json:"part,omitempty"` // what was counted, over whole
	Whole    *int64    `json:"whole,omitempty"`
	DuePace  float64   `json:"duePace"`
	Forecast *string   `json:"forecast"` // day, null where it is unknown or never
	Evidence *string   `json:"evidence"` // page of the rows that it was counted from, or of the report
	standing
}

// standing is the rest of targetJSON.
type standing struct {
	Owners       []string   `json:"owners"`
	System       string     `json:"system"`
	Source       string     `json:"source"` // live, report, or "" without a figure
	Baseline     float64    `json:"baseline"`
	BaselineFrom string     `json:"baselineFrom"` // data, first or zero
	Failed       *lang.Text `json:"failed,omitempty"`
}

// targetsJSON is the answer of /api/plan/targets.
type targetsJSON struct {
	AsOf    string         `json:"asOf"`
	Plan    lang.Text      `json:"plan"`
	Start   string         `json:"start"`
	End     string         `json:"end"`
	Total   int            `json:"total"`
	States  map[string]int `json:"states"`
	Targets []targetJSON   `json:"targets"`
}

func stamp(t time.Time) string { return t.In(indicator.China).Format(time.RFC3339) }

func kind(t indicator.Target) string {
	if t.Reported {
		return "reported"
	}
	return "measured"
}

func toJSON(st indicator.Status) targetJSON {
	x := targetJSON{ID: st.ID, Name: st.Name, Area: st.Area, Section: st.Section, Kind: kind(st.Target), Measure: st.What(), Unit: st.Unit, Op: st.Op,
		Goal: st.Value, Due: st.Due, State: string(st.State), DuePace: st.DuePace,
		standing: standing{Owners: st.Owners, System: st.System, Source: st.Source, Baseline: st.Baseline, BaselineFrom: st.BaselineFrom}}
	if st.Failed != "" {
		x.Failed = &st.Reason
	}
	if !st.Forecast.IsZero() {
		day := st.Forecast.In(indicator.China).Format(time.DateOnly)
		x.Forecast = &day
	}
	if st.Figure == nil {
		return x
	}
	at := stamp(st.Figure.At)
	x.Value, x.AsOf, x.Evidence = &st.Figure.Value, &at, evidence(st)
	if st.Figure.Whole > 0 {
		x.Part, x.Whole = &st.Figure.Part, &st.Figure.Whole
	}
	return x
}

// evidence is the absolute path of what a figure was counted from; nil where there is none.
func evidence(st indicator.Status) *string {
	path := st.Evidence
	if st.Source == indicator.SourceReport {
		path = reportPath(st.Report)
	}
	if path == "" {
		return nil
	}
	if !strings.HasPrefix(path, "/api/") {
		path = "/" + string(lang.Zh) + path
	}
	return &path
}

// selected reads the targets narrowed by the query's unit, area and state.
func (s *service) selected(r *web.Request) ([]indicator.Status, error) {
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	unit, area, state := r.Query("unit"), r.Query("area"), r.Query("state")
	if _, ok := s.area(area); area != "" && !ok {
		return nil, errs.Say(errs.Invalid, "方案中没有“%s”这一领域", "the plan has no area %q", area)
	}
	if _, err := s.people.Unit(unit); unit != "" && err != nil {
		return nil, errs.Say(errs.Invalid, "没有编号为“%s”的单位", "there is no unit %q", unit)
	}
	if state != "" && !slices.Contains(indicator.States(), indicator.State(state)) {
		return nil, errs.Say(errs.Invalid, "状态“%s”无法识别，可用 met、on-pace、at-risk、behind、not-connected", "state %q is not known: met, on-pace, at-risk, behind or not-connected", state)
	}
	return slices.DeleteFunc(all, func(st indicator.Status) bool {
		return unit != "" && !slices.Contains(st.Owners, unit) || area != "" && st.Area != area || state != "" && string(st.State) != state
	}), nil
}

func (s *service) apiTargets(r *web.Request) (any, error) {
	list, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	out := targetsJSON{AsOf: stamp(s.clock.Now()), Plan: s.plan.Name, Start: stamp(s.plan.Start), End: stamp(s.plan.End), Total: len(list),
		States: map[string]int{}, Targets: []targetJSON{}}
	for _, st := range indicator.States() {
		out.States[string(st)] = 0
	}
	for _, st := range list {
		out.States[string(st.State)]++
		out.Targets = append(out.Targets, toJSON(st))
	}
	return out, nil
}

func (s *service) apiTarget(r *web.Request) (any, error) {
	st, err := s.board.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return toJSON(st), nil
}

// sumJSON is an identity of the plan's arithmetic.
type sumJSON struct {
	Whole      targetJSON   `json:"whole"`
	Parts      []targetJSON `json:"parts"`
	GoalSum    float64      `json:"goalSum"`    // of the parts' goals
	Sum        *float64     `json:"sum"`        // of the parts' figures; null where one is missing
	Difference *float64     `json:"difference"` // whole - sum; null where something is missing
	Flagged    bool         `json:"flagged"`
	Missing    []string     `json:"missing"` // parts without a figure
}

func (s *service) apiSums(r *web.Request) (any, error) {
	sums, err := s.board.Sums(r.Context())
	if err != nil {
		return nil, err
	}
	out := []sumJSON{}
	for _, x := range sums {
		j := sumJSON{Whole: toJSON(x.Whole), GoalSum: x.Goals, Flagged: x.Flagged, Missing: append([]string{}, missing(x)...)}
		for _, p := range x.Parts {
			j.Parts = append(j.Parts, toJSON(p))
		}
		if len(j.Missing) == 0 {
			j.Sum = &x.Total
		}
		if x.Complete {
			j.Difference = &x.Difference
		}
		out = append(out, j)
	}
	return map[string]any{"asOf": stamp(s.clock.Now()), "sums": out}, nil
}

// reportJSON is a report as programs read it.
type reportJSON struct {
	ID        string      `json:"id"`
	Target    string      `json:"target"`
	Value     float64     `json:"value"`
	Period    string      `json:"period"`
	Evidence  string      `json:"evidence"`
	Note      string      `json:"note,omitempty"`
	Unit      string      `json:"unit"`
	Submitted string      `json:"submitted"`
	State     string      `json:"state"`
	Decided   *string     `json:"decided,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Replaces  string      `json:"replaces,omitempty"`
	Flags     []lang.Text `json:"flags,omitempty"`
}

func reportToJSON(rep indicator.Report) reportJSON {
	x := reportJSON{ID: rep.ID, Target: rep.Target, Value: rep.Value, Period: rep.Period.In(indicator.China).Format(time.DateOnly), Evidence: rep.Evidence,
		Note: rep.Note, Unit: rep.Unit, Submitted: stamp(rep.At), State: rep.State, Reason: rep.Reason, Replaces: rep.Replaces, Flags: rep.Flags}
	if !rep.DecidedAt.IsZero() {
		at := stamp(rep.DecidedAt)
		x.Decided = &at
	}
	return x
}

func (s *service) apiReports(r *web.Request) (any, error) {
	if err := checkReportState(r.Query("state")); err != nil {
		return nil, err
	}
	list, err := s.board.Reports(r.Context(), r.Query("target"), r.Query("state"))
	if err != nil {
		return nil, err
	}
	out := []reportJSON{}
	for _, rep := range list {
		out = append(out, reportToJSON(rep))
	}
	return map[string]any{"reports": out}, nil
}

// body reads the JSON object of a request strictly.
func body(r *web.Request, into any) error {
	d := json.NewDecoder(r.HTTP.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errs.Wrap("read the request: "+err.Error(), errs.Say(errs.Invalid, "请求内容不是所需的 JSON：%s", "the request is not the JSON that is needed: %s", err.Error()))
	}
	if _, err := d.Token(); err != io.EOF {
		return errs.Say(errs.Invalid, "请求内容在 JSON 对象之后还有多余部分", "something stands behind the JSON object of the request")
	}
	return nil
}

// apiSubmit takes {"value": 8.12e10, "period": "2015-09-30", "evidence": "…", "note": "…"}; value is in the target's unit.
func (s *service) apiSubmit(r *web.Request) (any, error) {
	var in struct {
		Value    *float64 `json:"value"`
		Period   string   `json:"period"`
		Evidence string   `json:"evidence"`
		Note     string   `json:"note"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	period, err := time.ParseInLocation(time.DateOnly, in.Period, indicator.China)
	if err != nil || in.Value == nil {
		return nil, errs.Say(errs.Invalid, "缺少 value（数）或 period（如 2015-09-30）", "value (a number) and period (as 2015-09-30) are needed")
	}
	rep, err := s.board.Submit(r.Context(), r.Who, indicator.Report{Target: r.Path("id"), Value: *in.Value, Period: period, Evidence: in.Evidence, Note: in.Note})
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusCreated, Header: map[string]string{"Location": "/api/plan/reports?target=" + rep.Target}, Body: reportToJSON(rep)}, nil
}

// apiDecide takes {"approve": true, "reason": "…"}.
func (s *service) apiDecide(r *web.Request) (any, error) {
	var in struct {
		Approve *bool  `json:"approve"`
		Reason  string `json:"reason"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	if in.Approve == nil {
		return nil, errs.Say(errs.Invalid, "缺少 approve（true 或 false）", "approve (true or false) is needed")
	}
	rep, err := s.board.Decide(r.Context(), r.Who, r.Path("id"), *in.Approve, in.Reason)
	if err != nil {
		return nil, err
	}
	return reportToJSON(rep), nil
}

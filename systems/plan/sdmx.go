package plan

import (
	"context"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

// The plan's figures as an SDMX-JSON 2.0.0 data message (SDMX 3.0): one data set, one series a target, one observation a day.
//
//	dimensions  FREQ (data set, always D), TARGET (series), TIME_PERIOD (observation; the closing figure of that day, China time)
//	measure     OBS_VALUE, in the series' UNIT_MEASURE
//	attributes  of a series: UNIT_MEASURE, AREA, SECTION, SYSTEM, GOAL, GOAL_OP, DUE, STATE (as it stands when the message is made)
//	            of an observation: SOURCE (live or report)
//
// A target that is not connected is a series without observations. Attributes with a list of values hold the index in that
// list; the others hold their values themselves.
type sdmxMessage struct {
	Meta sdmxMeta `json:"meta"`
	Data sdmxData `json:"data"`
}

type sdmxMeta struct {
	Schema    string    `json:"schema"`
	ID        string    `json:"id"`
	Test      bool      `json:"test"`
	Prepared  string    `json:"prepared"`
	Languages []string  `json:"contentLanguages"`
	Name      string    `json:"name"`
	Names     sdmxNames `json:"names"`
	Sender    sdmxParty `json:"sender"`
}

// sdmxNames are the names in both languages; the single "name" beside them is the Chinese one.
type sdmxNames struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

type sdmxParty struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Names sdmxNames `json:"names"`
}

type sdmxData struct {
	Structures []sdmxStructure `json:"structures"`
	DataSets   []sdmxDataSet   `json:"dataSets"`
}

type sdmxStructure struct {
	Links      []sdmxLink `json:"links"`
	Name       string     `json:"name"`
	Names      sdmxNames  `json:"names"`
	Dimensions struct {
		DataSet     []sdmxComponent `json:"dataSet"`
		Series      []sdmxComponent `json:"series"`
		Observation []sdmxComponent `json:"observation"`
	} `json:"dimensions"`
	Measures struct {
		Observation []sdmxComponent `json:"observation"`
	} `json:"measures"`
	Attributes struct {
		Series      []sdmxComponent `json:"series"`
		Observation []sdmxComponent `json:"observation"`
	} `json:"attributes"`
	DataSets []int `json:"dataSets"`
}

type sdmxLink struct {
	URN string `json:"urn"`
	Rel string `json:"rel"`
}

// sdmxComponent is a dimension, a measure or an attribute. KeyPosition is a dimension's, Relationship an attribute's.
type sdmxComponent struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	Names        sdmxNames     `json:"names"`
	KeyPosition  *int          `json:"keyPosition,omitempty"`
	Roles        []string      `json:"roles,omitempty"`
	Relationship *sdmxRelation `json:"relationship,omitempty"`
	Format       *sdmxFormat   `json:"format,omitempty"`
	Values       []sdmxValue   `json:"values,omitempty"`
}

// sdmxRelation says what an attribute belongs to: the dimensions named, or the observation.
type sdmxRelation struct {
	Dimensions  []string  `json:"dimensions,omitempty"`
	Observation *struct{} `json:"observation,omitempty"`
}

type sdmxFormat struct {
	DataType string `json:"dataType"`
}

type sdmxValue struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Names *sdmxNames `json:"names,omitempty"`
	Start string     `json:"start,omitempty"`
	End   string     `json:"end,omitempty"`
}

type sdmxDataSet struct {
	Links     []sdmxLink            `json:"links"`
	Structure int                   `json:"structure"`
	Action    string                `json:"action"`
	Series    map[string]sdmxSeries `json:"series"`
}

type sdmxSeries struct {
	Attributes   []any            `json:"attributes"`
	Observations map[string][]any `json:"observations"`
}

const (
	sdmxSchema = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/sdmx-json-data-schema.json"
	sdmxType   = "application/vnd.sdmx.data+json;version=2.0.0"
)

var (
	sdmxFlow  = sdmxLink{URN: "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=HAIHE:PLAN_TARGETS(1.0)", Rel: "dataflow"}
	sdmxShape = sdmxLink{URN: "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=HAIHE:PLAN_TARGETS(1.0)", Rel: "datastructure"}
)

func named(id string, name lang.Text) sdmxComponent {
	return sdmxComponent{ID: id, Name: name.Zh, Names: sdmxNames(name)}
}

func coded(id string, name lang.Text) sdmxValue {
	names := sdmxNames(name)
	return sdmxValue{ID: id, Name: name.Zh, Names: &names}
}

func dimension(id string, name lang.Text, position int, role string, values ...sdmxValue) sdmxComponent {
	c := named(id, name)
	c.KeyPosition, c.Values = &position, values
	if role != "" {
		c.Roles = []string{role}
	}
	return c
}

// apiSDMX gives the daily figures of the targets that the query selects (unit, area, state), for the days from..to.
func (s *service) apiSDMX(r *web.Request) (any, error) {
	list, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Say(errs.NotFound, "没有符合条件的目标", "no target matches")
	}
	from, err := dayParam(r, "from")
	if err != nil {
		return nil, err
	}
	to, err := dayParam(r, "to")
	if err != nil {
		return nil, err
	}
	if from.IsZero() {
		from = s.plan.Start
	}
	m, err := s.sdmx(r.Context(), list, from, to)
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sdmxType, Header: map[string]string{"Content-Language": "zh, en"}, Body: m}, nil
}

func (s *service) sdmx(ctx context.Context, list []indicator.Status, from, to time.Time) (*sdmxMessage, error) {
	now := s.clock.Now()
	m := &sdmxMessage{Meta: sdmxMeta{Schema: sdmxSchema, ID: "plan-" + strconv.FormatInt(now.UnixMicro(), 10), Prepared: stamp(now),
		Languages: []string{"zh", "en"}, Name: s.plan.Name.Zh, Names: sdmxNames(s.plan.Name)}}
	sender := s.people.UnitName(s.plan.Coordinators[0])
	m.Meta.Sender = sdmxParty{ID: s.plan.Coordinators[0], Name: sender.Zh, Names: sdmxNames(sender)}
	st := s.sdmxStructure(list)
	set := sdmxDataSet{Links: []sdmxLink{sdmxFlow}, Action: "Replace", Series: map[string]sdmxSeries{}}
	days := map[string]int{}
	for i, target := range list {
		points, err := s.board.Daily(ctx, target.ID, from, to, time.Time{})
		if err != nil {
			return nil, err
		}
		series := sdmxSeries{Attributes: sdmxAttributes(target), Observations: map[string][]any{}}
		for _, p := range points {
			day := p.At.In(indicator.China).Format(time.DateOnly)
			if _, ok := days[day]; !ok {
				days[day] = len(days)
				st.Dimensions.Observation[0].Values = append(st.Dimensions.Observation[0].Values, sdmxDay(p.At))
			}
			series.Observations[strconv.Itoa(days[day])] = []any{p.Value, sourceIndex(p.Source)}
		}
		set.Series[strconv.Itoa(i)] = series
	}
	if len(days) == 0 { // a dimension has a value at least, even where nothing was observed
		st.Dimensions.Observation[0].Values = []sdmxValue{sdmxDay(now)}
	}
	m.Data = sdmxData{Structures: []sdmxStructure{st}, DataSets: []sdmxDataSet{set}}
	return m, nil
}

// sdmxDay is a day of China as a time period.
func sdmxDay(t time.Time) sdmxValue {
	y, mo, d := t.In(indicator.China).Date()
	start := time.Date(y, mo, d, 0, 0, 0, 0, indicator.China)
	return sdmxValue{ID: start.Format(time.DateOnly), Name: start.Format(time.DateOnly), Start: stamp(start), End: stamp(start.AddDate(0, 0, 1).Add(-time.Second))}
}

func sourceIndex(source string) int {
	if source == indicator.SourceReport {
		return 1
	}
	return 0
}

// sdmxStructure describes the message: what its keys and attributes mean.
func (s *service) sdmxStructure(list []indicator.Status) sdmxStructure {
	var targets []sdmxValue
	for _, st := range list {
		targets = append(targets, coded(st.ID, st.Name))
	}
	out := sdmxStructure{Links: []sdmxLink{sdmxFlow, sdmxShape}, Name: s.plan.Name.Zh, Names: sdmxNames(s.plan.Name), DataSets: []int{0}}
	out.Dimensions.DataSet = []sdmxComponent{dimension("FREQ", lang.T("频率", "Frequency"), 0, "FREQ", coded("D", lang.T("日", "Daily")))}
	out.Dimensions.Series = []sdmxComponent{dimension("TARGET", lang.T("目标", "Target"), 1, "", targets...)}
	out.Dimensions.Observation = []sdmxComponent{dimension("TIME_PERIOD", lang.T("日期", "Day"), 2, "TIME_PERIOD")}
	value := named("OBS_VALUE", lang.T("数值", "Figure"))
	value.Format = &sdmxFormat{DataType: "Double"}
	out.Measures.Observation = []sdmxComponent{value}
	ofSeries := func(id string, name lang.Text, values ...sdmxValue) {
		c := named(id, name)
		c.Relationship, c.Values = &sdmxRelation{Dimensions: []string{"TARGET"}}, values
		out.Attributes.Series = append(out.Attributes.Series, c)
	}
	ofSeries("UNIT_MEASURE", lang.T("计量单位", "Unit"))
	ofSeries("AREA", lang.T("领域", "Area"))
	ofSeries("SECTION", lang.T("条款", "Section"))
	ofSeries("SYSTEM", lang.T("系统", "System"))
	ofSeries("GOAL", lang.T("目标值", "Goal"))
	ofSeries("GOAL_OP", lang.T("目标口径", "How the goal is meant"))
	ofSeries("DUE", lang.T("到期年份", "Due year"))
	var states []sdmxValue
	for _, st := range indicator.States() {
		states = append(states, coded(string(st), host.Standing(st).Text()))
	}
	ofSeries("STATE", lang.T("状态", "State"), states...)
	source := named("SOURCE", lang.T("来源", "Source"))
	source.Relationship = &sdmxRelation{Observation: &struct{}{}}
	source.Values = []sdmxValue{coded(indicator.SourceLive, lang.T("系统测量", "Measured")), coded(indicator.SourceReport, lang.T("单位填报", "Submitted"))}
	out.Attributes.Observation = []sdmxComponent{source}
	return out
}

// sdmxAttributes are a series' attributes, in the order of its structure.
func sdmxAttributes(st indicator.Status) []any {
	state := 0
	for i, x := range indicator.States() {
		if x == st.State {
			state = i
		}
	}
	return []any{st.Unit, st.Area, st.Section, st.System, st.Value, st.Op, st.Due, state}
}

package sharing

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/apply"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

// The demonstration's own data: what this platform itself has to share, two applications, and units that call. The data behind are the
// platform's, the calls are real ones.

// unitSelf acts for a unit where no person does: the demonstration.
func unitSelf(unit string) *identity.Principal {
	return identity.NewPrincipal("system:sharing", unit, nil, page.GrantRead, page.GrantOffer, page.GrantApply, page.GrantAllow)
}

func field(name, zh, en string, kind policy.Kind, from string) catalogue.Field {
	return catalogue.Field{Name: name, Title: lang.Text{Zh: zh, En: en}, Kind: kind, From: from}
}

// ownResources are what this platform has to share.
func ownResources() []catalogue.Resource {
	base := func(id, unit, system string, name, abstract lang.Text, sharing catalogue.Sharing, spec source.Spec, fields ...catalogue.Field) catalogue.Resource {
		return catalogue.Resource{ID: id, Name: name, Abstract: abstract, Unit: unit, System: system, Category: "department", Format: "interface", Period: "live", Sharing: sharing, Source: spec, Fields: fields}
	}
	open := catalogue.Sharing{Type: policy.Unconditional, Basis: "津政办发〔2014〕智慧天津建设行动方案三（三）2"}
	return []catalogue.Resource{
		base("grid-meters", "power", "grid", lang.T("智能电能表档案", "Smart meters"), lang.T("在装智能电能表的地址、区县、类别、状态和所属馈线。", "Address, district, category, state and feeder of the meters installed."),
			catalogue.Sharing{Type: policy.Conditional, Condition: "用于应急处置、行业统计，按区县提供"}, source.Spec{Kind: source.Entity, Where: "SmartMeter"},
			field("id", "实体标识", "Entity", policy.Text, "id"), field("address", "表地址", "Address", policy.Text, "address"), field("district", "区县代码", "District", policy.Text, "district"), field("category", "用电类别", "Category", policy.Text, "category"),
			field("status", "状态", "State", policy.Text, "status"), field("solar", "是否有光伏", "Solar", policy.Boolean, "solar"), field("feeder", "馈线", "Feeder", policy.Text, "refFeeder")),
		base("grid-feeders", "power", "grid", lang.T("配电馈线", "Feeders"), lang.T("馈线名称及所在区县。", "Feeders with their districts."), open, source.Spec{Kind: source.Entity, Where: "Feeder"},
			field("id", "实体标识", "Entity", policy.Text, "id"), field("name", "名称", "Name", policy.Text, "name"), field("district", "区县代码", "District", policy.Text, "district")),
		base("safety-plants", "work-safety", "safety", lang.T("重点监管企业名录", "Plants under supervision"), lang.T("危险化学品、冶金、烟花爆竹企业的名称、类别、区县、状态和位置。", "Name, category, district, state and place of the plants."), open, source.Spec{Kind: source.Entity, Where: "HazardousPlant"},
			field("id", "实体标识", "Entity", policy.Text, "id"), field("code", "统一社会信用代码", "Code", policy.Text, "code"), field("name", "企业名称", "Name", policy.Text, "name"), field("category", "类别", "Category", policy.Text, "category"),
			field("district", "区县代码", "District", policy.Text, "district"), field("status", "状态", "State", policy.Text, "status"), field("location", "位置", "Place", policy.Text, "location")),
		base("plan-targets", "economy-it", "plan", lang.T("行动方案目标进展", "Progress of the plan's targets"), lang.T("方案各项目标的目标值、当前值和状态。", "Goal, present figure and state of each target."), open, source.Spec{Kind: source.Plan},
			field("id", "目标标识", "Target", policy.Text, "id"), field("name", "名称", "Name", policy.Text, "name"), field("goal", "目标值", "Goal", policy.Number, "goal"), field("value", "当前值", "Value", policy.Number, "value"),
			field("unit", "单位", "Unit", policy.Text, "unit"), field("due", "完成年份", "Due", policy.Integer, "due"), field("state", "状态", "State", policy.Text, "state")),
		base("emergency-reporters", "emergency-office", "emergency", lang.T("报警人信息", "Who reported incidents"), lang.T("突发事件报告人的联系方式。", "How those who report incidents can be reached."),
			catalogue.Sharing{Type: policy.NotShared, Basis: "涉及举报人保护，依法不予共享"}, source.Spec{Kind: source.Entity, Where: "IncidentReporter"},
			field("id", "实体标识", "Entity", policy.Text, "id"), catalogue.Field{Name: "telephone", Title: lang.T("电话", "Telephone"), Kind: policy.Text, Personal: "telephone"}),
	}
}

// ownSystems are the information systems that the demonstration registers.
func ownSystems() []catalogue.InfoSystem {
	return []catalogue.InfoSystem{
		{ID: "grid", Unit: "power", Name: lang.T("用电信息采集系统", "Meter reading"), Main: true}, {ID: "safety", Unit: "work-safety", Name: lang.T("安全生产监控平台", "Work safety monitoring"), Main: true},
		{ID: "emergency", Unit: "emergency-office", Name: lang.T("应急指挥平台", "Emergency command"), Main: true}, {ID: "plan", Unit: "economy-it", Name: lang.T("方案实施监测平台", "Plan monitoring"), Main: true},
	}
}

// makeSamples fills an empty catalogue; what is there already stays.
func (s *room) makeSamples(ctx context.Context) error {
	for _, x := range ownSystems() {
		if err := s.catalogue.Register(ctx, unitSelf(x.Unit), x); err != nil {
			return err
		}
	}
	fresh := false
	for _, x := range ownResources() {
		if _, err := s.catalogue.Get(ctx, x.ID); !errs.Is(err, errs.NotFound) {
			continue
		}
		fresh = true
		if err := s.catalogue.Save(ctx, unitSelf(x.Unit), x); err != nil {
			return err
		}
		if err := s.catalogue.Move(ctx, unitSelf(x.Unit), x.ID, catalogue.Published, ""); err != nil {
			return err
		}
	}
	if !fresh {
		return nil
	}
	until := s.now().AddDate(1, 0, 0)
	ask := func(unit, purpose, reason, basis string, fields []string, rows ...policy.Cond) (apply.Application, error) {
		return s.apply.Apply(ctx, unitSelf(unit), apply.Application{Resource: "grid-meters", Purpose: purpose, Reason: reason, Basis: basis,
			Terms: policy.Terms{Fields: fields, Rows: rows, PerMinute: 60, PerDay: 5000, Until: until}})
	}
	a, err := ask("emergency-office", "emergency", "停电事件处置中核对受影响用户数", "突发事件应对法第四十八条", []string{"id", "district", "category", "status", "feeder"})
	if err != nil {
		return err
	}
	if _, err := s.apply.Decide(ctx, identity.NewPrincipal("system:grid", "power", nil, page.GrantAllow, page.GrantRead), a.ID, apply.Decision{To: apply.Granted, Answer: "同意，仅限在运电能表", Terms: policy.Terms{
		Fields: a.Terms.Fields, Rows: []policy.Cond{{Field: "status", Op: "eq", Values: []string{"inService"}}}, PerMinute: 60, PerDay: 5000, Until: until}}); err != nil {
		return err
	}
	_, err = ask("binhai", "statistics", "本区用电类别结构统计", "统计法第十二条", []string{"district", "category", "solar"}, policy.Cond{Field: "district", Op: "eq", Values: []string{policy.OwnDistrict}})
	return err
}

// sampleCalls lets units of the demonstration call, one of them for what it was not granted.
func (s *room) sampleCalls(ctx context.Context) error {
	for _, c := range []call.Call{
		{Unit: "emergency-office", Purpose: "emergency", Resource: "grid-meters", Params: map[string][]string{"where": {"district:eq:120116"}, "limit": {"20"}}},
		{Unit: "emergency-office", Purpose: "emergency", Resource: "safety-plants", Params: map[string][]string{"limit": {"20"}}},
		{Unit: "binhai", Purpose: "supervision", Resource: "safety-plants", Params: map[string][]string{"where": {"district:eq:120116"}, "count": {"true"}}},
		{Unit: "work-safety", Purpose: "planning", Resource: "plan-targets"},
		{Unit: "binhai", Purpose: "statistics", Resource: "grid-meters"},
	} {
		c.ID, c.Person, c.At = store.NewID(s.now()), "system:sharing", s.now()
		if _, err := s.gate.Local(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// sampleEvery is how often the demonstration's units call.
const sampleEvery = 30 * time.Second

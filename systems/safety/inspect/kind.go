package inspect

import (
	"time"

	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
)

// The grants of this part.
const (
	grantRead    = "safety.read"
	GrantPlan    = "safety.inspect"         // plans, checklists, inspectors, draws
	GrantDo      = "safety.inspect.do"      // the record on the spot, and what follows from it
	GrantApprove = "safety.inspect.approve" // extensions, and the closing of a rectification
)

// Grants declares them with the roles that have them from the start.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantPlan, Title: lang.T("安排检查、维护检查表、抽取", "Plan inspections, keep checklists, draw lots"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantDo, Title: lang.T("现场检查和整改跟踪", "Inspect on the spot and follow rectifications"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantApprove, Title: lang.T("批准延期和整改销号", "Approve extensions and close rectifications"), Roles: []string{identity.RoleLeader}},
	}
}

// Acts are the words of what this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "plan-inspection", Title: lang.T("制定检查计划", "Planned inspections")},
		{Verb: "draw-inspection", Title: lang.T("双随机抽取", "Drew plants and inspectors by lot")},
		{Verb: "record-inspection", Title: lang.T("提交现场检查记录", "Recorded an inspection")},
		{Verb: "cancel-inspection", Title: lang.T("取消检查任务", "Called an inspection off")},
		{Verb: "put-checklist", Title: lang.T("发布检查表", "Issued a checklist")},
		{Verb: "set-inspector", Title: lang.T("维护检查人员名录", "Changed the list of inspectors")},
		{Verb: "ask-extension", Title: lang.T("申请整改延期", "Asked for more time")},
		{Verb: "decide-extension", Title: lang.T("审批整改延期", "Decided on more time")},
	}
}

// KindName is the kind of case that a finding is.
const KindName = "rectification"

// What is done to a case, by casework's own verbs.
const (
	verbAdvance = "advance"
	verbEdit    = "edit"
	verbLevel   = "level"
)

// The stages.
const (
	Ordered     = "ordered"
	Planned     = "planned"
	Rectified   = "rectified"
	Reinspected = "reinspected"
	Closed      = "closed"
)

// The fields of a case.
const (
	fieldGrade    = "grade"    // "major", "general"
	fieldDeadline = "deadline" // day
	fieldTask     = "task"
	fieldItem     = "item"
	fieldClause   = "clause"
	fieldOverdue  = "overdue" // day on which it was told that the day of grace has passed
)

// Grades of findings, by the rules of 2007 on hidden hazards (安全生产事故隐患排查治理暂行规定 第三条).
const (
	Major   = "major"
	General = "general"
)

func gradeText(g string) lang.Text {
	if g == Major {
		return lang.T("重大隐患", "Major hazard")
	}
	return lang.T("一般隐患", "General hazard")
}

// workday is a day of working time.
const workday = 8 * time.Hour

// Kind declares the rectification as a case. The stages' own deadlines are the office's; the plant's day of grace is the field deadline.
func Kind() casework.Kind {
	need := func(name, zh, en, typ string) casework.Field {
		return casework.Field{Name: name, Title: lang.T(zh, en), Type: typ}
	}
	passed := need("passed", "复查结论", "Outcome", "choice")
	passed.Choices = []string{"合格", "不合格"}
	const tell = "duty-officer"
	return casework.Kind{Name: KindName, System: "safety", Title: lang.T("隐患整改", "Rectification"), Prefix: "ZG", Open: GrantDo, See: grantRead, SeeAll: grantRead, Direct: GrantPlan, Stages: []casework.Stage{
		{Name: Ordered, Title: stageText(Ordered), Next: []string{Planned}, Grant: GrantDo, Due: 3 * workday, Tell: tell, Needs: []casework.Field{need("measure", "整改措施", "Measures", "long")}},
		{Name: Planned, Title: stageText(Planned), Next: []string{Rectified}, Grant: GrantDo, Due: 30 * workday, Tell: tell, Needs: []casework.Field{need("result", "整改完成情况", "What was done", "long")}},
		{Name: Rectified, Title: stageText(Rectified), Next: []string{Reinspected}, Grant: GrantDo, Due: 5 * workday, Tell: tell, Needs: []casework.Field{need("review", "复查情况", "What the re-inspection saw", "long"), passed}},
		{Name: Reinspected, Title: stageText(Reinspected), Next: []string{Closed, Planned}, Grant: GrantApprove, Due: 3 * workday, Tell: tell},
		{Name: Closed, Title: stageText(Closed)},
	}}
}

func stageText(stage string) lang.Text {
	switch stage {
	case Ordered:
		return lang.T("已责令整改", "Ordered")
	case Planned:
		return lang.T("整改中", "Under way")
	case Rectified:
		return lang.T("已整改，待复查", "Rectified, to be re-inspected")
	case Reinspected:
		return lang.T("已复查，待销号", "Re-inspected")
	}
	return lang.T("已销号", "Closed")
}

package incident

import (
	"time"

	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
)

// KindName is the kind of case that an incident is.
const KindName = "incident"

// The stages.
const (
	Reported   = "reported"
	Verified   = "verified"
	Responding = "responding"
	Controlled = "controlled"
	Closed     = "closed"
	False      = "false"
	Merged     = "merged"
)

// The times by which a report must have gone up: by telephone, in writing for levels I and II, in writing for the others.
const (
	phoneWithin = 30 * time.Minute
	graveWithin = time.Hour
	writeWithin = 2 * time.Hour
)

// Kind declares the incident as a case. Its deadlines run day and night.
func Kind() casework.Kind {
	stage := func(name string, title lang.Text, grant string, due time.Duration, next ...string) casework.Stage {
		return casework.Stage{Name: name, Title: title, Next: next, Grant: grant, Due: due, Clock: true, Tell: "duty-officer"}
	}
	return casework.Kind{
		Name: KindName, System: "emergency", Title: lang.T("突发事件", "Incident"), Prefix: "YJ", Open: GrantIntake, See: grantRead, SeeAll: grantRead, Direct: GrantDirect,
		Stages: []casework.Stage{
			stage(Reported, StageName(Reported), GrantHandle, phoneWithin, Verified, False, Merged),
			stage(Verified, StageName(Verified), GrantHandle, phoneWithin, Responding, False, Merged),
			stage(Responding, StageName(Responding), GrantHandle, 0, Controlled, Merged),
			stage(Controlled, StageName(Controlled), GrantClose, 0, Closed, Responding),
			{Name: Closed, Title: StageName(Closed)}, {Name: False, Title: StageName(False)}, {Name: Merged, Title: StageName(Merged)},
		},
	}
}

// StageName names a stage.
func StageName(stage string) lang.Text {
	switch stage {
	case Reported:
		return lang.T("待核实", "Reported")
	case Verified:
		return lang.T("已核实，待处置", "Verified")
	case Responding:
		return lang.T("处置中", "Responding")
	case Controlled:
		return lang.T("已控制", "Controlled")
	case Closed:
		return lang.T("已办结", "Closed")
	case False:
		return lang.T("虚报误报", "False alarm")
	case Merged:
		return lang.T("已并入", "Merged")
	}
	return lang.Same(stage)
}

// over tells whether a stage ends the incident.
func over(stage string) bool { return stage == Closed || stage == False || stage == Merged }

// step is what somebody may do next, in words of command; the first is the one that the page puts forward.
type step struct {
	to   string
	text lang.Text
}

func steps(stage string) []step {
	switch stage {
	case Reported:
		return []step{{Verified, lang.T("确认属实", "Confirm: it is true")}, {False, lang.T("判为虚报误报", "Declare a false alarm")}}
	case Verified:
		return []step{{Responding, lang.T("开始处置", "Begin the response")}, {False, lang.T("判为虚报误报", "Declare a false alarm")}}
	case Responding:
		return []step{{Controlled, lang.T("宣布已控制", "Declare it controlled")}}
	case Controlled:
		return []step{{Closed, lang.T("办结", "Close")}, {Responding, lang.T("险情反复，恢复处置", "It has flared up: respond again")}}
	}
	return nil
}

// WriteBy says by when the written report must have gone up.
func WriteBy(opened time.Time, level int) time.Time {
	if level == 1 || level == 2 {
		return opened.Add(graveWithin)
	}
	return opened.Add(writeWithin)
}

package rule

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule/cel"
)

// The bounds of a rule's numbers.
const (
	maxDelay   = 24 * time.Hour
	maxWindow  = 24 * time.Hour
	maxPeriods = 1000
	maxTitle   = 100 // characters of each half
)

// Check says what is wrong with a rule, nil where nothing is.
func (r *Rule) Check() error {
	switch {
	case strings.TrimSpace(r.Title.Zh) == "" || strings.TrimSpace(r.Title.En) == "" || len([]rune(r.Title.Zh)) > maxTitle || len([]rune(r.Title.En)) > maxTitle:
		return errs.Say(errs.Invalid, "规则的中文、英文名称均应填写，各不超过 %[1]d 字", "give the rule a name in Chinese and in English, at most %[1]d characters each", maxTitle)
	case r.Priority < Critical || r.Priority > Low:
		return errs.Say(errs.Invalid, "优先级应为 1 至 4，现为 %[1]d", "the priority is 1 to 4, not %[1]d", r.Priority)
	case r.Form.On < 0 || r.Form.On > maxDelay || r.Form.Off < 0 || r.Form.Off > maxDelay:
		return errs.Say(errs.Invalid, "延时应在 0 至 24 小时之间", "delays lie between 0 and 24 hours")
	case !finite(r.Form.Value) || !finite(r.Form.Deadband) || r.Form.Deadband < 0:
		return errs.Say(errs.Invalid, "限值应为数字，回差不得为负", "the limit is a number, the deadband is not negative")
	case !(r.Form.Share >= 0 && r.Form.Share < 1):
		return errs.Say(errs.Invalid, "回差占限值的比例应在 0 至 1 之间", "the deadband as a share of the limit lies between 0 and 1")
	}
	return r.checkKind()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (r *Rule) checkKind() error {
	f := r.Form
	switch r.Kind {
	case Limit:
		if f.Own != "" && !slices.Contains([]string{"HH", "H", "L", "LL"}, f.Own) {
			return errs.Say(errs.Invalid, "测点自身限值应为 HH、H、L、LL 之一，现为 %[1]q", "a point's own limit is one of HH, H, L, LL, not %[1]q", f.Own)
		}
	case Rate, Stuck:
		if f.Window < time.Second || f.Window > maxWindow {
			return errs.Say(errs.Invalid, "时间窗应在 1 秒至 24 小时之间", "the window lies between 1 second and 24 hours")
		}
		if f.Value < 0 || r.Kind == Rate && f.Value == 0 {
			return errs.Say(errs.Invalid, "变化量应为正数", "the change is a positive number")
		}
	case Silence:
		if f.Periods < 1 || f.Periods > maxPeriods {
			return errs.Say(errs.Invalid, "静默周期数应在 1 至 %[1]d 之间", "the number of periods lies between 1 and %[1]d", maxPeriods)
		}
	case Bad:
	case Expression, Entity:
		_, err := r.compile()
		return err
	default:
		return errs.Say(errs.Invalid, "规则类型 %[1]q 不存在", "there is no kind of rule %[1]q", r.Kind)
	}
	return nil
}

func (r *Rule) compile() (*cel.Condition, error) {
	if r.Kind == Entity {
		return cel.Entity(r.Expr)
	}
	return cel.Points(r.Expr)
}

// picks tells whether the rule's scope holds for a point of a system.
func (s *Scope) picks(system string, p *Point) bool {
	if s.System != "" && s.System != system {
		return false
	}
	if len(s.Groups) > 0 && !slices.Contains(s.Groups, p.Group) || len(s.Points) > 0 && !slices.Contains(s.Points, p.Entity) {
		return false
	}
	for _, tag := range s.Tags {
		if !slices.Contains(p.Tags, tag) {
			return false
		}
	}
	return true
}

// limit gives what a rule compares a point with; ok is false where the point has no such limit, and the rule does not watch it.
func (r *Rule) limit(p *Point) (limit float64, below, ok bool) {
	var own *float64
	switch r.Form.Own {
	case "":
		return r.Form.Value, r.Form.Below, true
	case "HH":
		own = p.Limits.HighHigh
	case "H":
		own = p.Limits.High
	case "L":
		own, below = p.Limits.Low, true
	case "LL":
		own, below = p.Limits.LowLow, true
	}
	if own == nil {
		return 0, false, false
	}
	return *own, below, true
}

// Watches tells whether a rule over single points watches a point of a system.
func (r *Rule) Watches(system string, p *Point) bool {
	_, _, ok := r.limit(p)
	return ok && r.Scope.picks(system, p) && (r.Kind != Silence || p.Every > 0)
}

// LimitOf gives what a rule compares a point with; ok is false where the point has no such limit.
func (r *Rule) LimitOf(p *Point) (limit float64, ok bool) {
	limit, _, ok = r.limit(p)
	return limit, ok
}

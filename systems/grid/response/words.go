package response

import (
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/baseline"
	"github.com/haihe-city/haihe/systems/grid/response/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Path is the part's first page.
const Path = "/grid/response"

const (
	pathParticipants = Path + "/participants"
	pathEvents       = Path + "/events"
	pathMine         = Path + "/mine"
)

// Title names the part.
var Title = lang.T("需求响应", "Demand response")

var (
	source      = lang.T("智能电网", "Smart grid")
	methodWords = map[baseline.Method]lang.Text{baseline.High5of10: lang.T("近 10 日取高 5 日", "Highest 5 of 10"), baseline.Mid4of6: lang.T("近 6 日取中 4 日", "Middle 4 of 6"), "": lang.T("相似日不足", "too few days")}
	kindWords   = map[string]lang.Text{"enterprise": lang.T("企业", "Enterprise"), "aggregator": lang.T("负荷聚合商", "Aggregator")}
	whyWords    = map[rule.Why]lang.Text{rule.Chosen: lang.T("选中", "chosen"), rule.Closed: lang.T("合同已终止", "contract ended"), rule.Area: lang.T("电表不全在范围内", "meters outside the area"), rule.Notice: lang.T("通知时间不足", "notice too short"),
		rule.Events: lang.T("本年次数已用完", "called as often as agreed"), rule.Hours: lang.T("本年小时数不足", "too few hours left"), rule.Enough: lang.T("目标已满足", "target met without")}
	answerWords = map[string]lang.Text{"": lang.T("未答复", "no answer"), "in": lang.T("参与", "takes part"), "out": lang.T("不参与", "stands out")}
	states      = []State{Draft, Notified, Running, Finished, Settled, Cancelled}
	stateWords  = map[State]lang.Text{Draft: lang.T("待批准", "Draft"), Notified: lang.T("已通知", "Told"), Running: lang.T("执行中", "Running"), Finished: lang.T("待结算", "To be settled"), Settled: lang.T("已结算", "Settled"), Cancelled: lang.T("已取消", "Cancelled")}
)

func stateTag(s State) *ui.Tag {
	status := map[State]ui.Status{Draft: ui.StatusRisk, Notified: ui.StatusOn, Running: ui.StatusOn, Finished: ui.StatusRisk, Settled: ui.StatusMet}[s]
	return &ui.Tag{Status: status, Text: stateWords[s]}
}

func openTag(state string) *ui.Tag {
	if state == "open" {
		return &ui.Tag{Status: ui.StatusOn, Text: lang.T("有效", "Open")}
	}
	return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已终止", "Closed")}
}

func number(n int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Grouped(n))} }

func plain(s string) ui.Cell { return ui.Cell{Text: lang.Same(s)} }

// kwh writes an energy in kWh; percent a share in thousandths; yuan an amount of fen.
func kwh(units int64) string { return ui.Num(float64(units)/unitsPerKWh, 2) }

func percent(permille int64) string { return ui.Num(float64(permille)/10, 1) }

func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func parseTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02 15:04", strings.Replace(strings.TrimSpace(text), "T", " ", 1), book.China)
	if err != nil {
		return t, errs.Say(errs.Invalid, "时间“%s”无法识别，请按 2015-11-20 17:00 的格式填写", "%q is no time, write it like 2015-11-20 17:00", text)
	}
	return t.UTC(), nil
}

// again gives the words of an error that is shown on the form; ok is false where it is none of the form's.
func again(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict))
}

// values reads fields of a form.
func values(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = strings.TrimSpace(r.Form(n))
	}
	return out
}

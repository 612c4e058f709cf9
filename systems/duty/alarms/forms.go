package alarms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// chosen are the alarms that a form speaks of: the one of the button that was pressed, those that were shown, or those that were ticked.
func chosen(r *web.Request) []string {
	if one := r.Form("one"); one != "" {
		return []string{one}
	}
	if r.Form("shown") == "1" {
		return r.HTTP.PostForm["row"]
	}
	return r.HTTP.PostForm["id"]
}

// back is where a form came from: its list with its filter, or an alarm's page, with what was done.
func back(r *web.Request, did string, n int, more ...string) string {
	kept := kept(r)
	path := pathList
	if r.Form("keep.view") == "shelved" {
		path = pathShelved
	}
	if one := r.Form("page"); one != "" && one == url.PathEscape(one) {
		path, kept = pathList+"/"+one, nil
	}
	return link(path, kept, append(more, "did", did, "n", strconv.Itoa(n))...)
}

// kept is the filter that a form carries along.
func kept(r *web.Request) map[string]string {
	v := url.Values{}
	for _, k := range params {
		v.Set(k, r.Form("keep."+k))
	}
	return keep(v)
}

// again shows the list with what was wrong; what is no fault of the form's fails as it is.
func (p *Part) again(r *web.Request, wrong error) (*ui.Page, string, error) {
	msg, ok := errs.MsgOf(wrong)
	if !ok || !errs.Is(wrong, errs.Invalid) && !errs.Is(wrong, errs.TooLarge) {
		return nil, "", wrong
	}
	v := url.Values{}
	for k, x := range kept(r) {
		v.Set(k, x)
	}
	page, err := p.listPage(r.Context(), r.Who, v)
	if err != nil {
		return nil, "", err
	}
	for i, b := range page.Body {
		if l, ok := b.(ui.AlarmList); ok {
			l.Said, l.Bad = msg, true
			page.Body[i] = l
		}
	}
	return page, "", nil
}

// formAcknowledge answers for alarms.
func (p *Part) formAcknowledge(r *web.Request) (*ui.Page, string, error) {
	ids := chosen(r)
	n, err := p.board.Acknowledge(r.Context(), r.Who, ids, r.Form("note"))
	if err != nil {
		return p.again(r, err)
	}
	return nil, back(r, "acknowledge", n), nil
}

// formShelve shelves alarms.
func (p *Part) formShelve(r *web.Request) (*ui.Page, string, error) {
	minutes, err := strconv.Atoi(r.Form("minutes"))
	if err != nil {
		return p.again(r, errs.Say(errs.Invalid, "请选择搁置时长", "choose for how long"))
	}
	ids := chosen(r)
	if err := p.board.Shelve(r.Context(), r.Who, ids, p.now().Add(time.Duration(minutes)*time.Minute), r.Form("note")); err != nil {
		return p.again(r, err)
	}
	undo := ""
	if len(ids) <= mostUndone && !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(id, ",") }) {
		undo = strings.Join(ids, ",")
	}
	return nil, back(r, "shelve", len(ids), "undo", undo), nil
}

// formUnshelve brings alarms back.
func (p *Part) formUnshelve(r *web.Request) (*ui.Page, string, error) {
	ids := chosen(r)
	if err := p.board.Unshelve(r.Context(), r.Who, ids); err != nil {
		return p.again(r, err)
	}
	return nil, back(r, "unshelve", len(ids)), nil
}

// formRemark adds a line to an alarm.
func (p *Part) formRemark(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	err := p.board.Remark(r.Context(), r.Who, []string{id}, r.Form("note"))
	return nil, pathList + "/" + url.PathEscape(id), err
}

// formAsk asks that something be taken out of service.
func (p *Part) formAsk(r *web.Request) (*ui.Page, string, error) {
	hours, wrong := strconv.Atoi(r.Form("hours"))
	var until time.Time
	if wrong == nil && hours > 0 {
		until = p.now().Add(time.Duration(hours) * time.Hour)
	}
	scope := strings.TrimSpace(r.Form("scope"))
	_, err := p.board.AskOutOfService(r.Context(), r.Who, scope, r.Form("reason"), until)
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.holdsPage(r, askForm(scope, r.Form("reason"), r.Form("hours"), msg))
		return page, "", err
	}
	return nil, pathHolds, err
}

// formApprove lets what another person asked for hold.
func (p *Part) formApprove(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	return nil, pathHolds + "/" + url.PathEscape(id), p.board.Approve(r.Context(), r.Who, id)
}

// formReturn ends a hold, or refuses what was asked.
func (p *Part) formReturn(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	return nil, pathHolds + "/" + url.PathEscape(id), p.board.Return(r.Context(), r.Who, id)
}

// mayAck tells whether an alarm wants an answer that is still to be given.
func mayAck(a *alarm.Alarm) bool { return a.State == alarm.Unacknowledged || a.State == alarm.Returned }

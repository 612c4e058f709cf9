package incident

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pathPast lists incidents that are over.
const pathPast = "/emergency/past"

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /emergency/past", Grant: grantRead, Page: p.pagePast},
		{Pattern: "GET /emergency/wall", Grant: grantRead, Page: p.pageWall},
		{Pattern: "GET /emergency/new", Grant: GrantIntake, Page: p.pageNew},
		{Pattern: "POST /emergency/new", Grant: GrantIntake, Form: p.formNew},
		{Pattern: "GET /emergency/reports/{id}", Grant: GrantPersonal, Page: p.pageReport},
		{Pattern: "POST /emergency/reports/{id}", Grant: GrantIntake, Form: p.formSettle},
		{Pattern: "GET /emergency/tell", Grant: web.Public, Page: p.pagePublic},
		{Pattern: "POST /emergency/tell", Grant: web.Public, Form: p.formPublic, MaxBody: 64 << 10},
		{Pattern: "GET /emergency/receipt", Grant: web.Public, Page: p.pageFollow},
		{Pattern: "GET /emergency/incidents/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /emergency/incidents/{id}/advance", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, version int64) error {
			return p.Advance(r.Context(), r.Who, id, version, r.Form("stage"), r.Form("text"))
		})},
		{Pattern: "POST /emergency/incidents/{id}/level", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, version int64) error {
			level, _ := strconv.Atoi(r.Form("level")) // 0 is refused
			return p.Judge(r.Context(), r.Who, id, version, level, r.Form("reason"))
		})},
		{Pattern: "POST /emergency/incidents/{id}/amend", Grant: GrantHandle, Form: p.act1(p.amendTyped)},
		{Pattern: "POST /emergency/incidents/{id}/note", Grant: GrantIntake, Form: p.act1(func(r *web.Request, id string, _ int64) error { return p.Note(r.Context(), r.Who, id, r.Form("text")) })},
		{Pattern: "POST /emergency/incidents/{id}/written", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, _ int64) error { return p.Wrote(r.Context(), r.Who, id, r.Form("to")) })},
		{Pattern: "POST /emergency/incidents/{id}/offer", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, _ int64) error {
			return p.o.Cases.Offer(r.Context(), r.Who, id, r.Form("unit"), r.Form("reason"))
		})},
		{Pattern: "POST /emergency/incidents/{id}/accept", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, _ int64) error { return p.o.Cases.Accept(r.Context(), r.Who, id) })},
		{Pattern: "POST /emergency/incidents/{id}/refuse", Grant: GrantHandle, Form: p.act1(func(r *web.Request, id string, _ int64) error {
			return p.o.Cases.Refuse(r.Context(), r.Who, id, r.Form("reason"))
		})},
		{Pattern: "POST /emergency/incidents/{id}/merge", Grant: GrantHandle, Form: p.formMerge},
		{Pattern: "POST /emergency/incidents/{id}/split", Grant: GrantHandle, Form: p.formSplit},
		{Pattern: "GET /api/emergency/incidents", Grant: grantRead, API: p.apiList},
		{Pattern: "GET /api/emergency/incidents.csv", Grant: grantRead, API: p.apiCSV},
		{Pattern: "GET /api/emergency/incidents/{id}", Grant: grantRead, API: p.apiOne},
		{Pattern: "POST /api/emergency/reports", Grant: GrantIntake, API: p.apiTake},
	}
}

// act1 is a form that does one thing to an incident and comes back to it; what it refuses is said on the same page.
func (p *Part) act1(fn func(r *web.Request, id string, version int64) error) web.FormFunc {
	return func(r *web.Request) (*ui.Page, string, error) {
		id := r.Path("id")
		version, _ := strconv.ParseInt(r.Form("version"), 10, 64) // 0: rests on nothing that was seen
		err := fn(r, id, version)
		msg, ok := sayable(err)
		if !ok {
			return nil, pathOne + id, err
		}
		x, err := p.Get(r.Context(), r.Who, id)
		if err != nil {
			return nil, "", err
		}
		out, err := p.onePage(r, x, msg)
		return out, "", err
	}
}

func (p *Part) amendTyped(r *web.Request, id string, version int64) error {
	v := readTyped(r)
	t, err := v.tell()
	if err != nil {
		return err
	}
	return p.Amend(r.Context(), r.Who, id, version, t, v["reason"])
}

func (p *Part) formMerge(r *web.Request) (*ui.Page, string, error) {
	into := r.Form("into")
	if err := p.Merge(r.Context(), r.Who, r.Path("id"), into); err != nil {
		return p.act1(func(*web.Request, string, int64) error { return err })(r)
	}
	return nil, pathOne + into, nil
}

func (p *Part) formSplit(r *web.Request) (*ui.Page, string, error) {
	var ids []string
	for name := range r.HTTP.PostForm {
		if id, ok := strings.CutPrefix(name, "r-"); ok {
			ids = append(ids, id)
		}
	}
	made, err := p.Split(r.Context(), r.Who, r.Path("id"), ids)
	if err != nil {
		return p.act1(func(*web.Request, string, int64) error { return err })(r)
	}
	return nil, pathOne + made, nil
}

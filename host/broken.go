package host

import (
	"net/http"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// brokenRoutes answer everything of a system that could not be opened with 503 and the reason. The cause went to the
// log once, when the system was opened.
func (r *room) brokenRoutes() (out []web.Route) {
	fail := func() error {
		return &errs.Error{Kind: errs.Unavailable, Msg: lang.T(
			"“"+r.Title.Zh+"”未能启动："+reasonOf(r.broken).Zh+"。其他系统照常运行；请系统管理员查看日志。",
			r.Title.En+" could not be started: "+reasonOf(r.broken).En+". The other systems go on; the administrator finds more in the log.")}
	}
	page := func(*web.Request) (*ui.Page, error) { return nil, fail() }
	form := func(*web.Request) (*ui.Page, string, error) { return nil, "", fail() }
	api := func(*web.Request) (any, error) { return nil, fail() }
	for _, path := range []string{"/" + r.Name, "/" + r.Name + "/{rest...}"} {
		out = append(out, web.Route{Pattern: "GET " + path, Page: page}, web.Route{Pattern: "POST " + path, Form: form})
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			out = append(out, web.Route{Pattern: method + " /api" + path, API: api})
		}
	}
	return out
}

package sharing

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// System declares the exchange of government data.
func System() host.System {
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "sharing",
		Title:    page.Title,
		Icon:     "swap",
		Sections: []string{"3.3.2"},
		Owners:   []string{"economy-it"},
		Grants: slices.Concat([]identity.Grant{
			{Name: page.GrantRead, Title: lang.T("查看资源目录与本单位的共享", "See the catalogue, and what one's own unit shares"), Roles: []string{officer, leader, operator, reader, identity.RoleSecurity}},
		}, nodeGrants()),
		Acts:  nodeActs(),
		Needs: []string{"journal"},
		Open:  open,
	}
}

func open(ctx context.Context, h *host.Host) (*host.Opened, error) {
	n, err := openNodes(ctx, h, func(context.Context, call.Call) call.Answer {
		return call.Refuse(404, call.NoResource, call.RefusalText(call.NoResource))
	})
	if err != nil {
		return nil, err
	}
	out := &host.Opened{Routes: n.routes, Mounts: n.mounts, Jobs: n.jobs, Feeds: n.feeds, Close: n.close}
	out.Routes = append(out.Routes, web.Route{Pattern: "GET /sharing", Grant: page.GrantRead, Page: func(r *web.Request) (*ui.Page, error) {
		return page.Of(page.Title, page.Overview, func(string) bool { return false }), nil
	}})
	return out, nil
}

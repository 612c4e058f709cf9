// Package page holds what the pages of the room of sharing (信息共享与交换) share: its tabs and crumbs, and the names of its grants.
package page

import (
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// The grants of the room.
const (
	GrantRead  = "sharing.read"     // see the catalogue, and what concerns one's own unit
	GrantOffer = "sharing.offer"    // describe and publish resources of one's own unit
	GrantApply = "sharing.apply"    // apply for another unit's resource
	GrantAllow = "sharing.allow"    // decide on applications for one's own unit's resources
	GrantCall  = "sharing.call"     // call a resource in one's own unit's name
	GrantLog   = "sharing.log.read" // search the log of all calls
	GrantOwn   = "sharing.own"      // a citizen: what was shared about me
	GrantLink  = "sharing.link"     // tie a citizen's account to the subject of records, after an identity check
)

// Topic is the room's live event stream.
const Topic = "sharing"

// The tabs, by which a page says where it stands.
const (
	Overview     = "/sharing"
	Catalogue    = "/sharing/resources"
	Applications = "/sharing/applications"
	Grants       = "/sharing/grants"
	Systems      = "/sharing/systems"
	Links        = "/sharing/links"
	Members      = "/sharing/members"
	Log          = "/sharing/log"
)

// Title names the room.
var Title = lang.T("信息共享与交换", "Data sharing and exchange")

// Tabs are the room's, as somebody may open them; can is their Principal's Can.
func Tabs(tab string, can func(grant string) bool) (out []ui.Tab) {
	for _, t := range []struct {
		grant string
		tab   ui.Tab
	}{
		{GrantRead, ui.Tab{Text: lang.T("总览", "Overview"), Href: Overview}},
		{GrantRead, ui.Tab{Text: lang.T("资源目录", "Catalogue"), Href: Catalogue}},
		{GrantRead, ui.Tab{Text: lang.T("共享申请", "Applications"), Href: Applications}},
		{GrantRead, ui.Tab{Text: lang.T("授权", "Grants"), Href: Grants}},
		{GrantRead, ui.Tab{Text: lang.T("信息系统", "Systems"), Href: Systems}},
		{GrantRead, ui.Tab{Text: lang.T("互联互通", "Connected"), Href: Links}},
		{GrantRead, ui.Tab{Text: lang.T("成员节点", "Members"), Href: Members}},
		{GrantLog, ui.Tab{Text: lang.T("调用日志", "Call log"), Href: Log}},
	} {
		if can(t.grant) {
			t.tab.Current = t.tab.Href == tab
			out = append(out, t.tab)
		}
	}
	return out
}

// Of makes a page of the room that stands under a tab; crumbs lead from the room to the page.
func Of(title lang.Text, tab string, can func(grant string) bool, crumbs ...ui.Link) *ui.Page {
	return &ui.Page{Title: title, Nav: "sharing", Clause: lang.Same("3.3.2"), Tabs: Tabs(tab, can), Crumbs: append([]ui.Link{{Text: Title, Href: Overview}}, crumbs...)}
}

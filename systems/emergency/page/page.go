// Package page holds what the pages of the emergency room (应急指挥) share: its tabs and its crumbs.
package page

import (
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// Grant lets somebody see the room; it holds nothing personal.
const Grant = "emergency.read"

// Topic is the room's live event stream.
const Topic = "emergency"

// The tabs, by which a page says where it stands.
const (
	Incidents = "/emergency"
	Plans     = "/emergency/plans"
	Resources = "/emergency/resources"
	Orders    = "/emergency/orders"
	Warnings  = "/emergency/warnings"
	Shift     = "/emergency/shift"
)

// Title names the room.
var Title = lang.T("应急指挥", "Emergency command")

// Of makes a page of the room that stands under a tab; crumbs lead from the room to the page.
func Of(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "emergency", Clause: ui.Clause("3.3.5"), Crumbs: append([]ui.Link{{Text: Title, Href: Incidents}}, crumbs...)}
	for _, t := range []ui.Tab{
		{Text: lang.T("事件", "Incidents"), Href: Incidents},
		{Text: lang.T("指令", "Orders"), Href: Orders},
		{Text: lang.T("预案", "Plans"), Href: Plans},
		{Text: lang.T("应急资源", "Resources"), Href: Resources},
		{Text: lang.T("预警", "Warnings"), Href: Warnings},
		{Text: lang.T("值守", "Shift"), Href: Shift},
	} {
		t.Current = t.Href == tab
		p.Tabs = append(p.Tabs, t)
	}
	return p
}

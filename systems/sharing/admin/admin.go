package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/systems/sharing/node"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/web"
)

// GrantMembers lets invite and revoke.
const GrantMembers = "sharing.members"

// GrantRemote lets a program or a person call resources of other nodes.
const GrantRemote = "sharing.remote"

// Grants are those of this part.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantMembers, Title: lang.T("管理成员节点", "See to the members' nodes"), Roles: []string{identity.RoleSystem, identity.RoleLeader}},
		{Name: GrantRemote, Title: lang.T("调用其他节点的资源", "Call resources of other nodes"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
	}
}

// Desk serves the pages and interfaces of a node.
type Desk struct{ Node *node.Node }

// records is the page of the calls' records.
const records = page.Members + "/records"

// maxCall bounds a call's body, in bytes.
const maxCall = 16 << 20

// Routes are the pages and interfaces.
func (d *Desk) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + page.Members, Grant: page.GrantRead, Page: d.pageMembers},
		{Pattern: "POST " + page.Members + "/found", Grant: GrantMembers, Form: d.formFound},
		{Pattern: "GET " + page.Members + "/invite", Grant: GrantMembers, Page: d.pageInvite},
		{Pattern: "POST " + page.Members + "/invite", Grant: GrantMembers, Form: d.formInvite},
		{Pattern: "GET " + page.Members + "/{id}/revoke", Grant: GrantMembers, Page: d.pageRevoke},
		{Pattern: "POST " + page.Members + "/{id}/revoke", Grant: GrantMembers, Form: d.formRevoke},
		{Pattern: "GET " + page.Members + "/{id}/resume", Grant: GrantMembers, Page: d.pageResume},
		{Pattern: "POST " + page.Members + "/{id}/resume", Grant: GrantMembers, Form: d.formResume},
		{Pattern: "GET " + records, Grant: page.GrantLog, Page: d.pageRecords},
		{Pattern: "GET /api/sharing/members", Grant: page.GrantRead, API: d.apiMembers},
		{Pattern: "POST /api/sharing/members", Grant: GrantMembers, API: d.apiInvite},
		{Pattern: "POST /api/sharing/members/{id}/revoke", Grant: GrantMembers, API: d.apiRevoke},
		{Pattern: "POST /api/sharing/members/{id}/resources/{resource}/call", Grant: GrantRemote, API: d.apiCall, MaxBody: maxCall},
		{Pattern: "GET /api/sharing/records/{call}/receipt", Grant: page.GrantLog, API: d.apiReceipt},
	}
}

// Mounts are the doors that other nodes knock at.
func (d *Desk) Mounts() []web.Mount { return []web.Mount{{Prefix: message.Prefix, Handler: d.Node}} }

// memberJSON is a member as the interface shows it.
type memberJSON struct {
	ID      string    `json:"id"`
	Name    lang.Text `json:"name"`
	Kind    string    `json:"kind"`
	Unit    string    `json:"unit"`
	Address string    `json:"address"`
	State   string    `json:"state"`
	Thumb   string    `json:"certificateSha256"`
	Live    bool      `json:"live"`
	Waiting int64     `json:"waiting"`
}

func (d *Desk) apiMembers(r *web.Request) (any, error) {
	links, err := d.Node.Links(r.Context())
	if err != nil {
		return nil, err
	}
	states, err := d.Node.States(r.Context())
	if err != nil {
		return nil, err
	}
	live, waiting := map[string]bool{}, map[string]int64{}
	for _, l := range links {
		live[l.Member] = l.Live
	}
	for _, s := range states {
		waiting[s.Peer] = s.Waiting
	}
	list := []memberJSON{}
	for _, p := range d.Node.Members() {
		list = append(list, memberJSON{p.ID, p.Name, p.Kind, p.Unit, p.Address, p.State, p.Thumb, live[p.ID], waiting[p.ID]})
	}
	self, keeps := d.Node.Self()
	return map[string]any{"self": self, "registry": keeps, "registrySha256": d.Node.Pin(), "members": list}, nil
}

func (d *Desk) apiInvite(r *web.Request) (any, error) {
	var e member.Entry
	if err := read(r, &e); err != nil {
		return nil, err
	}
	t, err := d.Node.Invite(r.Context(), r.Who, member.Entry{ID: e.ID, Name: e.Name, Kind: e.Kind, Unit: e.Unit, Address: e.Address})
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusCreated, Body: map[string]string{"invitation": t.String()}}, nil
}

func (d *Desk) apiRevoke(r *web.Request) (any, error) {
	if err := d.Node.Revoke(r.Context(), r.Who, r.Path("id")); err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusNoContent}, nil
}

// apiCall calls a resource of another node in the name of whoever is signed in, and gives the answer as it came: status, type and body, with
// the id that a receipt is asked for by.
func (d *Desk) apiCall(r *web.Request) (any, error) {
	var c struct {
		Purpose string              `json:"purpose"`
		Params  map[string][]string `json:"params"`
		Body    []byte              `json:"body"`
	}
	if err := read(r, &c); err != nil {
		return nil, err
	}
	a, err := d.Node.Call(r.Context(), r.Path("id"), call.Call{Person: r.Who.ID, Purpose: c.Purpose, Resource: r.Path("resource"), Params: c.Params, Body: c.Body})
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: a.Status, Type: a.Type, Header: map[string]string{"Haihe-Call": a.Call}, Body: a.Body}, nil
}

func (d *Desk) apiReceipt(r *web.Request) (any, error) {
	side := r.Query("side")
	if side == "" {
		side = record.Asked
	}
	if side != record.Asked && side != record.Served {
		return nil, errs.Say(errs.Invalid, "side 应为 asked 或 served", "side is asked or served")
	}
	c, err := d.Node.Receipt(r.Context(), r.Path("call"), side)
	if errors.Is(err, node.ErrAlone) { // where nothing was ever exchanged there is no such receipt
		return nil, errs.Because(err, errs.NotFound, "没有这次调用的存证", "there is no record of such a call")
	}
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusOK, Type: "application/json", Name: fmt.Sprintf("receipt-%s.json", r.Path("call")), Body: c}, nil
}

func read(r *web.Request, into any) error {
	b, err := io.ReadAll(r.HTTP.Body)
	if err != nil {
		return errs.As(errs.Invalid, "read a request", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errs.Because(err, errs.Invalid, "请求不是所要求的 JSON", "the request is not the JSON that is asked for")
	}
	return nil
}

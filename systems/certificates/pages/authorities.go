package pages

import (
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/status"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var authHead = lang.T("签发机构与吊销列表", "Authorities and lists of revocation")

func (p *Pages) pageAuthorities(r *web.Request) (*ui.Page, error) {
	return p.authorities(r, lang.Text{})
}

func authTag(state string) *ui.Tag {
	switch state {
	case "active":
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("服务中", "In service")}
	case "requested":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("待根 CA 签署", "Waits for the root")}
	}
	return &ui.Tag{Text: lang.T("已停止签发", "Issues no more")}
}

func (p *Pages) authorities(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	issuers, err := p.o.Authority.Issuers(r.Context())
	if err != nil {
		return nil, err
	}
	roots, err := p.o.Authority.Roots(r.Context())
	if err != nil {
		return nil, err
	}
	lists, err := p.o.Status.Lists(r.Context())
	if err != nil {
		return nil, err
	}
	out := page(authHead, authorities, ui.Link{Text: authHead})
	out.Lead = lang.T("根 CA 的私钥由两名保管人在离线设备上共同启用，不在本系统中；各签发机构的私钥由密钥库保护。", "The root's key is opened by two custodians together on a machine without a network and is never here. The authorities' keys lie in the vault.")
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{Kind: "bad", Text: wrong})
	}
	out.Body = append(out.Body, p.monitor(), issuerTable(issuers), rootTable(roots), p.listTable(lists, issuers))
	for i := range issuers {
		if x := &issuers[i]; x.State == "requested" {
			out.Body = append(out.Body, ui.Form{ID: "activate-" + x.ID, Title: lang.T("启用签发机构 "+x.ID, "Bring authority "+x.ID+" into service"), Action: authorities + "/" + x.ID + "/activate", Submit: lang.T("启用", "Bring into service"), Fields: []ui.Field{
				{Name: "file", Kind: "file", Label: lang.T("根 CA 签署的证书链（PEM）", "Chain that the root signed (PEM)"), Help: lang.T("下载证书请求，在离线设备上用 haihe ca sign 签署。", "Download the request and have it signed with haihe ca sign on the offline machine.")}}})
		}
	}
	var families []ui.Option
	for _, f := range ca.Families() {
		families = append(families, ui.Option{Value: f.ID, Text: f.Name})
	}
	out.Body = append(out.Body,
		ui.Form{ID: "authority", Title: lang.T("建立签发机构", "Make an authority"), Action: authorities, Submit: lang.T("生成密钥和证书请求", "Make its key and request"), Fields: []ui.Field{
			{Name: "family", Kind: "select", Label: lang.T("签发对象", "Subjects"), Options: families},
			{Name: "algorithm", Kind: "select", Label: lang.T("算法", "Algorithm"), Options: []ui.Option{{Value: string(pki.SM2), Text: lang.Same("SM2")}, {Value: string(pki.ECDSA), Text: lang.Same("ECDSA")}}}}},
		ui.Form{ID: "root-list", Title: lang.T("更新根的吊销列表", "Bring a root's revocation list"), Action: authorities + "/list", Submit: lang.T("上传", "Upload"), Fields: []ui.Field{{Name: "file", Kind: "file", Label: lang.T("吊销列表（DER 或 PEM）", "Revocation list (DER or PEM)"), Help: lang.T("在离线设备上用 haihe ca crl 签发，到期前更新。", "Signed with haihe ca crl on the offline machine; bring a new one before it ends.")}}})
	return out, nil
}

// monitor says whether certificates and log agree.
func (p *Pages) monitor() ui.Block {
	faults, rounds := p.o.Monitor.Faults()
	switch {
	case len(faults) > 0:
		f := faults[0]
		return ui.Notice{ID: "monitor", Kind: "bad", Text: lang.T("签发日志与证书不符，共 "+strconv.Itoa(len(faults))+" 处，第一处：叶子 "+strconv.FormatInt(f.Leaf, 10)+" "+f.Serial, "The log and the certificates disagree in "+strconv.Itoa(len(faults))+" places; the first: leaf "+strconv.FormatInt(f.Leaf, 10)+" "+f.Serial)}
	case rounds == 0:
		return ui.Notice{ID: "monitor", Kind: "info", Text: lang.T("正在核对签发日志。", "The log is being held to the certificates.")}
	}
	return ui.Notice{ID: "monitor", Kind: "good", Text: lang.T("所有证书都在签发日志中，日志中没有多余的签发。", "Every certificate is in the log, and the log has no other.")}
}

func issuerTable(list []ca.Issuer) ui.Table {
	t := ui.Table{ID: "authorities", Title: lang.T("签发机构", "Authorities"), Total: int64(len(list)), Path: authorities, Empty: lang.T("尚无签发机构。", "There is no authority yet."),
		Columns: []ui.Column{{Key: "id", Text: lang.T("编号", "Number")}, {Key: "family", Text: lang.T("签发对象", "Subjects")}, {Key: "algorithm", Text: lang.T("算法", "Algorithm")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "issued", Text: lang.T("已签发", "Issued"), Num: true}, {Key: "to", Text: lang.T("到期时间", "Ends")}, {Key: "file", Text: lang.T("下载", "Download")}}}
	for i := range list {
		x := &list[i]
		last := ui.Cell{Text: lang.T("证书请求", "Request"), Href: "/api/certificates/authorities/" + x.ID + "/request"}
		cells := []ui.Cell{{Text: lang.Same(x.ID), Strong: true}, {Text: ca.FamilyName(x.Family)}, {Text: ca.AlgorithmName(x.Algorithm)}, {Tag: authTag(x.State)}, {Text: lang.Same(ui.Grouped(x.Issued))}, {Text: lang.Same("—")}}
		if x.Cert != nil {
			cells[5] = ui.Cell{Time: x.Cert.NotAfter}
			last = ui.Cell{Text: lang.T("证书链", "Chain"), Href: "/api/certificates/authorities?chain=" + x.ID}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "ca-" + x.ID, Cells: append(cells, last)})
	}
	return t
}

func rootTable(list []ca.Root) ui.Table {
	t := ui.Table{ID: "roots", Title: lang.T("根", "Roots"), Total: int64(len(list)), Path: authorities, Empty: lang.T("尚无根证书。", "There is no root yet."),
		Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name")}, {Key: "id", Text: lang.T("密钥标识", "Key id")}, {Key: "next", Text: lang.T("吊销列表有效至", "Revocation list holds until")}}}
	for _, x := range list {
		next := ui.Cell{Time: x.Next}
		if len(x.List) == 0 {
			next = ui.Cell{Text: lang.T("未上传", "None was brought")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "root-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Name), Strong: true}, {Text: lang.Same(x.ID)}, next}})
	}
	return t
}

func (p *Pages) listTable(list []status.List, issuers []ca.Issuer) ui.Table {
	t := ui.Table{ID: "lists", Title: lang.T("吊销列表", "Revocation lists"), Total: int64(len(list)), Path: authorities, Empty: lang.T("还没有人查询过吊销列表；首次查询或有吊销时生成。", "No list has been asked for yet; one is made when it is asked for, or when something is revoked."),
		Columns: []ui.Column{{Key: "authority", Text: lang.T("签发机构", "Authority")}, {Key: "part", Text: lang.T("签发序号范围", "Numbers of issue")}, {Key: "kind", Text: lang.T("类型", "Kind")}, {Key: "number", Text: lang.T("列表编号", "Number"), Num: true}, {Key: "entries", Text: lang.T("条目", "Entries"), Num: true}, {Key: "this", Text: lang.T("本次更新", "This update")}, {Key: "next", Text: lang.T("下次更新", "Next update")}}}
	for i := range list {
		l := &list[i]
		name := lang.Same(l.Authority)
		for _, x := range issuers {
			if x.ID == l.Authority {
				f, a := ca.FamilyName(x.Family), ca.AlgorithmName(x.Algorithm).En
				name = lang.T(f.Zh+" "+a, f.En+" "+a)
			}
		}
		kind := lang.T("完整", "Complete")
		if l.Delta == 1 {
			kind = lang.T("增量", "Delta")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "list-" + l.Authority + "-" + strconv.FormatInt(2*l.Shard+l.Delta, 10), Cells: []ui.Cell{{Text: name, Strong: true}, {Text: lang.Same(status.PartName(l.Shard, p.o.Shard))}, {Text: kind}, {Text: lang.Same(ui.Grouped(l.Number))}, {Text: lang.Same(ui.Grouped(l.Entries))}, {Time: l.This}, {Time: l.Next}}})
	}
	return t
}

// settled goes back to the authorities, or says there what is in the way.
func (p *Pages) settled(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := said(err); ok {
		out, err := p.authorities(r, msg)
		return out, "", err
	}
	return nil, authorities, err
}

func (p *Pages) formAuthority(r *web.Request) (*ui.Page, string, error) {
	_, err := p.o.Authority.RequestAuthority(r.Context(), r.Who, r.Form("family"), pki.Algorithm(r.Form("algorithm")))
	return p.settled(r, err)
}

func (p *Pages) formActivate(r *web.Request) (*ui.Page, string, error) {
	b, err := file(r, 256<<10)
	if err == nil {
		err = p.o.Authority.Activate(r.Context(), r.Who, r.Path("id"), b)
	}
	return p.settled(r, err)
}

func (p *Pages) formRootList(r *web.Request) (*ui.Page, string, error) {
	b, err := file(r, 4<<20)
	if err == nil {
		err = p.o.Authority.BringRootList(r.Context(), r.Who, b)
	}
	return p.settled(r, err)
}

func (p *Pages) apiRequest(r *web.Request) (any, error) {
	all, err := p.o.Authority.Issuers(r.Context())
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.ID == r.Path("id") {
			return web.Reply{Type: "application/x-pem-file", Name: x.ID + ".csr", Body: cert.Armour("CERTIFICATE REQUEST", x.CSR)}, nil
		}
	}
	return nil, errs.Say(errs.NotFound, "没有这个签发机构", "there is no such authority")
}

func (p *Pages) apiAuthorities(r *web.Request) (any, error) {
	all, err := p.o.Authority.Issuers(r.Context())
	if err != nil {
		return nil, err
	}
	type item struct {
		ID        string   `json:"id"`
		Family    string   `json:"family"`
		Algorithm string   `json:"algorithm"`
		State     string   `json:"state"`
		Issued    int64    `json:"issued"`
		Chain     [][]byte `json:"chain"`
	}
	items := []item{}
	for _, x := range all {
		if id := r.Query("chain"); id == x.ID {
			return web.Reply{Type: "application/x-pem-file", Name: id + ".pem", Body: cert.Armour("CERTIFICATE", x.Chain...)}, nil
		}
		items = append(items, item{x.ID, x.Family, x.Algorithm, x.State, x.Issued, x.Chain})
	}
	return struct {
		Items []item `json:"items"`
	}{items}, nil
}

func (p *Pages) apiOverview(r *web.Request) (any, error) {
	counts, err := p.o.Authority.Counts(r.Context())
	if err != nil {
		return nil, err
	}
	ending, err := p.o.Authority.Ending(r.Context(), soon)
	if err != nil {
		return nil, err
	}
	type share struct {
		Valid      int64 `json:"valid"`
		Registered int64 `json:"registered"`
	}
	shares := map[string]share{}
	for _, kind := range []string{ca.Citizen, ca.Enterprise, ca.Official} {
		part, whole, err := p.share(r.Context(), kind)
		if err != nil {
			return nil, err
		}
		shares[kind] = share{part, whole}
	}
	return map[string]any{"counts": counts, "shares": shares, "endingWithin30Days": ending}, nil
}

package pages

import (
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const soon = 30 * 24 * time.Hour // warned of before they end

func (p *Pages) pageOverview(r *web.Request) (*ui.Page, error) {
	out := page(title, overview)
	out.Lead = lang.T("为每位市民、每家企业、每名公务员签发一张证书，支持 SM2 和 ECDSA 两种算法；每张证书都记入公开可验证的签发日志。",
		"One certificate for each citizen, enterprise and civil servant, in SM2 or ECDSA. Each certificate is in a log of issuance that anybody can verify.")
	out.Actions = []ui.Action{{Text: lang.T("提交申请", "Apply"), Href: applications + "/new", Primary: true}, {Text: lang.T("查验证书", "Check a certificate"), Href: check}}
	issuers, err := p.o.Authority.Issuers(r.Context())
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(issuers, func(i ca.Issuer) bool { return i.State == "active" }) {
		out.Body = append(out.Body, ui.Notice{Kind: "warn", Text: lang.T("尚无签发机构。请由负责人建立签发机构，并由离线根 CA 签署。", "There is no authority yet. A leader makes one, and the offline root signs it."), Link: &ui.Link{Text: lang.T("签发机构", "Authorities"), Href: authorities}})
	}
	if faults, _ := p.o.Monitor.Faults(); len(faults) > 0 {
		out.Body = append(out.Body, ui.Notice{Kind: "bad", Text: ui.Count(int64(len(faults)), "%s 张证书与签发日志不符，请立即核查", "%s certificates do not agree with the log of issuance: look into it at once"), Link: &ui.Link{Text: lang.T("查看", "See them"), Href: authorities}})
	}
	tiles := ui.Tiles{ID: "shares", Title: lang.T("一人一证", "One each")}
	for _, kind := range register.Kinds {
		part, whole, err := p.share(r.Context(), kind)
		if err != nil {
			return nil, err
		}
		t := ui.Tile{ID: "share-" + kind, Name: ca.KindName(kind), Value: ui.Percent(part, whole), Unit: lang.Same("%"), Href: subjects + "?kind=" + kind + "&held=2", Note: lang.T("持有有效证书 "+ui.Grouped(part)+" / 登记 "+ui.Grouped(whole), ui.Grouped(part)+" hold one, of "+ui.Grouped(whole)+" registered")}
		tiles.Items = append(tiles.Items, t)
	}
	ending, err := p.o.Authority.Ending(r.Context(), soon)
	if err != nil {
		return nil, err
	}
	tiles.Items = append(tiles.Items, ui.Tile{ID: "ending", Name: lang.T("30 天内到期", "End within 30 days"), Value: ui.Grouped(ending), Unit: lang.T("张", "certificates"), Href: certificates + "?ending=30&sort=to"})
	counts, err := p.o.Authority.Counts(r.Context())
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, tiles, countTable(counts))
	return out, nil
}

// countTable shows the maintained counts by kind, use and algorithm.
func countTable(counts map[string]int64) ui.Table {
	t := ui.Table{ID: "counts", Title: lang.T("证书数量", "Certificates"), Path: overview, Empty: lang.T("尚未签发证书。", "No certificate has been issued."),
		Columns: []ui.Column{{Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "use", Text: lang.T("用途", "Use of the key")}, {Key: "algorithm", Text: lang.T("算法", "Algorithm")},
			{Key: "valid", Text: lang.T("有效", "Valid"), Num: true}, {Key: "suspended", Text: lang.T("已冻结", "On hold"), Num: true}, {Key: "revoked", Text: lang.T("已吊销", "Revoked"), Num: true}, {Key: "expired", Text: lang.T("已过期", "Expired"), Num: true}}}
	var rows []string
	for key := range counts {
		row := key[:strings.LastIndexByte(key, '/')]
		if !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	for _, row := range rows {
		w := strings.Split(row, "/")
		name := ca.KindName(w[0])
		if w[0] == ca.Responder {
			name = lang.T("状态应答服务", "Answering service")
		}
		cells := []ui.Cell{{Text: name, Href: certificates + "?kind=" + w[0] + "&algorithm=" + w[2], Strong: true}, {Text: ca.UseName(w[1])}, {Text: ca.AlgorithmName(w[2])}}
		for _, s := range []string{"valid", "suspended", "revoked", "expired"} {
			cells = append(cells, ui.Cell{Text: lang.Same(ui.Grouped(counts[row+"/"+s]))})
		}
		t.Rows = append(t.Rows, ui.Row{ID: "count-" + strings.ReplaceAll(row, "/", "-"), Cells: cells})
	}
	t.Total = int64(len(t.Rows))
	return t
}

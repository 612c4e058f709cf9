package safety

import (
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// How far back a plant's page looks for frames that were refused, and how many it shows.
const (
	refusedSeen  = 500
	refusedShown = 5
)

// frames are what a plant's page shows of its feed: the last refused frames that name the plant, and where its inspections are.
func (s *service) frames(r *web.Request, plant string) ([]ui.Block, error) {
	list, err := s.feeds.Refused.List(r.Context(), -1, refusedSeen)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "plant-refused", Title: lang.T("最近拒收的报文", "Frames that were refused lately"), Total: -1, Path: register.PlantPage(plant),
		Columns: []ui.Column{{Text: lang.T("时间", "At"), Num: true}, {Text: lang.T("规约", "Protocol")}, {Text: lang.T("原因", "Reason")}, {Text: lang.T("条款", "Clause")}},
		Empty:   lang.T("近期没有拒收该企业的报文。", "No frame of this plant was refused lately.")}
	named := hex.EncodeToString([]byte(plant)) // every wire bears the plant's code in its bytes
	for _, f := range list {
		if len(t.Rows) == refusedShown {
			break
		}
		if strings.Contains(f.Hex, named) {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Time: f.At}, {Text: lang.Same(f.Protocol)}, {Text: f.Reason, Href: "/safety/refused"}, {Text: lang.Same(f.Clause)}}})
		}
	}
	return []ui.Block{t, ui.Notice{ID: "plant-inspections", Kind: "info", Text: lang.T("该企业的检查任务与隐患整改", "Inspections of this plant, and what was found"), Link: &ui.Link{Text: lang.T("查看", "See"), Href: "/safety/inspect?plant=" + url.QueryEscape(plant)}}}, nil
}

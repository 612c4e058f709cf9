package warning

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var publicTitle = lang.T("天津市预警信息", "Warnings of Tianjin")

// pagePublic is what anybody may read: the warnings in force, on a map and in words.
func (p *Part) pagePublic(r *web.Request) (*ui.Page, error) {
	exercise := r.Query("kind") == "exercise"
	list, err := p.current(r.Context(), exercise)
	if err != nil {
		return nil, err
	}
	out := &ui.Page{Title: publicTitle, Nav: "emergency", Crumbs: []ui.Link{{Text: publicTitle, Href: PublicPage}}}
	out.Lead = lang.T("生效中的预警。订阅：Atom "+p.o.Settings.URL+Base+"/feed.atom", "Warnings in force. Subscribe: Atom "+p.o.Settings.URL+Base+"/feed.atom")
	if exercise {
		out.Body = append(out.Body, ui.Notice{Kind: "info", Text: lang.T("以下是演练，不是实际预警。", "These are exercises, no actual warnings.")})
	}
	m := ui.Map{ID: "warnings-map", Title: lang.T("预警区域", "Where warnings hold"), Legend: []lang.Text{lang.T("无", "None"), ColourName("Blue"), ColourName("Yellow"), ColourName("Orange"), ColourName("Red")}, Height: 400}
	worst := map[string]*Warning{}
	var cards []ui.Block
	for i := range list {
		w := &list[i]
		cards = append(cards, p.card(w))
		if w.State != Issued {
			continue
		}
		reached, err := w.Reached()
		if err != nil {
			return nil, err
		}
		for _, d := range reached {
			if worst[d] == nil || level(w.Colour) < level(worst[d].Colour) {
				worst[d] = w
			}
		}
	}
	for d, w := range worst {
		name, c := EventName(w.Event), ColourName(w.Colour)
		m.Areas = append(m.Areas, ui.Area{Code: d, Class: 5 - level(w.Colour), Value: float64(5 - level(w.Colour)), Text: lang.T(name.Zh+c.Zh, name.En+", "+c.En), Href: PublicPage + "/" + w.ID})
	}
	if len(cards) == 0 {
		cards = []ui.Block{ui.Notice{Kind: "good", Text: lang.T("目前没有生效中的预警。", "No warning is in force.")}}
	}
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{cards, {m}}})
	return out, nil
}

// card is one warning in a list.
func (p *Part) card(w *Warning) ui.Panel {
	return ui.Panel{ID: "w-" + w.ID, Title: w.marked(w.Headline), Value: "", More: &ui.Link{Text: lang.T("详情", "More"), Href: PublicPage + "/" + w.ID}, Body: []ui.Block{
		ui.Facts{Items: []ui.Fact{{Name: lang.T("级别", "Level"), Tag: &ui.Tag{Status: colourStatus(w), Text: ColourName(w.Colour)}}, {Name: lang.T("影响区域", "Area"), Value: w.where()}, {Name: lang.T("发布时间", "Issued"), Time: w.Issued}, {Name: lang.T("有效至", "Until"), Time: w.Expires}}},
		ui.Prose{Text: w.Description}}}
}

func colourStatus(w *Warning) ui.Status {
	switch {
	case w.State != Issued:
		return ui.StatusMet
	case level(w.Colour) <= 2:
		return ui.StatusBehind
	}
	return ui.StatusRisk
}

// pagePublicOne is one message that was issued, also after its end: a link that was shared goes on saying what became of it.
func (p *Part) pagePublicOne(r *web.Request) (*ui.Page, error) {
	w, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	if w.Identifier == "" { // what was not issued is nobody's business
		return nil, errs.Say(errs.NotFound, "没有这条预警", "there is no such warning")
	}
	head := w.marked(w.Headline)
	out := &ui.Page{Title: head, Nav: "emergency", Crumbs: []ui.Link{{Text: publicTitle, Href: PublicPage}, {Text: head}}}
	if w.State != Issued || !p.o.Now().Before(w.Expires) {
		out.Body = append(out.Body, ui.Notice{Kind: "warn", Text: lang.T("此预警已不再生效（"+StateName(w.State).Zh+"）。", "This warning holds no longer ("+StateName(w.State).En+").")})
	}
	if w.Exercise {
		out.Body = append(out.Body, ui.Notice{Kind: "info", Text: lang.T("这是演练，不是实际预警。", "This is an exercise, no actual warning.")})
	}
	body := []ui.Block{ui.Prose{Text: w.Description}}
	if !w.Instruction.Empty() {
		body = append(body, ui.Panel{Title: lang.T("防御指南", "What to do"), Body: []ui.Block{ui.Prose{Text: w.Instruction}}})
	}
	facts := ui.Facts{ID: "warning", Title: lang.T("预警", "Warning"), Items: []ui.Fact{{Name: lang.T("事件", "Event"), Value: EventName(w.Event)}, {Name: lang.T("级别", "Level"), Value: ColourName(w.Colour)}, {Name: lang.T("影响区域", "Area"), Value: w.where()},
		{Name: lang.T("发布单位", "Issued by"), Value: lang.Same(p.o.Settings.Name)}, {Name: lang.T("发布时间", "Issued"), Time: w.Issued}, {Name: lang.T("有效至", "Until"), Time: w.Expires}}}
	facts.Items = append(facts.Items, p.files(w)...)
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{append(body, facts), {w.chart()}}})
	return out, nil
}

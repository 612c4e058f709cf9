package calendar

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const (
	path        = "/calendar"
	noticesPath = "/calendar/notices"
	hoursPath   = "/calendar/hours"
)

var title = lang.T("工作日历", "Working calendar")

func crumbs(last ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: title, Href: path}}, last...)
}

// year reads the year that is asked for; the plan's year where none is.
func (s *service) year(r *web.Request) (int, error) {
	first, last := s.book.Now().Years()
	text := r.Query("year")
	if text == "" {
		return min(max(calendar.DateOf(s.clock.Now()).Year(), first), last), nil
	}
	y, err := strconv.Atoi(text)
	if err != nil || y < first || y > last {
		return 0, errs.Say(errs.Invalid, "年份应在 %d 至 %d 之间", "the year lies between %d and %d", first, last)
	}
	return y, nil
}

func weekday(d calendar.Date) lang.Text {
	w := d.Weekday()
	return lang.T("周"+string([]rune("日一二三四五六")[w]), w.String()[:3])
}

// festivals are the names of the notices in English.
var festivals = map[string]string{calendar.NewYear: "New Year", calendar.SpringFestival: "Spring Festival", calendar.Qingming: "Qingming", calendar.LabourDay: "Labour Day",
	calendar.DragonBoat: "Dragon Boat Festival", calendar.MidAutumn: "Mid-Autumn", calendar.NationalDay: "National Day"}

func festival(name string) lang.Text {
	if en, ok := festivals[name]; ok {
		return lang.T(name, en)
	}
	return lang.Same(name)
}

// page shows a year: how many days are worked, on what that rests, and every day that is not what its weekday says.
func (s *service) page(r *web.Request) (*ui.Page, error) {
	y, err := s.year(r)
	if err != nil {
		return nil, err
	}
	out := &ui.Page{Title: title, Nav: "calendar", Lead: lang.T("哪些日子上班、放假、调休。各系统的时限、预测和校核都以此为准。", "Which days are worked, off, or moved. Every system counts its terms, forecasts and checks by it."),
		Actions: []ui.Action{{Text: lang.T("节假日安排", "Yearly notices"), Href: noticesPath}, {Text: lang.T("工作时间", "Working hours"), Href: hoursPath}}}
	c := s.book.Now()
	if c.Provisional(y) {
		out.Body = append(out.Body, ui.Notice{ID: "provisional", Kind: "warn", Text: lang.T(fmt.Sprintf("%d 年的安排尚未录入，节假日为推算，调休上班日未知。通知发布后请在“节假日安排”中录入。", y),
			fmt.Sprintf("The notice for %d was not entered yet: its holidays are computed, moved workdays are not known. Enter the notice when it is published.", y))})
	}
	out.Body = append(out.Body, s.facts(c, y), days(c, y))
	return out, nil
}

// facts are the figures of a year, and what today is.
func (s *service) facts(c *calendar.Calendar, y int) ui.Facts {
	today := calendar.DateOf(s.clock.Now())
	now := c.Day(today)
	say := now.Kind.Text()
	if now.Name != "" {
		say = lang.T(say.Zh+"（"+now.Name+"）", say.En+" ("+festival(now.Name).En+")")
	}
	off, moved := 0, 0
	for _, d := range c.Special(y) {
		if d.Kind == calendar.Moved {
			moved++
		} else {
			off++
		}
	}
	n := func(v int) lang.Text { return lang.Same(strconv.Itoa(v)) }
	source := lang.Same(c.Source(y))
	if c.Provisional(y) {
		source = lang.T("按《全国年节及纪念日放假办法》推算", "computed by the regulation on public holidays")
	}
	return ui.Facts{ID: "year", Title: lang.T(fmt.Sprintf("%d 年", y), strconv.Itoa(y)), Items: []ui.Fact{
		{Name: lang.T("今日", "Today"), Value: lang.T(today.String()+" "+say.Zh, today.String()+", "+say.En)},
		{Name: lang.T("工作日", "Workdays"), Value: n(c.Workdays(calendar.On(y, 1, 1), calendar.On(y+1, 1, 1)))},
		{Name: lang.T("节假日（含其中周末）", "Holidays, weekends among them"), Value: n(off)}, {Name: lang.T("调休上班", "Moved workdays"), Value: n(moved)},
		{Name: lang.T("下一工作日", "Next workday"), Value: lang.Same(c.AddWorkdays(today, 1).String())}, {Name: lang.T("依据", "Source"), Value: source},
	}}
}

// days are the days of a year that are not what their weekday says.
func days(c *calendar.Calendar, y int) ui.Table {
	first, last := c.Years()
	t := ui.Table{ID: "days", Title: lang.T(fmt.Sprintf("%d 年节假日与调休", y), fmt.Sprintf("Holidays and moved workdays of %d", y)), Path: path, Query: map[string]string{"year": strconv.Itoa(y)},
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/calendar/days.csv?bom=1&year=" + strconv.Itoa(y)}},
		Columns: []ui.Column{{Key: "date", Text: lang.T("日期", "Date")}, {Key: "weekday", Text: lang.T("星期", "Weekday")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "name", Text: lang.T("节日", "Festival")}, {Key: "source", Text: lang.T("依据", "Source")}},
		Empty:   lang.T("没有节假日", "No holidays")}
	years := []ui.Option{}
	for x := last; x >= first; x-- {
		text := lang.Same(strconv.Itoa(x))
		if c.Provisional(x) {
			text = lang.T(strconv.Itoa(x)+"（暂定）", strconv.Itoa(x)+" (provisional)")
		}
		years = append(years, ui.Option{Value: strconv.Itoa(x), Text: text})
	}
	t.Filters = []ui.Field{{Name: "year", Kind: "select", Label: lang.T("年份", "Year"), Value: strconv.Itoa(y), Options: years}}
	for _, d := range c.Special(y) {
		from := lang.Same(d.Source)
		if d.Provisional {
			from = lang.T("推算（暂定）", "computed (provisional)")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.Date.String(), Cells: []ui.Cell{{Text: lang.Same(d.Date.String()), Strong: true}, {Text: weekday(d.Date)}, {Text: d.Kind.Text()}, {Text: festival(d.Name)}, {Text: from}}})
	}
	t.Total = int64(len(t.Rows))
	return t
}

// pageNotices lists what was entered, with the form for another.
func (s *service) pageNotices(r *web.Request) (*ui.Page, error) {
	return s.showNotices(r, ui.Form{}), nil
}

func (s *service) showNotices(r *web.Request, failed ui.Form) *ui.Page {
	last := lang.T("节假日安排", "Yearly notices")
	t := ui.Table{ID: "notices", Title: lang.T("已录入的安排", "Notices that were entered"), Path: noticesPath,
		Note:    lang.T("2013 至 2026 年的安排随程序提供。同一年以最新录入且未撤销的为准。", "Those of 2013 to 2026 come with the program. Of a year the newest that was not taken back counts."),
		Columns: []ui.Column{{Key: "year", Text: lang.T("年份", "Year")}, {Key: "title", Text: lang.T("通知", "Notice")}, {Key: "days", Text: lang.T("天数", "Days"), Num: true}, {Key: "who", Text: lang.T("录入人 · 时间", "Entered by, at")}, {Key: "state", Text: lang.T("状态", "State")}},
		Empty:   lang.T("没有另行录入的安排", "None was entered")}
	edit := r.Who.Can(calendar.GrantEdit)
	var undo []ui.Block
	list := s.book.Entered()
	for i := len(list) - 1; i >= 0; i-- {
		e := list[i]
		tag := &ui.Tag{Status: ui.StatusMet, Text: lang.T("有效", "counts")}
		if !e.Stands {
			tag = &ui.Tag{Status: ui.StatusNone, Text: lang.T("已撤销："+e.UndoneWhy, "taken back: "+e.UndoneWhy)}
		}
		who := s.people.ActorName(r.Context(), e.Who)
		at := e.At.In(calendar.China).Format("2006-01-02 15:04")
		t.Rows = append(t.Rows, ui.Row{ID: "n-" + e.ID, Cells: []ui.Cell{{Text: lang.Same(strconv.Itoa(e.Year)), Strong: true, Href: path + "?year=" + strconv.Itoa(e.Year)}, {Text: lang.Same(e.Title), Sub: lang.Same(e.Source)}, {Text: lang.Same(strconv.Itoa(len(e.Days)))}, {Text: lang.T(who.Zh+" "+at, who.En+", "+at)}, {Tag: tag}}})
		if e.Stands && edit {
			undo = append(undo, ui.Form{ID: "undo-" + e.ID, Title: lang.T(fmt.Sprintf("撤销 %d 年的“%s”", e.Year, e.Title), fmt.Sprintf("Take back %q of %d", e.Title, e.Year)), Action: noticesPath + "/" + e.ID + "/undo", Submit: lang.T("撤销", "Take back"),
				Fields: []ui.Field{{Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
		}
	}
	t.Total = int64(len(t.Rows))
	out := &ui.Page{Title: last, Nav: "calendar", Crumbs: crumbs(ui.Link{Text: last}), Body: []ui.Block{t}}
	if edit {
		if failed.ID == "" {
			failed = enterForm(strconv.Itoa(calendar.DateOf(s.clock.Now()).Year()+1), "", "", "", lang.Text{})
		}
		out.Body = append(out.Body, failed)
		out.Body = append(out.Body, undo...)
	}
	return out
}

func enterForm(year, name, source, days string, wrong lang.Text) ui.Form {
	return ui.Form{ID: "enter", Title: lang.T("录入一年的安排", "Enter a year's notice"), Action: noticesPath, Submit: lang.T("录入", "Enter"), Error: wrong, Fields: []ui.Field{
		{Name: "year", Kind: "number", Label: lang.T("年份", "Year"), Value: year, Required: true},
		{Name: "title", Label: lang.T("通知名称或文号", "Name or number of the notice"), Value: name, Required: true, Placeholder: lang.T("国务院办公厅关于某年部分节假日安排的通知", "as published")},
		{Name: "source", Label: lang.T("网址", "Address"), Value: source},
		{Name: "days", Kind: "textarea", Label: lang.T("安排", "Days"), Value: days, Help: lang.T("每行一天：日期,类别,节日。类别为“放假”或“调休上班”，例如 2027-10-01,放假,国庆节。放假期间的周末也要列出。也可上传文件。", "A line a day: date,kind,festival. The kind is holiday or moved, as in 2027-10-01,holiday,National Day. Weekends within a holiday belong to it. A file will do as well.")},
		{Name: "file", Kind: "file", Label: lang.T("或上传 CSV 文件", "Or a CSV file")},
	}}
}

// formEnter takes a notice in, from the text or from the file.
func (s *service) formEnter(r *web.Request) (*ui.Page, string, error) {
	year, name, source, text := r.Form("year"), r.Form("title"), r.Form("source"), r.Form("days")
	if fromFile, err := upload(r); err != nil {
		return nil, "", err
	} else if fromFile != "" {
		text = fromFile
	}
	y, _ := strconv.Atoi(year) // 0 is out of bounds and said so
	n, err := calendar.ReadNotice(y, name, source, text)
	if err == nil {
		_, err = s.book.Enter(r.Context(), r.Who, n)
	}
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		return s.showNotices(r, enterForm(year, name, source, text, msg)), "", nil
	}
	return nil, path + "?year=" + strconv.Itoa(y), err
}

// formUndo takes a notice back.
func (s *service) formUndo(r *web.Request) (*ui.Page, string, error) {
	return nil, noticesPath, s.book.Undo(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
}

// pageHours lists the working hours of units.
func (s *service) pageHours(r *web.Request) (*ui.Page, error) {
	return s.showHours(r, r.Query("unit"), "", lang.Text{}), nil
}

func (s *service) showHours(r *web.Request, unit, text string, wrong lang.Text) *ui.Page {
	last := lang.T("工作时间", "Working hours")
	city := lang.T("全市（未另设者）", "The city, where a unit has none")
	t := ui.Table{ID: "hours", Title: last, Path: hoursPath, Columns: []ui.Column{{Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "hours", Text: lang.T("工作时间", "Hours")}, {Key: "total", Text: lang.T("每日", "A day")}, {Key: "from", Text: lang.T("依据", "Rests on")}},
		Empty: lang.T("没有单位", "No unit")}
	row := func(id string, name lang.Text) {
		h := s.book.Hours(id)
		from := lang.T("默认", "usual")
		switch {
		case s.book.Own(id):
			from = lang.T("已设置", "set")
		case id != "" && s.book.Own(""):
			from = lang.T("同全市", "as the city")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "h-" + id, Cells: []ui.Cell{{Text: name, Strong: true, Href: hoursPath + "?unit=" + url.QueryEscape(id)}, {Text: lang.Same(h.String())}, {Text: lang.Same(h.Total().Truncate(time.Minute).String())}, {Text: from}}})
	}
	row("", city)
	options := []ui.Option{{Value: "", Text: city}}
	for _, u := range s.people.Units() {
		row(u.ID, u.Name)
		options = append(options, ui.Option{Value: u.ID, Text: u.Name})
	}
	t.Total = int64(len(t.Rows))
	out := &ui.Page{Title: last, Nav: "calendar", Crumbs: crumbs(ui.Link{Text: last}), Body: []ui.Block{t}}
	if r.Who.Can(calendar.GrantEdit) {
		if text == "" && s.book.Own(unit) {
			text = s.book.Hours(unit).String()
		}
		out.Body = append(out.Body, ui.Form{ID: "set-hours", Title: lang.T("设置工作时间", "Set working hours"), Action: hoursPath, Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
			{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: unit, Options: options},
			{Name: "hours", Label: lang.T("工作时间", "Hours"), Value: text, Placeholder: lang.Same(calendar.UsualHours().String()), Help: lang.T("例如 8:30-12:00,13:30-17:30；留空恢复默认", "such as 8:30-12:00,13:30-17:30; empty for the usual ones")}}})
	}
	return out
}

// formHours sets a unit's hours.
func (s *service) formHours(r *web.Request) (*ui.Page, string, error) {
	unit, text := r.Form("unit"), r.Form("hours")
	known := unit == ""
	for _, u := range s.people.Units() {
		known = known || u.ID == unit
	}
	if !known {
		return nil, "", errs.Say(errs.Invalid, "没有“%s”这个单位", "there is no unit %q", unit)
	}
	err := s.book.SetHours(r.Context(), r.Who, unit, text)
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		return s.showHours(r, unit, text, msg), "", nil
	}
	return nil, hoursPath, err
}

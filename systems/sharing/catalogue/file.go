package catalogue

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web/sheet"
)

// columns are those of a catalogue's file; what is written is what is read.
var columns = []string{"id", "code", "name", "name_en", "abstract", "abstract_en", "unit", "system", "category", "keywords", "format", "period", "sharing", "condition", "basis", "open", "related", "source", "where", "items", "key", "fields"}

// Import is the catalogue as a file.
func Import() intake.Kind {
	return intake.Kind{Name: "catalogue", Title: lang.T("信息资源目录", "Catalogue of resources"), Extensions: []string{".csv"}, Begins: []string{"id,code,name"}, Grant: page.GrantOffer}
}

// line writes a resource as cells. A field is name|kind|personal|from|title|title_en; fields are separated by line breaks.
func (r *Resource) line() []string {
	fields := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		fields[i] = f.text()
	}
	return []string{r.ID, r.Code, r.Name.Zh, r.Name.En, r.Abstract.Zh, r.Abstract.En, r.Unit, r.System, r.Category, strings.Join(r.Keywords, ";"), r.Format, r.Period, r.Sharing.Type, r.Sharing.Condition, r.Sharing.Basis,
		strconv.FormatBool(r.Sharing.Open), strings.Join(r.Related, ";"), r.Source.Kind, r.Source.Where, r.Source.Items, r.Source.Key, strings.Join(fields, "\n")}
}

func (f Field) text() string {
	return strings.Join([]string{f.Name, string(f.Kind), string(f.Personal), f.From, f.Title.Zh, f.Title.En}, "|")
}

// parseFields reads fields as line writes them; kind and what follows may be left out.
func parseFields(s string) (out []Field, err error) {
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p := strings.Split(line, "|")
		if len(p) > 6 {
			return nil, errs.Say(errs.Invalid, "信息项应写作 名称|类型|个人信息类别|来源列|中文名|英文名", "a field is written name|kind|personal|from|title|English title")
		}
		p = append(p, make([]string, 6-len(p))...)
		for i := range p {
			p[i] = strings.TrimSpace(p[i])
		}
		f := Field{Name: p[0], Kind: policy.Kind(p[1]), Personal: mask.Class(p[2]), From: p[3], Title: lang.Text{Zh: p[4], En: p[5]}}
		if f.Kind == "" {
			f.Kind = policy.Text
		}
		if f.Title.Zh == "" {
			f.Title.Zh = f.Name
		}
		out = append(out, f)
	}
	return out, nil
}

func split(s string) (out []string) {
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' || r == '、' }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

// parseLine reads the cells of one resource.
func parseLine(cells map[string]string) (r Resource, err error) {
	c := func(name string) string { return strings.TrimPrefix(strings.TrimSpace(cells[name]), "'") } // the quote that a spreadsheet's formula is kept from by
	r = Resource{ID: c("id"), Code: c("code"), Name: lang.Text{Zh: c("name"), En: c("name_en")}, Abstract: lang.Text{Zh: c("abstract"), En: c("abstract_en")}, Unit: c("unit"), System: c("system"),
		Category: c("category"), Keywords: split(c("keywords")), Format: c("format"), Period: c("period"), Related: split(c("related")),
		Sharing: Sharing{Type: c("sharing"), Condition: c("condition"), Basis: c("basis"), Open: c("open") == "true"},
		Source:  source.Spec{Kind: c("source"), Where: c("where"), Items: c("items"), Key: c("key")}}
	r.Fields, err = parseFields(c("fields"))
	return r, err
}

// mostLines bounds a file.
const mostLines = 20_000

// Take reads a catalogue's file: all of it, or with a mistake nothing. What is new becomes a draft, what is there a new version.
func (p *Part) Take(ctx context.Context, run intake.Run) (res intake.Result, err error) {
	list, err := p.readFile(run, &res)
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
		return res, nil
	}
	if err != nil {
		return res, err
	}
	if res.Refused > 0 && !run.DryRun {
		stop := lang.T("文件中有 "+strconv.FormatInt(res.Refused, 10)+" 行不合规，未写入任何内容。请改正后重新导入。", strconv.FormatInt(res.Refused, 10)+" lines are wrong, nothing was written. Mend them and import again.")
		res.Stopped = &stop
		return res, nil
	}
	res.Taken = int64(len(list))
	res.Counts = map[string]int64{"resources": res.Taken}
	if run.DryRun {
		return res, nil
	}
	return res, p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, r := range list {
			if err := p.save(tx, run.By, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Part) readFile(run intake.Run, res *intake.Result) (list []Resource, err error) {
	c := csv.NewReader(run.Body)
	head, err := c.Read()
	if err != nil {
		return nil, errs.Say(errs.Invalid, "文件不是 CSV，或为空", "the file is no CSV, or empty")
	}
	head[0] = strings.TrimPrefix(head[0], "\uFEFF")
	for _, name := range head {
		if !slices.Contains(columns, name) {
			return nil, errs.Say(errs.Invalid, "不认识列“%s”", "there is no column %q", name)
		}
	}
	for {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, errs.Say(errs.Invalid, "第 %d 行不是 CSV", "line %d is no CSV", sheet.LineOf(c, line, err))
		}
		if res.Read++; res.Read > mostLines {
			return nil, errs.Say(errs.TooLarge, "文件多于 %d 行", "the file has more than %d lines", mostLines)
		}
		cells := map[string]string{}
		for i, name := range head {
			cells[name] = line[i]
		}
		r, err := parseLine(cells)
		if err == nil {
			err = p.known(run.By, r, list)
		}
		if err != nil {
			res.Refused++
			said, _ := errs.MsgOf(err)
			run.Report(intake.Line{Line: sheet.LineOf(c, line, nil), Level: "error", Text: said})
			continue
		}
		list = append(list, r)
	}
}

// known holds one line to what can be told without writing.
func (p *Part) known(by *identity.Principal, r Resource, before []Resource) error {
	if slices.ContainsFunc(before, func(x Resource) bool { return x.ID == r.ID || x.Code == r.Code && r.Code != "" }) {
		return errs.Say(errs.Invalid, "标识“%s”或其代码在文件中重复", "the id %q or its code is in the file twice", r.ID)
	}
	return p.fit(by, &r)
}

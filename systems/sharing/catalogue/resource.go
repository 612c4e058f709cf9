// Package catalogue is the catalogue of government information resources (政务信息资源目录): what each unit has, under which condition it is
// shared, where its rows lie, which of its fields are personal; with every version that was.
//
// The fields follow GB/T 21063 (core metadata) and the national guide of 2017 to compiling the catalogue: name, code, provider,
// abstract, format, information items, way of sharing with its condition and basis, openness, update period, related resources. It is
// handed out as DCAT 3 in JSON-LD, with the context inside. Who may have a resource is package apply's, what comes out package serve's.
package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

// State is where a resource stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Withdrawn State = "withdrawn"
)

// Text names a state.
func (s State) Text() lang.Text {
	switch s {
	case Draft:
		return lang.T("编制中", "Draft")
	case Published:
		return lang.T("已发布", "Published")
	case Withdrawn:
		return lang.T("已撤回", "Withdrawn")
	}
	return lang.Same(string(s))
}

// Field is an information item (信息项).
type Field struct {
	Name     string      `json:"name"`
	Title    lang.Text   `json:"title"`
	Kind     policy.Kind `json:"kind"`
	Personal mask.Class  `json:"personal,omitempty"`
	From     string      `json:"from,omitempty"`
}

// Sharing is on what terms a resource is shared (共享属性) and open to the public (开放属性).
type Sharing struct {
	Type      string `json:"type"` // policy.Unconditional, Conditional, NotShared
	Condition string `json:"condition,omitempty"`
	Basis     string `json:"basis,omitempty"` // law or document
	Open      bool   `json:"open,omitempty"`
}

// Resource is one information resource.
type Resource struct {
	ID       string      `json:"id"`
	Code     string      `json:"code"`
	Name     lang.Text   `json:"name"`
	Abstract lang.Text   `json:"abstract"`
	Unit     string      `json:"unit"`
	System   string      `json:"system,omitempty"` // the information system that it comes from
	Category string      `json:"category"`         // base, theme, department
	Keywords []string    `json:"keywords,omitempty"`
	Format   string      `json:"format"` // database, file, interface
	Period   string      `json:"period"` // live, day, week, month, quarter, year
	Related  []string    `json:"related,omitempty"`
	Sharing  Sharing     `json:"sharing"`
	Fields   []Field     `json:"fields"`
	Source   source.Spec `json:"source"`

	State     State     `json:"-"`
	Version   int64     `json:"-"`
	Changed   time.Time `json:"-"`
	Published time.Time `json:"-"` // zero: never
}

// word is a code with its name.
type word struct {
	Code string
	Name lang.Text
}

var (
	sharings = []word{
		{policy.Unconditional, lang.T("无条件共享", "Shared unconditionally")},
		{policy.Conditional, lang.T("有条件共享", "Shared on conditions")},
		{policy.NotShared, lang.T("不予共享", "Not shared")},
	}
	categories = []word{
		{"base", lang.T("基础信息资源", "Base information")},
		{"theme", lang.T("主题信息资源", "Theme information")},
		{"department", lang.T("部门信息资源", "Departmental information")},
	}
	formats = []word{
		{"database", lang.T("数据库", "Database")},
		{"file", lang.T("电子文件", "File")},
		{"interface", lang.T("服务接口", "Interface")},
	}
	periods = []word{
		{"live", lang.T("实时", "Live")}, {"day", lang.T("每日", "Daily")}, {"week", lang.T("每周", "Weekly")},
		{"month", lang.T("每月", "Monthly")}, {"quarter", lang.T("每季度", "Quarterly")}, {"year", lang.T("每年", "Yearly")},
	}
	kinds = []word{
		{string(policy.Text), lang.T("字符型", "text")}, {string(policy.Integer), lang.T("整数型", "integer")}, {string(policy.Number), lang.T("数值型", "number")},
		{string(policy.Boolean), lang.T("布尔型", "boolean")}, {string(policy.Date), lang.T("日期型", "date")}, {string(policy.DateTime), lang.T("日期时间型", "date and time")},
	}
)

func nameOf(list []word, code string) lang.Text {
	for _, w := range list {
		if w.Code == code {
			return w.Name
		}
	}
	return lang.Same(code)
}

func known(list []word, code string) bool {
	return slices.ContainsFunc(list, func(w word) bool { return w.Code == code })
}

// SharingText, KindText and PeriodText name codes.
func SharingText(code string) lang.Text { return nameOf(sharings, code) }

// KindText names a field's kind.
func KindText(k policy.Kind) lang.Text { return nameOf(kinds, string(k)) }

// PeriodText names an update period.
func PeriodText(code string) lang.Text { return nameOf(periods, code) }

// Field finds a field by its exact name.
func (r *Resource) Field(name string) (Field, bool) {
	for _, f := range r.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// FieldText names a field; its own name where there is none.
func (r *Resource) FieldText(name string) lang.Text {
	if f, ok := r.Field(name); ok {
		return f.Title
	}
	return lang.Same(name)
}

// Policy is the resource as decisions see it.
func (r *Resource) Policy() policy.Resource {
	p := policy.Resource{ID: r.ID, Owner: r.Unit, Sharing: r.Sharing.Type, Published: r.State == Published, Fields: map[string]policy.Kind{}, Personal: r.Personal()}
	for _, f := range r.Fields {
		p.Fields[f.Name] = f.Kind
	}
	return p
}

// Personal lists the fields that hold personal data.
func (r *Resource) Personal() (out []string) {
	for _, f := range r.Fields {
		if f.Personal != mask.None {
			out = append(out, f.Name)
		}
	}
	return out
}

// Subject is the field that says whom a row is about: an account of this platform, or an identity number; "" where none does.
func (r *Resource) Subject() string {
	subject := ""
	for _, f := range r.Fields {
		if f.Personal == mask.Account {
			return f.Name
		}
		if f.Personal == mask.IDNumber && subject == "" {
			subject = f.Name
		}
	}
	return subject
}

// Query is what a source is asked, before anybody's conditions.
func (r *Resource) Query() source.Query {
	q := source.Query{Spec: r.Source}
	for _, f := range r.Fields {
		q.Fields = append(q.Fields, source.Field{Name: f.Name, Kind: f.Kind, From: f.From})
	}
	return q
}

// The bounds of a resource.
const (
	mostFields = 100
	mostText   = 2000
	mostName   = 200
)

var (
	idForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{1,59}$`)
	codeForm  = regexp.MustCompile(`^[1-3][0-9]{0,12}/[0-9]{1,8}$`)
	fieldForm = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,39}$`)
	reserved  = []string{"true", "false", "if", "then", "else", "in", "is", "like", "has"} // words of Cedar
)

// Check finds what is wrong with a resource's own data.
func (r *Resource) Check() error {
	switch {
	case !idForm.MatchString(r.ID):
		return errs.Say(errs.Invalid, "标识“%s”应为小写字母开头的字母、数字、短横", "the id %q is to be lower-case letters, digits and hyphens", r.ID)
	case r.Code != "" && !codeForm.MatchString(r.Code):
		return errs.Say(errs.Invalid, "信息资源代码“%s”应为 分类代码/顺序号，分类以 1、2、3 开头", "the code %q is to read category/number, the category beginning with 1, 2 or 3", r.Code)
	case r.Name.Zh == "" || len(r.Name.Zh) > mostName || len(r.Name.En) > mostName:
		return errs.Say(errs.Invalid, "请填写名称，不超过 %d 字节", "give it a name of at most %d bytes", mostName)
	case r.Abstract.Zh == "" || len(r.Abstract.Zh) > mostText || len(r.Abstract.En) > mostText:
		return errs.Say(errs.Invalid, "请填写摘要，不超过 %d 字节", "give it an abstract of at most %d bytes", mostText)
	case !known(categories, r.Category) || !known(formats, r.Format) || !known(periods, r.Period) || !known(sharings, r.Sharing.Type):
		return errs.Say(errs.Invalid, "分类、格式、更新周期或共享类型有误", "category, format, update period or way of sharing is wrong")
	case r.Sharing.Type == policy.Conditional && r.Sharing.Condition == "":
		return errs.Say(errs.Invalid, "有条件共享的，请写明共享条件", "what is shared on conditions states them")
	case r.Sharing.Type == policy.NotShared && r.Sharing.Basis == "":
		return errs.Say(errs.Invalid, "不予共享的，请写明法律、行政法规或党中央、国务院政策依据", "what is not shared states the law or policy that forbids it")
	case len(r.Sharing.Condition) > mostText || len(r.Sharing.Basis) > mostText || len(r.Keywords) > 20 || len(r.Related) > 20:
		return errs.Say(errs.Invalid, "共享条件、依据过长，或关键字、关联资源多于 20 个", "condition or basis is too long, or there are more than 20 keywords or related resources")
	}
	return r.checkFields()
}

func (r *Resource) checkFields() error {
	if len(r.Fields) == 0 || len(r.Fields) > mostFields {
		return errs.Say(errs.Invalid, "信息项应为 1 至 %d 个", "there are to be 1 to %d fields", mostFields)
	}
	seen := map[string]bool{}
	for _, f := range r.Fields {
		switch {
		case !fieldForm.MatchString(f.Name) || slices.Contains(reserved, f.Name):
			return errs.Say(errs.Invalid, "信息项名“%s”应为小写字母开头的字母、数字、下划线", "the field %q is to be letters, digits and underscores, beginning with a lower-case letter", f.Name)
		case seen[strings.ToLower(f.Name)]: // names that differ in case only invite mistakes
			return errs.Say(errs.Invalid, "信息项“%s”重复", "the field %q is there twice", f.Name)
		case f.Title.Zh == "" || len(f.Title.Zh) > mostName || len(f.From) > mostName:
			return errs.Say(errs.Invalid, "信息项“%s”没有中文名称，或过长", "the field %q has no title, or too long a one", f.Name)
		case !f.Kind.Known() || !f.Personal.Known():
			return errs.Say(errs.Invalid, "信息项“%s”的类型或个人信息类别有误", "the kind or the personal class of the field %q is wrong", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
	}
	return nil
}

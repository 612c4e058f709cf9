package casework

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Bounds of a case.
const (
	maxTitle  = 200   // characters
	maxText   = 4000  // characters of a line's text or of a "long" field
	maxShort  = 500   // characters of any other field
	maxFields = 16384 // bytes of all fields
)

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	prefixForm = regexp.MustCompile(`^[A-Z]{1,6}$`)
	fieldForm  = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,63}$`)
)

// checkKinds holds the declarations to their form. A fault here is a programmer's.
func checkKinds(kinds []Kind) error {
	seen, prefix := map[string]bool{}, map[string]bool{}
	for _, k := range kinds {
		fail := func(format string, args ...any) error {
			return errs.As(errs.Internal, "check the kinds of case", fmt.Errorf("kind %q: "+format, append([]any{k.Name}, args...)...))
		}
		switch {
		case !nameForm.MatchString(k.Name) || seen[k.Name]:
			return fail("a name of its own, in lower case")
		case !prefixForm.MatchString(k.Prefix) || prefix[k.Prefix]:
			return fail("a prefix of its own, of one to six capital letters")
		case k.System == "" || k.Title.Zh == "" || k.Title.En == "":
			return fail("needs its system and a title in both languages")
		case k.Open == "" || k.See == "" || k.SeeAll == "":
			return fail("needs the grants Open, See and SeeAll")
		case len(k.Stages) < 2:
			return fail("needs two stages at least")
		}
		seen[k.Name], prefix[k.Prefix] = true, true
		for i, st := range k.Stages {
			if err := checkStage(&k, i, st); err != "" {
				return fail("stage %q: %s", st.Name, err)
			}
		}
	}
	return nil
}

// Declared holds the kinds of case to the system that declares them: they are its own, and ask for grants that it declares.
func Declared(system string, kinds []Kind, granted func(name string) bool) (faults []string) {
	for _, k := range kinds {
		if k.System != system {
			faults = append(faults, fmt.Sprintf("kind of case %q is of system %q", k.Name, k.System))
		}
		asked := []string{k.Open, k.See, k.SeeAll, k.Direct}
		for _, st := range k.Stages {
			asked = append(asked, st.Grant)
		}
		for _, g := range asked {
			if g != "" && !granted(g) {
				faults = append(faults, fmt.Sprintf("kind of case %q asks for grant %q, which the system does not declare", k.Name, g))
			}
		}
	}
	return faults
}

func checkStage(k *Kind, i int, st Stage) string {
	switch {
	case !nameForm.MatchString(st.Name) || slices.IndexFunc(k.Stages, func(o Stage) bool { return o.Name == st.Name }) != i:
		return "a name of its own, in lower case"
	case st.Title.Zh == "" || st.Title.En == "":
		return "needs a title in both languages"
	case len(st.Next) > 0 && st.Grant == "":
		return "needs a grant"
	case st.Due < 0 || len(st.Next) == 0 && (st.Due > 0 || len(st.Needs) > 0):
		return "what is closed is neither due nor asks for anything"
	}
	for _, n := range st.Next {
		if k.stage(n) == nil {
			return "there is no stage " + n
		}
	}
	for _, f := range st.Needs {
		if !fieldForm.MatchString(f.Name) || strings.HasPrefix(f.Name, reserved) || f.Title.Zh == "" || f.Title.En == "" || !slices.Contains([]string{"text", "long", "number", "date", "choice"}, f.Type) {
			return "field " + f.Name + " needs a name, a title in both languages and a type"
		}
	}
	return ""
}

func (k *Kind) stage(name string) *Stage {
	for i := range k.Stages {
		if k.Stages[i].Name == name {
			return &k.Stages[i]
		}
	}
	return nil
}

// Stage finds a stage by name.
func (k *Kind) Stage(name string) (Stage, bool) {
	st := k.stage(name)
	if st == nil {
		return Stage{}, false
	}
	return *st, true
}

// field finds what a kind declares of a field; nil where it is free.
func (k *Kind) field(name string) *Field {
	for i := range k.Stages {
		for j := range k.Stages[i].Needs {
			if k.Stages[i].Needs[j].Name == name {
				return &k.Stages[i].Needs[j]
			}
		}
	}
	return nil
}

// FieldTitle names a field; its own name where it is free.
func (k *Kind) FieldTitle(name string) lang.Text {
	if f := k.field(name); f != nil {
		return f.Title
	}
	return lang.Same(name)
}

// clean checks the fields that somebody gave and trims them; an empty one empties the field.
func (k *Kind) clean(fields map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(fields))
	size := 0
	for name, value := range fields {
		if !fieldForm.MatchString(name) || strings.HasPrefix(name, reserved) {
			return nil, errs.Say(errs.Invalid, "没有“%[1]s”这一项", "there is no field %[1]q", name)
		}
		value = strings.TrimSpace(value)
		f := k.field(name)
		if f == nil {
			f = &Field{Name: name, Title: lang.Same(name), Type: "long"}
		}
		if err := f.check(value); err != nil {
			return nil, err
		}
		size += len(name) + len(value)
		out[name] = value
	}
	if size > maxFields {
		return nil, errs.Say(errs.TooLarge, "各项内容合计不超过 %[1]d 字节", "all fields together have at most %[1]d bytes", maxFields)
	}
	return out, nil
}

func (f *Field) check(value string) error {
	if value == "" {
		return nil
	}
	limit := maxShort
	if f.Type == "long" {
		limit = maxText
	}
	if err := plain(value, limit); err != nil {
		return err
	}
	bad := func(zh, en string) error {
		return errs.Say(errs.Invalid, "“"+f.Title.Zh+"”"+zh, f.Title.En+": "+en)
	}
	switch f.Type {
	case "number":
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return bad("应为数字", "a number is wanted")
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			if _, err := time.Parse("2006-01-02T15:04", value); err != nil {
				return bad("应为日期，如 2026-03-02", "a date is wanted, such as 2026-03-02")
			}
		}
	case "choice":
		if !slices.Contains(f.Choices, value) {
			return bad("应从所列选项中选择", "choose one of those listed")
		}
	}
	return nil
}

// plain holds a text to a length, to UTF-8, and to characters that do not disturb a page.
func plain(s string, limit int) error {
	if utf8.RuneCountInString(s) > limit {
		return errs.Say(errs.TooLarge, "文字不超过 %[1]d 字", "at most %[1]d characters", limit)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' }) {
		return errs.Say(errs.Invalid, "文字含有控制字符或无效编码", "the text holds control characters or is not UTF-8")
	}
	return nil
}

// lacking names the fields that a stage needs and a case has not.
func (st *Stage) lacking(fields map[string]string) (out []Field) {
	for _, f := range st.Needs {
		if !f.Optional && fields[f.Name] == "" {
			out = append(out, f)
		}
	}
	return out
}

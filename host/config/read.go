package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Section is one table of the configuration file and the struct that it fills. Into is a pointer to a struct with its defaults,
// whose fields bear the tags toml (the key), doc (what it means, 中文 / English), min, max and choice.
type Section struct {
	Name  string
	Title lang.Text
	Into  any
}

// Read fills the sections from a TOML text; file names it in messages. What the text leaves out keeps its default. Strict: a
// key that nobody knows, a value of another type or outside its bounds is errs.Invalid with the line and what to write instead.
func Read(file, text string, sections []Section) error {
	raw := map[string]toml.Primitive{}
	md, err := toml.Decode(text, &raw)
	if err != nil {
		return syntaxError(file, err)
	}
	for _, key := range md.Keys() {
		if !slices.ContainsFunc(sections, func(k Section) bool { return k.Name == key[0] }) {
			return unknown(file, text, key[:1], sections)
		}
	}
	for _, k := range sections {
		if prim, ok := raw[k.Name]; ok {
			if typ := md.Type(k.Name); typ != "Hash" && typ != "" { // "": only a table inside it is written
				return notTable(file, text, k.Name)
			}
			if err := md.PrimitiveDecode(prim, k.Into); err != nil {
				return typeError(file, text, k.Name, err)
			}
		}
	}
	for _, key := range md.Undecoded() {
		return unknown(file, text, key, sections)
	}
	return Check(file, text, sections)
}

// Check holds the values to their tags, and to the method Valid of a section that has one. It is for values from elsewhere
// too, such as flags; file and text are empty then.
func Check(file, text string, sections []Section) error {
	for _, k := range sections {
		if err := checkValues(file, text, toml.Key{k.Name}, reflect.ValueOf(k.Into).Elem()); err != nil {
			return err
		}
		if v, ok := k.Into.(interface{ Valid() error }); ok {
			if err := v.Valid(); err != nil {
				return errs.Wrap(place(file, text, toml.Key{k.Name}).En, err)
			}
		}
	}
	return nil
}

// syntaxError says where the file is not TOML.
func syntaxError(file string, err error) error {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		return errs.Say(errs.Invalid, "配置文件 %s 第 %d 行不合 TOML 语法：%s", "%s line %d is not TOML: %s", file, pe.Position.Line, pe.Message)
	}
	return errs.Say(errs.Invalid, "配置文件 %s 不合 TOML 语法：%s", "%s is not TOML: %s", file, err.Error())
}

func notTable(file, text, name string) error {
	at := place(file, text, toml.Key{name})
	return errs.Say(errs.Invalid, "%[1]s：%[3]s 应为一节，请写作 [%[3]s]", "%[2]s: %[3]s is a section, write it as [%[3]s]", at.Zh, at.En, name)
}

// decoded is how the decoder words a value of another type.
var decoded = regexp.MustCompile(`line (\d+) \(last key "([^"]*)"\): (?s:(.*))`)

// typeError says which value is of another type. The decoder names the key and both types, in English only.
func typeError(file, text, table string, err error) error {
	at, key, what := place(file, text, toml.Key{table}), "["+table+"]", strings.TrimPrefix(err.Error(), "toml: ")
	if m := decoded.FindStringSubmatch(what); m != nil {
		line, _ := strconv.Atoi(m[1])
		at, key, what = placeLine(file, line), m[2], m[3]
	}
	return errs.Say(errs.Invalid, "%[1]s：%[3]s 的值类型不对（%[4]s）", "%[2]s: the value of %[3]s has the wrong type (%[4]s)", at.Zh, at.En, key, what)
}

// unknown says which key nobody knows, where it stands, and which known one is nearest.
func unknown(file, text string, key toml.Key, known []Section) error {
	at := place(file, text, key)
	name := key[len(key)-1]
	names := keysOf(key[:len(key)-1], known)
	if len(key) == 1 {
		near := nearest(name, names)
		if near == "" {
			near = strings.Join(names, "], [")
		}
		return errs.Say(errs.Invalid, "%[1]s：没有 [%[3]s] 这一节，是否应为 [%[4]s]？", "%[2]s: there is no section [%[3]s]; did you mean [%[4]s]?", at.Zh, at.En, name, near)
	}
	in := "[" + strings.Join(key[:len(key)-1], ".") + "]"
	if near := nearest(name, names); near != "" {
		return errs.Say(errs.Invalid, "%[1]s：%[3]s 中没有“%[4]s”，是否应为“%[5]s”？", "%[2]s: there is no %[4]q in %[3]s; did you mean %[5]q?", at.Zh, at.En, in, name, near)
	}
	return errs.Say(errs.Invalid, "%[1]s：%[3]s 中没有“%[4]s”，可用的有：%[5]s", "%[2]s: there is no %[4]q in %[3]s; known are: %[5]s", at.Zh, at.En, in, name, strings.Join(names, ", "))
}

// keysOf lists what may stand in a table.
func keysOf(path toml.Key, known []Section) (names []string) {
	if len(path) == 0 {
		for _, k := range known {
			names = append(names, k.Name)
		}
		return names
	}
	for _, k := range known {
		if k.Name != path[0] {
			continue
		}
		t := reflect.TypeOf(k.Into).Elem()
		for _, part := range path[1:] {
			f, ok := fieldOf(t, part)
			if !ok || f.Type.Kind() != reflect.Struct {
				return nil
			}
			t = f.Type
		}
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("toml"); tag != "" && tag != "-" {
				names = append(names, tag)
			}
		}
	}
	return names
}

func fieldOf(t reflect.Type, tag string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") == tag {
			return t.Field(i), true
		}
	}
	return reflect.StructField{}, false
}

// checkValues holds a struct's fields to their tags: min, max (numbers and durations), choice (texts).
func checkValues(file, text string, path toml.Key, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("toml")
		if tag == "" || tag == "-" {
			continue
		}
		key := append(slices.Clone(path), tag)
		if f.Type.Kind() == reflect.Struct {
			if err := checkValues(file, text, key, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		if err := checkValue(place(file, text, key), key.String(), f.Tag, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(at where, key string, tag reflect.StructTag, v reflect.Value) error {
	if choice := tag.Get("choice"); choice != "" && !slices.Contains(strings.Split(choice, ","), v.String()) {
		return errs.Say(errs.Invalid, "%[1]s：%[3]s 不能为“%[4]s”，可选：%[5]s", "%[2]s: %[3]s cannot be %[4]q, choose one of: %[5]s",
			at.Zh, at.En, key, v.String(), strings.ReplaceAll(choice, ",", ", "))
	}
	for _, bound := range []string{"min", "max"} {
		limit := tag.Get(bound)
		if limit == "" {
			continue
		}
		got, want := number(v), bound64(limit)
		if bound == "min" && got < want || bound == "max" && got > want {
			return errs.Say(errs.Invalid, "%[1]s：%[3]s 为 %[4]v，超出范围（%[5]s 至 %[6]s）", "%[2]s: %[3]s is %[4]v, outside of %[5]s to %[6]s",
				at.Zh, at.En, key, v.Interface(), orDash(tag.Get("min")), orDash(tag.Get("max")))
		}
	}
	return nil
}

func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return 0
}

// bound64 reads a bound: a number, or a duration such as 10s.
func bound64(s string) float64 {
	if d, err := time.ParseDuration(s); err == nil && !strings.ContainsAny(s[len(s)-1:], "0123456789") {
		return float64(d)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("bound %q of a configuration tag is no number", s)) // a tag in our source; Check finds it first
	}
	return f
}

func orDash(s string) string {
	if s == "" {
		return "…"
	}
	return s
}

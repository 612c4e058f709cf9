package config

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// Sample prints the configuration file with every key, its documentation and its default, as it would work unchanged. It is
// made from the structs themselves, so it cannot fall behind them.
func Sample(w io.Writer, sections []Section) error {
	var b strings.Builder
	b.WriteString("# 海河配置文件 / configuration of Haihe\n# 每项均有默认值；未写即取默认值 / every key has a default, which holds where the key is not written\n")
	for _, k := range sections {
		fmt.Fprintf(&b, "\n# %s / %s\n", k.Title.Zh, k.Title.En)
		sampleTable(&b, k.Name, reflect.ValueOf(k.Into).Elem())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sampleTable prints one table, its own keys first and tables inside it after them, as TOML wants it.
func sampleTable(b *strings.Builder, name string, v reflect.Value) {
	fmt.Fprintf(b, "[%s]\n", name)
	var inner []int
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("toml")
		if tag == "" || tag == "-" {
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			inner = append(inner, i)
			continue
		}
		fmt.Fprintf(b, "# %s%s\n%s = %s\n", f.Tag.Get("doc"), bounds(f.Tag), tag, sampleValue(v.Field(i)))
	}
	for _, i := range inner {
		f := v.Type().Field(i)
		fmt.Fprintf(b, "\n# %s\n", f.Tag.Get("doc"))
		sampleTable(b, name+"."+f.Tag.Get("toml"), v.Field(i))
	}
}

// bounds says what a tag allows.
func bounds(tag reflect.StructTag) string {
	if c := tag.Get("choice"); c != "" {
		return " [" + strings.ReplaceAll(c, ",", " | ") + "]"
	}
	if lo, hi := tag.Get("min"), tag.Get("max"); lo != "" || hi != "" {
		return " [" + orDash(lo) + " – " + orDash(hi) + "]"
	}
	return ""
}

// sampleValue writes a value as TOML.
func sampleValue(v reflect.Value) string {
	if d, ok := v.Interface().(time.Duration); ok {
		return quote(d.String())
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, sampleValue(v.Index(i)))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Float32, reflect.Float64:
		s := fmt.Sprint(v.Float())
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	default:
		return fmt.Sprint(v.Interface())
	}
}

// quote writes a text as a basic string of TOML, whose escapes are those of JSON and not those of Go.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always written
	}
	return string(b)
}

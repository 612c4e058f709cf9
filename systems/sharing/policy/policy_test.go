package policy

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

func town() Resource {
	return Resource{ID: "people", Owner: "power", Sharing: Conditional, Published: true, Personal: []string{"name"},
		Fields: map[string]Kind{"name": Text, "district": Text, "age": Integer, "income": Number, "member": Boolean, "born": Date, "seen": DateTime}}
}

var start = time.Date(2015, 11, 20, 0, 0, 0, 0, time.UTC)

func terms(rows ...Cond) Terms {
	return Terms{ID: "g1", Resource: "people", Unit: "binhai", Purpose: "emergency", Fields: []string{"name", "district"}, Rows: rows, PerMinute: 1, PerDay: 1, Until: start.Add(time.Hour)}
}

// TestTerms: what cannot be meant is refused before it is written.
func TestTerms(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Terms)
		ok     bool
	}{
		{"as it is", func(*Terms) {}, true},
		{"no field", func(x *Terms) { x.Fields = nil }, false},
		{"a field that is not there", func(x *Terms) { x.Fields = []string{"x"} }, false},
		{"unmasked though not asked for", func(x *Terms) { x.Fields = []string{"district"}; x.Unmasked = []string{"name"} }, false},
		{"unmasked though not personal", func(x *Terms) { x.Unmasked = []string{"district"} }, false},
		{"unmasked", func(x *Terms) { x.Unmasked = []string{"name"} }, true},
		{"no rate", func(x *Terms) { x.PerMinute = 0 }, false},
		{"less than of a text", func(x *Terms) { x.Rows = []Cond{{"district", "lt", []string{"1"}}} }, false},
		{"a number that is none", func(x *Terms) { x.Rows = []Cond{{"income", "ge", []string{"1e99"}}} }, false},
		{"two values of eq", func(x *Terms) { x.Rows = []Cond{{"district", "eq", []string{"1", "2"}}} }, false},
		{"no value", func(x *Terms) { x.Rows = []Cond{{"district", "in", nil}} }, false},
		{"a field that is not there", func(x *Terms) { x.Rows = []Cond{{"x", "eq", []string{"1"}}} }, false},
		{"text that would leave its quotes", func(x *Terms) { x.Rows = []Cond{{"district", "eq", []string{`" || true || "`}}} }, true},
		{"a star in a prefix", func(x *Terms) { x.Rows = []Cond{{"district", "prefix", []string{`1*"\`}}} }, true},
	} {
		x := terms()
		c.change(&x)
		text, err := Render(x, town())
		if (err == nil) != c.ok || err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			if _, err := Compile(text); err != nil {
				t.Errorf("%s: what was rendered cannot be read: %v\n%s", c.name, err, text)
			}
		}
	}
}

// TestCompile: a grant's text holds permits only, each with its id, and none of the base's.
func TestCompile(t *testing.T) {
	for _, text := range []string{"permit", `permit (principal, action, resource);`, `@id("a") forbid (principal, action, resource);`, `@id("base-owner") permit (principal, action, resource);`, `@id("a") permit (principal, action, resource); @id("a") permit (principal, action, resource);`} {
		if _, err := Compile(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestBase: the rules that hold whatever is granted.
func TestBase(t *testing.T) {
	text, err := Render(terms(), town())
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Request)
		call   bool
		name_  string // how name is seen: "", masked, clear
	}{
		{"as granted", func(*Request) {}, true, "masked"},
		{"another unit", func(q *Request) { q.Unit = "heping" }, false, ""},
		{"another purpose", func(q *Request) { q.Purpose = "audit" }, false, ""},
		{"a moment before its end", func(q *Request) { q.Now = start.Add(time.Hour - time.Millisecond) }, true, "masked"},
		{"at its end", func(q *Request) { q.Now = start.Add(time.Hour) }, false, ""},
		{"withdrawn", func(q *Request) { q.Resource.Published = false }, false, ""},
		{"no longer shared", func(q *Request) { q.Resource.Sharing = NotShared }, false, ""},
		{"no longer shared, its owner", func(q *Request) { q.Resource.Sharing, q.Unit = NotShared, "power" }, true, "clear"},
		{"withdrawn, its owner", func(q *Request) { q.Resource.Published, q.Unit = false, "power" }, false, ""},
		{"open to all", func(q *Request) { q.Resource.Sharing, q.Unit = Unconditional, "heping" }, true, "masked"},
		{"no longer personal", func(q *Request) { q.Resource.Personal = nil }, true, "clear"},
		{"the field is gone", func(q *Request) { q.Resource.Fields = map[string]Kind{"district": Text} }, true, ""},
	} {
		q := Request{Unit: "binhai", District: "120116", Purpose: "emergency", Now: start, Resource: town()}
		c.change(&q)
		a := set.Ask(q)
		call, _ := a.Call()
		seen := ""
		if a.Clear("name") {
			seen = "clear"
		} else if a.Masked("name") {
			seen = "masked"
		}
		if call != c.call || seen != c.name_ {
			t.Errorf("%s: call %v, name %q", c.name, call, seen)
		}
	}
	q := Request{Unit: "binhai", Purpose: "emergency", Now: start, Resource: town()}
	q.Resource.Personal = []string{"name", "district"} // what became personal after the grant is masked
	if a := set.Ask(q); a.Clear("district") || !a.Masked("district") {
		t.Error("a field that became personal is seen in clear by an older grant")
	}
}

// holds is what a condition means, said without Cedar.
func (c Cond) holds(k Kind, v any, district string) bool {
	want := c.Values[0]
	if want == OwnDistrict && k == Text {
		want = district
	}
	switch v := v.(type) {
	case string:
		switch {
		case k == Date || k == DateTime:
			a, ok1 := moment(k, v)
			b, ok2 := moment(k, want)
			return ok1 && ok2 && (c.Op == "lt") == a.Before(b)
		case c.Op == "in":
			return slices.Contains(c.Values, v)
		case c.Op == "prefix":
			return strings.HasPrefix(v, want)
		}
		return (c.Op == "eq") == (v == want)
	case int64:
		n, _ := strconv.ParseInt(want, 10, 64)
		return map[string]bool{"eq": v == n, "ne": v != n, "lt": v < n, "ge": v >= n}[c.Op]
	case float64:
		x, _ := strconv.ParseFloat(want, 64)
		return map[string]bool{"lt": v < x, "ge": v >= x}[c.Op]
	case bool:
		return strconv.FormatBool(v) == want
	}
	return false
}

// TestRowsAgree holds Cedar's answer on thousands of random rows and conditions to what the conditions mean in plain Go.
func TestRowsAgree(t *testing.T) {
	r, q := rand.New(rand.NewPCG(1, 2)), Request{Unit: "binhai", District: "120116", Purpose: "emergency", Now: start, Resource: town()}
	texts := []string{"120116", "120101", "1201", "", "a*b", `"`, `\`, "滨海", "120116\x00"}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	yes := 0
	for range 3000 {
		var c Cond
		row := map[string]any{}
		switch r.IntN(5) {
		case 0:
			c = Cond{"district", pick([]string{"eq", "ne", "in", "prefix"}), []string{pick(texts)}}
			if c.Op == "in" {
				c.Values = append(c.Values, pick(texts))
			}
			if c.Op == "eq" && r.IntN(3) == 0 {
				c.Values = []string{OwnDistrict}
			}
			row["district"] = pick(texts)
		case 1:
			c = Cond{"age", pick([]string{"eq", "ne", "lt", "ge"}), []string{strconv.Itoa(r.IntN(5) - 2)}}
			row["age"] = int64(r.IntN(5) - 2)
		case 2:
			c = Cond{"income", pick([]string{"lt", "ge"}), []string{strconv.FormatFloat(float64(r.IntN(9)-4)/4, 'f', 4, 64)}}
			row["income"] = float64(r.IntN(65)-32)/32 + []float64{0, 1e-7, -1e-7}[r.IntN(3)]
		case 3:
			c = Cond{"member", "eq", []string{pick([]string{"true", "false"})}}
			row["member"] = r.IntN(2) == 0
		case 4:
			c = Cond{"born", pick([]string{"lt", "ge"}), []string{"2000-01-0" + strconv.Itoa(1+r.IntN(3))}}
			row["born"] = "2000-01-0" + strconv.Itoa(1+r.IntN(3))
		}
		if r.IntN(10) == 0 {
			delete(row, c.Field)
		}
		text, err := Render(terms(c), q.Resource)
		if err != nil { // an empty value, or one with a zero byte
			continue
		}
		set, err := Compile(text)
		if err != nil {
			t.Fatalf("%v: %v\n%s", c, err, text)
		}
		want := c.holds(q.Resource.Fields[c.Field], row[c.Field], q.District)
		if got := set.Ask(q).Row(row); got != want {
			t.Errorf("%s on %v: Cedar says %v, it means %v", c, row, got, want)
		}
		if want {
			yes++
		}
	}
	if yes < 500 {
		t.Errorf("only %d rows were let through: the test says little", yes)
	}
}

// TestSentences: the words say the same as the policy.
func TestSentences(t *testing.T) {
	x := terms(Cond{"district", "eq", []string{OwnDistrict}}, Cond{"age", "ge", []string{"18"}})
	x.PerMinute, x.PerDay = 60, 5000
	n := Names{Unit: lang.T("滨海新区", "Binhai"), Resource: lang.T("人员", "People"), Purpose: lang.T("应急处置", "emergency"), Field: func(f string) lang.Text { return lang.T("〈"+f+"〉", f) }}
	var zh, en []string
	for _, s := range Sentences(x, []string{"name"}, n, time.UTC) {
		zh, en = append(zh, s.Zh), append(en, s.En)
	}
	if got := strings.Join(zh, ""); got != "“滨海新区”可为“应急处置”调用“人员”，有效期至 2015-11-20 01:00。可见信息项：〈district〉。脱敏后可见的个人信息项：〈name〉。仅限〈district〉等于申请单位所在区县、且〈age〉不小于18的记录。每分钟至多 60 次，每日至多 5000 次。" {
		t.Error(got)
	}
	if got := strings.Join(en, " "); !strings.Contains(got, "It sees only rows where district is the asking unit's own district and age is at least 18.") {
		t.Error(got)
	}
}

// FuzzCond: whatever an officer types as a condition is refused, or becomes a policy that can be read and decided.
func FuzzCond(f *testing.F) {
	for _, s := range []string{"district eq 120101", `district eq " || true || "`, "district prefix 1*", "age lt 5", "income ge 1.5", "born ge 2015-01-01", "seen lt 2015-01-01T00:00:00Z", "district in a|b", "member eq true", "district eq $district"} {
		f.Add(s)
	}
	q := Request{Unit: "binhai", Purpose: "emergency", Now: start, Resource: town()}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCond(s)
		if err != nil {
			return
		}
		text, err := Render(terms(c), q.Resource)
		if err != nil {
			return
		}
		set, err := Compile(text)
		if err != nil {
			t.Fatalf("%q: %v\n%s", s, err, text)
		}
		if set.Ask(q).Row(map[string]any{}) {
			t.Errorf("%q lets through a row that lacks the field", s)
		}
	})
}

// BenchmarkRow is what one decision of Cedar costs.
func BenchmarkRow(b *testing.B) {
	text, err := Render(terms(Cond{"district", "eq", []string{"120101"}}), town())
	if err != nil {
		b.Fatal(err)
	}
	set, err := Compile(text)
	if err != nil {
		b.Fatal(err)
	}
	a := set.Ask(Request{Unit: "binhai", Purpose: "emergency", Now: start, Resource: town()})
	row := map[string]any{"district": "120101"}
	for b.Loop() {
		a.Row(row)
	}
}

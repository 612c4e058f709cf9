package host

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/web"
)

// reserved are names that the program's own addresses, tables and sections of the configuration bear.
var reserved = []string{
	"api", "assets", "zh", "en", "login", "logout", "live", "search", "metrics", "healthz", "readyz", "import", "system",
	"server", "my", "register", "store", "clock", "host", "journal", "entity", "series", "identity", "indicator", "account", "people",
}

// services are the kernel services that a system may say it writes to.
var services = []string{"entity", "series", "journal", "identity", "indicator"}

// roles are the built-in ones; a grant's default roles are among them.
var roles = []string{
	identity.RoleSystem, identity.RoleSecurity, identity.RoleAudit, identity.RoleOfficer, identity.RoleLeader,
	identity.RoleOperator, identity.RoleReader, identity.RoleCitizen,
}

var (
	shortName  = regexp.MustCompile(`^[a-z][a-z0-9]{1,15}$`)
	grantName  = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)+$`)
	dashName   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	tableNames = regexp.MustCompile(`(?i)\b(?:create\s+table|alter\s+table|drop\s+table)(?:\s+if\s+(?:not\s+)?exists)?\s+([a-z0-9_]+)`)
)

// Check holds the declarations of the systems to the contract, before anything is opened. What it finds is a mistake in the
// program, not in its use: the texts are for who writes a system.
func Check(systems []System, plan indicator.Plan, units []identity.Unit) (faults []string) {
	names := map[string]bool{}
	measured := map[string]string{}
	for i := range systems {
		s := &systems[i]
		say := func(format string, args ...any) {
			faults = append(faults, "system "+s.Name+": "+fmt.Sprintf(format, args...))
		}
		switch {
		case !shortName.MatchString(s.Name):
			say("the name is to be a lower-case word of 2 to 16 letters and digits")
		case slices.Contains(reserved, s.Name):
			say("the name is kept for the program itself")
		case names[s.Name]:
			say("the name is there twice")
		}
		names[s.Name] = true
		if s.Title.Zh == "" || s.Title.En == "" {
			say("the title needs both languages")
		}
		if s.Open == nil {
			say("there is no Open")
		}
		checkDeclared(s, say)
		checkConfig(s, say)
		checkFiles(s, say)
		checkPlan(s, plan, units, measured, say)
	}
	return faults
}

type sayFunc func(format string, args ...any)

func checkDeclared(s *System, say sayFunc) {
	seen := map[string]bool{}
	for _, g := range s.Grants {
		if !grantName.MatchString(g.Name) || !s.Common && !strings.HasPrefix(g.Name, s.Name+".") { // what all share may have grants of a kernel part: alarm.answer
			say("grant %q is to be %s.<verb>", g.Name, s.Name)
		}
		if seen[g.Name] {
			say("grant %q is there twice", g.Name)
		}
		seen[g.Name] = true
		if g.Title.Zh == "" || g.Title.En == "" {
			say("grant %q needs a title in both languages", g.Name)
		}
		if len(g.Roles) == 0 {
			say("grant %q has no default role: nobody could use it", g.Name)
		}
		for _, r := range g.Roles {
			if !slices.Contains(roles, r) {
				say("grant %q names role %q, which is none", g.Name, r)
			}
		}
	}
	for _, im := range s.Imports {
		if !dashName.MatchString(im.Name) || seen["import "+im.Name] {
			say("import %q is to be a lower-case word, once", im.Name)
		}
		seen["import "+im.Name] = true
		if im.Title.Zh == "" || im.Title.En == "" {
			say("import %q needs a title in both languages", im.Name)
		}
		if !seen[im.Grant] {
			say("import %q asks for grant %q, which the system does not declare", im.Name, im.Grant)
		}
		for _, e := range im.Extensions {
			if !strings.HasPrefix(e, ".") || e != strings.ToLower(e) {
				say("import %q: the extension %q is to be lower case with its dot", im.Name, e)
			}
		}
	}
	for _, f := range casework.Declared(s.Name, s.Kinds, func(g string) bool { return seen[g] }) {
		say("%s", f)
	}
	for _, n := range s.Needs {
		if !slices.Contains(services, n) {
			say("needs %q, which is no kernel service", n)
		}
	}
}

// checkConfig looks at the struct itself: the sample is printed from it.
func checkConfig(s *System, say sayFunc) {
	if s.Config == nil {
		return
	}
	t := reflect.TypeOf(s.Config)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		say("Config is to be a pointer to a struct")
		return
	}
	checkTags(t.Elem(), say)
}

func checkTags(t reflect.Type, say sayFunc) {
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case !f.IsExported() || f.Tag.Get("toml") == "-":
			continue
		case f.Tag.Get("toml") == "" || f.Tag.Get("doc") == "":
			say("Config.%s needs the tags toml and doc", f.Name)
		case !strings.Contains(f.Tag.Get("doc"), " / "):
			say("Config.%s: doc is to say it in both languages, 中文 / English", f.Name)
		}
		if f.Type.Kind() == reflect.Struct {
			checkTags(f.Type, say)
		}
	}
}

// checkFiles reads the schemas and the migrations.
func checkFiles(s *System, say sayFunc) {
	each := func(files fs.FS, suffix string, fn func(name string, text []byte)) {
		if files == nil {
			return
		}
		found := false
		err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, suffix) {
				return err
			}
			found = true
			text, err := fs.ReadFile(files, name)
			if err == nil {
				fn(name, text)
			}
			return err
		})
		if err != nil || !found {
			say("no *%s is to be read (%v)", suffix, err)
		}
	}
	each(s.Models, ".json", func(name string, text []byte) {
		var schema struct{ Title string }
		if err := json.Unmarshal(text, &schema); err != nil || schema.Title == "" {
			say("%s is no JSON Schema with a title (%v)", name, err)
		}
	})
	each(s.Tables, ".sql", func(name string, text []byte) {
		for _, m := range tableNames.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(strings.ToLower(m[1]), s.Name+"_") {
				say("%s: table %s is to be called %s_…", name, m[1], s.Name)
			}
		}
	})
}

// checkPlan ties the system to the plan: its targets are the plan's, nobody else's, and its owners are units.
func checkPlan(s *System, plan indicator.Plan, units []identity.Unit, measured map[string]string, say sayFunc) {
	for _, id := range s.Indicators {
		i := slices.IndexFunc(plan.Targets, func(t indicator.Target) bool { return t.ID == id })
		switch {
		case i < 0:
			say("indicator %q is no target of the plan", id)
		case plan.Targets[i].System != s.Name:
			say("indicator %q is measured by system %q in the plan", id, plan.Targets[i].System)
		case measured[id] != "":
			say("indicator %q is measured by system %q already", id, measured[id])
		}
		measured[id] = s.Name
	}
	for _, o := range s.Owners {
		if !slices.ContainsFunc(units, func(u identity.Unit) bool { return u.ID == o }) {
			say("owner %q is no unit", o)
		}
	}
}

// CheckOpened holds what a system's Open returned to its declaration.
func CheckOpened(s *System, o *Opened) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if o == nil {
		return []string{"Open returned neither an error nor anything opened"}
	}
	granted := map[string]bool{
		"": true, web.Public: true, web.Anyone: true, identity.GrantOwn: true, identity.GrantManagePeople: true, identity.GrantReadPeople: true,
		identity.GrantReadJournal: true, identity.GrantManageProgram: true, identity.GrantReadProgram: true,
	}
	for _, g := range s.Grants {
		granted[g.Name] = true
	}
	mux := http.NewServeMux()
	for _, r := range o.Routes {
		checkRoute(s.Name, r, granted, say)
		if err := tryPattern(mux, r.Pattern); err != "" {
			say("route %q: %s", r.Pattern, err)
		}
	}
	for _, m := range o.Mounts {
		if m.Handler == nil || !strings.HasPrefix(m.Prefix, "/") || strings.HasSuffix(m.Prefix, "/") {
			say("mount %q needs a prefix that begins with / and does not end with it, and a handler", m.Prefix)
		}
	}
	for _, t := range o.Topics {
		if t.Name != s.Name && !strings.HasPrefix(t.Name, s.Name+".") && !strings.HasPrefix(t.Name, s.Name+"/") && !strings.HasPrefix(t.Name, s.Name+"-") {
			say("topic %q is to be %s or begin with %s.", t.Name, s.Name, s.Name)
		}
		if !granted[t.Grant] {
			say("topic %q asks for grant %q, which nobody declares", t.Name, t.Grant)
		}
	}
	checkWork(s, o, say)
	return faults
}

// checkRoute: pages below /<name>, programs' addresses below /api/<name>, one function of the right kind.
func checkRoute(name string, r web.Route, granted map[string]bool, say sayFunc) {
	method, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		say("route %q needs a method", r.Pattern)
		return
	}
	base := "/" + name
	kinds := 0
	for _, has := range []bool{r.Page != nil, r.Form != nil, r.API != nil} {
		if has {
			kinds++
		}
	}
	if kinds != 1 {
		say("route %q needs exactly one of Page, Form and API", r.Pattern)
	}
	if r.API != nil {
		base = "/api/" + name
	}
	if r.API == nil && strings.HasPrefix(path, "/my/") { // a citizen's own pages
		base = "/my/" + name
	}
	if path != base && !strings.HasPrefix(path, base+"/") && path != base+".csv" && path != base+".json" {
		say("route %q is to stand below %s", r.Pattern, base)
	}
	if r.Page != nil && method != http.MethodGet || r.Form != nil && method != http.MethodPost {
		say("route %q: a Page answers GET, a Form answers POST", r.Pattern)
	}
	if !granted[r.Grant] {
		say("route %q asks for grant %q, which nobody declares", r.Pattern, r.Grant)
	}
}

// tryPattern registers a pattern on a mux of its own and gives what net/http panics with: a bad pattern or a duplicate.
func tryPattern(mux *http.ServeMux, pattern string) (fault string) {
	defer func() {
		if p := recover(); p != nil {
			fault = fmt.Sprint(p)
		}
	}()
	mux.Handle(pattern, http.NotFoundHandler())
	return ""
}

func checkWork(s *System, o *Opened, say sayFunc) {
	seen := map[string]bool{}
	for _, j := range o.Jobs {
		if !dashName.MatchString(j.Name) || j.Run == nil || j.Every < 0 || seen["job "+j.Name] {
			say("job %q needs a name of its own, in lower case, and a Run", j.Name)
		}
		seen["job "+j.Name] = true
	}
	for _, f := range o.Feeds {
		if !dashName.MatchString(f.Name) || f.Run == nil || seen["feed "+f.Name] {
			say("feed %q needs a name of its own, in lower case, and a Run", f.Name)
		}
		seen["feed "+f.Name] = true
	}
	for _, m := range o.Measures {
		if !slices.Contains(s.Indicators, m.Target) || m.Measure == nil {
			say("measures %q, which it does not declare", m.Target)
		}
		if !strings.HasPrefix(m.Evidence, "/") {
			say("target %q has no page of its rows", m.Target)
		}
		seen["target "+m.Target] = true
	}
	for _, id := range s.Indicators {
		if !seen["target "+id] {
			say("declares target %q and does not measure it", id)
		}
	}
	for _, im := range s.Imports {
		if o.Import[im.Name] == nil {
			say("declares import %q and does not take it", im.Name)
		}
	}
	for name := range o.Import {
		if !slices.ContainsFunc(s.Imports, func(im intake.Kind) bool { return im.Name == name }) {
			say("takes import %q, which it does not declare", name)
		}
	}
}

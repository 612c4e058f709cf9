package haihe

import (
	"bytes"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/plans/tianjin"
	"github.com/haihe-city/haihe/systems"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlt645"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// pages are the documents that people read, below the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.ToSlash(name)] = string(b)
		}
	}
	if len(out) < 10 {
		t.Fatalf("%d pages: the test looks in the wrong folder", len(out))
	}
	return out
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// anchor is how a heading is linked to: lower case, blanks become -, marks go.
func anchor(h string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(h) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 0x2E80 && !strings.ContainsRune("（）：、，。；“”", r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestDocsLinks holds every link of every page to a file that is there, and to a heading in it.
func TestDocsLinks(t *testing.T) {
	all, links := pages(t), 0
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			file, at, _ := strings.Cut(m[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(filepath.FromSlash(target)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
				continue
			}
			if at == "" || all[target] == "" {
				continue
			}
			found := slices.ContainsFunc(heading.FindAllStringSubmatch(all[target], -1), func(h []string) bool { return anchor(h[1]) == at })
			if !found {
				t.Errorf("%s: %s has no heading for #%s", name, target, at)
			}
		}
	}
	t.Logf("%d pages, %d links", len(all), links)
}

// TestReadmeSystems holds the tables of both READMEs to the plan's list and to what really runs.
func TestReadmeSystems(t *testing.T) {
	plan, _, err := tianjin.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := pages(t)
	for _, s := range plan.Systems {
		en, zh := "not yet", "未建"
		for _, run := range systems.All() {
			if run.Name == s.ID {
				en, zh = "running", "运行"
			}
		}
		for page, row := range map[string]string{
			"README.md":    "| " + strings.Join([]string{s.Name.En, s.Name.Zh, s.Section, en}, " | ") + " |",
			"README.zh.md": "| " + strings.Join([]string{s.Name.Zh, s.Name.En, s.Section, zh}, " | ") + " |",
		} {
			if !strings.Contains(all[page], "\n"+row+"\n") {
				t.Errorf("%s lacks the row %s", page, row)
			}
		}
	}
}

// TestGuideRoutes holds the developers' guide to the routes of the code: each one below /api/ is told.
func TestGuideRoutes(t *testing.T) {
	guide, routes := pages(t)["docs/guide-developers.md"], 0
	pattern := regexp.MustCompile(`Pattern: "((?:GET|POST|PUT|PATCH|DELETE) /api/[^"]*[^/"])"`)
	for _, f := range sources(t) {
		if f.test || f.dir != "web" && f.dir != "host" && !strings.HasPrefix(f.dir, "systems/") {
			continue
		}
		b, err := os.ReadFile(filepath.FromSlash(f.path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllSubmatch(b, -1) {
			routes++
			if !strings.Contains(guide, "`"+string(m[1])+"`") {
				t.Errorf("%s: %s is not in docs/guide-developers.md", f.path, m[1])
			}
		}
	}
	if routes < 20 {
		t.Errorf("%d routes: the test has lost sight of them", routes)
	}
}

// TestGuideFrames holds the frames of the developers' guide to the codecs: each is one whole frame that is read, and printed
// again byte for byte.
func TestGuideFrames(t *testing.T) {
	line := regexp.MustCompile(`(?m)^(?:(?:FE)*68[0-9A-F]+16|0001[0-9A-F]{16,})$`)
	frames := line.FindAllString(pages(t)["docs/guide-developers.md"], -1)
	if len(frames) < 10 {
		t.Fatalf("%d frames", len(frames))
	}
	for _, text := range frames {
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if raw[0] == 0 {
			if err := againDLMS(raw); err != "" {
				t.Errorf("%s is no message: %s", text, err)
			}
			continue
		}
		if err698, err645, err1376 := again698(raw), again645(raw), again1376(raw); err698 != "" && err645 != "" && err1376 != "" {
			t.Errorf("%s is no frame: %s; %s; %s", text, err698, err645, err1376)
		}
	}
}

func again698(raw []byte) string {
	var sc dlt698.Scanner
	sc.Feed(raw)
	it, ok := sc.Next()
	if !ok || it.Refused != nil {
		return "not DL/T 698.45"
	}
	a, err := dlt698.ParseAPDU(it.Frame.Data)
	if err != nil {
		return err.Error()
	}
	if it.Frame.Data, err = a.Append(nil); err != nil {
		return err.Error()
	}
	printed, err := it.Frame.Append(nil)
	if err != nil || !bytes.Equal(printed, raw) {
		return "it is printed in another way"
	}
	return ""
}

func again1376(raw []byte) string {
	f, n, err := qgdw1376.Parse(raw)
	if err != nil || n != len(raw) {
		return "not Q/GDW 1376.1"
	}
	m, err := qgdw1376.Decode(f)
	if err != nil {
		return err.Error()
	}
	if f, err = qgdw1376.Encode(f.Control, f.Addr, m); err != nil {
		return err.Error()
	}
	if printed, err := f.Append(nil); err != nil || !bytes.Equal(printed, raw) {
		return "it is printed in another way"
	}
	return ""
}

func againDLMS(raw []byte) string {
	f, n, err := dlms.Parse(raw, 0)
	if err != nil || n != len(raw) {
		return "not DLMS"
	}
	a, err := dlms.Decode(f.Data)
	if err != nil {
		return err.Error()
	}
	f.Data = dlms.Encode(a)
	if printed, err := f.Append(nil); err != nil || !bytes.Equal(printed, raw) {
		return "it is printed in another way"
	}
	return ""
}

func again645(raw []byte) string {
	var sc dlt645.Scanner
	sc.Feed(raw)
	it, ok := sc.Next()
	if !ok || it.Refused != nil {
		return "not DL/T 645"
	}
	m, err := dlt645.Decode(it.Frame)
	if err != nil {
		return err.Error()
	}
	printed, err := dlt645.Encode(it.Frame.Addr, m).Append(nil)
	if err != nil || !bytes.Equal(printed, raw) {
		return "it is printed in another way"
	}
	return ""
}

// TestSecurityMatrix holds the sheet of grants in docs/security.md to what the running program says.
func TestSecurityMatrix(t *testing.T) {
	text := pages(t)["docs/security.md"]
	for _, row := range hosttest.Open(t, systems.All()...).People.Matrix().Rows {
		cells := []string{"`" + row.Grant + "`", row.Title.En}
		for _, has := range row.Has {
			cells = append(cells, map[bool]string{true: "✓"}[has])
		}
		if want := "| " + strings.Join(cells, " | ") + " |"; !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("docs/security.md lacks the row %s", want)
		}
	}
}

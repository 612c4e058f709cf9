package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserShots makes the pictures of README from a demo of 20,000 meters. It runs only where HAIHE_SHOTS names a folder:
//
//	HAIHE_SHOTS=$PWD/docs/img go test ./e2e -run TestBrowserShots -count=1
func TestBrowserShots(t *testing.T) {
	dir := os.Getenv("HAIHE_SHOTS")
	if dir == "" {
		t.Skip("HAIHE_SHOTS names no folder: no pictures are made")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := startChrome(t)
	s := startCity(t, "--meters", "20000")
	b := c.open(t, s.url)
	b.login(t, s, "power-officer")
	s.untilNearlyWhole()
	meter := s.meters("/api/grid/meters?state=complete").Meters[0].Address
	for _, m := range s.meters("/api/grid/missing").Meters {
		if m.Measured > 0 { // a day with holes says more than one without
			meter = m.Address
			break
		}
	}
	b.visit(t, "/zh/plan")
	time.Sleep(20 * time.Second) // some measurements arrive on the open page
	for _, p := range []struct {
		file, path string
		l          look
	}{
		{"plan-zh", "/zh/plan", look{"zh", "light", 1440}},
		{"plan-en-dark", "/en/plan", look{"en", "dark", 1440}},
		{"target-zh", "/zh/plan/target/collection-coverage", look{"zh", "light", 1440}},
		{"grid-zh", "/zh/grid", look{"zh", "light", 1440}},
		{"grid-en-dark", "/en/grid", look{"en", "dark", 1440}},
		{"meter-zh", "/zh/grid/meters/" + meter, look{"zh", "light", 1440}},
		{"missing-en", "/en/grid/missing", look{"en", "light", 1440}},
		{"phone-plan-zh", "/zh/plan", look{"zh", "light", 390}},
		{"phone-grid-en-dark", "/en/grid", look{"en", "dark", 390}},
	} {
		b.wear(t, p.l)
		b.visit(t, p.path)
		b.shoot(t, filepath.Join(dir, p.file+".png"))
	}
	b.none(t)
	for _, p := range []struct {
		login, file, path string
		l                 look
	}{
		{"leader", "certificates-zh", "/zh/certificates", look{"zh", "light", 1440}},
		{"leader", "sharing-en", "/en/sharing", look{"en", "light", 1440}},
		{"audit", "seal-en-dark", "/en/seal", look{"en", "dark", 1440}},
	} {
		b := c.open(t, s.url)
		b.login(t, s, p.login)
		b.wear(t, p.l)
		b.visit(t, p.path)
		b.shoot(t, filepath.Join(dir, p.file+".png"))
		b.none(t)
	}
}

// untilNearlyWhole waits until the day's first rush is in.
func (s *server) untilNearlyWhole() {
	s.t.Helper()
	for limit := time.Now().Add(startLimit); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		var x struct{ Value float64 }
		if err := json.Unmarshal(s.get("/api/plan/targets/collection-coverage"), &x); err != nil {
			s.t.Fatal(err)
		}
		if x.Value > 97 {
			return
		}
	}
	s.t.Fatalf("the coverage stays low\n%s", s.errout)
}

// shoot writes what the window shows.
func (b *tab) shoot(t *testing.T, file string) {
	t.Helper()
	b.until(t, `document.querySelectorAll('.maplibregl-map').length === 0 || !!document.querySelector('.maplibregl-canvas')`)
	time.Sleep(time.Second) // the map's first frames
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 300<<10 {
		t.Errorf("%s has %d KB, README wants less than 300", file, out.Len()>>10)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

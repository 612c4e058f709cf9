package cap

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const samples = "../../../shared/data/warnings/"

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(samples + name)
	if os.IsNotExist(err) {
		t.Skip("the samples of alerts are not at hand")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSamples holds the alerts of four countries to what is known of them.
func TestSamples(t *testing.T) {
	accept := map[string]string{ // with a word that must have been read
		"australia.cap": "Yerong Creek Structure Fire", "canada.cap": "Windsor - Leamington - Essex County", "canada_signed.cap": "Environment Canada", "earthquake-iso8859-1.cap": "Usulután",
		"earthquake.cap": "http://earthquake.usgs.gov/research/monitoring/anss/neic/", "earthquake_signed.cap": "http://www.cisn.org/ncmc.html", "no_optional_fields.cap": "USGS-earthquakes-us2010apcd",
		"thunderstorm.cap": "KSTO1055887203", "wcatwc-warning.cap": "PAAQ-1-lqw6d6", "weather.cap": "Flash Flood Watch",
	}
	refuse := map[string][]string{ // with the paths of faults
		"canada_errors.cap": {"alert/references"},
		"noaa_errors.cap":   {"alert/references", "alert/info[1]/urgency", "alert/info[1]/severity", "alert/info[1]/certainty", "alert/info[1]/area[1]/polygon[1]", "alert/info[1]/area[1]/polygon[2]"},
		"invalid.cap":       {"alert/scope"},
		"xee.cap":           {""},
	}
	for name, word := range accept {
		a, err := Read(sample(t, "cap/"+name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := Write(a)
		if err != nil {
			t.Errorf("%s: written: %v", name, err)
		}
		if !strings.Contains(string(out), word) {
			t.Errorf("%s: %q is not in\n%s", name, word, out)
		}
		again, err := Read(out)
		if err != nil {
			t.Errorf("%s: read back: %v", name, err)
			continue
		}
		if second, _ := Write(again); string(second) != string(out) {
			t.Errorf("%s: it is written otherwise the second time", name)
		}
	}
	for name, paths := range refuse {
		_, err := Read(sample(t, "cap/"+name))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: %v", name, e)
		for _, p := range paths {
			found := false
			for _, f := range e.Faults {
				found = found || f.Path == p
			}
			if !found {
				t.Errorf("%s: no fault at %q in %v", name, p, e)
			}
		}
	}
	if all, _ := filepath.Glob(samples + "cap/*.cap"); len(all) != len(accept)+len(refuse) {
		t.Errorf("there are %d samples, %d are known", len(all), len(accept)+len(refuse))
	}
}

const good = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a</identifier><sender>b</sender><sent>2015-11-20T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType>` +
	`<source>s</source><scope>Public</scope><info><language>zh-CN</language><category>Met</category><event>e</event><urgency>Past</urgency><severity>Minor</severity><certainty>Likely</certainty>` +
	`<resource><resourceDesc>d</resourceDesc><mimeType>m</mimeType><size>1</size></resource><area><areaDesc>d</areaDesc><polygon>39,117 39,118 40,118 39,117</polygon><circle>39,117 1.5</circle><altitude>1</altitude><ceiling>2</ceiling></area></info></alert>`

// TestRules: each change of a good alert makes one fault, at its place.
func TestRules(t *testing.T) {
	if _, err := Read([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, change, path string }{
		{"cap:1.2", "cap:1.0", "alert"},
		{"<identifier>a", "<identifier>a b", "alert/identifier"},
		{"<identifier>a", "<identifier>a,b", "alert/identifier"},
		{"<identifier>a", "<identifier>a&amp;b", "alert/identifier"},
		{"<sender>b", "<sender> ", "alert/sender"},
		{"+08:00</sent>", "Z</sent>", "alert/sent"},
		{"+08:00</sent>", "</sent>", "alert/sent"},
		{"T08:00:00+", "T25:00:00+", "alert/sent"},
		{"08:00:00+", "08:00:00.5+", "alert/sent"},
		{"11-20T", "11-31T", "alert/sent"},
		{">Actual<", ">actual<", "alert/status"},
		{">Alert<", ">Update<", "alert/references"},
		{">Public<", ">Private<", "alert/addresses"},
		{">Public<", ">Restricted<", "alert/restriction"},
		{"</scope>", "</scope><restriction>r</restriction>", "alert/restriction"},
		{"</scope>", "</scope><references>a,b</references>", "alert/references[1]"},
		{"</scope>", "</scope><references>a,b,2015-11-20T08:00:00Z</references>", "alert/references[1]"},
		{"</scope>", `</scope><addresses>"a b</addresses>`, "alert/addresses"},
		{"<source>s</source><scope>Public</scope>", "<scope>Public</scope><source>s</source>", "alert/source"},
		{"<source>s</source>", "<source>s</source><source>s</source>", "alert/source"},
		{"<source>s</source>", "<source>s<b/></source>", "alert/source"},
		{"<source>s</source>", "<source x='1'>s</source>", "alert/source/@x"},
		{"<source>s</source>", "<x/>", "alert/x"},
		{"<alert ", "<alert x='1' ", "alert/@x"},
		{"zh-CN", "中文", "alert/info[1]/language"},
		{">Met<", ">Weather<", "alert/info[1]/category[1]"},
		{"<category>Met</category>", "", "alert/info[1]/category"},
		{"<event>e</event>", "<event/>", "alert/info[1]/event"},
		{">Likely<", ">Very Likely<", "alert/info[1]/certainty"},
		{"<mimeType>m</mimeType>", "", "alert/info[1]/resource[1]/mimeType"},
		{"<size>1", "<size>-1", "alert/info[1]/resource[1]/size"},
		{"<areaDesc>d</areaDesc>", "", "alert/info[1]/area[1]/areaDesc"},
		{"39,118 40,118 ", "", "alert/info[1]/area[1]/polygon[1]"},
		{"118 39,117</polygon", "118 39,117.1</polygon", "alert/info[1]/area[1]/polygon[1]"},
		{"40,118", "91,118", "alert/info[1]/area[1]/polygon[1]"},
		{"40,118", "40,181", "alert/info[1]/area[1]/polygon[1]"},
		{"40,118", "40 118", "alert/info[1]/area[1]/polygon[1]"},
		{"40,118", "NaN,118", "alert/info[1]/area[1]/polygon[1]"},
		{"40,118", "1e1,118", "alert/info[1]/area[1]/polygon[1]"},
		{"39,117 1.5", "39,117", "alert/info[1]/area[1]/circle[1]"},
		{"39,117 1.5", "39,117 -1", "alert/info[1]/area[1]/circle[1]"},
		{"<altitude>1</altitude>", "", "alert/info[1]/area[1]/ceiling"},
		{"<altitude>1", "<altitude>x", "alert/info[1]/area[1]/altitude"},
	} {
		changed := strings.Replace(good, c.old, c.change, 1)
		if changed == good {
			t.Errorf("%q is not in the alert", c.old)
		}
		_, err := Read([]byte(changed))
		var e *Error
		if !errors.As(err, &e) || len(e.Faults) != 1 || e.Faults[0].Path != c.path || e.Faults[0].Said.Zh == "" {
			t.Errorf("%q: want one fault at %s: %v", c.change, c.path, err)
		}
	}
}

// TestOld: what 1.1 has otherwise.
func TestOld(t *testing.T) {
	old := strings.Replace(good, "cap:1.2", "cap:1.1", 1)
	for _, c := range []struct {
		old, change string
		ok          bool
	}{
		{"08:00:00+", "08:00:00.5+", true},
		{"+08:00</sent>", "Z</sent>", false},
		{"<mimeType>m</mimeType>", "", true},
		{"</event>", "</event><responseType>Avoid</responseType>", false},
		{"</event>", "</event><responseType>Shelter</responseType>", true},
	} {
		if _, err := Read([]byte(strings.Replace(old, c.old, c.change, 1))); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.change, err)
		}
	}
}

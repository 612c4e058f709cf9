package gbt35965

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/cap"
)

// random makes a valid warning.
func random(r *rand.Rand) *Alert {
	word := func(l []string) string { return l[r.IntN(len(l))] }
	text := func(need bool) string {
		if !need && r.IntN(3) == 0 {
			return ""
		}
		return fmt.Sprintf("文 & <text> \"%d\"\n第二行", r.IntN(1000))
	}
	when := func() time.Time {
		return time.Date(2000+r.IntN(30), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, China)
	}
	maybe := func() time.Time {
		if r.IntN(2) == 0 {
			return time.Time{}
		}
		return when()
	}
	code := fmt.Sprintf("12%04d416%05d", r.IntN(10000), r.IntN(100000))
	id := func() string { s, _ := NewIdentifier(code, when(), r.IntN(10)); return s }
	a := &Alert{Identifier: id(), Sender: text(true), SenderCode: code, SendTime: when(), Status: word(enumerations["status"]), MsgType: word(enumerations["msgType"]), Scope: word(enumerations["scope"]), Secrecy: "None", Note: text(false)}
	if a.Scope == "Restricted" {
		a.Secrecy = word(enumerations["secClassification"][1:])
	}
	for a.MsgType != "Alert" && len(a.References) == 0 || r.IntN(3) == 0 {
		a.References = append(a.References, cap.Reference{Sender: code, Identifier: id(), Sent: when()})
	}
	for len(a.Infos) == 0 || r.IntN(3) == 0 {
		i := Info{Language: word([]string{"zh-CN", "en-US", ""}), EventType: Events[r.IntN(len(Events))].Code, Urgency: word(enumerations["urgency"]), Severity: word(enumerations["severity"]), Certainty: word(enumerations["certainty"]),
			Span: cap.Span{Effective: maybe(), Onset: maybe(), Expires: maybe()}, SenderName: text(false), Headline: text(true), Description: text(true), Instruction: text(false), Web: text(false)}
		for r.IntN(2) == 0 {
			i.Resources = append(i.Resources, Resource{text(true), fmt.Sprint(r.IntN(1000)), ""})
		}
		for len(i.Areas) == 0 || r.IntN(3) == 0 {
			x := Area{Desc: text(true)}
			for r.IntN(2) == 0 {
				lat, lon := 39+r.Float64(), 117+r.Float64()
				x.Polygons = append(x.Polygons, cap.Polygon{{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon + 0.1}, {Lat: lat + 0.1, Lon: lon}, {Lat: lat, Lon: lon}})
				x.Circles = append(x.Circles, cap.Circle{Center: cap.Point{Lat: lat, Lon: lon}, Radius: 10 * r.Float64()})
			}
			for r.IntN(2) == 0 {
				x.Geocodes = append(x.Geocodes, fmt.Sprintf("1201%02d", r.IntN(20)))
			}
			i.Areas = append(i.Areas, x)
		}
		a.Infos = append(a.Infos, i)
	}
	return a
}

// TestRoundTrip: any valid warning survives its own XML, the way through CAP's XML and back, and CAP's shared fields the other way round.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 2000 {
		a := random(r)
		doc, err := Write(a)
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		own, err := Read(doc)
		if err != nil || !reflect.DeepEqual(own, a) {
			t.Fatalf("%d: %v\n%+v\n%+v", n, err, own, a)
		}
		capDoc, err := cap.Write(ToCAP(a))
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		middle, err := cap.Read(capDoc)
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		back, lost, err := FromCAP(middle)
		if err != nil || len(lost) > 0 {
			t.Fatalf("%d: %v, lost %v", n, err, lost)
		}
		backDoc, err := Write(back)
		if err != nil || string(backDoc) != string(doc) {
			t.Fatalf("%d: %v\n%s\n%s", n, err, doc, backDoc)
		}
		if again, err := cap.Write(ToCAP(back)); err != nil || string(again) != string(capDoc) {
			t.Fatalf("%d: %v\n%s\n%s", n, err, again, capDoc)
		}
	}
}

// TestFromForeign: what the structure cannot hold is named, and what it lacks refuses the alert.
func TestFromForeign(t *testing.T) {
	a := ToCAP(random(rand.New(rand.NewPCG(3, 4))))
	a.Incidents = []string{"x"}
	a.Infos[0].Contact, a.Infos[0].ResponseTypes = "c", []string{"Shelter"}
	_, lost, err := FromCAP(a)
	if err != nil || strings.Join(lost, " ") != "alert/incidents alert/info[1]/responseType alert/info[1]/contact" {
		t.Errorf("%v, lost %v", err, lost)
	}
	a.Identifier, a.Infos[0].EventCodes = "KSTO1055887203", nil
	_, _, err = FromCAP(a)
	var e *cap.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "alert/identifier") || !strings.Contains(err.Error(), "alert/info[1]/eventCode") {
		t.Errorf("%v", err)
	}
}

func TestRefuse(t *testing.T) {
	doc, err := Write(&Alert{Identifier: "12000041600000_20151120080000_0", Sender: "天津市气象局", SenderCode: "12000041600000", SendTime: time.Date(2015, 11, 20, 8, 0, 0, 0, China), Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []Info{{EventType: "11B03", Severity: "Red", Headline: "h", Description: "d", Areas: []Area{{Desc: "全市", Geocodes: []string{"120000"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, change, path string }{
		{"_0<", "_10<", "alert/identifier"}, {"_20151120", "_20151320", "alert/identifier"}, {"<senderCode>12", "<senderCode>11", "alert/identifier"},
		{"08:00:00+08:00", "08:00:00+09:00", "alert/sendTime"}, {"2015-11-20 08", "2015-11-20T08", "alert/sendTime"}, {">Actual<", ">System<", "alert/status"}, {">Alert<", ">Cancel<", "alert/references"},
		{">Public<", ">Restricted<", "alert/secClassification"}, {">11B03<", ">1103<", "alert/info[1]/eventType"}, {">Red<", ">Extreme<", "alert/info[1]/severity"}, {">120000<", ">12<", "alert/info[1]/area[1]/geocode[1]"},
		{"<headline>h</headline>", "", "alert/info[1]/headline"}, {"<headline>h</headline>", "<headline/>", "alert/info[1]/headline"}, {"<headline>", "<x/><headline>", "alert/info[1]/x"}, {"<alert>", `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">`, "alert"},
	} {
		changed := strings.Replace(string(doc), c.old, c.change, 1)
		_, err := Read([]byte(changed))
		var e *cap.Error
		if changed == string(doc) || !errors.As(err, &e) || len(e.Faults) != 1 || e.Faults[0].Path != c.path {
			t.Errorf("%q: want one fault at %s: %v", c.change, c.path, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	doc, err := Write(random(rand.New(rand.NewPCG(5, 6))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(b)
		if err != nil {
			return
		}
		out, err := Write(a)
		if err != nil {
			t.Fatalf("read and not written: %v", err)
		}
		again, err := Read(out)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Write(again); err != nil || string(second) != string(out) {
			t.Fatalf("%s\n%s\n%v", out, second, err)
		}
	})
}

package config

import (
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

type gate struct {
	Port    int           `toml:"port" min:"0" max:"65535" doc:"端口 / port"`
	Mode    string        `toml:"mode" choice:"fast,safe" doc:"方式 / mode"`
	Every   time.Duration `toml:"every" min:"1s" doc:"周期 / period"`
	Share   float64       `toml:"share" max:"1" doc:"比例 / share"`
	Names   []string      `toml:"names" doc:"名单 / names"`
	Hidden  string        `toml:"-"`
	Gateway struct {
		Host string `toml:"host" doc:"主机 / host"`
	} `toml:"gateway" doc:"网关 / gateway"`
}

func (g *gate) Valid() error {
	if g.Mode == "fast" && g.Port == 0 {
		return errs.Say(errs.Invalid, "fast 须填端口", "fast needs a port")
	}
	return nil
}

func sections() ([]Section, *gate) {
	g := &gate{Port: 7001, Mode: "safe", Every: time.Minute, Share: 0.5}
	return []Section{{Name: "gate", Title: lang.T("闸机", "Gate"), Into: g}}, g
}

func TestValidIsAsked(t *testing.T) {
	s, _ := sections()
	err := Read("f.toml", "[gate]\nport = 0\nmode = \"fast\"\n", s)
	if msg, _ := errs.MsgOf(err); msg.En != "fast needs a port" || !strings.Contains(err.Error(), "f.toml line 1") {
		t.Errorf("got %v", err)
	}
	s, g := sections()
	g.Share = 2 // from a flag, say
	if err := Check("", "", s); !errs.Is(err, errs.Invalid) {
		t.Errorf("a value out of bounds that no file gave passes: %v", err)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"prot", "port"}, {"PORT", "port"}, {"every", "every"}, {"evry", "every"}, {"gatway", "gateway"}, {"x", ""}, {"somethingelse", ""},
	} {
		if got := nearest(c.name, []string{"port", "mode", "every", "share", "names", "gateway"}); got != c.want {
			t.Errorf("nearest to %q is %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzRead: whatever stands in the file, it is read or refused in words, and what is read passes its own check again.
func FuzzRead(f *testing.F) {
	f.Add("[gate]\nport = 1\n[gate.gateway]\nhost='a'\n")
	f.Add("a.b.c = 1")
	f.Add("[gate]\ngateway = {host = 'x', y = 1}")
	f.Add("[gate]\nevery = \"10ms\"\n")
	f.Add("[[gate]]\nport = 1")
	f.Add("gate.gateway = 3")
	f.Fuzz(func(t *testing.T, text string) {
		s, _ := sections()
		if err := Read("f.toml", text, s); err != nil {
			if msg, ok := errs.MsgOf(err); !ok || msg.Zh == "" || msg.En == "" {
				t.Errorf("%q is refused without words: %v", text, err)
			}
			return
		}
		if err := Check("", "", s); err != nil {
			t.Errorf("%q is read and does not pass its check: %v", text, err)
		}
		var b strings.Builder
		if err := Sample(&b, s); err != nil {
			t.Fatal(err)
		}
		again, _ := sections()
		if err := Read("again.toml", b.String(), again); err != nil {
			t.Errorf("what was read from %q prints as what cannot be read: %v\n%s", text, err, b.String())
		}
	})
}

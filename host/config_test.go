package host

import (
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

type sampleConfig struct {
	Port    int           `toml:"port" min:"0" max:"65535" doc:"端口 / port"`
	Mode    string        `toml:"mode" choice:"fast,safe" doc:"方式 / mode"`
	Every   time.Duration `toml:"every" min:"1s" doc:"周期 / period"`
	Share   float64       `toml:"share" max:"1" doc:"比例 / share"`
	Names   []string      `toml:"names" doc:"名单 / names"`
	Strict  bool          `toml:"strict" doc:"严格 / strict"`
	Gateway struct {
		Host string `toml:"host" doc:"主机 / host"`
	} `toml:"gateway" doc:"网关 / gateway"`
}

func sampleSystems() ([]System, *sampleConfig) {
	c := &sampleConfig{Port: 7001, Mode: "safe", Every: 15 * time.Minute, Share: 1, Names: []string{"a", "b"}}
	c.Gateway.Host = "localhost"
	return []System{{Name: "sample", Title: lang.T("样例", "Sample"), Config: c}}, c
}

func TestConfigIsRead(t *testing.T) {
	systems, c := sampleSystems()
	s := Defaults()
	err := ReadConfig("haihe.toml", `
[server]
listen = "127.0.0.1:9000"
stop_within = "3s"

[sample]
port = 8000
names = ["x"]
[sample.gateway]
host = "gate"
`, &s, systems)
	if err != nil {
		t.Fatal(err)
	}
	if s.Server.Listen != "127.0.0.1:9000" || s.Server.StopWithin != 3*time.Second || s.Server.Log != "text" {
		t.Errorf("settings: %+v", s.Server)
	}
	if c.Port != 8000 || c.Mode != "safe" || len(c.Names) != 1 || c.Gateway.Host != "gate" {
		t.Errorf("sample: %+v", c)
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, zh, en string }{
		{"unknown key", "[server]\nlisten = \"127.0.0.1:80\"\nlissten = \"x\"\n", "haihe.toml 第 3 行：[server] 中没有“lissten”，是否应为“listen”", `haihe.toml line 3: there is no "lissten" in [server]; did you mean "listen"?`},
		{"unknown key, nothing near", "[clock]\nzzzzzz = 1\n", "可用的有：start", "known are: start"},
		{"unknown key of a system", "\n[sample]\n\nprot = 1\n", "第 4 行", `did you mean "port"?`},
		{"unknown key of a table inside", "[sample.gateway]\nhots = 'x'\n", "第 2 行", `did you mean "host"?`},
		{"unknown section", "[sampel]\nport = 1\n", "第 1 行：没有 [sampel] 这一节，是否应为 [sample]", "did you mean [sample]?"},
		{"a key outside of every section", "port = 1\n", "没有 [port] 这一节", "no section [port]"},
		{"a section that is a value", "sample = 1\n", "第 1 行：sample 应为一节", "write it as [sample]"},
		{"syntax", "[server\nlisten = 1\n", "行不合 TOML 语法", "is not TOML"},
		{"the same key twice", "[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n", "TOML", "line 3 is not TOML"},
		{"wrong type", "[sample]\nport = \"eight\"\n", "第 2 行：sample.port 的值类型不对", "line 2: the value of sample.port has the wrong type"},
		{"bad duration", "[sample]\nmode = 'fast'\nevery = \"soon\"\n", "第 3 行", "line 3: the value of sample.every has the wrong type"},
		{"above the bound", "[sample]\nport = 70000\n", "第 2 行：sample.port 为 70000，超出范围（0 至 65535）", "outside of 0 to 65535"},
		{"below the bound", "[sample]\nevery = \"10ms\"\n", "超出范围（1s 至 …）", "is 10ms, outside of 1s to …"},
		{"no such choice", "[store]\nengine = \"mysql\"\n", "store.engine 不能为“mysql”，可选：sqlite, postgres", "choose one of: sqlite, postgres"},
		{"engine without its dsn", "[store]\nengine = \"postgres\"\n", "须填写 store.dsn", "needs store.dsn"},
		{"no address", "[server]\nlisten = \"8080\"\n", "不是监听地址", "no address to listen on"},
		{"half of a certificate", "[server]\nkey = \"k.pem\"\n", "须同时填写", "must be given together"},
		{"no time", "[clock]\nstart = \"2015-11-20\"\n", "不是 RFC 3339 时间", "no RFC 3339 time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			systems, _ := sampleSystems()
			s := Defaults()
			err := ReadConfig("haihe.toml", c.text, &s, systems)
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("got %v, want an invalid configuration", err)
			}
			msg, _ := errs.MsgOf(err)
			if !strings.Contains(msg.Zh, c.zh) || !strings.Contains(msg.En, c.en) {
				t.Errorf("says\n%s\n%s\nwant\n%s\n%s", msg.Zh, msg.En, c.zh, c.en)
			}
		})
	}
}

// TestSampleWorksUnchanged: what the program prints, it reads, and nothing changes by it.
func TestSampleWorksUnchanged(t *testing.T) {
	systems, c := sampleSystems()
	before := *c
	var b strings.Builder
	if err := Sample(&b, systems); err != nil {
		t.Fatal(err)
	}
	s := Defaults()
	if err := ReadConfig("sample.toml", b.String(), &s, systems); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if s != Defaults() || c.Port != before.Port || c.Every != before.Every || c.Share != before.Share || len(c.Names) != 2 || c.Gateway != before.Gateway {
		t.Errorf("the sample changes the defaults: %+v %+v", s, c)
	}
	for _, want := range []string{"[server]", "[sample.gateway]", "端口 / port [0 – 65535]", "[fast | safe]", `every = "15m0s"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the sample lacks %q:\n%s", want, b.String())
		}
	}
}

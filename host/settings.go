package host

import (
	"net"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/trust"
)

// Settings are the program's own sections of the configuration file.
type Settings struct {
	Server  ServerSettings
	Store   StoreSettings
	Clock   ClockSettings
	Notice  NoticeSettings
	Channel channel.Settings
	Trust   TrustSettings
}

// ServerSettings is [server].
type ServerSettings struct {
	Listen      string        `toml:"listen" doc:"监听地址；端口 0 为任选空闲端口 / address to listen on; port 0 takes any free port"`
	Address     string        `toml:"address" doc:"对外网址，如 https://haihe.example.cn；留空则按监听地址 / public address, such as https://haihe.example.cn; empty: as listened on"`
	Certificate string        `toml:"certificate" doc:"TLS 证书文件（PEM）；留空则不启用 TLS / TLS certificate file (PEM); empty: no TLS"`
	Key         string        `toml:"key" doc:"TLS 私钥文件（PEM） / TLS key file (PEM)"`
	LoginListen string        `toml:"certificate_login_listen" doc:"证书登录入口的监听地址，如 :8443；须已启用 TLS 并填写 address；留空则不提供证书登录 / address of the door where browsers sign in with certificates, such as :8443; wants TLS and address; empty: none"`
	LoginDoor   string        `toml:"certificate_login_address" doc:"证书登录入口的对外网址；留空则为 address 的主机名加监听端口 / public address of that door; empty: the host of address with the port listened on"`
	Metrics     string        `toml:"metrics" choice:"loopback,grant,open" doc:"何人可读 /metrics：loopback 本机或有 system.read 权限者，grant 仅有权限者，open 任何人 / who may read /metrics: loopback (this machine, or the grant system.read), grant, open"`
	Proxied     bool          `toml:"proxied" doc:"前有反向代理，来访地址取 X-Forwarded-For 末项 / a reverse proxy stands before it: the caller's address is the last of X-Forwarded-For"`
	PublicPlan  bool          `toml:"public_plan" doc:"行动方案页面和数据对公众开放 / the plan's pages and figures are open to anybody"`
	Register    bool          `toml:"register" doc:"市民和企业可自行注册账户，只能查看本人的信息 / citizens and firms may make accounts of their own, which see only what is theirs"`
	Log         string        `toml:"log" choice:"text,json" doc:"日志格式 / format of the log"`
	Level       string        `toml:"level" choice:"debug,info,warn,error" doc:"日志级别 / level of the log"`
	StopWithin  time.Duration `toml:"stop_within" min:"1s" max:"10m" doc:"停机宽限时间 / time to stop in"`
	MaxLinks    int           `toml:"max_connections" min:"16" max:"1000000" doc:"同时打开的 HTTP 连接上限；达到后新连接排队等候 / HTTP connections open at once; further ones wait in line"`
	Memory      int64         `toml:"memory" min:"0" max:"16777216" doc:"内存软上限（MiB）；0 为自动：2200，或本机可用内存的六成（取小者），随实际占用放宽 / limit of memory that the collector works towards (MiB); 0: 2200 or six tenths of what the machine allows, whichever is less, and more where more is really held"`
	MaxImport   int64         `toml:"max_import" min:"1" max:"1048576" doc:"导入文件上限（MiB） / largest file of an import (MiB)"`
}

// StoreSettings is [store].
type StoreSettings struct {
	Engine string `toml:"engine" choice:"sqlite,postgres" doc:"存储引擎 / storage engine"`
	Data   string `toml:"data" doc:"数据目录 / folder of the data"`
	DSN    string `toml:"dsn" doc:"PostgreSQL 连接串，引擎为 postgres 时必填 / PostgreSQL connection string, needed by the engine postgres"`
	Shared bool   `toml:"shared" doc:"是否有多个实例共用此库（仅 postgres） / whether several instances share the database (postgres only)"`
}

// ClockSettings is [clock].
type ClockSettings struct {
	Start string `toml:"start" doc:"首次启动时的方案时间（RFC 3339），如 2015-11-20T09:30:00+08:00；留空为实际时间；此后不再更改 / the plan's time at the first start (RFC 3339), such as 2015-11-20T09:30:00+08:00; empty: real time; never changed later"`
}

// Defaults are the settings of a program without a configuration file.
func Defaults() Settings {
	return Settings{
		Server: ServerSettings{
			Listen: "127.0.0.1:8080", Metrics: "loopback", Register: true, Log: "text", Level: "info",
			StopWithin: 10 * time.Second, MaxLinks: 10_000, MaxImport: 4096,
		},
		Store:   StoreSettings{Engine: "sqlite", Data: "haihe-data"},
		Notice:  NoticeSettings{Parallel: 16},
		Channel: channel.Defaults(),
		Trust:   TrustSettings{Hold: trust.Software},
	}
}

// At is the time that Start names; the zero time where it is empty.
func (c ClockSettings) At() (time.Time, error) {
	if c.Start == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return t, errs.Say(errs.Invalid, "clock.start“%s”不是 RFC 3339 时间，应形如 2015-11-20T09:30:00+08:00",
			"clock.start %q is no RFC 3339 time, write it like 2015-11-20T09:30:00+08:00", c.Start)
	}
	return t, nil
}

// Valid checks what tags cannot say.
func (c *ClockSettings) Valid() error { _, err := c.At(); return err }

// secure tells whether the program is reached over TLS, which may end at a proxy.
func (s *ServerSettings) secure() bool {
	return s.Certificate != "" || strings.HasPrefix(s.Address, "https://")
}

// Valid checks what tags cannot say.
func (s *ServerSettings) Valid() error {
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		return errs.Say(errs.Invalid, "server.listen“%s”不是监听地址，应形如 127.0.0.1:8080",
			"server.listen %q is no address to listen on, write it like 127.0.0.1:8080", s.Listen)
	}
	if (s.Certificate == "") != (s.Key == "") {
		return errs.Say(errs.Invalid, "server.certificate 与 server.key 须同时填写", "server.certificate and server.key must be given together")
	}
	if s.LoginListen != "" && (s.Certificate == "" || !strings.HasPrefix(s.Address, "https://")) {
		return errs.Say(errs.Invalid, "启用 server.certificate_login_listen 须同时填写 server.certificate、server.key 和以 https:// 开头的 server.address",
			"server.certificate_login_listen wants server.certificate, server.key and a server.address that begins with https://")
	}
	if s.Address != "" && !strings.HasPrefix(s.Address, "http://") && !strings.HasPrefix(s.Address, "https://") {
		return errs.Say(errs.Invalid, "server.address“%s”应以 http:// 或 https:// 开头", "server.address %q must begin with http:// or https://", s.Address)
	}
	return nil
}

// Valid checks what tags cannot say.
func (s *StoreSettings) Valid() error {
	switch {
	case s.Engine == "postgres" && s.DSN == "":
		return errs.Say(errs.Invalid, "引擎为 postgres 时须填写 store.dsn", "the engine postgres needs store.dsn")
	case s.Engine == "sqlite" && s.Shared:
		return errs.Say(errs.Invalid, "store.shared 仅可用于 postgres", "store.shared works with postgres only")
	case s.Data == "":
		return errs.Say(errs.Invalid, "store.data 不能为空", "store.data must not be empty")
	}
	return nil
}

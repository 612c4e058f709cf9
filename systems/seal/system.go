package seal

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/note"
)

// Config is the [seal] section.
type Config struct {
	Origin      string        `toml:"origin" doc:"日志的来源标识，如 haihe.example.cn/journal；留空则首次启动时生成；此后不能更改 / origin of the log, such as haihe.example.cn/journal; empty: made at the first start; never changed later"`
	Every       time.Duration `toml:"every" min:"1s" max:"24h" doc:"签署检查点的间隔；没有新条目则不签 / how often a checkpoint is signed, where there is something new"`
	Witnesses   []string      `toml:"witnesses" doc:"见证节点，每项为“网址 校验密钥”，如 https://b.example.cn/log/witness 名称+编号+Base64 / witnesses, each an address and a verifier key"`
	Stamp       string        `toml:"stamp" doc:"时间戳服务网址（RFC 3161），可为本平台的 /tsa 或外部机构；留空则不加盖 / address of a time-stamp service (RFC 3161), this platform's /tsa or another's; empty: no time stamps"`
	StampEvery  time.Duration `toml:"stamp_every" min:"1m" max:"24h" doc:"给检查点加盖时间戳的间隔；每日结束时另加盖一次 / how often a checkpoint is time-stamped; the last of each day is besides"`
	StampDigest string        `toml:"stamp_digest" doc:"时间戳请求所用的摘要算法：sm3 或 sha256；本平台的 /tsa 对 sm3 以 SM2 签署 / digest that time stamps are asked with, sm3 or sha256; this platform's /tsa signs with SM2 where it is sm3"`
	StampRoots  string        `toml:"stamp_roots" doc:"时间戳机构的根证书文件（PEM）；给出则逐一验证并随日志导出 / root certificates of the time-stamp authority (PEM): tokens are verified against them, and they are exported with the log"`
	Logs        []string      `toml:"logs" doc:"本节点为之见证的他方日志的校验密钥 / verifier keys of other nodes' logs that this one witnesses"`
}

// Valid checks what tags cannot say.
func (c *Config) Valid() error {
	if c.Origin != "" {
		if _, err := note.NewKey(c.Origin, note.Own, []byte("x\nx")); err != nil {
			return errs.Say(errs.Invalid, "seal.origin 不能含空格或加号", "seal.origin must not have spaces or plus signs")
		}
	}
	if _, err := c.witnesses(); err != nil {
		return err
	}
	if u, err := url.Parse(c.Stamp); c.Stamp != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errs.Say(errs.Invalid, "seal.stamp 应为 http 或 https 网址", "seal.stamp is to be an http or https address")
	}
	if digests[c.StampDigest] == "" {
		return errs.Say(errs.Invalid, "seal.stamp_digest 应为 sm3 或 sha256", "seal.stamp_digest is to be sm3 or sha256")
	}
	_, err := c.logs()
	return err
}

// witness is a node that is asked to cosign.
type witness struct {
	address string
	keys    []note.Key
}

func (c *Config) witnesses() (out []witness, err error) {
	for _, line := range c.Witnesses {
		address, key, ok := strings.Cut(line, " ")
		keys, err := audit.ParseKeys([]byte(key))
		if !ok || err != nil || len(keys) == 0 || !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			return nil, errs.Say(errs.Invalid, "seal.witnesses 中“%s”有误，应为“网址 校验密钥”", "%q in seal.witnesses should be an address and a verifier key", line)
		}
		out = append(out, witness{address: strings.TrimSuffix(address, "/"), keys: keys})
	}
	return out, nil
}

func (c *Config) logs() (keys []note.Key, err error) {
	if keys, err = audit.ParseKeys([]byte(strings.Join(c.Logs, "\n"))); err != nil {
		return nil, errs.Say(errs.Invalid, "seal.logs 中有无效的校验密钥", "seal.logs holds what is no verifier key")
	}
	return keys, nil
}

const (
	prefix  = "/log"
	logName = "journal" // of the journal among the logs
	read    = identity.GrantReadJournal
)

var title = lang.T("日志存证", "Journal evidence")

// System declares the evidence of the journal.
func System() host.System {
	conf := &Config{Every: 10 * time.Second, StampEvery: time.Hour, StampDigest: "sha256"}
	return host.System{
		Name:     "seal",
		Title:    title,
		Icon:     "book",
		Common:   true,
		Sections: []string{"3.5.5", "3.5.3"},
		Owners:   []string{"economy-it"},
		Config:   conf,
		Open: func(ctx context.Context, h *host.Host) (*host.Opened, error) {
			o, _, err := openRoom(ctx, h, *conf)
			return o, err
		},
	}
}

func openRoom(ctx context.Context, h *host.Host, conf Config) (_ *host.Opened, s *service, err error) {
	s = &service{h: h, conf: conf, client: &http.Client{Timeout: 10 * time.Second}}
	if s.witnesses, err = conf.witnesses(); err != nil {
		return nil, nil, err
	}
	if s.foreign, err = conf.logs(); err != nil {
		return nil, nil, err
	}
	if s.logs, err = tiles.Open(ctx, h.DB, h.Clock.Now); err != nil {
		return nil, nil, err
	}
	if err := s.openLog(ctx); err != nil {
		return nil, nil, err
	}
	if err := s.openWitness(ctx); err != nil {
		return nil, nil, err
	}
	if err := s.openStamps(ctx); err != nil {
		return nil, nil, err
	}
	o := &host.Opened{
		Routes: []web.Route{
			{Pattern: "GET /seal", Grant: read, Page: s.page},
			{Pattern: "GET /api/seal/proof/{seq}", Grant: read, API: s.apiProof},
		},
		Mounts: []web.Mount{{Prefix: prefix, Handler: s.handler()}},
		Jobs:   []host.Job{{Name: "checkpoint", Every: conf.Every, Run: s.fold}},
		Health: s.health,
		Close:  s.stop,
	}
	if conf.Stamp != "" {
		o.Jobs = append(o.Jobs, host.Job{Name: "stamp", Every: look, Run: s.stamp})
	}
	if len(s.witnesses) > 0 {
		o.Jobs = append(o.Jobs, host.Job{Name: "witness", Every: conf.Every, Run: s.askWitnesses})
	}
	return o, s, nil
}

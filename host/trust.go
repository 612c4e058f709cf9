package host

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust"
)

// TrustSettings is [trust].
type TrustSettings struct {
	SealFile string `toml:"seal_file" doc:"密钥保护文件；留空为数据目录下的 seal.key，首次启动时生成。须另行备份：丢失后平台的私钥无法再用 / file that private keys are sealed under; empty: seal.key in the folder of the data, made at the first start. Back it up apart: without it the platform's keys are lost"`
}

// openTrust opens the keys, and says where some of them cannot be used.
func (p *Program) openTrust(ctx context.Context) (err error) {
	if p.Trust, err = trust.Open(ctx, trust.Options{DB: p.o.DB, Journal: p.Journal, Now: p.o.Clock.Now, Seal: p.o.Seal}); err != nil {
		return errs.Wrap("open the keys", err)
	}
	foreign, err := p.Trust.Foreign(ctx)
	if err != nil {
		return errs.Wrap("look at the keys", err)
	}
	if foreign > 0 {
		p.o.Log.Error("keys lie under another seal file and cannot be used; put that file back and start again", "keys", foreign, "seal", p.Trust.SealID())
	}
	return nil
}

// startTrust begins what the keys need: shutting what was retired elsewhere, counting uses.
func (p *Program) startTrust() {
	p.work.start(&worker{system: "trust", kind: "job", name: "tick", every: 5 * time.Second, run: p.Trust.Tick})
}

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
	Hold     string `toml:"hold" choice:"software,pkcs11" doc:"新的 ECDSA 密钥存放处；SM2 密钥总在软件中 / where new ECDSA keys lie; SM2 keys always lie in software"`
	Module   string `toml:"module" doc:"密码设备的 PKCS#11 库路径；留空则不连接。需用 -tags pkcs11 编译的程序 / path of a token's PKCS#11 library; empty: none. Needs a program built with -tags pkcs11"`
	Token    string `toml:"token" doc:"密码设备的标签 / label of the token"`
	PINFile  string `toml:"pin_file" doc:"存放设备口令的文件，权限 600 / file with the token's PIN, mode 600"`
}

// Valid checks what tags cannot say.
func (t *TrustSettings) Valid() error {
	if (t.Module == "") != (t.Token == "" && t.PINFile == "") || t.Hold == trust.PKCS11 && t.Module == "" {
		return errs.Say(errs.Invalid, "trust.module、trust.token 与 trust.pin_file 须同时填写；trust.hold 为 pkcs11 时必填", "trust.module, trust.token and trust.pin_file are given together, and are needed where trust.hold is pkcs11")
	}
	return nil
}

// openTrust opens the keys, and says where some of them cannot be used.
func (p *Program) openTrust(ctx context.Context) (err error) {
	if p.Trust, err = trust.Open(ctx, trust.Options{DB: p.o.DB, Journal: p.Journal, Now: p.o.Clock.Now, Seal: p.o.Seal, Token: p.o.Token, Prefer: p.o.Settings.Trust.Hold}); err != nil {
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

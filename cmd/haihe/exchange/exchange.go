package exchange

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/systems/sharing/stamp"
)

// Command is haihe exchange.
func Command() cli.Command {
	c := cli.Command{
		Name: "exchange", Args: "verify RECEIPT [--registry SHA256] [--members FILE] [--tsa FILE]", Says: lang.T("验证跨节点调用的回执", "verify the receipt of a call between nodes"),
		Details: lang.T("只需回执文件，不需联网和平台：验证双方签名、当时的成员登记、日志位置与检查点。--registry 给出所信任的登记证书指纹。",
			"Needs the receipt and nothing else: the signatures of both, what the registry stated then, the place in the log and its checkpoint. --registry is the fingerprint of the registry's certificate that is trusted."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var pin, tsa, members string
		f := cli.NewFlags(c)
		f.StringVar(&pin, "registry", "", "登记证书的 SHA-256（十六进制） / SHA-256 of the registry's certificate, hexadecimal")
		f.StringVar(&tsa, "tsa", "", "验证时间戳的信任证书文件（PEM） / file of certificates that time stamps are verified against (PEM)")
		f.StringVar(&members, "members", "", "登记节点此后的成员名单（JSON）：回执之后的撤销由此得知 / the registry's list of members of a later day (JSON): it tells of revocations since the receipt")
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 || words[0] != "verify" {
			return cli.Usage("请写 exchange verify 回执文件", "write exchange verify RECEIPT")
		}
		b, err := os.ReadFile(words[1])
		if err != nil {
			return cli.WithCode(cli.ExitUsage, errs.Because(err, errs.Invalid, "文件 %s 读不了；请检查路径和权限", "the file %s cannot be read; check its path and permissions", words[1]))
		}
		var r record.Receipt
		if err := json.Unmarshal(b, &r); err != nil {
			return cli.WithCode(cli.ExitData, errs.Because(err, errs.Invalid, "文件 %s 不是回执", "the file %s is no receipt", words[1]))
		}
		if err := later(&r, members); err != nil {
			return err
		}
		stamped, err := stampedBy(sh, tsa)
		if err != nil {
			return err
		}
		p, err := r.Verify(pin, stamped)
		if err != nil {
			return cli.WithCode(cli.ExitData, err)
		}
		sayProven(sh, p, pin)
		if len(r.Stamp) > 0 && stamped == nil {
			sh.Say("回执带有时间戳，未验证；请用 --tsa 给出时间戳机构的信任证书", "the receipt bears a time stamp, which was not verified; give its authority's certificates with --tsa")
		}
		return nil
	}
	return c
}

// later adds what the registry stated afterwards; its signatures are checked with the receipt's own.
func later(r *record.Receipt, file string) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return cli.WithCode(cli.ExitUsage, errs.Because(err, errs.Invalid, "文件 %s 读不了；请检查路径和权限", "the file %s cannot be read; check its path and permissions", file))
	}
	if err := r.Later(b); err != nil {
		return cli.WithCode(cli.ExitData, errs.Because(err, errs.Invalid, "文件 %s 不是成员名单", "the file %s is no list of members", file))
	}
	return nil
}

// sayProven prints what a receipt proves, one fact a line.
func sayProven(sh *cli.Shell, p *record.Proven, pin string) {
	sh.Say("回执有效", "the receipt is valid")
	q, a := &p.Request, &p.Response
	sh.Printf("call %s caller=%s person=%s provider=%s resource=%s purpose=%s", q.Call, q.Caller, q.Person, q.Provider, q.Resource, q.Purpose)
	sh.Printf("asked %s body-sha256=%x", time.Unix(q.Created, 0).UTC().Format(time.RFC3339), q.Digest)
	if len(p.ResponseSig) == 0 {
		sh.Printf("answer none reason=%s", a.Type)
	} else {
		sh.Printf("answer %s status=%d body-sha256=%x", time.Unix(a.Created, 0).UTC().Format(time.RFC3339), a.Status, a.Digest)
	}
	if !p.Stamped.IsZero() {
		sh.Printf("stamped %s by=%s", p.Stamped.UTC().Format(time.RFC3339), p.By)
	}
	for _, e := range p.Ended {
		at := e.At.UTC().Format(time.RFC3339)
		sh.Say("成员“%s”的证书后于 %s 撤销；签名在前，仍然有效", "the certificate of the member %q was revoked later, at %s; it signed before that, and the signature holds", e.Member, at)
	}
	sh.Printf("log side=%s leaf-of=%d registry-sha256=%s", p.Side, p.Size, p.Registry)
	if pin == "" {
		sh.Say("登记证书由回执自带；请与另行取得的指纹比对", "the registry's certificate came with the receipt; compare its fingerprint with one that you got elsewhere")
	}
}

// stampedBy verifies time stamps against the certificates of a file; nil where none is named.
func stampedBy(sh *cli.Shell, file string) (record.Stamped, error) {
	if file == "" {
		return nil, nil
	}
	anchors, err := tsp.ReadAnchors(file)
	return stamp.Verifier(anchors, sh.Now), cli.WithCode(cli.ExitUsage, err)
}

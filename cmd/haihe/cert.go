package main

import (
	"context"

	"github.com/haihe-city/haihe/cmd/haihe/certcheck"
	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

func certCommand() cli.Command {
	c := cli.Command{
		Name: "cert", Args: "verify --root F LEAF", Says: lang.T("验证证书路径", "validate a certificate's path"),
		Details: lang.T("按 RFC 5280 验证证书 LEAF 到信任锚的路径，输出结论和理由；有效时退出码为 0，无效时为 5。文件可为 DER 或 PEM，PEM 可含多份；--intermediate、--crl、--ocsp 可多次给出。给出 --crl 或 --ocsp 时，默认要求查明每份证书的吊销状态。",
			"validates the path from the certificate LEAF to a trust anchor by RFC 5280 and prints verdict and reason; the exit code is 0 where it is valid and 5 where not. Files are DER or PEM, PEM may hold several; --intermediate, --crl and --ocsp may be given many times. With --crl or --ocsp every certificate's revocation status must be known unless --revocation says otherwise."),
	}
	c.Run = func(_ context.Context, sh *cli.Shell, args []string) error {
		f := cli.NewFlags(c)
		q := certcheck.Flags(f.FlagSet)
		words, err := f.Parse(sh, args)
		switch {
		case err != nil:
			return err
		case len(words) != 2 || words[0] != "verify":
			return cli.Usage("请写 cert verify --root 文件 LEAF", "write cert verify --root FILE LEAF")
		}
		code := map[errs.Kind]int{errs.Internal: cli.ExitOther, errs.Conflict: cli.ExitVerify, errs.Invalid: cli.ExitUsage, errs.NotFound: cli.ExitUsage}
		err = q.Verify(sh.Out, sh.Now(), words[1])
		return cli.WithCode(code[errs.KindOf(err)], err)
	}
	return c
}

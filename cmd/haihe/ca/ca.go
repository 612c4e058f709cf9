package ca

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/custody"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
)

// The files of a root's folder.
const (
	certificateFile = "root.pem"
	keyFile         = "root.key"
	listFile        = "root.crl"
	logFile         = "root.log"
)

// flags are what the command line says.
type flags struct {
	dir, first, second            string
	algorithm, name, organization string
	address, request, out, reason string
	years, days                   int
	revoke                        []string
}

// Command is haihe ca.
func Command() cli.Command { return command(custody.Present()) }

// command takes the cost of guessing a passphrase of a new root.
func command(cost custody.Cost) cli.Command {
	c := cli.Command{
		Name: "ca", Args: "init-root | sign | crl | log --dir DIR …", Says: lang.T("离线根 CA：建根、签署签发机构、签发吊销列表", "the offline root: make it, sign authorities, sign its revocation list"),
		Details: lang.T("在不联网的专用设备上运行，只读写 --dir 目录中的文件：root.pem（根证书）、root.key（根密钥，由两名保管人的口令共同保护，缺一不可）、root.crl（吊销列表）、root.log（操作日志，逐行相连并由根签署）。\n  init-root --algorithm sm2|ecdsa --organization 单位 --address http://…/pki   建立根\n  sign --request 文件.csr --out 文件.pem   签署签发机构的证书请求（在平台“签发机构与吊销列表”页下载），所得证书链在同一页面上传\n  crl [--revoke 证书文件或序列号 --reason 原因]   签发吊销列表，在同一页面上传\n  log   核验操作日志\n口令在终端输入且不回显，或取自 --custodian-1-file、--custodian-2-file 两个文件；不接受写在命令行上的口令。",
			"Runs on a machine of its own without a network and reads and writes the files of --dir only: root.pem (certificate), root.key (the key, under two custodians' passphrases, both needed), root.crl (revocation list), root.log (what was done, each line tied to the one before and signed by the root).\n  init-root --algorithm sm2|ecdsa --organization NAME --address http://…/pki   make the root\n  sign --request FILE.csr --out FILE.pem   sign an authority's request, which the page “Authorities and lists of revocation” gives; the chain is uploaded there\n  crl [--revoke CERTIFICATE|SERIAL --reason WHY]   sign the revocation list, which is uploaded there too\n  log   check the log\nPassphrases are typed on the terminal without echo, or read from the two files of --custodian-1-file and --custodian-2-file; never from the command line."),
	}
	c.Run = func(_ context.Context, sh *cli.Shell, args []string) error {
		var o flags
		f := cli.NewFlags(c)
		o.declare(f)
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 1 || o.dir == "" {
			return cli.Usage("请写 ca init-root、sign、crl 或 log，并给出 --dir 目录", "write ca init-root, sign, crl or log, with --dir DIR")
		}
		switch words[0] {
		case "init-root":
			err = o.initRoot(sh, cost)
		case "sign":
			err = o.sign(sh)
		case "crl":
			err = o.list(sh)
		case "log":
			err = o.log(sh)
		default:
			return cli.Usage("ca 没有“%s”这一操作，可用的有 init-root、sign、crl、log", "ca does not know %q; there are init-root, sign, crl and log", words[0])
		}
		code := map[errs.Kind]int{errs.Conflict: cli.ExitVerify, errs.Invalid: cli.ExitUsage, errs.NotFound: cli.ExitUsage, errs.Denied: cli.ExitData, errs.Unavailable: cli.ExitData}[errs.KindOf(err)]
		if err != nil && code == 0 {
			code = cli.ExitOther
		}
		return cli.WithCode(code, err)
	}
	return c
}

func (o *flags) declare(f *cli.Flags) {
	f.StringVar(&o.dir, "dir", "", "根的目录 / folder of the root")
	f.StringVar(&o.first, "custodian-1-file", "", "第一保管人的口令文件 / file with the first custodian's passphrase")
	f.StringVar(&o.second, "custodian-2-file", "", "第二保管人的口令文件 / file with the second custodian's passphrase")
	f.StringVar(&o.algorithm, "algorithm", "sm2", "init-root：sm2 或 ecdsa / sm2 or ecdsa")
	f.StringVar(&o.name, "name", "根证书", "init-root：根的名称（CN） / the root's common name")
	f.StringVar(&o.organization, "organization", "", "init-root：单位名称（O） / organisation")
	f.StringVar(&o.address, "address", "", "init-root：根证书和吊销列表的发布地址，即平台的 /pki / where certificate and list are given out: the platform's /pki")
	f.IntVar(&o.years, "years", 0, "有效年数，根 20，签发机构 10 / years in force, 20 for a root, 10 for an authority")
	f.StringVar(&o.request, "request", "", "sign：证书请求（PEM 或 DER） / request (PEM or DER)")
	f.StringVar(&o.out, "out", "", "sign：写证书链的文件 / file for the chain")
	f.Func("revoke", "crl：吊销的证书文件或序列号，可重复 / certificate file or serial number to revoke; may be repeated", func(s string) error { o.revoke = append(o.revoke, s); return nil })
	f.StringVar(&o.reason, "reason", "cessation", "crl：ca-compromise、affiliation-changed、superseded 或 cessation / why")
	f.IntVar(&o.days, "days", 180, "crl：到下次更新的天数 / days to the next update")
}

func (o *flags) path(name string) string { return filepath.Join(o.dir, name) }

// passphrases asks both custodians, twice each for a new root.
func (o *flags) passphrases(sh *cli.Shell, fresh bool) (out [2]string, err error) {
	for i, who := range []struct {
		file, flag string
		asked      lang.Text
	}{{o.first, "--custodian-1-file", lang.T("第一保管人的口令", "first custodian's passphrase")}, {o.second, "--custodian-2-file", lang.T("第二保管人的口令", "second custodian's passphrase")}} {
		if who.file != "" {
			if out[i], err = cli.SecretFile(who.file); err != nil {
				return out, err
			}
			continue
		}
		if out[i], err = sh.Secret(who.asked, who.flag); err != nil || !fresh {
			if err != nil {
				return out, err
			}
			continue
		}
		again, err := sh.Secret(lang.T("再输入一次", "once more"), who.flag)
		if err != nil {
			return out, err
		}
		if again != out[i] {
			return out, errs.Say(errs.Invalid, "两次输入的口令不一致", "the two entries differ")
		}
	}
	return out, nil
}

// root is a root's folder as it was read.
type root struct {
	cert   *cert.Certificate
	header custody.Header
	sealed []byte
	record record
	key    crypto.Signer // after open
}

// read reads certificate, key file and log, and holds them to each other.
func (o *flags) read(sh *cli.Shell) (*root, error) {
	b, err := os.ReadFile(o.path(certificateFile))
	if err != nil {
		return nil, errs.Because(err, errs.NotFound, "根证书 %s 读不了；请先运行 haihe ca init-root", "the root's certificate %s cannot be read; haihe ca init-root makes one", o.path(certificateFile))
	}
	r := &root{}
	if r.cert, err = cert.Read(b); err != nil {
		return nil, errs.Because(err, errs.Invalid, "%s 不是证书", "%s is no certificate", o.path(certificateFile))
	}
	if err := cert.SignedBy(r.cert, r.cert); err != nil {
		return nil, errs.Because(err, errs.Conflict, "根证书的签名无效，文件被改动", "the root's certificate is not signed by itself: the file was changed")
	}
	if r.sealed, err = os.ReadFile(o.path(keyFile)); err != nil {
		return nil, errs.Because(err, errs.NotFound, "根密钥文件 %s 读不了", "the root key file %s cannot be read", o.path(keyFile))
	}
	if r.header, err = custody.Read(r.sealed); err != nil {
		return nil, err
	}
	if r.header.KeyID != hex.EncodeToString(r.cert.SubjectKeyId) {
		return nil, errs.Say(errs.Conflict, "根密钥文件与根证书不是同一密钥", "key file and certificate are of different keys")
	}
	if r.record, err = readLog(o.path(logFile), r.cert); err != nil {
		return nil, err
	}
	if r.record.torn {
		sh.Say("操作日志末尾有一行未写完：上次操作中断，其结果未交出", "the last line of the log was not written to its end: that act was cut off, and nothing of it was handed out")
	}
	if len(r.record.acts) == 0 || r.record.acts[0].SHA256 != digest(r.cert.Raw) {
		return nil, errs.Say(errs.Conflict, "操作日志不属于此根证书", "the log is not this root's")
	}
	return r, nil
}

// open opens the key with both passphrases.
func (o *flags) open(sh *cli.Shell, r *root) error {
	p, err := o.passphrases(sh, false)
	if err != nil {
		return err
	}
	k, _, err := custody.Open(r.sealed, p[0], p[1])
	if err != nil {
		return err
	}
	id, err := pki.KeyID(k.Public())
	if err != nil || hex.EncodeToString(id) != hex.EncodeToString(r.cert.SubjectKeyId) {
		return errs.Say(errs.Conflict, "根密钥文件与根证书不是同一密钥", "key file and certificate are of different keys")
	}
	r.key = k
	return nil
}

func digest(der []byte) string {
	s := sha256.Sum256(der)
	return hex.EncodeToString(s[:])
}

// kept says where an act stands in the log, for the minutes.
func kept(sh *cli.Shell, number int64, digest string) {
	sh.Printf("log line=%d sm3=%s", number, digest)
	sh.Say("请将上一行记入保管人的操作记录", "write the line above into the custodians' minutes")
}

// lead is how long before now certificates begin, so that a platform whose clock is a little behind takes them.
const lead = time.Hour

func (o *flags) initRoot(sh *cli.Shell, cost custody.Cost) error {
	alg := map[string]pki.Algorithm{"sm2": pki.SM2, "ecdsa": pki.ECDSA}[strings.ToLower(o.algorithm)]
	years := o.years
	if years == 0 {
		years = 20
	}
	switch {
	case alg == "":
		return cli.Usage("--algorithm 应为 sm2 或 ecdsa", "--algorithm is sm2 or ecdsa")
	case o.organization == "" || o.name == "":
		return cli.Usage("请用 --organization 给出单位名称", "name the organisation with --organization")
	case years < 1 || years > 40:
		return cli.Usage("--years 应为 1 至 40", "--years is from 1 to 40")
	case o.address != "" && !strings.HasPrefix(o.address, "http://"):
		return cli.Usage("--address 应以 http:// 开头：证书和吊销列表自身已签名，经 https 取用会循环依赖", "--address begins with http://: certificate and list are signed themselves, and to fetch them over https one would need them")
	}
	for _, name := range []string{certificateFile, keyFile, logFile, listFile} {
		if _, err := os.Lstat(o.path(name)); err == nil {
			return errs.Say(errs.Conflict, "%s 已存在：此目录已有根，未作改动", "%s is there: the folder has a root already, and was left alone", o.path(name))
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return errs.Because(err, errs.Unavailable, "目录 %s 建不了", "the folder %s cannot be made", o.dir)
	}
	now := sh.Now().UTC().Truncate(time.Second)
	sh.Printf("time=%s", now.Format(time.RFC3339))
	p, err := o.passphrases(sh, true)
	if err != nil {
		return err
	}
	if err := custody.Enough(p[0], p[1]); err != nil {
		return err
	}
	key, err := pki.Generate(alg)
	if err != nil {
		return err
	}
	sealed, err := custody.Seal(key, strings.TrimRight(o.address, "/"), now, cost, p[0], p[1])
	if err != nil {
		return err
	}
	if _, _, err := custody.Open(sealed, p[0], p[1]); err != nil { // before anything rests on it
		return err
	}
	der, err := cert.MakeRoot(cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.Organization, Value: o.organization}, {Type: cert.CommonName, Value: o.name}}, key, now.Add(-lead), now.AddDate(years, 0, 0))
	if err != nil {
		return err
	}
	c, err := cert.Read(der)
	if err != nil {
		return err
	}
	if err := put(o.path(keyFile), append(sealed, '\n'), 0o600, true); err != nil {
		return err
	}
	number, chained, err := record{}.add(o.path(logFile), key, act{At: now, Verb: verbInit, Name: cert.ReadName(c.RawSubject), Serial: serialOf(c), SHA256: digest(der)})
	if err != nil {
		return err
	}
	if err := put(o.path(certificateFile), cert.Armour("CERTIFICATE", der), 0o644, true); err != nil {
		return err
	}
	sh.Printf("root algorithm=%s key=%s sha256=%s until=%s file=%s", alg, hex.EncodeToString(c.SubjectKeyId), digest(der), c.NotAfter.Format(time.DateOnly), o.path(certificateFile))
	kept(sh, number, chained)
	return nil
}

// log prints the log after it was held to the root's certificate.
func (o *flags) log(sh *cli.Shell) error {
	r, err := o.read(sh)
	if err != nil {
		return err
	}
	for _, a := range r.record.acts {
		sh.Printf("%d %s %s name=%q serial=%s sha256=%s list=%d revoked=%d", a.Number, a.At.Format(time.RFC3339), a.Verb, a.Name, a.Serial, a.SHA256, a.List, len(a.Revoked))
	}
	sh.Printf("log lines=%d sm3=%s", len(r.record.acts), r.record.last)
	sh.Say("操作日志完整；请与操作记录中的最后一行核对", "the log holds together; compare its last line with the minutes")
	return nil
}

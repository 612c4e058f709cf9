package verify

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
)

// trusted is what the flags of verify say about whom one trusts.
type trusted struct {
	keys, roots, along, witnesses, others []string
	origin                                string
	need                                  int
}

// Command is haihe verify.
func Command() cli.Command {
	c := cli.Command{
		Name: "verify", Args: "--root FILE... | --key FILE... [--with FILE...] [--checkpoint FILE...] [--witness FILE... --need N] PROOF | DIR",
		Says: lang.T("凭根证书（或密钥）和文件核验存证，不需要数据库和网络", "check evidence with the root certificate (or the key) and the files alone, without database and network"),
		Details: lang.T("PROOF 是单条记录的证明文件：核验通过则列出何人、何时、做了何事，以及签署者和时间。DIR 是 haihe journal export DIR/ 导出的目录：全部重新计算，逐处指出被改动、删除、插入、移位的条目，以及伪造或前后矛盾的检查点，退出码为 5。只信任 --root 给出的根证书：证书链、吊销列表和时间戳都取自文件并逐一核验。证书已过期或事后被吊销，不影响此前签署的记录；吊销之后签署的不算数。",
			"PROOF is the proof of one record: who, when, what, by whom it was signed and when. DIR is what haihe journal export DIR/ wrote: everything is computed anew, and every entry that was changed, dropped, put in or moved, and every checkpoint that is forged or contradicts another, is named; the exit code is 5 then. Only the root certificates of --root are trusted: chains, revocation lists and time stamps are taken from the files, and each is checked. A certificate that has expired or was revoked since does not matter to what it signed before; what was signed after its revocation does not count."),
	}
	c.Run = func(_ context.Context, sh *cli.Shell, args []string) error {
		var t trusted
		f := cli.NewFlags(c)
		each := func(into *[]string) func(string) error {
			return func(s string) error { *into = append(*into, s); return nil }
		}
		f.Func("key", "可信的校验密钥（每行一个），或公钥（PEM）；可重复 / verifier keys, one a line, or public keys (PEM); may be repeated", each(&t.keys))
		f.Func("root", "可信的根证书（PEM 或 DER）；可重复 / root certificates that are trusted (PEM or DER); may be repeated", each(&t.roots))
		f.Func("with", "随附的证书、吊销列表、时间戳（PEM 或 DER），目录中的自动读取；可重复 / certificates, revocation lists and time stamps that came along (PEM or DER); those in DIR are read anyway; may be repeated", each(&t.along))
		f.StringVar(&t.origin, "origin", "", "公钥（PEM）所属的日志来源标识 / origin of the log that a public key in PEM belongs to")
		f.Func("checkpoint", "另行留存的检查点；可重复 / a checkpoint that was kept elsewhere; may be repeated", each(&t.others))
		f.Func("witness", "见证方的校验密钥；可重复 / verifier keys of witnesses; may be repeated", each(&t.witnesses))
		f.IntVar(&t.need, "need", 0, "至少要有几个见证方的签名 / how many witnesses must have signed")
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 1 || len(t.keys)+len(t.roots) == 0 {
			return cli.Usage("请写 verify --root 根证书文件（或 --key 密钥文件）证明文件或目录", "write verify --root FILE (or --key FILE) and a proof or a folder")
		}
		keys, others, err := t.read()
		if err != nil {
			return err
		}
		info, err := os.Stat(words[0])
		if err != nil {
			return cli.WithCode(cli.ExitData, errs.Because(err, errs.Invalid, "%s 读不了；请检查路径", "%s cannot be read; check its path", words[0]))
		}
		if info.IsDir() {
			return folder(sh, words[0], keys, others)
		}
		return proof(sh, words[0], keys)
	}
	return c
}

// readFile reads a file that a flag names.
func readFile(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, cli.WithCode(cli.ExitData, errs.Because(err, errs.Invalid, "文件 %s 读不了；请检查路径和权限", "the file %s cannot be read; check its path and permissions", name))
	}
	return b, nil
}

func (t *trusted) read() (*audit.Keys, []audit.Other, error) {
	keys := &audit.Keys{Need: t.need}
	for _, name := range t.keys {
		text, err := readFile(name)
		if err == nil {
			err = cli.WithCode(cli.ExitUsage, worded(keys.Add(text, t.origin)))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for _, name := range t.roots {
		text, err := readFile(name)
		if err == nil {
			err = cli.WithCode(cli.ExitUsage, worded(keys.Trust(text)))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for _, name := range t.along {
		text, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		keys.Bring(name, text)
	}
	for _, name := range t.witnesses {
		text, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		list, err := audit.ParseKeys(text)
		if err != nil {
			return nil, nil, cli.WithCode(cli.ExitUsage, worded(err))
		}
		keys.Witnesses = append(keys.Witnesses, list...)
	}
	var others []audit.Other
	for _, name := range t.others {
		text, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		others = append(others, audit.Other{Name: name, Text: text})
	}
	return keys, others, nil
}

// worded gives a codec's failure its words for the user.
func worded(err error) error {
	if e, ok := err.(*note.Error); ok {
		return errs.Because(err, errs.Invalid, "%[1]s（偏移 %[2]d，%[3]s）", "%[4]s (offset %[2]d, %[3]s)", e.Reason.Zh, e.Offset, e.Clause, e.Reason.En)
	}
	return err
}

func proof(sh *cli.Shell, name string, keys *audit.Keys) error {
	text, err := readFile(name)
	if err != nil {
		return err
	}
	p, err := audit.Proof(text, keys)
	if err != nil {
		return cli.WithCode(cli.ExitVerify, worded(err))
	}
	sh.Printf("log origin=%s size=%d entry=%d", p.Origin, p.Size, p.Index+1)
	if e := p.Entry; e.Seq > 0 {
		sh.Printf("entry at=%s actor=%q unit=%q authority=%q verb=%q object=%q detail=%s", e.At.Format(time.RFC3339Nano), e.Actor, e.Unit, e.Authority, e.Verb, e.Object, e.Detail)
	} else {
		sh.Printf("entry data=%s", base64.StdEncoding.EncodeToString(p.Data))
	}
	printSigned(sh, p.Signed)
	printNotes(sh, p.Notes)
	sh.Say("证明有效：第 %d 条确在已签署的日志之中", "the proof holds: entry %d stands in the log that was signed", p.Index+1)
	return nil
}

func printSigned(sh *cli.Shell, list []audit.Signer) {
	for _, s := range list {
		line := fmt.Sprintf("signed by=%s key=%08x", s.Key.Name, s.Key.ID)
		if !s.At.IsZero() {
			line += fmt.Sprintf(" at=%s shown-by=%q", s.At.UTC().Format(time.RFC3339), s.How)
		}
		if s.Source != "" {
			line += fmt.Sprintf(" source=%q", s.Source)
		}
		if s.By != "" {
			line += fmt.Sprintf(" certificate=%q until=%s", s.By, s.Until.UTC().Format(time.RFC3339))
		}
		switch {
		case !s.Revoked.IsZero():
			line += " revoked=" + s.Revoked.UTC().Format(time.RFC3339)
		case s.By != "" && s.Listed:
			line += " revoked=no"
		case s.By != "":
			line += " revoked=unknown"
		}
		sh.Printf("%s", line)
	}
}

// printNotes says what the reader should know besides.
func printNotes(sh *cli.Shell, notes []lang.Text) {
	for _, n := range notes {
		sh.Say("%[1]s", "%[2]s", n.Zh, n.En)
	}
}

func folder(sh *cli.Shell, name string, keys *audit.Keys, others []audit.Other) error {
	bar := cli.NewBar(sh, lang.T("核验", "verify"), 0)
	r, err := audit.Dir(os.DirFS(name), keys, others, bar.Set)
	bar.End()
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	for _, f := range r.Findings {
		sh.Printf("fault what=%q file=%q from=%d to=%d %s / %s", f.What, f.File, f.From, f.To, f.Said.Zh, f.Said.En)
	}
	sh.Printf("log origin=%s size=%d root=%s entries=%d checkpoints=%d faults=%d", r.Origin, r.Size, base64.StdEncoding.EncodeToString(r.Root[:]), r.Entries, r.Checkpoints, len(r.Findings))
	printSigned(sh, r.Signed)
	if r.Stamped > 0 {
		sh.Printf("stamped size=%d at=%s by=%q", r.Stamped, r.StampedAt.UTC().Format(time.RFC3339), r.StampedBy)
	}
	printNotes(sh, r.Notes)
	if len(r.Findings) > 0 {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Conflict, "日志核验未通过，发现 %d 处不符，见上", "the log does not hold in %d places, listed above", len(r.Findings)))
	}
	sh.Say("日志完整：%d 条，%d 个检查点均相符", "the log is whole: %d entries, and %d checkpoints agree", r.Entries, r.Checkpoints)
	return nil
}

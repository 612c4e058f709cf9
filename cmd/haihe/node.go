package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/node"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/systems/sharing/stamp"
)

// nodeFlags are what the sub-commands of node take.
type nodeFlags struct {
	setup
	remote
	zh, en, kind, unit, address string
}

func nodeCommand() command {
	c := command{
		name: "node", args: "found ID | invite ID | join TOKEN  (--data DIR | --dsn DSN | invite: --server URL --token TOKEN)",
		says: lang.T("建立或加入节点间交换体系", "found or join an exchange between nodes"),
		details: lang.T("found：本节点成为登记节点。invite：在登记节点生成邀请码（平台运行中用 --server 与 --token，停机时用 --data）。join：新节点凭邀请码一步入网：本机生成密钥、换取证书、取得成员名单。found 与 join 须停机执行。",
			"found: this node becomes the registry. invite: makes an invitation on the registry (--server and --token while it runs, --data while it is stopped). join: a new node is set up in one step: its key is made here, its certificate and the list of members are fetched. found and join want a stopped platform."),
	}
	c.run = func(ctx context.Context, sh *shell, args []string) error {
		var n nodeFlags
		f := newFlags(c)
		n.dataFlags(f)
		n.remote.flags(f)
		f.StringVar(&n.zh, "zh", "", "成员中文名称 / member's name in Chinese")
		f.StringVar(&n.en, "en", "", "成员英文名称 / member's name in English")
		f.StringVar(&n.kind, "kind", "", "类别 city、district 或 unit / kind: city, district or unit")
		f.StringVar(&n.unit, "unit", "", "责任单位代码 / id of the responsible unit")
		f.StringVar(&n.address, "address", "", "其他节点访问该节点的网址 / where other nodes reach the node")
		words, err := f.parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 {
			return usage("请写 node found 代码、node invite 代码 或 node join 邀请码", "write node found ID, node invite ID or node join TOKEN")
		}
		switch words[0] {
		case "found":
			return n.stopped(ctx, sh, func(o *node.Node, by *identity.Principal) error {
				if err := o.Found(ctx, by, n.entry(words[1], member.City)); err != nil {
					return err
				}
				sh.printf("member %s registry-sha256=%s", words[1], o.Pin())
				return nil
			})
		case "invite":
			return n.invite(ctx, sh, words[1])
		case "join":
			return n.stopped(ctx, sh, func(o *node.Node, by *identity.Principal) error {
				if err := o.Join(ctx, by, words[1], n.address); err != nil {
					return err
				}
				id, _ := o.Self()
				sh.printf("member %s registry-sha256=%s", id, o.Pin())
				return nil
			})
		}
		return usage("node 没有子命令“%s”", "node has no command %q", words[0])
	}
	return c
}

func (n *nodeFlags) entry(id, kind string) member.Entry {
	if n.kind != "" {
		kind = n.kind
	}
	return member.Entry{ID: id, Name: lang.T(n.zh, n.en), Kind: kind, Unit: n.unit, Address: n.address}
}

func (n *nodeFlags) invite(ctx context.Context, sh *shell, id string) error {
	e := n.entry(id, member.District)
	if n.server == "" {
		return n.stopped(ctx, sh, func(o *node.Node, by *identity.Principal) error {
			t, err := o.Invite(ctx, by, e)
			if err == nil {
				sh.printf("%s", t)
			}
			return err
		})
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	resp, err := n.do(ctx, http.MethodPost, "/api/sharing/members", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var out struct {
		Invitation string `json:"invitation"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil {
		return err
	}
	sh.printf("%s", out.Invitation)
	return nil
}

// stopped opens the data of a platform that does not run and does something with its node.
func (n *nodeFlags) stopped(ctx context.Context, sh *shell, do func(o *node.Node, by *identity.Principal) error) error {
	n.preset = silent
	conf, list, err := n.read()
	if err != nil {
		return err
	}
	city, err := openCity(ctx, sh, conf, list, lang.Text{})
	if err != nil {
		return err
	}
	defer city.close()
	o, err := node.Open(ctx, node.Options{DB: city.db, Journal: city.Journal, Vault: city.Trust, Now: sh.now, Log: city.log})
	if err == nil {
		err = errors.Join(do(o, identity.System("sharing")), o.Close(ctx))
	}
	return errors.Join(err, city.Close(ctx))
}

func exchangeCommand() command {
	c := command{
		name: "exchange", args: "verify RECEIPT [--registry SHA256] [--tsa FILE]", says: lang.T("验证跨节点调用的回执", "verify the receipt of a call between nodes"),
		details: lang.T("只需回执文件，不需联网和平台：验证双方签名、当时的成员登记、日志位置与检查点。--registry 给出所信任的登记证书指纹。",
			"Needs the receipt and nothing else: the signatures of both, what the registry stated then, the place in the log and its checkpoint. --registry is the fingerprint of the registry's certificate that is trusted."),
	}
	c.run = func(ctx context.Context, sh *shell, args []string) error {
		var pin, tsa string
		f := newFlags(c)
		f.StringVar(&pin, "registry", "", "登记证书的 SHA-256（十六进制） / SHA-256 of the registry's certificate, hexadecimal")
		f.StringVar(&tsa, "tsa", "", "验证时间戳的信任证书文件（PEM） / file of certificates that time stamps are verified against (PEM)")
		words, err := f.parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 || words[0] != "verify" {
			return usage("请写 exchange verify 回执文件", "write exchange verify RECEIPT")
		}
		b, err := os.ReadFile(words[1])
		if err != nil {
			return withCode(exitUsage, errs.Because(err, errs.Invalid, "文件 %s 读不了；请检查路径和权限", "the file %s cannot be read; check its path and permissions", words[1]))
		}
		var r record.Receipt
		if err := json.Unmarshal(b, &r); err != nil {
			return withCode(exitData, errs.Because(err, errs.Invalid, "文件 %s 不是回执", "the file %s is no receipt", words[1]))
		}
		stamped, err := stampedBy(sh, tsa)
		if err != nil {
			return err
		}
		p, err := r.Verify(pin, stamped)
		if err != nil {
			return withCode(exitData, err)
		}
		sayProven(sh, p, pin)
		if len(r.Stamp) > 0 && stamped == nil {
			sh.say("回执带有时间戳，未验证；请用 --tsa 给出时间戳机构的信任证书", "the receipt bears a time stamp, which was not verified; give its authority's certificates with --tsa")
		}
		return nil
	}
	return c
}

// sayProven prints what a receipt proves, one fact a line.
func sayProven(sh *shell, p *record.Proven, pin string) {
	sh.say("回执有效", "the receipt is valid")
	q, a := &p.Request, &p.Response
	sh.printf("call %s caller=%s person=%s provider=%s resource=%s purpose=%s", q.Call, q.Caller, q.Person, q.Provider, q.Resource, q.Purpose)
	sh.printf("asked %s body-sha256=%x", time.Unix(q.Created, 0).UTC().Format(time.RFC3339), q.Digest)
	if len(p.ResponseSig) == 0 {
		sh.printf("answer none reason=%s", a.Type)
	} else {
		sh.printf("answer %s status=%d body-sha256=%x", time.Unix(a.Created, 0).UTC().Format(time.RFC3339), a.Status, a.Digest)
	}
	if !p.Stamped.IsZero() {
		sh.printf("stamped %s by=%s", p.Stamped.UTC().Format(time.RFC3339), p.By)
	}
	sh.printf("log side=%s leaf-of=%d registry-sha256=%s", p.Side, p.Size, p.Registry)
	if pin == "" {
		sh.say("登记证书由回执自带；请与另行取得的指纹比对", "the registry's certificate came with the receipt; compare its fingerprint with one that you got elsewhere")
	}
}

// stampedBy verifies time stamps against the certificates of a file; nil where none is named.
func stampedBy(sh *shell, file string) (record.Stamped, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, withCode(exitUsage, errs.Because(err, errs.Invalid, "文件 %s 读不了；请检查路径和权限", "the file %s cannot be read; check its path and permissions", file))
	}
	anchors, err := stamp.Anchors(b)
	return stamp.Verifier(anchors, sh.now), withCode(exitUsage, err)
}

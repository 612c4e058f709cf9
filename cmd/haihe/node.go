package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/node"
)

// nodeFlags are what the sub-commands of node take.
type nodeFlags struct {
	setup
	remote
	zh, en, kind, unit, address string
}

func nodeCommand() cli.Command {
	c := cli.Command{
		Name: "node", Args: "found ID | invite ID | join TOKEN  (--data DIR | --dsn DSN | invite: --server URL --token TOKEN)",
		Says: lang.T("建立或加入节点间交换体系", "found or join an exchange between nodes"),
		Details: lang.T("found：本节点成为登记节点。invite：在登记节点生成邀请码（平台运行中用 --server 与 --token，停机时用 --data）。join：新节点凭邀请码一步入网：本机生成密钥、换取证书、取得成员名单。found 与 join 须停机执行。",
			"found: this node becomes the registry. invite: makes an invitation on the registry (--server and --token while it runs, --data while it is stopped). join: a new node is set up in one step: its key is made here, its certificate and the list of members are fetched. found and join want a stopped platform."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var n nodeFlags
		f := cli.NewFlags(c)
		n.dataFlags(f)
		n.remote.flags(f)
		f.StringVar(&n.zh, "zh", "", "成员中文名称 / member's name in Chinese")
		f.StringVar(&n.en, "en", "", "成员英文名称 / member's name in English")
		f.StringVar(&n.kind, "kind", "", "类别 city、district 或 unit / kind: city, district or unit")
		f.StringVar(&n.unit, "unit", "", "责任单位代码 / id of the responsible unit")
		f.StringVar(&n.address, "address", "", "其他节点访问该节点的网址 / where other nodes reach the node")
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 {
			return cli.Usage("请写 node found 代码、node invite 代码 或 node join 邀请码", "write node found ID, node invite ID or node join TOKEN")
		}
		switch words[0] {
		case "found":
			return n.stopped(ctx, sh, func(o *node.Node, by *identity.Principal) error {
				if err := o.Found(ctx, by, n.entry(words[1], member.City)); err != nil {
					return err
				}
				sh.Printf("member %s registry-sha256=%s", words[1], o.Pin())
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
				sh.Printf("member %s registry-sha256=%s", id, o.Pin())
				return nil
			})
		}
		return cli.Usage("node 没有子命令“%s”", "node has no command %q", words[0])
	}
	return c
}

func (n *nodeFlags) entry(id, kind string) member.Entry {
	if n.kind != "" {
		kind = n.kind
	}
	return member.Entry{ID: id, Name: lang.T(n.zh, n.en), Kind: kind, Unit: n.unit, Address: n.address}
}

func (n *nodeFlags) invite(ctx context.Context, sh *cli.Shell, id string) error {
	e := n.entry(id, member.District)
	if n.server == "" {
		return n.stopped(ctx, sh, func(o *node.Node, by *identity.Principal) error {
			t, err := o.Invite(ctx, by, e)
			if err == nil {
				sh.Printf("%s", t)
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
	sh.Printf("%s", out.Invitation)
	return nil
}

// stopped opens the data of a platform that does not run and does something with its node.
func (n *nodeFlags) stopped(ctx context.Context, sh *cli.Shell, do func(o *node.Node, by *identity.Principal) error) error {
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
	o, err := node.Open(ctx, node.Options{DB: city.db, Journal: city.Journal, Vault: city.Trust, Now: sh.Now, Log: city.log})
	if err == nil {
		err = errors.Join(do(o, identity.System("sharing")), o.Close(ctx))
	}
	return errors.Join(err, city.Close(ctx))
}

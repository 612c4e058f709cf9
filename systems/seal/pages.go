package seal

import (
	"context"
	"encoding/base64"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/note"
)

// shown checkpoints stand on the page.
const shown = 20

// page shows up to where the journal is signed, by whom, and how to prove it.
func (s *service) page(r *web.Request) (*ui.Page, error) {
	log := s.current().Log
	out := &ui.Page{Title: title, Nav: "seal", Crumbs: []ui.Link{{Text: title}},
		Lead: lang.T("审计日志按固定间隔签署检查点。凭根证书和文件，任何人日后都能独立核验：某条记录何人、何时、做了何事，日志有无改动、删除、插入。",
			"The journal is signed at intervals. With the root certificate and the files anybody can check on their own, years later, who did what and when, and that nothing was changed, dropped or put in."),
		Actions: []ui.Action{{Text: lang.T("审计日志", "Journal"), Href: "/admin/journal"}}}
	if err := s.health(r.Context()); err != nil {
		text, ok := errs.MsgOf(err)
		if !ok {
			text = lang.T("签署未成功，详见运行日志。", "Signing failed; see the program's log.")
		}
		out.Body = append(out.Body, ui.Notice{ID: "failed", Kind: "bad", Text: text})
	}
	c, err := log.Latest(r.Context())
	if errs.Is(err, errs.NotFound) {
		out.Body = append(out.Body, ui.Notice{ID: "none", Kind: "info", Text: lang.T("尚无检查点：日志还没有条目，或首次签署尚未到时。", "There is no checkpoint yet: the journal is empty, or the first one is still to be signed.")})
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := s.keys(r.Context(), log)
	if err != nil {
		return nil, err
	}
	stamps, err := s.stampFacts(r.Context(), log)
	if err != nil {
		return nil, err
	}
	out.Body = append(append(append(out.Body, s.facts(log, c)), stamps...), keys, ui.Prose{Text: lang.T(
		"请定期将检查点抄录留存于本平台之外（纸面、其他单位），并妥善保管根证书：日后只凭根证书和文件，即可用 haihe verify 核验。单条证明从审计日志各条的校验码处下载，核验材料从上方下载。",
		"Keep the checkpoint outside this platform from time to time (on paper, with another unit), and keep the root certificate: with that and the files alone haihe verify checks the log years later. The proof of an entry is downloaded from its seal in the journal, what goes along with it above.")})
	table, err := s.table(r, log, c)
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, table)
	return out, nil
}

// facts are the newest checkpoint.
func (s *service) facts(log *tiles.Log, c tiles.Signed) ui.Facts {
	return ui.Facts{ID: "checkpoint", Title: lang.T("最新检查点", "Newest checkpoint"), Items: []ui.Fact{
		{Name: lang.T("来源标识", "Origin"), Value: lang.Same(log.Origin())},
		{Name: lang.T("已签署条目", "Entries signed"), Value: lang.Same(ui.Grouped(int64(c.Size)))},
		{Name: lang.T("根校验值", "Root"), Value: lang.Same(base64.StdEncoding.EncodeToString(c.Root[:]))},
		{Name: lang.T("签署时间", "Signed at"), Time: c.At},
		{Name: lang.T("检查点文件", "Checkpoint file"), Value: lang.Same(prefix + "/journal/checkpoint"), Href: prefix + "/journal/checkpoint"},
		{Name: lang.T("核验材料", "What goes along"), Value: lang.T("证书、吊销列表、时间戳", "certificates, revocation lists, time stamp"), Href: prefix + "/journal/evidence"},
		{Name: lang.T("见证签名", "Cosignatures"), Value: lang.Same(strconv.Itoa(max(0, len(c.Note.Signatures)-len(log.Keys()))))},
	}}
}

// keys are what signatures are checked with.
func (s *service) keys(ctx context.Context, log *tiles.Log) (ui.Facts, error) {
	f := ui.Facts{ID: "keys", Title: lang.T("校验密钥", "Verifier keys")}
	names := []lang.Text{lang.T("SM2（签名带时间）", "SM2 (states the time)"), lang.T("ECDSA P-256", "ECDSA P-256")}
	for i, k := range log.Keys() {
		certificate, err := s.certified(ctx, k)
		if err != nil {
			return f, err
		}
		f.Items = append(f.Items, ui.Fact{Name: names[i], Value: lang.Same(k.String())}, ui.Fact{Name: lang.T("其证书", "Its certificate"), Value: certificate})
	}
	if s.witness != nil {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("为他方日志见证", "Witness of other logs"), Value: lang.Same(s.witness.Key.String())})
	}
	return f, nil
}

// table lists the last checkpoints with who cosigned them.
func (s *service) table(r *web.Request, log *tiles.Log, newest tiles.Signed) (ui.Table, error) {
	list, err := log.Recent(r.Context(), shown)
	if err != nil {
		return ui.Table{}, err
	}
	t := ui.Table{ID: "checkpoints", Title: lang.T("近期检查点", "Recent checkpoints"), Total: int64(len(list)), Columns: []ui.Column{
		{Key: "size", Text: lang.T("条目数", "Entries")}, {Key: "at", Text: lang.T("签署时间", "Signed at")}, {Key: "root", Text: lang.T("根校验值", "Root")}, {Key: "witness", Text: lang.T("见证签名", "Cosignatures")}}}
	for _, c := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(ui.Grouped(int64(c.Size))), Strong: c.Size == newest.Size}, {Time: c.At},
			{Text: lang.Same(base64.StdEncoding.EncodeToString(c.Root[:6]) + "…")}, {Text: lang.Same(strconv.Itoa(max(0, len(c.Note.Signatures)-len(log.Keys()))))}}})
	}
	return t, nil
}

// apiProof hands out the proof of an entry with the entry in it. C2SP tlog-proof Format
func (s *service) apiProof(r *web.Request) (any, error) {
	seq, err := strconv.ParseInt(r.Path("seq"), 10, 64)
	if err != nil || seq < 1 {
		return nil, errs.Say(errs.Invalid, "seq 应为条目序号", "seq is to be the number of an entry")
	}
	f := s.current()
	leaves, _, err := f.Journal.Leaves(r.Context(), seq-1, nil, 1)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && len(leaves) == 0:
		return nil, errs.Say(errs.NotFound, "审计日志中没有第 %d 条", "the journal has no entry %d", seq)
	case err != nil:
		return nil, err
	}
	p, err := s.prove(r.Context(), uint64(seq-1), leaves[0].Data)
	if errs.Is(err, errs.NotFound) { // recorded since the last checkpoint: whoever asks need not wait for the next
		if err = s.fold(r.Context()); err == nil {
			p, err = s.prove(r.Context(), uint64(seq-1), leaves[0].Data)
		}
	}
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: "text/plain; charset=utf-8", Name: "journal-" + strconv.FormatInt(seq, 10) + ".tlog-proof", Body: []byte(p.String())}, nil
}

func (s *service) prove(ctx context.Context, index uint64, data []byte) (note.Proof, error) {
	log := s.current().Log
	c, err := provable(ctx, log, index)
	if err != nil {
		return note.Proof{}, err
	}
	return log.ProofIn(ctx, c, index, data)
}

package audit

import (
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/wire/note"
)

// Proved is what a proof shows.
type Proved struct {
	Origin string
	Size   uint64
	Index  uint64        // of the entry, from 0
	Data   []byte        // its bytes
	Entry  journal.Entry // what they say; Seq 0 where the log is not a journal
	Signed []note.Signed // who signed the checkpoint, each with the time that the signature states
}

// Keys are whom one trusts.
type Keys struct {
	Log       []note.Key // keys of the log; one of them must have signed
	Witnesses []note.Key // keys of witnesses
	Need      int        // how many witnesses must have cosigned

	certificates []held
}

// open checks a checkpoint's signatures: at least one of the log's, under the origin's name, and as many witnesses as are needed.
func (k *Keys) open(n note.Note) (note.Checkpoint, []note.Signed, error) {
	c, err := note.ParseCheckpoint(n.Text)
	if err != nil {
		return c, nil, err
	}
	own := make([]note.Key, 0, len(k.Log))
	for _, key := range k.Log {
		if key.Name == c.Origin {
			own = append(own, key)
		}
	}
	if len(own) == 0 {
		return c, nil, errs.Say(errs.Conflict, "来源 %s 没有可信密钥", "no key that is trusted belongs to the origin %s", c.Origin)
	}
	signed, err := n.Open(own, Check)
	if err != nil {
		return c, nil, err
	}
	var seen []note.Signed
	if len(k.Witnesses) > 0 {
		if seen, err = n.Open(k.Witnesses, Check); err != nil && k.Need > 0 {
			return c, nil, err
		}
	}
	names := map[string]bool{}
	for _, s := range seen {
		names[s.Key.Name] = true
	}
	if len(names) < k.Need {
		return c, nil, errs.Say(errs.Conflict, "见证方签名只有 %d 个，要求 %d 个", "%d witnesses signed, %d are needed", len(names), k.Need)
	}
	counted := k.counts(append(signed, seen...))
	if !slices.ContainsFunc(counted, func(s note.Signed) bool {
		return slices.ContainsFunc(own, func(o note.Key) bool { return o.ID == s.Key.ID })
	}) {
		return c, nil, errs.Say(errs.Conflict, "签署时间不在签署者证书的有效期内，或签署前证书已被吊销", "it was signed outside the validity of the signer's certificate, or after its revocation")
	}
	return c, counted, nil
}

// Proof checks the proof of one entry: errs.Conflict where it does not hold, errs.Invalid or a *note.Error where it cannot be read.
func Proof(text []byte, keys *Keys) (Proved, error) {
	p, err := note.ParseProof(text)
	if err != nil {
		return Proved{}, err
	}
	c, signed, err := keys.open(p.Note)
	if err != nil {
		return Proved{}, errs.Because(err, errs.Conflict, "检查点未经可信密钥签署：%s", "the checkpoint is not signed by a key that is trusted: %s", say(err))
	}
	if p.Extra == nil {
		return Proved{}, errs.Say(errs.Invalid, "证明中没有条目内容（extra 行）", "the proof does not hold the entry (extra line)")
	}
	if err := merkle.VerifyInclusion(merkle.LeafHash(p.Extra), p.Index, c.Size, p.Hashes, c.Root); err != nil {
		return Proved{}, errs.Wrap("check the proof", err)
	}
	out := Proved{Origin: c.Origin, Size: c.Size, Index: p.Index, Data: p.Extra, Signed: signed}
	if e, err := journal.ParseEntry(p.Extra); err == nil {
		if uint64(e.Seq) != p.Index+1 {
			return Proved{}, errs.Say(errs.Conflict, "条目自称第 %d 条，实为第 %d 条", "the entry says that it is number %d and stands at %d", e.Seq, p.Index+1)
		}
		out.Entry = e
	}
	return out, nil
}

// say is what a failure says in English, for a sentence that has its own words around it.
func say(err error) string {
	if t, ok := errs.MsgOf(err); ok {
		return t.En
	}
	return err.Error()
}

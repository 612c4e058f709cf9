package audit

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
	"github.com/haihe-city/haihe/wire/x509"
)

// Proved is what a proof shows.
type Proved struct {
	Origin string
	Size   uint64
	Index  uint64        // of the entry, from 0
	Data   []byte        // its bytes
	Entry  journal.Entry // what they say; Seq 0 where the log is not a journal
	Signed []Signer      // who signed the checkpoint, and when
	Notes  []lang.Text   // what the reader should know besides
}

// Keys are whom one trusts, and what came along to be held against that.
type Keys struct {
	Log       []note.Key          // keys of the log that are trusted for themselves
	Roots     []*x509.Certificate // or the roots that its signers' certificates lead to; one signature of either kind must count
	Witnesses []note.Key          // keys of witnesses
	Need      int                 // how many witnesses must have cosigned

	pieces []*piece
	broken []string // files that came along and cannot be read
}

// open checks a checkpoint's signatures: at least one of the log's, under the origin's name, and as many witnesses as are needed.
func (k *Keys) open(n note.Note, r *Report) (note.Checkpoint, []Signer, error) {
	c, err := note.ParseCheckpoint(n.Text)
	if err != nil {
		return c, nil, err
	}
	own, certs := k.certified(c.Origin)
	bare := slices.DeleteFunc(slices.Clone(k.Log), func(key note.Key) bool { return key.Name != c.Origin })
	if len(own)+len(bare) == 0 {
		return c, nil, errs.Say(errs.Conflict, "来源 %s 没有可信密钥或证书", "no key or certificate that is trusted belongs to the origin %s", c.Origin)
	}
	signed, err := n.Open(append(slices.Clone(bare), own...), Check)
	if err != nil {
		return c, nil, err
	}
	seen, err := k.cosigned(n)
	if err != nil {
		return c, nil, err
	}
	counted, refused := k.count(signed, own, certs, k.times(n, c.Origin, signed, seen, r))
	if len(counted) == 0 {
		return c, nil, refused
	}
	for _, s := range seen {
		counted = append(counted, Signer{Signed: s, At: posix(s.Time), How: ByItself})
	}
	return c, counted, nil
}

// cosigned gives the witnesses' signatures; errs.Conflict where too few signed.
func (k *Keys) cosigned(n note.Note) (seen []note.Signed, err error) {
	if len(k.Witnesses) > 0 {
		if seen, err = n.Open(k.Witnesses, Check); err != nil && k.Need > 0 {
			return nil, err
		}
	}
	names := map[string]bool{}
	for _, s := range seen {
		names[s.Key.Name] = true
	}
	if len(names) < k.Need {
		return nil, errs.Say(errs.Conflict, "见证方签名只有 %d 个，要求 %d 个", "%d witnesses signed, %d are needed", len(names), k.Need)
	}
	return seen, nil
}

// times gathers what is known of when a checkpoint was signed. A witness checks the log's signature before it cosigns, so that its time bounds
// that one's. C2SP tlog-witness add-checkpoint
func (k *Keys) times(n note.Note, origin string, signed, seen []note.Signed, r *Report) (w when) {
	if len(k.Roots) > 0 {
		if w.proven, w.source = k.stamp(Stamped(n, origin), r); !w.proven.IsZero() {
			w.how = ByStamp
		}
	}
	for _, s := range seen {
		if at := posix(s.Time); s.Time > 0 && (w.proven.IsZero() || at.Before(w.proven)) {
			w.proven, w.how, w.source = at, ByWitness, s.Key.Name
		}
	}
	for _, s := range signed {
		if at := posix(s.Time); s.Time > 0 && (w.stated.IsZero() || at.Before(w.stated)) {
			w.stated = at
		}
	}
	return w
}

// posix is a time in seconds; 0 is none.
func posix(s uint64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// Proof checks the proof of one entry: errs.Conflict where it does not hold, errs.Invalid or a *note.Error where it cannot be read.
func Proof(text []byte, keys *Keys) (Proved, error) {
	p, err := note.ParseProof(text)
	if err != nil {
		return Proved{}, err
	}
	var r Report
	keys.inspect(&r)
	c, signed, err := keys.open(p.Note, &r)
	if err != nil {
		t := texts(err)
		return Proved{}, errs.Because(err, errs.Conflict, "检查点未经可信密钥有效签署：%[1]s", "no key that is trusted signed the checkpoint validly: %[2]s", t.Zh, t.En)
	}
	if len(r.Findings) > 0 {
		t := r.Findings[0].Said
		return Proved{}, errs.Say(errs.Conflict, "%[1]s", "%[2]s", t.Zh, t.En)
	}
	if p.Extra == nil {
		return Proved{}, errs.Say(errs.Invalid, "证明中没有条目内容（extra 行）", "the proof does not hold the entry (extra line)")
	}
	if err := merkle.VerifyInclusion(merkle.LeafHash(p.Extra), p.Index, c.Size, p.Hashes, c.Root); err != nil {
		return Proved{}, errs.Wrap("check the proof", err)
	}
	out := Proved{Origin: c.Origin, Size: c.Size, Index: p.Index, Data: p.Extra, Signed: signed, Notes: append(r.Notes, said("checkpoint", signed)...)}
	if e, err := journal.ParseEntry(p.Extra); err == nil {
		if uint64(e.Seq) != p.Index+1 {
			return Proved{}, errs.Say(errs.Conflict, "条目自称第 %d 条，实为第 %d 条", "the entry says that it is number %d and stands at %d", e.Seq, p.Index+1)
		}
		out.Entry = e
	}
	return out, nil
}

package audit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// What is wrong at a place.
const (
	Forged   = "not signed"              // by whom it should be, or its signature does not verify
	Void     = "signature void"          // it fits, and does not count: outside the certificate's time, after its revocation, without a chain
	Forked   = "checkpoint inconsistent" // two signed checkpoints that do not follow one another
	Cut      = "tail missing"            // a signed checkpoint knows of more entries
	Changed  = "changed"                 // an entry's bytes
	Dropped  = "dropped"
	Inserted = "inserted"
	Moved    = "moved"
	Tile     = "tile changed" // a file of hashes; the entries are whole
	File     = "file missing or unreadable"
	Chain    = "chain broken" // an entry does not acknowledge the one before
	Unsigned = "not what was signed"
)

// Bounds of the search.
const (
	maxFindings = 1000
	lookAhead   = 600 // entries: two bundles and more, so that what went missing or was put in can be stepped over
)

// Finding is one thing that is wrong, with its place.
type Finding struct {
	What string
	File string // path below the folder, or the name under which it was handed in
	From uint64 // entries by number, the first is 1; 0 where it is not about entries
	To   uint64
	Said lang.Text
}

// Report is what was found.
type Report struct {
	Origin      string
	Size        uint64 // entries under the newest signed checkpoint
	Root        [32]byte
	Signed      []Signer    // who signed that, and when
	Entries     uint64      // read
	Checkpoints int         // signed ones that were held against the entries
	Findings    []Finding   // none: the log is whole
	Notes       []lang.Text // what the reader should know besides
	Stamped     uint64      // entries under the newest checkpoint with a time stamp that counts
	StampedAt   time.Time   // of that
	StampedBy   string
	More        bool // there are more than maxFindings
}

// remark adds what the reader should know.
func (r *Report) remark(zh, en string) { r.Notes = append(r.Notes, lang.T(zh, en)) }

// number writes a number for a sentence.
func number(n uint64) string { return strconv.FormatUint(n, 10) }

// said says of a checkpoint's signers what makes them differ from a signer of today.
func said(name string, list []Signer) (out []lang.Text) {
	for _, s := range list {
		if s.Revoked.IsZero() {
			continue
		}
		at, then := s.At.UTC().Format(time.RFC3339), s.Revoked.UTC().Format(time.RFC3339)
		out = append(out, lang.T(name+"：签署者证书 "+s.By+" 已于 "+then+" 吊销；签署在前（"+at+"），签名仍然有效", name+": the signer's certificate "+s.By+" was revoked at "+then+"; it signed before that ("+at+"), and the signature holds"))
	}
	return out
}

// find adds a finding, joined to the one before where it goes on with it.
func (r *Report) find(f Finding) {
	if n := len(r.Findings); n > 0 && f.From > 0 {
		if p := &r.Findings[n-1]; p.What == f.What && p.To+1 == f.From && f.What != Moved && f.What != Inserted {
			p.To = f.To
			p.Said = words(p.What, p.From, p.To, p.File)
			return
		}
	}
	if len(r.Findings) == maxFindings {
		r.More = true
		return
	}
	if f.Said.Empty() {
		f.Said = words(f.What, f.From, f.To, f.File)
	}
	r.Findings = append(r.Findings, f)
}

// words says a finding about entries.
func words(what string, from, to uint64, file string) lang.Text {
	zh, en := "第 "+strconv.FormatUint(from, 10)+" 条", "entry "+strconv.FormatUint(from, 10)
	if to > from {
		zh, en = fmt.Sprintf("第 %d 至 %d 条", from, to), fmt.Sprintf("entries %d to %d", from, to)
	}
	if file != "" {
		zh, en = zh+"（"+file+"）", en+" ("+file+")"
	}
	switch what {
	case Changed:
		return lang.T(zh+"被改动", en+": changed")
	case Dropped:
		return lang.T(zh+"被删除", en+": dropped")
	case Chain:
		return lang.T(zh+"与前一条不相衔接", en+": does not follow the entry before")
	case Unsigned:
		return lang.T(zh+"不是当初签署的内容", en+": not what was signed")
	}
	return lang.T(zh, en)
}

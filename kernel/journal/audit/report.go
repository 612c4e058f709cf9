package audit

import (
	"fmt"
	"strconv"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
)

// What is wrong at a place.
const (
	Forged   = "checkpoint not signed"   // by a key that is trusted, or its signature does not verify
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
	Signed      []note.Signed // who signed that
	Entries     uint64        // read
	Checkpoints int           // signed ones that were held against the entries
	Findings    []Finding     // none: the log is whole
	More        bool          // there are more than maxFindings
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

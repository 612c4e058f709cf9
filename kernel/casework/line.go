package casework

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// What a line says of the case itself stands among its fields under these names.
const (
	toStage  = "case.stage"
	toFrom   = "case.from" // the stage that was left
	toLevel  = "case.level"
	toUnit   = "case.unit"
	toHolder = "case.holder"
	toTitle  = "case.title"
	toOffer  = "case.offered"
	toDue    = "case.due" // microseconds UTC; "" for none
	reserved = "case."
)

// tag opens the hashed bytes, so that a line's hash can never be taken for that of anything else.
const tag = "haihe-case/1\n"

// digest is the hash of a line of a case: SHA-256 of the tag, then case id, seq (8 bytes, big endian), at (microseconds, 8 bytes), actor,
// unit, verb, text, fields (JSON, keys sorted), file, its SHA-256 (hex) and the hash before (hex), each text after its length in 4 bytes.
func (l *Line) digest(caseID string) (string, error) {
	fields, err := pack(l.Fields)
	if err != nil {
		return "", err
	}
	b := make([]byte, 0, 512)
	b = append(b, tag...)
	put := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	put(caseID)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(store.Micros(l.At)))
	for _, s := range [...]string{l.Actor, l.Unit, l.Verb, l.Text, fields, l.File, l.Sum, l.Prev} {
		put(s)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// witness is what the journal's entry says of a line.
type witness struct {
	Number string `json:"number"`
	Seq    int64  `json:"seq"`
	Verb   string `json:"verb"`
	Hash   string `json:"hash"`
}

// append adds a line to a case and its hash to the journal, in the caller's transaction. The case is written by the caller.
func (s *Service) append(tx *store.Tx, f *file, l Line, authority string) (Line, error) {
	f.lines++
	l.Seq, l.At, l.Prev = f.lines, store.Time(store.Micros(s.o.Now())), f.hash
	var err error
	if l.Hash, err = l.digest(f.ID); err != nil {
		return l, err
	}
	f.hash = l.Hash
	fields, err := pack(l.Fields)
	if err != nil {
		return l, err
	}
	if _, err := tx.Exec(qLine, f.ID, l.Seq, store.Micros(l.At), l.Actor, l.Unit, l.Verb, l.Text, fields, l.File, l.Sum, l.Prev, l.Hash); err != nil {
		return l, err
	}
	return l, s.o.Journal.Append(tx, journal.Act{Actor: l.Actor, Unit: l.Unit, Authority: authority, Verb: journalVerb(l.Verb), Object: "case:" + f.ID,
		Detail: witness{Number: f.Number, Seq: l.Seq, Verb: l.Verb, Hash: l.Hash}})
}

// The lines' verbs that the service itself writes outside of Do, and the journal's by which the cases are found again.
const (
	lineOpen    = "open"
	lineLate    = "late"
	journalOpen = "open-case"
	journalRest = "remark-case" // of a room's own verbs
)

// verbs are the lines' verbs with the journal's and their words.
var verbs = [...]struct {
	verb, journal string
	said          lang.Text
}{
	{"open", "open-case", lang.T("立案", "Opened")},
	{"advance", "advance-case", lang.T("转入下一阶段", "Moved on")},
	{"comment", "comment-case", lang.T("记录", "Remark")},
	{"attach", "attach-case", lang.T("附件", "Attachment")},
	{"assign", "assign-case", lang.T("指定承办人", "Assigned")},
	{"level", "grade-case", lang.T("定级", "Graded")},
	{"edit", "edit-case", lang.T("更正", "Corrected")},
	{"offer", "offer-case", lang.T("移交", "Offered to another unit")},
	{"accept", "accept-case", lang.T("接收", "Accepted")},
	{"refuse", "refuse-case", lang.T("退回移交", "Refused")},
	{"late", "late-case", lang.T("逾期", "Overdue")},
	{"reopen", "reopen-case", lang.T("重新办理", "Reopened")},
	{"link", "link-case", lang.T("关联告警", "Alarms linked")},
	{"told", "remark-case", lang.T("通知", "Told")},
}

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "open-case", Title: lang.T("立案", "Opened a case")},
		{Verb: "advance-case", Title: lang.T("推进案件", "Moved a case on")},
		{Verb: "comment-case", Title: lang.T("记录案件情况", "Remarked on a case")},
		{Verb: "attach-case", Title: lang.T("添加案件附件", "Attached a file to a case")},
		{Verb: "assign-case", Title: lang.T("指定案件承办人", "Assigned a case")},
		{Verb: "grade-case", Title: lang.T("案件定级", "Graded a case")},
		{Verb: "edit-case", Title: lang.T("更正案件内容", "Corrected a case")},
		{Verb: "offer-case", Title: lang.T("移交案件", "Offered a case to another unit")},
		{Verb: "accept-case", Title: lang.T("接收案件", "Accepted a case")},
		{Verb: "refuse-case", Title: lang.T("退回移交的案件", "Refused a case")},
		{Verb: "late-case", Title: lang.T("案件逾期", "A case fell overdue")},
		{Verb: "reopen-case", Title: lang.T("重新办理案件", "Reopened a case")},
		{Verb: "link-case", Title: lang.T("案件关联告警", "Linked alarms to a case")},
		{Verb: "remark-case", Title: lang.T("记入案件", "Put on record in a case")},
	}
}

func journalVerb(verb string) string {
	for _, v := range verbs {
		if v.verb == verb {
			return v.journal
		}
	}
	return journalRest
}

// VerbText says a line's verb; ok is false for a verb of a room's own.
func VerbText(verb string) (said lang.Text, ok bool) {
	for _, v := range verbs {
		if v.verb == verb {
			return v.said, true
		}
	}
	return lang.Same(verb), false
}

var errStale = errs.Say(errs.Conflict, "案件已被他人更改，请刷新后再操作", "somebody else has changed the case; load it again first")

package cap

import (
	"slices"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap/tree"
)

func splitFields(s string) []string { return strings.Fields(s) }

// parseReference reads one triplet. The identifier of an alert holds no comma, so that the parts are clear.
func parseReference(s string, old bool) (ref Reference, ok bool) {
	f := strings.Split(s, ",")
	if len(f) != 3 || f[0] == "" || f[1] == "" {
		return ref, false
	}
	t, err := parseTime(f[2], old)
	return Reference{f[0], f[1], t}, err == nil
}

func (r Reference) String() string {
	return r.Sender + "," + r.Identifier + "," + FormatTime(r.Sent)
}

// rules are what the text of the standard demands and the schema does not.
func (r *reader) rules(n *tree.Node, a *Alert) {
	for _, k := range n.Elements() {
		if k.Space == tree.Space && k.Local == "Signature" {
			a.Signatures++
		}
	}
	if r.old && a.Signatures > 0 {
		r.note(n, "alert/Signature", "3.3.4.1", "1.1 版的模式未规定签名，正文允许", "the schema of 1.1 does not foresee a signature, its text allows one")
	}
	for _, f := range a.check() {
		r.fault(n, f.Path, f.Clause, f.Said.Zh, f.Said.En)
	}
	if a.Status == "Exercise" && a.Note == "" {
		r.note(n, "alert/note", "3.2.1", "演练应在 note 中写明演练标识", "an exercise should be named in the note")
	}
	if a.MsgType == "Error" && a.Note == "" {
		r.note(n, "alert/note", "3.2.1", "拒收应在 note 中说明原因", "an error should be explained in the note")
	}
	for i, x := range a.Infos {
		path := "alert/info[" + formatFloat(float64(i+1)) + "]"
		if x.Expires.IsZero() {
			r.note(n, path+"/expires", "3.2.2", "未写失效时间，由收方自定", "no end is given: each receiver sets its own")
		} else if !a.Sent.IsZero() && x.Expires.Before(a.Sent) {
			r.note(n, path+"/expires", "3.2.2", "失效时间早于发送时间", "it ended before it was sent")
		}
		if len(x.Areas) == 0 {
			r.note(n, path+"/area", "3.2.4", "未写影响区域", "no area is given")
		}
	}
}

// check holds an alert to the rules that tie one element to another; paths are those of the document. CAP 1.2 3.2.1.
func (a *Alert) check() (out []Fault) {
	add := func(path, clause, zh, en string) {
		out = append(out, Fault{Path: path, Clause: clause, Said: lang.T(zh, en)})
	}
	if a.Restriction != "" && a.Scope != "Restricted" {
		add("alert/restriction", "3.2.1", "仅 scope 为 Restricted 时可写 restriction", "a restriction goes with the scope Restricted only")
	}
	if a.Restriction == "" && a.Scope == "Restricted" {
		add("alert/restriction", "3.2.1", "scope 为 Restricted 时必须写明 restriction", "the scope Restricted needs a restriction")
	}
	if len(a.Addresses) == 0 && a.Scope == "Private" {
		add("alert/addresses", "3.2.1", "scope 为 Private 时必须写明 addresses", "the scope Private needs addresses")
	}
	if len(a.References) == 0 && slices.Contains([]string{"Update", "Cancel", "Ack", "Error"}, a.MsgType) {
		add("alert/references", "3.2.1", "更新、取消、回执和拒收必须引用原警报", "an update, cancellation, acknowledgement or error must refer to an earlier alert")
	}
	return out
}

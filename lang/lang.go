// Package lang holds the two languages that every text of Haihe exists in: Chinese first, English second.
//
// A text is written once, beside its use, as a [Text] of two halves; there are no word files. A half that is missing fails
// a test at the root of the tree.
package lang

// Lang is a language of the console and of messages.
type Lang string

// The two languages.
const (
	Zh Lang = "zh"
	En Lang = "en"
)

// Text is one text in both languages.
type Text struct {
	Zh string `json:"zh" yaml:"zh"`
	En string `json:"en" yaml:"en"`
}

// T makes a Text. Both halves must be given.
func T(zh, en string) Text { return Text{Zh: zh, En: en} }

// Same is a text that reads alike in both languages: a number, a code, a name.
func Same(s string) Text { return Text{Zh: s, En: s} }

// In returns the half in l; Chinese for any language that is not English.
func (t Text) In(l Lang) string {
	if l == En {
		return t.En
	}
	return t.Zh
}

// Empty tells whether neither half is there.
func (t Text) Empty() bool { return t.Zh == "" && t.En == "" }

// Parse reads "zh" or "en"; ok is false for anything else.
func Parse(s string) (l Lang, ok bool) {
	switch Lang(s) {
	case Zh:
		return Zh, true
	case En:
		return En, true
	}
	return Zh, false
}

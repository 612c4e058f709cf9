package cap

import (
	"fmt"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap/tree"
)

// Fault is one breach of the standard.
type Fault struct {
	Path   string // "alert/info[1]/area[2]/polygon[1]"; "" where the document as a whole is meant
	Clause string // of CAP 1.2, "" where XML itself is broken
	Offset int64  // byte after the element's start
	Said   lang.Text
}

func (f Fault) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s: %s", f.Path, f.Clause, f.Said.En))
}

// Error is every fault of a document, in its order.
type Error struct{ Faults []Fault }

func (e *Error) Error() string {
	s := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		s[i] = f.String()
	}
	return strings.Join(s, "; ")
}

// Said gives the faults as one text, at most a few of them.
func (e *Error) Said() lang.Text {
	var zh, en []string
	for i, f := range e.Faults {
		if i == 5 {
			zh, en = append(zh, fmt.Sprintf("等 %d 处", len(e.Faults))), append(en, fmt.Sprintf("and %d more", len(e.Faults)-i))
			break
		}
		zh, en = append(zh, f.Path+" "+f.Said.Zh), append(en, f.Path+" "+f.Said.En)
	}
	return lang.T(strings.TrimSpace(strings.Join(zh, "；")), strings.TrimSpace(strings.Join(en, "; ")))
}

// broken makes a fault of a document that cannot be read as XML.
func broken(err error) error {
	f := Fault{Said: lang.T("无法读取", "cannot be read")}
	if e, ok := err.(*tree.Error); ok {
		f.Offset, f.Said = e.Offset, e.Said
	}
	return &Error{Faults: []Fault{f}}
}

package rule

import (
	"math"
	"slices"

	"github.com/haihe-city/haihe/lang"
)

// Document is an entity as rules read it: the values of its attributes by their short names.
type Document struct {
	ID, Type string
	Title    lang.Text
	Unit     string
	Area     string
	At       int64 // of the change, µs UTC
	Gone     bool  // the entity was deleted
	Values   map[string]any
}

// Judge evaluates the rules over entities for documents that changed. A condition on an entity knows no delay.
func (w *Watch) Judge(docs []Document) []Transition {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Transition
	for i := range docs {
		d := &docs[i]
		for _, r := range w.rules {
			if r.Kind != Entity || r.Scope.System != "" && r.Scope.System != w.system || len(r.Scope.Types) > 0 && !slices.Contains(r.Scope.Types, d.Type) {
				continue
			}
			holds, err := false, error(nil)
			if !d.Gone {
				holds, err = w.compiled[r].Holds(map[string]any{"entity": d.Values, "id": d.ID, "type": d.Type})
			}
			if err != nil {
				continue // an attribute is not there: nobody can tell
			}
			out = w.settleDocument(out, r, d, holds)
		}
	}
	return out
}

// Reads tells whether any live rule looks at entities of a type, so that nobody need read them for nothing.
func (w *Watch) Reads(kind string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rules {
		if r.Kind == Entity && (r.Scope.System == "" || r.Scope.System == w.system) && (len(r.Scope.Types) == 0 || slices.Contains(r.Scope.Types, kind)) {
			return true
		}
	}
	return false
}

// Untell takes transitions back that Judge or Tick has told of entities, newest first: whoever was to keep them could not, and what they
// speak of is to be told again.
func (w *Watch) Untell(list []Transition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range slices.Backward(list) {
		delete(w.docs, t.Key) // the next document makes it anew from what was told
		if t.Came {
			delete(w.told, t.Key)
		} else {
			t.Came = true
			w.told[t.Key] = t
		}
	}
}

func (w *Watch) settleDocument(out []Transition, r *Rule, d *Document, holds bool) []Transition {
	key := r.ID + "/" + d.ID
	c := w.docs[key]
	if c == nil {
		c = w.take(nil, r, key)
	}
	p := Point{Entity: d.ID, Title: d.Title, Group: d.ID, Unit: d.Unit, Area: d.Area}
	c.found = holds
	out = w.settle(out, c, &p, c.found != c.told, d.At, math.NaN())
	if c.told {
		w.docs[key] = c
	} else {
		delete(w.docs, key) // only what stands is held
	}
	return out
}

package feed

import (
	"slices"
	"sync"
)

// List is a list of listeners. The zero value is empty. It is safe for concurrent use.
type List[F any] struct {
	mu   sync.Mutex
	subs []*F // never changed in place
}

// Add adds a listener; stop takes it away, while a call under way may still finish.
func (l *List[F]) Add(fn F) (stop func()) {
	sub := &fn
	l.mu.Lock()
	l.subs = append(slices.Clone(l.subs), sub)
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.subs = slices.DeleteFunc(slices.Clone(l.subs), func(o *F) bool { return o == sub })
	}
}

// All gives the listeners of this moment.
func (l *List[F]) All() []*F {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.subs
}

// Tell calls fn for every listener. One that panics does not keep the others from being told; the first panic goes on to the caller.
func (l *List[F]) Tell(fn func(F)) { tell(l.All(), fn) }

func tell[F any](subs []*F, fn func(F)) {
	if len(subs) == 0 {
		return
	}
	defer tell(subs[1:], fn) // runs whether or not this one panics
	fn(*subs[0])
}

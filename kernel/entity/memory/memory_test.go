package memory_test

import (
	"sync"
	"testing"

	"github.com/haihe-city/haihe/kernel/entity/memory"
)

func TestBytes(t *testing.T) {
	m := memory.New[int, string](32 * 100)
	for i := range 10_000 {
		m.Put(i, "x", 10)
		if _, ok, _ := m.Get(0); i > 0 && !ok {
			t.Fatalf("what is asked for again and again is gone after %d", i)
		}
	}
	if n := m.Bytes(); n > 32*100 || n < 32*50 {
		t.Errorf("%d bytes are held", n)
	}
	m.Put(0, "y", 1000) // more than there is room for
	if _, ok, _ := m.Get(0); ok {
		t.Error("what does not fit is held")
	}
	none := memory.New[int, string](0)
	none.Put(1, "x", 10)
	if _, ok, _ := none.Get(1); ok {
		t.Error("a memory of no bytes holds")
	}
}

func TestFill(t *testing.T) {
	m := memory.New[string, int](1 << 20)
	_, _, ticket := m.Get("a")
	m.Put("a", 2, 1) // committed while the reader read
	m.Fill("a", 1, 1, ticket)
	if v, ok, _ := m.Get("a"); !ok || v != 2 {
		t.Errorf("got %d, %v", v, ok)
	}
	m.Drop("a")
	m.Fill("a", 1, 1, ticket)
	_, ok, ticket := m.Get("a")
	if ok {
		t.Error("an old fill was taken")
	}
	m.Fill("a", 3, 1, ticket)
	if v, _, _ := m.Get("a"); v != 3 {
		t.Errorf("a fill was not taken: %d", v)
	}
}

func TestConcurrent(t *testing.T) {
	m := memory.New[int, int](32 * 64)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 5000 {
				k := (i * (g + 1)) % 300
				switch i % 4 {
				case 0:
					m.Put(k, k, 8)
				case 1:
					m.Drop(k)
				default:
					v, ok, ticket := m.Get(k)
					if ok && v != k {
						t.Errorf("%d under %d", v, k)
					}
					m.Fill(k, k, 8, ticket)
				}
			}
		})
	}
	all.Wait()
}

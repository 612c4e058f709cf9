package batch

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

func messages(n int) (out [][]byte) {
	for i := range n {
		out = append(out, fmt.Appendf(nil, "消息 %d", i))
	}
	return out
}

func key(t testing.TB, a pki.Algorithm) crypto.Signer {
	t.Helper()
	k, err := pki.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestSizes: every message of batches of each size verifies, by the tree's own verifier too, and none at another's place.
func TestSizes(t *testing.T) {
	for _, a := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		k := key(t, a)
		for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 31, 33} {
			in := messages(n)
			sigs, err := Sign(k, in)
			if err != nil {
				t.Fatal(err)
			}
			var v Verifier
			s := scheme(a)
			leaves := make([][merkle.Size]byte, n)
			for i, m := range in {
				leaves[i] = s.LeafHash(m)
			}
			for i, g := range sigs {
				if err := s.VerifyInclusion(leaves[i], g.Index, g.Size, g.Path, s.Root(leaves)); err != nil {
					t.Errorf("%s %d/%d: %v", a, i, n, err)
				}
				back, err := Parse(g.String())
				if err != nil || back.String() != g.String() {
					t.Errorf("%d/%d: packed and read: %v", i, n, err)
				}
				for range 2 { // the second time from memory
					if err := v.Verify(k.Public(), in[i], back); err != nil {
						t.Errorf("%d/%d: %v", i, n, err)
					}
				}
				if i > 0 && (Verify(k.Public(), in[i-1], g) == nil || v.Verify(k.Public(), in[i-1], g) == nil) {
					t.Errorf("%d/%d verifies another message", i, n)
				}
			}
		}
	}
	if _, err := Sign(key(t, pki.SM2), nil); err == nil {
		t.Error("an empty batch was signed")
	}
	if _, err := Sign(key(t, pki.SM2), make([][]byte, Max+1)); err == nil {
		t.Error("too large a batch was signed")
	}
}

// TestForged: each change of a good signature is refused, with and without memory.
func TestForged(t *testing.T) {
	k, other := key(t, pki.SM2), key(t, pki.SM2)
	in := messages(5)
	sigs, err := Sign(k, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(g *Signature)
	}{
		{"index", func(g *Signature) { g.Index++ }},
		{"size", func(g *Signature) { g.Size++ }},
		{"no size", func(g *Signature) { g.Size, g.Index = 0, 0 }},
		{"a huge size", func(g *Signature) { g.Size = 1 << 60 }},
		{"path", func(g *Signature) { g.Path[0][0] ^= 1 }},
		{"a shorter path", func(g *Signature) { g.Path = g.Path[:len(g.Path)-1] }},
		{"a longer path", func(g *Signature) { g.Path = append(g.Path, g.Path[0]) }},
		{"signature", func(g *Signature) { g.Sig = append([]byte(nil), g.Sig...); g.Sig[9] ^= 1 }},
		{"no signature", func(g *Signature) { g.Sig = nil }},
		{"algorithm", func(g *Signature) { g.Algorithm = pki.ECDSA }},
	} {
		g := sigs[2]
		g.Path = append([][merkle.Size]byte(nil), g.Path...)
		var v Verifier
		if err := v.Verify(k.Public(), in[2], g); err != nil {
			t.Fatal(err)
		}
		c.change(&g)
		if !errors.Is(Verify(k.Public(), in[2], g), ErrSignature) || !errors.Is(v.Verify(k.Public(), in[2], g), ErrSignature) {
			t.Errorf("%s: it verifies", c.name)
		}
	}
	var v Verifier
	if v.Verify(k.Public(), in[0], sigs[0]) != nil || v.Verify(other.Public(), in[0], sigs[0]) == nil || Verify(other.Public(), in[0], sigs[0]) == nil {
		t.Error("another key passed, or the own one did not")
	}
}

// counted counts the signatures that a key makes.
type counted struct {
	crypto.Signer
	n atomic.Int64
}

func (c *counted) Sign(r io.Reader, d []byte, o crypto.SignerOpts) ([]byte, error) {
	c.n.Add(1)
	return c.Signer.Sign(r, d, o)
}

func TestCollector(t *testing.T) {
	k := &counted{Signer: key(t, pki.ECDSA)}
	c := &Collector{Key: k, Wait: 20 * time.Millisecond, Most: 16}
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			m := fmt.Appendf(nil, "%d", i)
			g, err := c.Sign(context.Background(), m)
			if err == nil {
				err = Verify(k.Public(), m, g)
			}
			if err != nil {
				t.Error(err)
			}
			if g.Size > 16 {
				t.Errorf("a batch of %d", g.Size)
			}
		})
	}
	all.Wait()
	if n := k.n.Load(); n < 4 || n >= 64 {
		t.Errorf("%d signatures for 64 messages", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Sign(ended, []byte("m")); !errors.Is(err, context.Canceled) {
		t.Errorf("signed for one who is gone: %v", err)
	}
}

// TestMemory: the verifier's memory is bounded.
func TestMemory(t *testing.T) {
	var v Verifier
	for i := range 5 * remembered {
		v.remember([32]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	if len(v.new)+len(v.old) > 2*remembered {
		t.Errorf("%d roots are remembered", len(v.new)+len(v.old))
	}
}

func FuzzParse(f *testing.F) {
	k := key(f, pki.SM2)
	sigs, err := Sign(k, messages(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sigs[1].String())
	f.Add("AQEA")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(text)
		if err != nil {
			return
		}
		if g.String() != text {
			t.Errorf("%q packs to %q", text, g.String())
		}
		_ = Verify(k.Public(), []byte("m"), g)
	})
}

func BenchmarkSign256(b *testing.B) {
	k, in := key(b, pki.SM2), messages(256)
	for b.Loop() {
		if _, err := Sign(k, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkVerify256(b *testing.B) {
	k, in := key(b, pki.SM2), messages(256)
	sigs, err := Sign(k, in)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var v Verifier
		for i, m := range in {
			if err := v.Verify(k.Public(), m, sigs[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

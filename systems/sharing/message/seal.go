package message

import (
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"

	"github.com/haihe-city/haihe/kernel/trust/batch"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// Batch is the algorithm's name of batch signatures.
const Batch = "haihe-batch"

// Sealer signs messages.
type Sealer struct {
	Alg  string
	Sign func(ctx context.Context, base []byte) ([]byte, error)
}

// Alone signs each message by itself.
func Alone(k crypto.Signer) (Sealer, error) {
	a, err := pki.Of(k.Public())
	return Sealer{Alg: string(a), Sign: func(_ context.Context, base []byte) ([]byte, error) {
		der, err := pki.Sign(k, base)
		if err != nil {
			return nil, err
		}
		return fromDER(der)
	}}, err
}

// Together signs what comes at the same time with one signature.
func Together(c *batch.Collector) Sealer {
	return Sealer{Alg: Batch, Sign: func(ctx context.Context, base []byte) ([]byte, error) {
		s, err := c.Sign(ctx, base)
		if err != nil {
			return nil, err
		}
		return base64.RawURLEncoding.DecodeString(s.String())
	}}
}

// Checker verifies signatures. The zero value works; it remembers the roots of batches.
type Checker struct{ batches batch.Verifier }

// ErrSignature is a signature that does not fit.
var ErrSignature = errors.New("the signature does not fit the message and the certificate")

// Check tells with nil that sig is the key's signature over base.
func (c *Checker) Check(pub crypto.PublicKey, alg string, base, sig []byte) error {
	if alg == Batch {
		s, err := batch.Parse(base64.RawURLEncoding.EncodeToString(sig))
		if err != nil {
			return err
		}
		return c.batches.Verify(pub, base, s)
	}
	a, err := pki.Of(pub)
	if err != nil || string(a) != alg || len(sig) != 64 {
		return ErrSignature
	}
	der, err := asn1.Marshal(pair{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
	if err != nil {
		return err
	}
	return pki.Verify(pub, base, der)
}

type pair struct{ R, S *big.Int }

// fromDER gives r and s in 32 bytes each. RFC 9421 3.3.4
func fromDER(der []byte) ([]byte, error) {
	var p pair
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	p.R.FillBytes(out[:32])
	p.S.FillBytes(out[32:])
	return out, nil
}

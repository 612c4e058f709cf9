package tsp

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/cms"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/tsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// Authority makes time stamps.
type Authority struct {
	Key         crypto.Signer
	Certificate []byte   // DER, for time stamping only
	Chain       [][]byte // above it
	Policy      string   // object identifier of the policy that it works by
	Accuracy    time.Duration
	Now         func() time.Time
	// Serial gives a number that it never gave before; it is asked once a token, before the token is signed.
	Serial func(context.Context) (*big.Int, error)
}

// digests are the sizes of the digests that are stamped. SHA-1 is not among them.
var digests = map[string]int{
	"2.16.840.1.101.3.4.2.1": 32, "2.16.840.1.101.3.4.2.2": 48, "2.16.840.1.101.3.4.2.3": 64, "1.2.156.10197.1.401": 32,
}

// Answer answers a request, DER to DER. The Info is nil where the request was rejected, which is no error: the client is told. An error means
// that the authority failed; the answer says so too.
func (a *Authority) Answer(ctx context.Context, request []byte) (answer []byte, info *tsp.Info, err error) {
	reject := func(f tsp.Failure, zh, en string) []byte {
		return (&tsp.Response{Status: tsp.Rejection, Failure: f, Text: []string{zh + " / " + en}}).Marshal()
	}
	q, err := tsp.ParseRequest(request)
	if err != nil {
		return reject(tsp.BadDataFormat, "请求格式无效", "the request is malformed"), nil, nil
	}
	size := digests[q.Imprint.Hash]
	switch {
	case size == 0:
		return reject(tsp.BadAlgorithm, "摘要算法不支持", "the digest algorithm is not supported"), nil, nil
	case len(q.Imprint.Digest) != size:
		return reject(tsp.BadDataFormat, "摘要长度不符", "the digest has another length than its algorithm"), nil, nil
	case q.Policy != "" && q.Policy != a.Policy:
		return reject(tsp.UnacceptedPolicy, "策略不受理", "the policy is not offered"), nil, nil
	case q.Extension != "":
		return reject(tsp.UnacceptedExtension, "扩展不受理", "the extension is not supported"), nil, nil
	}
	token, info, err := a.stamp(ctx, q)
	if err != nil {
		return reject(tsp.SystemFailure, "系统故障", "the authority failed"), nil, err
	}
	return (&tsp.Response{Status: tsp.Granted, Failure: tsp.NoFailure, Token: token}).Marshal(), info, nil
}

// Stamp gives a token over a message, with SM3 or SHA-256 as the object identifier says.
func (a *Authority) Stamp(ctx context.Context, hash string, message []byte) (token []byte, info *tsp.Info, err error) {
	sum := path.HashOf(hash)
	if sum == nil || digests[hash] == 0 {
		return nil, nil, errors.New("stamp: no such digest")
	}
	return a.stamp(ctx, &tsp.Request{Imprint: tsp.Imprint{Hash: hash, Digest: sum(message)}, CertReq: true})
}

func (a *Authority) stamp(ctx context.Context, q *tsp.Request) ([]byte, *tsp.Info, error) {
	serial, err := a.Serial(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("stamp: serial number: %w", err)
	}
	c, err := x509.Parse(a.Certificate)
	if err != nil {
		return nil, nil, fmt.Errorf("stamp: own certificate: %w", err)
	}
	info := &tsp.Info{Policy: a.Policy, Imprint: q.Imprint, Serial: serial, Time: a.Now().UTC().Truncate(time.Millisecond), Accuracy: a.Accuracy, Nonce: q.Nonce,
		TSA: der.Value(der.Inner(4), c.Subject.Raw)}
	by := cms.By{Key: a.Key, Certificate: a.Certificate}
	if q.CertReq {
		by.Chain = a.Chain
	}
	token, err := cms.Sign(info.Marshal(), []cms.By{by}, cms.SignOptions{ContentType: tsp.TSTInfoType, Time: info.Time, Bare: !q.CertReq})
	if err != nil {
		return nil, nil, fmt.Errorf("stamp: %w", err)
	}
	return token, info, nil
}

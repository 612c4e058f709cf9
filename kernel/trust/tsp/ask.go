package tsp

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/wire/tsp"
)

// What a message is digested with. Every time-stamp service knows SHA-256; those of GM/T 0033 know SM3. RFC 5754 2.2, GM/T 0006
const (
	SHA256 = "2.16.840.1.101.3.4.2.1"
	SM3    = "1.2.156.10197.1.401"
)

// Bounds of asking: a token with its certificates is a few kilobytes.
const (
	maxAnswer = 256 << 10
	wait      = 10 * time.Second
)

// Ask asks the service at an address for a time stamp over a message, digested with SHA256 or SM3, and gives the token, which bears the message's digest and the number that
// was asked with. Whose it is, and whether that is to be trusted, is for Verify. errs.Unavailable where no token comes. RFC 3161 3.4
func Ask(ctx context.Context, client *http.Client, address, hash string, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	sum := path.HashOf(hash)
	if sum == nil {
		return nil, errs.Say(errs.Invalid, "摘要算法不支持", "the digest algorithm is not supported")
	}
	q := &tsp.Request{Imprint: tsp.Imprint{Hash: hash, Digest: sum(message)}, Nonce: nonce, CertReq: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(q.Marshal()))
	if err != nil {
		return nil, errs.As(errs.Invalid, "ask for a time stamp", err)
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	resp, err := client.Do(req)
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "时间戳服务无应答", "the time-stamp service does not answer")
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, errs.Because(err, errs.Unavailable, "时间戳服务应答状态码 %d", "the time-stamp service answers with status %d", resp.StatusCode)
	}
	token, err := Check(q, b)
	if err != nil {
		t, _ := errs.MsgOf(err)
		return nil, errs.Because(err, errs.Unavailable, "未取得时间戳：%[1]s", "no time stamp came: %[2]s", t.Zh, t.En)
	}
	return token, nil
}

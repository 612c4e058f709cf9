package tsp

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/tsp"
)

// oidSHA256 names SHA-256 in an imprint: every time-stamp service knows it. RFC 5754 2.2
const oidSHA256 = "2.16.840.1.101.3.4.2.1"

// Bounds of asking: a token with its certificates is a few kilobytes.
const (
	maxAnswer = 256 << 10
	wait      = 10 * time.Second
)

// Ask asks the service at an address for a time stamp over a message and gives the token, which bears the message's digest and the number that
// was asked with. Whose it is, and whether that is to be trusted, is for Verify. errs.Unavailable where no token comes. RFC 3161 3.4
func Ask(ctx context.Context, client *http.Client, address string, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(message)
	q := &tsp.Request{Imprint: tsp.Imprint{Hash: oidSHA256, Digest: sum[:]}, Nonce: nonce, CertReq: true}
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

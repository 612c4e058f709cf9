package stamp

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"math/big"
	"net/http"
	"os"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/path"
	trusttsp "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/wire/tsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// sha256OID names SHA-256 in an imprint. RFC 3161 2.4.1
const sha256OID = "2.16.840.1.101.3.4.2.1"

// maxToken bounds an answer, in bytes: a token with its certificates is a few kilobytes.
const maxToken = 256 << 10

// wait bounds one request: the records wait well, their job does not.
const wait = 10 * time.Second

// Anchors reads the certificates, PEM or DER, that time stamps are verified against.
func Anchors(pem []byte) (list []*x509.Certificate, err error) {
	for _, der := range cert.Unarmour(pem) {
		c, err := x509.Parse(der)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "时间戳信任证书无法读取", "a certificate that time stamps are verified against cannot be read")
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errs.Say(errs.Invalid, "时间戳信任证书文件为空", "the file of certificates that time stamps are verified against is empty")
	}
	return list, nil
}

// ReadAnchors reads them from a file that the settings or a flag name.
func ReadAnchors(file string) ([]*x509.Certificate, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "时间戳信任证书文件 %s 读不了；请检查路径和权限", "the file %s of certificates that time stamps are verified against cannot be read; check its path and permissions", file)
	}
	return Anchors(b)
}

// Service asks the service at a URL. Its tokens are verified before they are kept where anchors are given.
func Service(url string, client *http.Client, anchors []*x509.Certificate, now func() time.Time) record.Stamper {
	return record.Stamper{Name: url, Ask: func(ctx context.Context, message []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		token, err := ask(ctx, url, client, message)
		if err != nil || anchors == nil {
			return token, err
		}
		_, _, err = Verifier(anchors, now)(token, message)
		return token, err
	}}
}

func ask(ctx context.Context, url string, client *http.Client, message []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(message)
	q := &tsp.Request{Imprint: tsp.Imprint{Hash: sha256OID, Digest: sum[:]}, Nonce: nonce, CertReq: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(q.Marshal()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query") // RFC 3161 3.4
	resp, err := client.Do(req)
	if err != nil {
		return nil, errs.As(errs.Unavailable, "ask for a time stamp", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxToken))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, errs.Because(err, errs.Unavailable, "时间戳服务应答 %d", "the time-stamp service answered %d", resp.StatusCode)
	}
	token, err := trusttsp.Check(q, b)
	return token, errs.As(errs.Unavailable, "read a time stamp", err)
}

// Verifier verifies tokens against anchors.
func Verifier(anchors []*x509.Certificate, now func() time.Time) record.Stamped {
	return func(token, message []byte) (time.Time, string, error) {
		s, err := trusttsp.Verify(token, message, now(), path.Options{Anchors: anchors})
		if err != nil {
			return time.Time{}, "", err
		}
		return s.Info.Time, cert.ReadName(s.By.Subject.Raw), nil
	}
}

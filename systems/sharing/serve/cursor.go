package serve

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

var (
	qSecret    = store.Q("sharing_secret_get", `SELECT value FROM sharing_secret WHERE id = 1`)
	qSecretPut = store.Q("sharing_secret_put", `INSERT INTO sharing_secret (id, value) VALUES (1, $1)`)
)

// seal keeps what a cursor holds from who bears it: the place in the rows may be the key of a person. It is bound to who asked for what
// under which grant, so that it is of no use to anybody else.
type seal struct {
	aead cipher.AEAD
	mac  []byte
}

// openSeal reads the room's secret, or makes it. Instances on one database share it.
func openSeal(ctx context.Context, db *store.DB) (*seal, error) {
	var secret []byte
	err := db.Write(ctx, func(tx *store.Tx) error {
		err := tx.Get(qSecret, nil, &secret)
		if errs.Is(err, errs.NotFound) {
			secret = make([]byte, 64)
			_, _ = rand.Read(secret) // never fails
			_, err = tx.Exec(qSecretPut, secret)
		}
		return err
	})
	if err != nil {
		return nil, errs.Wrap("open the seal of cursors", err)
	}
	if len(secret) != 64 {
		return nil, errs.Say(errs.Internal, "翻页密钥长度不符", "the secret of the cursors has the wrong length")
	}
	block, err := aes.NewCipher(secret[:32])
	if err != nil {
		return nil, errs.Wrap("open the seal of cursors", err)
	}
	aead, err := cipher.NewGCM(block)
	return &seal{aead, secret[32:]}, errs.Wrap("open the seal of cursors", err)
}

func (s *seal) close(mark string, bound ...string) string {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(mark), []byte(strings.Join(bound, "\x00"))))
}

func (s *seal) open(cursor string, bound ...string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(b) > s.aead.NonceSize() {
		n := s.aead.NonceSize()
		var mark []byte
		if mark, err = s.aead.Open(nil, b[:n], b[n:], []byte(strings.Join(bound, "\x00"))); err == nil {
			return string(mark), nil
		}
	}
	return "", malformed("翻页标记无效，或不属于这次查询；请从第一页重新查询", "the cursor is not valid, or not of this question; start from the first page")
}

// subject makes the number under which a person's records are found; the person's own number cannot be had from it without the secret.
func (s *seal) subject(value string) string {
	m := hmac.New(sha256.New, s.mac)
	m.Write([]byte(strings.ToUpper(strings.TrimSpace(value))))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

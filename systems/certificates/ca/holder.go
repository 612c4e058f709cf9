package ca

import (
	"context"
	"encoding/hex"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
)

// serialSize is the bytes of every serial number given out here: cert.NewSerial begins with none that is zero.
const serialSize = 16

// Holder says whom a certificate (DER) signs in, as "kind:subject", and its serial number. It was shown in a TLS handshake, so its key is
// held; everything else is asked here: it is the very certificate that was issued under its number, byte for byte, so that a certificate
// of the same name by another authority is nobody's; it is of a person or an enterprise and made for signing; it stands, by the register
// and not by a list that may be an hour old; and its time runs. errs.Unauthenticated where it signs nobody in, with nothing said of why:
// whoever holds another's certificate learns no more than that.
func (a *Authority) Holder(ctx context.Context, leaf []byte) (holder, serial string, err error) {
	refused := errs.Say(errs.Unauthenticated, "该证书不能用于登录", "this certificate signs nobody in")
	x, err := cert.Read(leaf)
	if err != nil || x.SerialNumber.Sign() <= 0 || x.SerialNumber.BitLen() > 8*serialSize {
		return "", "", refused
	}
	c, _, err := a.Get(ctx, hex.EncodeToString(x.SerialNumber.FillBytes(make([]byte, serialSize))))
	if errs.Is(err, errs.NotFound) {
		return "", "", refused
	}
	if err != nil {
		return "", "", err
	}
	switch {
	case string(c.DER) != string(leaf), c.Use != Sign, c.State != Valid, a.o.Now().Before(c.From), !a.o.Now().Before(c.To):
		return "", "", refused
	case c.Kind != Citizen && c.Kind != Enterprise && c.Kind != Official: // a device, a server and a seal are nobody who reads pages
		return "", "", refused
	}
	return c.Kind + ":" + c.Subject, c.Serial, nil
}

// Stands says that a certificate that [Authority.Holder] took a moment ago is valid still, by its serial number; errs.Unauthenticated where not.
func (a *Authority) Stands(ctx context.Context, serial string) error {
	s, err := a.Status(ctx, serial)
	if err == nil && s.State != Valid {
		err = errs.Say(errs.Unauthenticated, "该证书已不能用于登录", "this certificate signs nobody in any more")
	}
	return err
}

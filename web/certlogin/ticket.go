package certlogin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Window is how long a ticket is good.
const Window = 2 * time.Minute

const useTicket = "certificate-ticket"

// ticket says that a browser has shown that it holds the key of a certificate.
type ticket struct {
	Number string `json:"number"`
	Holder string `json:"holder"`
	Serial string `json:"serial"`
	Until  int64  `json:"until"` // microseconds
}

func (g *Gate) write(holder, serial string) (string, error) {
	b, err := json.Marshal(ticket{Number: rand.Text(), Holder: holder, Serial: serial, Until: g.Now().Add(Window).UnixMicro()})
	if err != nil {
		return "", errs.Wrap("write a ticket", err)
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	return text + "." + g.People.Stamp(useTicket, text), nil
}

func (g *Gate) read(s string) (*ticket, error) {
	text, stamp, ok := strings.Cut(s, ".")
	if !ok || !g.People.CheckStamp(useTicket, text, stamp) {
		return nil, stale()
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, stale()
	}
	var t ticket
	if err := json.Unmarshal(b, &t); err != nil || g.Now().UnixMicro() > t.Until {
		return nil, stale()
	}
	return &t, nil
}

func stale() error {
	return errs.Say(errs.Invalid, "证书登录已过期，请重新选择证书", "this sign-in with a certificate is too old: choose the certificate again")
}

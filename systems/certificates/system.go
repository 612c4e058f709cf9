package certificates

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
)

// System declares the certificate authority.
func System() host.System {
	return host.System{
		Name:     "certificates",
		Title:    lang.T("电子认证", "Certificate authority"),
		Icon:     "card",
		Sections: []string{"3.5.5", "3.5.3"},
		Owners:   []string{"economy-it", "public-security", "crypto-admin"},
		Open:     func(context.Context, *host.Host) (*host.Opened, error) { return &host.Opened{}, nil },
	}
}

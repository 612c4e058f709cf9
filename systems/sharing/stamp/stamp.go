package stamp

import (
	"context"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/path"
	trusttsp "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/wire/x509"
)

// Service asks the service at a URL. Its tokens are verified before they are kept where anchors are given.
func Service(url string, client *http.Client, anchors []*x509.Certificate, now func() time.Time) record.Stamper {
	return record.Stamper{Name: url, Ask: func(ctx context.Context, message []byte) ([]byte, error) {
		token, err := trusttsp.Ask(ctx, client, url, trusttsp.SHA256, message)
		if err != nil || anchors == nil {
			return token, err
		}
		_, _, err = Verifier(anchors, now)(token, message)
		return token, err
	}}
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

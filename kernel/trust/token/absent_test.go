//go:build !pkcs11

package token

import (
	"testing"

	"github.com/haihe-city/haihe/errs"
)

func TestAbsent(t *testing.T) {
	if _, err := Open(Options{}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a token without the build tag: %v", err)
	}
}

package certificates

import (
	"testing"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
)

func TestContract(t *testing.T) { hosttest.Check(t, func() host.System { return System() }) }

package postgres_test

import (
	"testing"

	"github.com/haihe-city/haihe/store/storetest"
)

func TestSuite(t *testing.T) { storetest.Run(t, storetest.Server()) }

package safety

import (
	"testing"

	"github.com/haihe-city/haihe/host/hosttest"
)

// TestRoom holds the room to the contract between a system and the program.
func TestRoom(t *testing.T) { hosttest.Check(t, System) }

package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// The program holds itself to a limit of memory, so that a burst, such as a city of meters that report at once, is paid for with some
// processor time and not with twice the memory. Without a setting the limit is usualMemory, or six tenths of what the machine or the
// control group allows where that is less; it grows with what is really held, since a collector that has no room at all only turns in circles.
const (
	usualMemory  = 2200 << 20
	memoryLooked = 5 * time.Second
)

// holdMemory sets the limit, of configured MiB or (0) as above, until ctx ends. Where the environment has a GOMEMLIMIT and nothing is configured,
// that one stands.
func holdMemory(ctx context.Context, configured int64) {
	if configured > 0 {
		debug.SetMemoryLimit(configured << 20)
		return
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	whole := allowedMemory(os.ReadFile)
	limit := memoryLimit(whole, 0)
	debug.SetMemoryLimit(limit)
	go func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for t := time.NewTicker(memoryLooked); ; {
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
			if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 {
				return
			}
			if now := memoryLimit(whole, int64(live[0].Value.Uint64())); now != limit {
				limit = now
				debug.SetMemoryLimit(limit)
			}
		}
	}()
}

// memoryLimit is the limit where so much is allowed and so much is held: four tenths above what is held at the least, and never more than nine tenths
// of what is allowed.
func memoryLimit(allowed, live int64) int64 {
	return min(max(min(usualMemory, allowed/10*6), live/10*14), allowed/10*9)
}

// allowedMemory is what the machine has or the control group allows, in bytes, whichever is less; without limit where neither is known.
func allowedMemory(read func(name string) ([]byte, error)) int64 {
	allowed := int64(math.MaxInt64)
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if raw, err := read(name); err == nil {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64); err == nil && n > 0 { // "max": no limit
				allowed = min(allowed, n)
			}
		}
	}
	raw, err := read("/proc/meminfo")
	if err != nil {
		return allowed
	}
	for line := range bytes.Lines(raw) {
		if f := bytes.Fields(line); len(f) >= 2 && string(f[0]) == "MemTotal:" {
			if kb, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil && kb > 0 && kb < math.MaxInt64>>10 {
				allowed = min(allowed, kb<<10)
			}
		}
	}
	return allowed
}

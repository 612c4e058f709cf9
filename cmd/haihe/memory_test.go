package main

import (
	"errors"
	"math"
	"testing"
)

func TestAllowedMemory(t *testing.T) {
	const total = "MemFree: 1 kB\nMemTotal:       24576 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known":      {nil, math.MaxInt64},
		"the machine":           {map[string]string{"/proc/meminfo": total}, 24 << 20},
		"a group without limit": {map[string]string{"/proc/meminfo": total, "/sys/fs/cgroup/memory.max": "max\n"}, 24 << 20},
		"a group":               {map[string]string{"/proc/meminfo": total, "/sys/fs/cgroup/memory.max": "1048576\n"}, 1 << 20},
		"an older group":        {map[string]string{"/proc/meminfo": total, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2097152\n"}, 2 << 20},
		"no numbers":            {map[string]string{"/proc/meminfo": "MemTotal: x kB\n", "/sys/fs/cgroup/memory.max": "-3\n"}, math.MaxInt64},
	} {
		got := allowedMemory(func(file string) ([]byte, error) {
			if s, ok := c.files[file]; ok {
				return []byte(s), nil
			}
			return nil, errors.New("no such file")
		})
		if got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	const gib = int64(1 << 30)
	for _, c := range []struct{ allowed, live, want int64 }{
		{24 * gib, 0, usualMemory},
		{24 * gib, gib, usualMemory},
		{24 * gib, 10 * gib, 10 * gib / 10 * 14}, // it grows with what is held
		{24 * gib, 20 * gib, 24 * gib / 10 * 9},  // and not beyond the machine
		{2 * gib, 0, 2 * gib / 10 * 6},
		{2 * gib, 2 * gib, 2 * gib / 10 * 9},
		{math.MaxInt64, 0, usualMemory},
	} {
		if got := memoryLimit(c.allowed, c.live); got != c.want {
			t.Errorf("%d allowed, %d held: %d, want %d", c.allowed, c.live, got, c.want)
		}
	}
}

package e2e

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// disk is a small file system of the story's own.
type disk struct {
	t    *testing.T
	path string
}

func mountDisk(t *testing.T, size string) *disk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: needs root to mount a small file system")
	}
	path := t.TempDir()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &disk{t, path}
}

func (d *disk) filler() string { return filepath.Join(d.path, "filler") }

// fill leaves so many bytes free.
func (d *disk) fill(leave int) {
	d.t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.path, &st); err != nil {
		d.t.Fatal(err)
	}
	err := os.WriteFile(d.filler(), make([]byte, max(int(st.Bavail)*int(st.Bsize)-leave, 0)), 0o600)
	if err != nil && !(leave == 0 && errors.Is(err, syscall.ENOSPC)) { // the program wrote in between: full is full
		d.t.Fatal(err)
	}
}

func (d *disk) free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

// Claim: a start on a full disk is refused with one sentence, and the same start works once there is room.
func TestFullDiskAtStart(t *testing.T) {
	d := mountDisk(t, "64m")
	data := filepath.Join(d.path, "data")
	d.fill(64 << 10)
	o := run(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", quietConfig(t))
	if o.code != exitData {
		t.Errorf("exit code %d, want %d", o.code, exitData)
	}
	oneSentence(t, o.errout, data)
	d.free()
	s := start(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", quietConfig(t))
	if len(s.accounts) != 3 {
		t.Errorf("the failed start left accounts behind: %d were made now", len(s.accounts))
	}
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
}

// Claim: a program whose disk fills up stays up, refuses what it cannot keep with words instead of pretending, and works again
// without a restart when there is room; what was recorded before still verifies.
func TestFullDiskWhileRunning(t *testing.T) {
	d := mountDisk(t, "96m")
	data := filepath.Join(d.path, "data")
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", data, "--config", quietConfig(t))
	if p := s.visitor().login("reader", s.accounts["reader"]); p.status != http.StatusOK || strings.Contains(p.path, "login") {
		t.Fatalf("sign-in before: %d %s", p.status, p.path)
	}
	d.fill(0)
	refused := false
	for range 200 { // the log has some room left inside its file
		p := s.visitor().login("reader", s.accounts["reader"])
		if p.status == http.StatusOK && !strings.Contains(p.path, "login") {
			continue
		}
		refused = true
		if p.status != http.StatusServiceUnavailable {
			t.Errorf("a write on a full disk answers %d, want 503", p.status)
		}
		if !strings.Contains(p.body, "磁盘") {
			t.Errorf("the page does not say that the disk is full:\n%.3000s", p.body)
		}
		break
	}
	if !refused {
		t.Error("200 sign-ins were taken on a full disk")
	}
	if p := s.visitor().get("/healthz"); p.status != http.StatusOK {
		t.Errorf("health: %d", p.status)
	}
	d.free()
	if p := s.visitor().login("reader", s.accounts["reader"]); p.status != http.StatusOK || strings.Contains(p.path, "login") {
		t.Errorf("sign-in after: %d %s", p.status, p.path)
	}
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
	if o := run(t, "journal", "verify", "--data", data); o.code != exitDone {
		t.Errorf("verify: exit code %d\n%s%s", o.code, o.out, o.errout)
	}
}

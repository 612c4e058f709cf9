package dlt698

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// judgeScript reads a frame in hex a line and prints it again, after it has been through another implementation's frame and APDU.
const judgeScript = `
import sys
from dlt698 import codec
for line in sys.stdin:
    f = codec.decode_frame(bytes.fromhex(line.strip()))
    f.payload = codec.encode_apdu(codec.decode_apdu(f.payload))
    print(codec.encode_frame(f).hex())
`

// TestOutsideJudge: frames printed here are taken by an independent implementation (the Python package dlt698, a binding of a C++
// library), which prints them again byte for byte. HAIHE_PYTHON names a Python that has it.
func TestOutsideJudge(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import dlt698").Run() != nil {
		t.Skip("skipped: needs a Python with the package dlt698 (HAIHE_PYTHON names one)")
	}
	var in bytes.Buffer
	for _, raw := range own(t) {
		in.WriteString(hex.EncodeToString(raw) + "\n")
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", judgeScript)
	var out, errout bytes.Buffer
	sent := in.String()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &errout
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errout.String())
	}
	want, got := strings.Split(sent, "\n"), strings.Split(out.String(), "\n")
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("frame %d:\n%s\ncomes back as\n%s", i, want[i], append(got, "", "")[min(i, len(got))])
		}
	}
}

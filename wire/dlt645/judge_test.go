package dlt645

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// judgeScript prints what another implementation knows of each identifier: identifier, digits, decimals. A demand is its value
// and a time of ten digits. Then it prints an answer of its own to each request in hex that it reads.
const judgeScript = `
import logging, sys
logging.disable(logging.CRITICAL)
import dlt645
from dlt645.model.data.define import DIMap
from dlt645.protocol.protocol import DLT645Protocol as P
for di, item in sorted(DIMap.items()):
    items = item if isinstance(item, (list, tuple)) else [item]
    f = ''.join(i.data_format for i in items)
    digits = sum(c in 'XNYMDhmsW' for c in f) + (10 if di >> 24 == 1 else 0)
    print('DI', '%08X' % di, digits, len(f.split('.')[1]) if '.' in f else 0)
for line in sys.stdin:
    f = P.deserialize(bytes.fromhex(line.strip()))
    print('FRAME', P.build_frame(bytes(f.addr), f.ctrl_code, bytes(f.data), 0).hex())
`

// TestOutsideJudge: the widths and decimals of all identifiers that both know, and frames there and back, agree with an
// independent implementation (the Python package dlt645). HAIHE_PYTHON names a Python that has it.
func TestOutsideJudge(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import dlt645.model.data.define").Run() != nil {
		t.Skip("skipped: needs a Python with the package dlt645 3 (HAIHE_PYTHON names one)")
	}
	addr, err := NewAddress("123456789012")
	if err != nil {
		t.Fatal(err)
	}
	var frames []string
	for _, m := range []Message{Read{DI: 0x00010000}, ReadNext{DI: 0x00010000, Seq: 1}, AskAddress{}, AddressAnswer{Addr: addr},
		Answer{DI: 0x02010100, Data: []byte{0x01, 0x22}}, Answer{DI: LoadLatest, Data: bytes.Repeat([]byte{0x68}, 196), More: true},
		Failure{Function: ReadData, Word: NoData}, Failure{Function: WriteData, Word: Unauthorised}} {
		raw, err := Encode(addr, m).Append(nil)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		frames = append(frames, hex.EncodeToString(raw))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", judgeScript)
	var out, errout bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(frames, "\n")), &out, &errout
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errout.String())
	}
	both, unknown, back := 0, 0, 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if f[0] == "FRAME" {
			if back >= len(frames) || f[1] != frames[back] {
				t.Errorf("frame %d comes back as %s", back, f[1])
			}
			back++
			continue
		}
		di, _ := strconv.ParseUint(f[1], 16, 32)
		digits, _ := strconv.Atoi(f[2])
		decimals, _ := strconv.Atoi(f[3])
		info, err := Lookup(DI(di))
		if err != nil {
			unknown++ // event records and tables, as the index of standards says
			continue
		}
		if both++; info.Format.Bytes*2 != digits || info.Format.Decimals != decimals {
			t.Errorf("%s %s: %d bytes and %d decimals, the judge has %d digits and %d", f[1], info.Name.Zh, info.Format.Bytes, info.Format.Decimals, digits, decimals)
		}
	}
	if t.Logf("%d identifiers agree, %d are known to the judge alone, %d frames", both, unknown, back); both < 18_000 || back != len(frames) {
		t.Error("the judge said too little")
	}
}

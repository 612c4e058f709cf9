package nem12

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// judgeScript prints a line of JSON a file: of each meter and channel the number and the sum of its values, null where the
// file was refused.
const judgeScript = `
import json, logging, sys, warnings
warnings.filterwarnings('ignore')
logging.disable(logging.CRITICAL)
from nemreader import NEMFile
for path in sys.stdin:
    try:
        data = NEMFile(path.strip(), strict=False).nem_data()
        print(json.dumps({nmi + ' ' + c: [len(r), sum(float(x.read_value) for x in r)] for nmi, all in data.readings.items() for c, r in all.items()}))
    except Exception:
        print('null')
`

// TestOutsideJudge: an independent reader (the Python package nemreader) finds the same numbers and sums in each meter and
// channel of every valid example file. HAIHE_PYTHON names a Python that has it.
func TestOutsideJudge(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" {
		python = "python3"
	}
	var files []string
	for _, dir := range []string{"nem12", "nem13", "unzipped"} {
		found, _ := filepath.Glob(filepath.Join("../../../shared/data/grid/nem", dir, "*"))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("skipped: needs ../shared/data/grid/nem")
	}
	if exec.Command(python, "-c", "import nemreader").Run() != nil {
		t.Skip("skipped: needs a Python with the package nemreader (HAIHE_PYTHON names one)")
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", judgeScript)
	var out, errout bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(files, "\n")), &out, &errout
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errout.String())
	}
	channels, values := 0, 0
	dec := json.NewDecoder(&out)
	for _, path := range files {
		var judged map[string][2]float64
		if err := dec.Decode(&judged); err != nil {
			t.Fatal(err)
		}
		ours := sums(t, path)
		for key, want := range judged {
			if got := ours[key]; got[0] != want[0] || math.Abs(got[1]-want[1]) > 1e-6*math.Max(1, math.Abs(want[1])) {
				t.Errorf("%s %s: %v, the judge has %v", filepath.Base(path), key, got, want)
			}
			channels, values = channels+1, values+int(want[0])
		}
		if len(ours) != len(judged) {
			t.Errorf("%s: %d channels, the judge has %d", filepath.Base(path), len(ours), len(judged))
		}
	}
	t.Logf("%d files, %d channels, %d values agree", len(files), channels, values)
}

// sums reads a file, or each file of an archive, and leaves out what is refused.
func sums(t *testing.T, path string) map[string][2]float64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][2]float64{}
	add := func(key string, v Value) { out[key] = [2]float64{out[key][0] + 1, out[key][1] + v.Float64()} }
	read := func(src io.Reader) {
		for r := NewReader(src, Options{}); ; {
			rec, err := r.Next()
			var refused *Error
			switch {
			case err == io.EOF:
				return
			case errors.As(err, &refused) && !refused.Fatal:
				continue
			case err != nil:
				return
			}
			switch d := rec.(type) {
			case *Day:
				for _, v := range d.Values {
					add(d.Channel.NMI+" "+d.Channel.Suffix, v)
				}
			case *Accumulation:
				add(d.NMI+" "+d.Suffix, d.Quantity)
			}
		}
	}
	if !IsZip(raw) {
		read(bytes.NewReader(raw))
		return out
	}
	members, err := Members(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		f, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		read(f)
		_ = f.Close()
	}
	return out
}

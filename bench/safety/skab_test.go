package safety

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/systems/safety/early/model"
)

var skab = flag.String("skab", "", "folder with files of the pump rig, searched one level deep; default: ../shared/data/safety/skab")

// learnt is how many rows of each file are taken as normal, by the rule of the benchmark.
const learnt = 400

// outcome counts rows.
type outcome struct{ tp, fp, tn, fn int }

func (o *outcome) count(said, truth bool) {
	switch {
	case said && truth:
		o.tp++
	case said:
		o.fp++
	case truth:
		o.fn++
	default:
		o.tn++
	}
}

func (o outcome) f1() float64  { return float64(2*o.tp) / float64(max(1, 2*o.tp+o.fp+o.fn)) }
func (o outcome) far() float64 { return float64(o.fp) / float64(max(1, o.fp+o.tn)) }
func (o outcome) mar() float64 { return float64(o.fn) / float64(max(1, o.fn+o.tp)) }

// judge learns from the first rows of a run and counts over all of them.
func judge(r run, c model.Config) (o outcome, err error) {
	m, err := model.Train(r.rows[:min(learnt, len(r.rows))], c)
	if err != nil {
		return o, fmt.Errorf("%s: %w", r.name, err)
	}
	s := m.Start()
	for i, row := range r.rows {
		o.count(s.Step(row).Alarm, r.truth[i])
	}
	return o, nil
}

// TestSKAB holds the default configuration to the pump rig, or to whatever folder -skab names.
func TestSKAB(t *testing.T) {
	dir := *skab
	if dir == "" {
		dir = folder(t, "skab")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	deeper, err2 := filepath.Glob(filepath.Join(dir, "*", "*.csv"))
	if err != nil || err2 != nil || len(paths)+len(deeper) == 0 {
		t.Fatalf("no files *.csv in %s (%v, %v)", dir, err, err2)
	}
	paths = append(paths, deeper...)
	slices.Sort(paths)
	fmt.Printf("\nSKAB: %d files, learnt from the first %d rows of each\n%-20s %6s %6s %6s %6s\n", len(paths), learnt, "file", "rows", "F1", "FAR", "MAR")
	var all outcome
	for _, p := range paths {
		r, err := readRun(p)
		if err != nil {
			t.Fatal(err)
		}
		o, err := judge(r, model.Default())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%-20s %6d %6.3f %5.1f%% %5.1f%%\n", r.name, len(r.rows), o.f1(), 100*o.far(), 100*o.mar())
		all = outcome{all.tp + o.tp, all.fp + o.fp, all.tn + o.tn, all.fn + o.fn}
	}
	fmt.Printf("all rows: F1 %.3f, FAR %.2f %%, MAR %.2f %%\n", all.f1(), 100*all.far(), 100*all.mar())
	if all.f1() < 0.66 {
		t.Errorf("F1 %.3f is below 0.66", all.f1())
	}
}

package safety

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/haihe-city/haihe/systems/safety/early/model"
)

// onset is the sample of a testing file after which its fault is there (Chiang, Russell and Braatz 2001, 8.2).
const onset = 160

// TestTennesseeEastman holds the default configuration, learnt from d00 alone, to the 21 faults. A fault is found where the alarm, after its
// debounce, stands in at least half of the 800 samples after its onset; false alarms are samples with a standing alarm in the whole of
// d00_te and in the first 160 samples of every other testing file.
func TestTennesseeEastman(t *testing.T) {
	dir := folder(t, "tep")
	read := func(name string) [][]float64 {
		rows, err := matrix(filepath.Join(dir, name+".dat.gz"))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	m, err := model.Train(transposed(read("d00")), model.Default())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nTennessee Eastman: learnt from d00 (%d rows), %d of %d directions are components, limits T2 %.1f Q %.1f slow T2 %.2f slow Q %.2f\n", m.Rows, m.Comps, len(m.Basis), m.Limits[0], m.Limits[1], m.Limits[2], m.Limits[3])
	fmt.Printf("%5s %8s %10s %10s %8s  %s\n", "fault", "found", "detected", "delay", "false", "first contributions")
	falseRows, normalRows, found := 0, 0, 0
	for fault := range 22 {
		s, rows := m.Start(), read(fmt.Sprintf("d%02d_te", fault))
		wrong, hit, delay, why := 0, 0, -1, ""
		end := onset
		if fault == 0 {
			end = len(rows)
		}
		for i, row := range rows {
			score := s.Step(row)
			switch {
			case i < end && score.Alarm:
				wrong++
			case i >= end && score.Alarm:
				hit++
				if delay < 0 {
					delay = i - end
					for _, p := range s.Parts(score.Which, 3) {
						why += fmt.Sprintf(" x%d %.0f%%", p.Input+1, 100*p.Share)
					}
				}
			}
		}
		falseRows, normalRows = falseRows+wrong, normalRows+end
		if fault == 0 {
			fmt.Printf("%5s %8s %10s %10s %7.2f%%\n", "none", "", "", "", 100*float64(wrong)/float64(end))
			continue
		}
		rate := float64(hit) / float64(len(rows)-end)
		mark := ""
		if rate >= 0.5 {
			mark, found = "found", found+1
		}
		after := "never"
		if delay >= 0 {
			after = fmt.Sprintf("%d min", 3*delay)
		}
		fmt.Printf("%5d %8s %9.1f%% %10s %7.2f%% %s\n", fault, mark, 100*rate, after, 100*float64(wrong)/float64(end), why)
	}
	far := float64(falseRows) / float64(normalRows)
	fmt.Printf("found %d of 21; false alarms %d of %d normal rows, %.2f %%\n", found, falseRows, normalRows, 100*far)
	if found < 15 || far >= 0.01 {
		t.Errorf("found %d of 21 (bar 15) with %.2f %% false alarms (bar below 1 %%)", found, 100*far)
	}
}

package ngsild

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// figure is one line of the table: a value a round for each candidate.
type figure struct {
	name, unit string
	less       bool // less is better
	values     map[string][]float64
}

// table gathers figures; plain is the candidate that the others are held against.
type table struct {
	order   []string
	figures []*figure
}

func (t *table) add(candidate, name, unit string, less bool, v float64) {
	i := slices.IndexFunc(t.figures, func(f *figure) bool { return f.name == name })
	if i < 0 {
		i = len(t.figures)
		t.figures = append(t.figures, &figure{name: name, unit: unit, less: less, values: map[string][]float64{}})
	}
	f := t.figures[i]
	f.values[candidate] = append(f.values[candidate], v)
}

// ratio is the median over the rounds of how many times better than the plain way a candidate is; 0 where that says nothing.
func (f *figure) ratio(candidate string) float64 {
	var all []float64
	for r := range min(len(f.values[candidate]), len(f.values[plainWay])) {
		if f.values[plainWay][r] == 0 {
			return 0
		}
		v := f.values[candidate][r] / f.values[plainWay][r]
		if f.less {
			v = 1 / v
		}
		all = append(all, v)
	}
	return median(all)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// print writes the table: medians, and in brackets how many times better than the plain way.
func (t *table) print(b *testing.B) {
	b.StopTimer()
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "\nfigure\tunit\t%s\n", strings.Join(t.order, "\t"))
	for _, f := range t.figures {
		fmt.Fprintf(w, "%s\t%s", f.name, f.unit)
		for _, c := range t.order {
			switch {
			case len(f.values[c]) == 0:
				fmt.Fprint(w, "\t-")
			case c == plainWay || f.ratio(c) == 0:
				fmt.Fprintf(w, "\t%s", show(median(f.values[c])))
			default:
				fmt.Fprintf(w, "\t%s (%.2g x)", show(median(f.values[c])), f.ratio(c))
			}
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		b.Error(err)
	}
	if testing.Verbose() {
		for _, f := range t.figures {
			for _, c := range t.order {
				fmt.Printf("%s, %s, round by round: %s\n", f.name, c, strings.Join(strings.Fields(fmt.Sprintf("%.4g", f.values[c])), " "))
			}
		}
	}
	fmt.Printf("\n%s %s/%s, %d processors, generator included\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

func show(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

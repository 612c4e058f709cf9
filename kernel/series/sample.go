package series

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
)

// Quality says where a sample comes from.
type Quality = chunk.Quality

// The qualities. Late is a flag beside them: the sample arrived after its limit.
const (
	Measured    = chunk.Measured
	Estimated   = chunk.Estimated
	Substituted = chunk.Substituted
	Invalid     = chunk.Invalid
	Late        = chunk.Late
)

// Null marks a value that is not there.
const Null = chunk.Null

// Limits of one batch and of a family.
const (
	MaxBatch   = chunk.MaxBatch   // samples in one Append
	MaxColumns = chunk.MaxColumns // columns in a family
)

// Point is one period of an aggregate; Null values do not count. Invalid samples are left out. At is the period's start;
// periods are counted from midnight in the engine's zone.
type Point = chunk.Point

// Zone is the zone that days are cut in: Asia/Shanghai.
var Zone = chunk.Zone

// Column is one value of a sample: an integer scaled by 10^Decimals.
type Column struct {
	Name     string `json:"name"`
	Unit     string `json:"unit"` // a UN/CEFACT code: KWH, KWT, VLT
	Decimals int    `json:"decimals"`
}

// Family is a kind of series that share columns and a rhythm.
type Family struct {
	Name    string        `json:"name"`
	Columns []Column      `json:"columns"`
	Step    time.Duration `json:"step"`    // the usual distance between samples; 0 where there is none
	KeepRaw time.Duration `json:"keepRaw"` // 0: for ever
	RollUp  time.Duration `json:"rollUp"`  // samples older than KeepRaw are kept as sums, minima, maxima and counts per RollUp; 0: dropped
}

// column finds a column by name.
func (f *Family) column(name string) (int, bool) {
	for i := range f.Columns {
		if f.Columns[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// check refuses a declaration that could not be kept.
func (f *Family) check() error {
	if f.Name == "" || len(f.Columns) == 0 || len(f.Columns) > MaxColumns {
		return errs.Say(errs.Invalid, "时序族“%s”须有名称和 1 至 %d 个数据列", "series family %q needs a name and 1 to %d columns", f.Name, MaxColumns)
	}
	for i, c := range f.Columns {
		if at, _ := f.column(c.Name); c.Name == "" || at != i {
			return errs.Say(errs.Invalid, "时序族“%s”的第 %d 列名称为空或重复", "series family %q: the name of column %d is empty or given twice", f.Name, i+1)
		}
	}
	// A period that divides the day keeps every roll-up within its day's row.
	if f.RollUp < 0 || f.KeepRaw < 0 || f.RollUp > 0 && (f.RollUp < time.Second || (24*time.Hour)%f.RollUp != 0) {
		return errs.Say(errs.Invalid, "时序族“%s”的汇总周期须整除 24 小时且不短于 1 秒，保留期不得为负",
			"series family %q: the roll-up period must divide 24 hours and last a second or more, and no period may be negative", f.Name)
	}
	return nil
}

// Batch holds samples in columns. Keys are entity Nums, Times microseconds UTC, Values[column][sample].
type Batch struct {
	Keys    []int64
	Times   []int64
	Quality []Quality
	Values  [][]int64
}

// Add appends one sample; vals has one value a column, in the family's order.
func (b *Batch) Add(key, at int64, q Quality, vals ...int64) {
	if b.Values == nil {
		b.Values = make([][]int64, len(vals))
	}
	b.Keys, b.Times, b.Quality = append(b.Keys, key), append(b.Times, at), append(b.Quality, q)
	for c := range b.Values {
		v := int64(Null)
		if c < len(vals) {
			v = vals[c]
		}
		b.Values[c] = append(b.Values[c], v)
	}
}

// Len is the number of samples.
func (b *Batch) Len() int { return len(b.Keys) }

// Reset empties b and keeps its memory.
func (b *Batch) Reset() {
	b.Keys, b.Times, b.Quality = b.Keys[:0], b.Times[:0], b.Quality[:0]
	for c := range b.Values {
		b.Values[c] = b.Values[c][:0]
	}
}

// check holds b to its family's columns.
func (b *Batch) check(f *Family) error {
	n := len(b.Keys)
	if n > MaxBatch {
		return errs.Say(errs.TooLarge, "一批最多 %d 个样本，本批有 %d 个，请拆分后再写入", "a batch holds at most %d samples, this one has %d: split it", MaxBatch, n)
	}
	if len(b.Times) != n || len(b.Quality) != n || len(b.Values) != len(f.Columns) {
		return errs.Say(errs.Invalid, "时序族“%s”的批次列数或长度不符：应有 %d 列", "series family %q: the batch's columns do not fit: %d are declared", f.Name, len(f.Columns))
	}
	for c := range b.Values {
		if len(b.Values[c]) != n {
			return errs.Say(errs.Invalid, "时序族“%s”的列“%s”有 %d 个值，应有 %d 个", "series family %q: column %q has %d values instead of %d",
				f.Name, f.Columns[c].Name, len(b.Values[c]), n)
		}
	}
	for i, at := range b.Times {
		if at < chunk.FirstTime || at >= chunk.LastTime {
			return errs.Say(errs.Invalid, "第 %d 个样本的时间不在 1900 年至 2200 年之间，请检查设备时钟", "sample %d: the time is not between the years 1900 and 2200, check the device's clock", i+1)
		}
	}
	return nil
}

// Sample is one sample read back.
type Sample struct {
	Key     int64
	At      int64
	Quality Quality
	Values  []int64
}

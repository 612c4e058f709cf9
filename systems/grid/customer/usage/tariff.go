package usage

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// The kinds of tariff.
const (
	Tiered = "tiered" // by how much a month takes
	ByTime = "time"   // by the time of the day
)

// Tariff is what a kind of customer pays, as an officer put it in. Prices are in 0.0001 yuan a kWh.
type Tariff struct {
	Kind  string
	Tiers []Tier
	Hours []Hours
}

// Tier is a step of a month's energy: up to so many kWh, 0 for the last.
type Tier struct {
	UpTo  int64
	Price int64
}

// Hours is a part of the day, in quarter hours from midnight, To not included.
type Hours struct {
	From, To int
	Price    int64
}

// maxLines bounds a tariff.
const maxLines = 48

// ParseTariff reads a tariff: lines "220 0.49", "400 0.54", "- 0.79" of a tiered one, "00:00-08:00 0.30" of one by time, which cover the
// whole day without a gap.
func ParseTariff(kind, text string) (t Tariff, err error) {
	t.Kind = kind
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' })
	if len(lines) > maxLines {
		return t, errs.Say(errs.Invalid, "电价最多 %d 行", "a tariff has at most %d lines", maxLines)
	}
	for i, line := range lines {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		price, ok := int64(0), len(f) == 2
		if ok {
			price, ok = parsePrice(f[1])
		}
		if !ok || !t.add(f[0], price) {
			return t, errs.Say(errs.Invalid, "第 %d 行“%s”无法识别：阶梯电价每行写“上限电量 单价”，末档上限写“-”；分时电价每行写“00:00-08:00 单价”，依次写满全天", "line %d, %q, is not understood: a tiered tariff has lines “limit price”, the last limit “-”; one by time lines “00:00-08:00 price” that follow one another over the day", i+1, line)
		}
	}
	whole := kind == Tiered && len(t.Tiers) > 0 && t.Tiers[len(t.Tiers)-1].UpTo == 0 || kind == ByTime && len(t.Hours) > 0 && t.Hours[len(t.Hours)-1].To == book.SlotsPerDay
	if !whole {
		return t, errs.Say(errs.Invalid, "电价不完整：阶梯电价末档上限写“-”，分时电价须写到 24:00", "the tariff is not complete: the last tier has the limit “-”, the last hours end at 24:00")
	}
	return t, nil
}

// add takes a line after those before it; false where it does not go with them.
func (t *Tariff) add(first string, price int64) bool {
	if t.Kind == ByTime {
		a, b, _ := strings.Cut(first, "-")
		from, ok1 := quarterOf(a)
		to, ok2 := quarterOf(b)
		before := 0
		if n := len(t.Hours); n > 0 {
			before = t.Hours[n-1].To
		}
		t.Hours = append(t.Hours, Hours{from, to, price})
		return ok1 && ok2 && from == before && to > from
	}
	limit, before := int64(0), int64(0)
	if n := len(t.Tiers); n > 0 {
		if before = t.Tiers[n-1].UpTo; before == 0 {
			return false
		}
	}
	if first != "-" {
		v, err := strconv.ParseInt(first, 10, 32)
		if err != nil || v <= before {
			return false
		}
		limit = v
	}
	t.Tiers = append(t.Tiers, Tier{limit, price})
	return t.Kind == Tiered
}

// quarterOf reads "08:15"; "24:00" is the day's end.
func quarterOf(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || len(h) != 2 || len(m) != 2 || err1 != nil || err2 != nil || hour < 0 || hour > 24 || minute < 0 || minute > 45 || minute%15 != 0 || hour == 24 && minute != 0 {
		return 0, false
	}
	return hour*4 + minute/15, true
}

// parsePrice reads yuan with at most four decimals, exactly.
func parsePrice(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if len(whole) == 0 || len(whole) > 3 || len(part) > 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(whole+part+strings.Repeat("0", 4-len(part)), 10, 32)
	return int64(v), err == nil
}

// Cost is what a month's energy costs in 0.01 yuan, rounded half up. A tiered tariff takes the month's sum; one by time takes the sums of
// the quarter hours of the day, over all days.
func (t Tariff) Cost(month int64, byQuarter [book.SlotsPerDay]int64) int64 {
	sum := new(big.Int) // in 1e-8 yuan
	add := func(energy, price int64) {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(energy), big.NewInt(price)))
	}
	before := int64(0)
	for _, x := range t.Tiers {
		upTo := x.UpTo * 10_000
		if x.UpTo == 0 || month < upTo {
			upTo = month
		}
		add(max(0, upTo-before), x.Price)
		before = max(before, upTo)
	}
	for _, h := range t.Hours {
		for i := h.From; i < h.To; i++ {
			add(byQuarter[i], h.Price)
		}
	}
	const fen = 1_000_000
	return sum.Add(sum, big.NewInt(fen/2)).Div(sum, big.NewInt(fen)).Int64()
}

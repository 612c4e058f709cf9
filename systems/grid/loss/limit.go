package loss

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Limits are what people set. Rates are millionths.
type Limits struct {
	High    int64 // an area that loses more is above the limit
	Low     int64 // one that loses less (mostly below 0) has a meter in the wrong area, or a wrong supply
	Missing int64 // share of meters without a day's energy beyond which the area is not judged
	Score   int64 // from which a meter is listed
}

// limit is one of them, as forms and the journal name it.
type limit struct {
	name     string
	title    lang.Text
	unit     string
	scale    float64 // of the stored value to the unit
	min, max float64
	of       func(*Limits) *int64
}

const percent = 10_000 // millionths

// defaults of the limits: seven percent is the upper bound that low-voltage areas are held to; there is no clause for it.
func defaults() Limits {
	return Limits{High: 7 * percent, Low: -1 * percent, Missing: 2 * percent, Score: 25}
}

var limits = []limit{
	{"high", lang.T("高损限值", "High loss above"), "%", percent, 0, 100, func(l *Limits) *int64 { return &l.High }},
	{"low", lang.T("负损限值", "Negative loss below"), "%", percent, -100, 0, func(l *Limits) *int64 { return &l.Low }},
	{"missing", lang.T("缺数电表占比上限", "Meters missing at most"), "%", percent, 0, 100, func(l *Limits) *int64 { return &l.Missing }},
	{"score", lang.T("线索分列入清单的下限", "Listed from a score of"), "", 1, 1, 100, func(l *Limits) *int64 { return &l.Score }},
}

// readLimits gives the limits that hold.
func readLimits(tx *store.Tx) (Limits, error) {
	l := defaults()
	err := tx.Each(qLimits, nil, func(scan func(...any) error) error {
		var name string
		var v int64
		if err := scan(&name, &v); err != nil {
			return err
		}
		for _, x := range limits {
			if x.name == name {
				*x.of(&l) = v
			}
		}
		return nil
	})
	return l, err
}

// SetLimits changes limits by name; texts are numbers in the limit's unit.
func (p *Part) SetLimits(ctx context.Context, who *identity.Principal, texts map[string]string) error {
	if !who.Can(GrantInspect) {
		return errs.Say(errs.Denied, "您没有设置线损限值的权限", "you may not set the limits of losses")
	}
	set := map[string]int64{}
	for _, x := range limits {
		text, ok := texts[x.name]
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(v) || v < x.min || v > x.max {
			return errs.Say(errs.Invalid, x.title.Zh+"应为 %s 至 %s", x.title.En+" runs from %s to %s", number(x.min), number(x.max))
		}
		set[x.name] = int64(math.Round(v * x.scale))
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		was, err := readLimits(tx)
		if err != nil {
			return err
		}
		changed := map[string]any{}
		for _, x := range limits {
			v, ok := set[x.name]
			if !ok || *x.of(&was) == v {
				continue
			}
			changed[x.name] = map[string]int64{"was": *x.of(&was), "becomes": v}
			if _, err := tx.Exec(qLimitPut, x.name, v); err != nil {
				return err
			}
		}
		if len(changed) == 0 {
			return nil
		}
		return p.act(tx, who, "set-loss-limits", "grid.loss", changed)
	})
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

package nem12

import (
	"fmt"
	"time"
)

// readHeader takes record 100. NEM12 4.2
func (r *Reader) readHeader() (Record, error) {
	h := &Header{Line: r.line}
	whole := func(err error) (Record, error) { // without its header a file is nothing
		if e, ok := err.(*Error); ok {
			e.Fatal = true
		}
		return nil, err
	}
	if err := r.width(3, 5, "4.2"); err != nil {
		return whole(err)
	}
	if h.Version = r.str(1); h.Version != "NEM12" && h.Version != "NEM13" {
		return whole(r.refuse(1, "4.2", "文件版本应为 NEM12 或 NEM13", "the version must be NEM12 or NEM13"))
	}
	var err error
	if h.Created, err = r.moment(2, "4.2"); err != nil {
		return whole(err)
	}
	h.From, h.To = r.str(3), r.str(4)
	r.header = h
	return h, nil
}

// readChannel takes record 200. NEM12 4.3
func (r *Reader) readChannel() (Record, error) {
	r.channel = nil
	rec, err := r.channelFields()
	if err != nil {
		r.refused = r.line
		return nil, err
	}
	r.channel = rec
	return rec, nil
}

func (r *Reader) channelFields() (*Channel, error) {
	if err := r.width(9, 10, "4.3"); err != nil {
		return nil, err
	}
	c := &Channel{Line: r.line, Configuration: r.str(2), Register: r.str(3), Stream: r.str(5), Meter: r.str(6)}
	var err error
	if c.NMI, err = r.nmi("4.3"); err != nil {
		return nil, err
	}
	if c.Suffix, err = r.need(4, "4.3", "数据流后缀", "suffix of the data stream"); err != nil {
		return nil, err
	}
	if c.Unit, err = r.unit(7, "4.3"); err != nil {
		return nil, err
	}
	if c.Interval, err = r.number(8, "4.3", "时段长度", "interval length"); err != nil {
		return nil, err
	}
	// NEM12 4.3: 5, 15 or 30 minutes; other parts of an hour are seen and harm nothing
	if c.Interval < 1 || c.Interval > 60 || 60%c.Interval != 0 {
		return nil, r.refuse(8, "4.3", "时段长度应整除一小时", "the interval must divide an hour")
	}
	if c.Interval != 5 && c.Interval != 15 && c.Interval != 30 {
		r.notice(8, "时段长度不是 5、15 或 30 分钟", "the interval is not 5, 15 or 30 minutes")
	}
	c.NextRead, err = r.date(9, "4.3")
	return c, err
}

// readDay takes record 300, which waits for its records 400. NEM12 4.4
func (r *Reader) readDay() error {
	d, err := r.dayFields()
	if err != nil {
		r.refused = r.line
		return err
	}
	r.refused, r.day = 0, d
	return nil
}

func (r *Reader) dayFields() (*Day, error) {
	n := 24 * 60 / r.channel.Interval
	if len(r.fields) < n+3 {
		return nil, r.refuse(len(r.fields)-1, "4.4", fmt.Sprintf("字段不足：%d 分钟时段应有 %d 个数值及质量标志", r.channel.Interval, n),
			fmt.Sprintf("there are too few fields: a day of %d-minute intervals has %d values and a quality flag", r.channel.Interval, n))
	}
	least := n + 7
	if r.opt.Lenient || r.emptyTail(n+3) {
		least = n + 3
	}
	d := &Day{Line: r.line, Channel: r.channel, Values: make([]Value, n)}
	var err error
	if d.Date, err = r.date(1, "4.4"); err == nil && d.Date.IsZero() {
		err = r.refuse(1, "4.4", "缺少日期", "there is no date")
	}
	if err != nil {
		return nil, err
	}
	for i := range d.Values {
		if d.Values[i], err = r.value(2+i, "4.4"); err != nil {
			return nil, err
		}
	}
	if q := r.fields[n+2]; len(q) > 0 && q[0] >= '0' && q[0] <= '9' {
		return nil, r.refuse(n+2, "4.4", fmt.Sprintf("数值过多：%d 分钟时段每日应有 %d 个数值", r.channel.Interval, n),
			fmt.Sprintf("there are too many values: a day of %d-minute intervals has %d", r.channel.Interval, n))
	}
	if d.Method, err = r.quality(n+2, true, "4.4"); err != nil {
		return nil, err
	}
	if err := r.width(min(least, n+6), n+7, "4.4"); err != nil {
		return nil, err
	}
	if d.Reason, err = r.reason(n+3, n+4, "4.4"); err != nil {
		return nil, err
	}
	if d.Updated, err = r.moment(n+5, "4.4"); err != nil {
		return nil, err
	}
	d.Loaded, err = r.moment(n+6, "4.4")
	return d, err
}

// emptyTail tells whether the fields from i on are there and empty.
func (r *Reader) emptyTail(i int) bool {
	for ; i < len(r.fields); i++ {
		if len(r.fields[i]) > 0 {
			return false
		}
	}
	return true
}

// readRange takes record 400 into the day before it. NEM12 4.5. A wrong one costs the whole day: nobody knows any longer which
// of its values are measured.
func (r *Reader) readRange() error {
	if r.held != nil { // the day is lost already; its other ranges are part of that refusal
		return nil
	}
	g, err := r.rangeFields()
	if err != nil {
		r.held = err
		return nil
	}
	r.day.Ranges = append(r.day.Ranges, g)
	return nil
}

func (r *Reader) rangeFields() (g Range, err error) {
	if err = r.width(4, 6, "4.5"); err != nil {
		return g, err
	}
	if g.First, err = r.number(1, "4.5", "起始时段", "first interval"); err != nil {
		return g, err
	}
	if g.Last, err = r.number(2, "4.5", "结束时段", "last interval"); err != nil {
		return g, err
	}
	n := len(r.day.Values)
	if g.First < 1 || g.Last < g.First || g.Last > n {
		return g, r.refuse(2, "4.5", fmt.Sprintf("时段范围 %d 至 %d 不在 1 至 %d 之内", g.First, g.Last, n), fmt.Sprintf("the intervals %d to %d do not lie in 1 to %d", g.First, g.Last, n))
	}
	if g.Quality, err = r.quality(3, false, "4.5"); err != nil {
		return g, err
	}
	g.Reason, err = r.reason(4, 5, "4.5")
	return g, err
}

const transactions = "ACGDENOSR"

// readEvent takes record 500. NEM12 4.6
func (r *Reader) readEvent() (Record, error) {
	if err := r.width(2, 5, "4.6"); err != nil {
		return nil, err
	}
	e := &Event{Line: r.line, Channel: r.channel, Order: r.str(2), Index: r.str(4)}
	var err error
	if e.Transaction, err = r.letter(1, transactions, "4.6", "业务代码", "transaction code"); err != nil {
		return nil, err
	}
	e.Read, err = r.moment(3, "4.6")
	if err != nil {
		return nil, err
	}
	return e, nil
}

func timeText(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(market).Format(layout)
}

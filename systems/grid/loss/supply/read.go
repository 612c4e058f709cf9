package supply

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Columns are those of a supply file, named in its first line in any order: area (a concentrator's address, or a feeder), day
// (2015-11-20, the whole day) or start (2015-11-20 08:15, the quarter hour that begins then), and energy_kwh.
var Columns = []string{"area", "day", "start", "energy_kwh"}

// maxEnergy bounds the energy of a line, in 0.0001 kWh: a gigawatt for a day.
const maxEnergy = 24_000_000 * 10_000

// Row is one line: the energy of a day (Slot -1) or of a quarter hour, in 0.0001 kWh.
type Row struct {
	Line   int
	Area   string
	Day    book.Day
	Slot   int
	Energy int64
}

// Read reads a supply file, CSV in UTF-8. err is errs.Invalid where the file as a whole is none; wrong lines are reported and left
// out. A quarter hour or a day that stands twice is wrong, as is a quarter hour of a day that stands whole.
func Read(in io.Reader, wrong func(line int, err error)) (rows []Row, read int64, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, 0, errs.Say(errs.Invalid, "文件为空或不是 CSV", "the file is empty or no CSV")
	}
	at, err := readHead(head)
	if err != nil {
		return nil, 0, err
	}
	seen := seen{whole: map[place]bool{}, slots: map[place]book.SlotSet{}}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, read, nil
		}
		var parse *csv.ParseError
		if err != nil && !errors.As(err, &parse) {
			return nil, read, errs.Because(err, errs.Unavailable, "文件读取中断", "the file broke off")
		}
		line := 0
		switch {
		case parse != nil:
			line, err = parse.Line, errs.Say(errs.Invalid, "不是合规的 CSV：%s", "not well-formed CSV: %s", parse.Err.Error())
		case len(row) > 0:
			line, _ = r.FieldPos(0)
		}
		read++
		var x Row
		if err == nil {
			x, err = readRow(row, at)
		}
		if err == nil {
			err = seen.take(x)
		}
		if err != nil {
			wrong(line, err)
			continue
		}
		x.Line = line
		rows = append(rows, x)
	}
}

// place is an area's day.
type place struct {
	area string
	day  book.Day
}

// seen is what a file has said so far.
type seen struct {
	whole map[place]bool
	slots map[place]book.SlotSet
}

func (s seen) take(x Row) error {
	p := place{x.Area, x.Day}
	set := s.slots[p]
	if s.whole[p] || x.Slot < 0 && !set.Empty() || x.Slot >= 0 && set.Has(x.Slot) {
		return errs.Say(errs.Invalid, "%s 在 %s 的供电量在文件中重复", "the supply of %s on %s stands in the file twice", x.Area, x.Day.String())
	}
	if x.Slot < 0 {
		s.whole[p] = true
		return nil
	}
	set.Add(x.Slot)
	s.slots[p] = set
	return nil
}

// readHead finds the columns by their names.
func readHead(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if _, twice := at[name]; twice || !slices.Contains(Columns, name) {
			return nil, errs.Say(errs.Invalid, "第 1 行第 %d 列“%s”重复或无法识别，可用列：%s", "line 1 column %d, %q, stands twice or is not known; columns are %s", i+1, name, strings.Join(Columns, ","))
		}
		at[name] = i
	}
	_, area := at["area"]
	_, energy := at["energy_kwh"]
	_, day := at["day"]
	_, start := at["start"]
	if !area || !energy || !day && !start {
		return nil, errs.Say(errs.Invalid, "第 1 行应有 area、energy_kwh，以及 day 或 start 列", "line 1 needs the columns area and energy_kwh, and day or start")
	}
	return at, nil
}

func readRow(row []string, at map[string]int) (x Row, err error) {
	get := func(name string) string {
		if i, ok := at[name]; ok && i < len(row) {
			return strings.Clone(strings.TrimSpace(row[i]))
		}
		return ""
	}
	day, start := get("day"), get("start")
	if x.Area = get("area"); x.Area == "" || len(x.Area) > 64 {
		return x, errs.Say(errs.Invalid, "台区或馈线编号应为 1 至 64 字节", "an area has a name of 1 to 64 bytes")
	}
	if (day == "") == (start == "") {
		return x, errs.Say(errs.Invalid, "day 与 start 应填且只填一个", "give either day or start")
	}
	if x.Energy, err = parseEnergy(get("energy_kwh")); err != nil {
		return x, err
	}
	x.Slot = -1
	if day != "" {
		d, ok := book.ParseDay(day)
		if !ok {
			return x, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", day)
		}
		x.Day = d
		return x, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime, time.RFC3339} {
		t, err := time.ParseInLocation(layout, start, book.China)
		if err != nil || t.Year() < 1990 || t.Year() > 2200 {
			continue
		}
		if d, slot, ok := book.SlotAt(t.UnixMicro(), 0); ok {
			x.Day, x.Slot = d, slot
			return x, nil
		}
	}
	return x, errs.Say(errs.Invalid, "时间“%s”应为一刻钟的起点，如 2015-11-20 08:15", "%q is not where a quarter hour begins: write it like 2015-11-20 08:15", start)
}

// parseEnergy reads kWh with up to four decimals.
func parseEnergy(text string) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole, 10, 40)
	f := uint64(0)
	if err == nil && part != "" {
		if len(part) > 4 {
			err = strconv.ErrRange
		} else {
			f, err = strconv.ParseUint(part+"0000"[len(part):], 10, 40)
		}
	}
	if e := n*10_000 + f; err == nil && e <= maxEnergy && e <= math.MaxInt64 {
		return int64(e), nil
	}
	return 0, errs.Say(errs.Invalid, "供电量“%s”应为不小于 0 的千瓦时数，最多四位小数", "the energy %q should be kWh from 0 on, with at most four decimals", text)
}

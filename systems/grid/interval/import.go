package interval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/nem12"
)

// batchLimit is how many values one transaction takes; memoryLimit bounds a file that cannot be read twice.
const (
	batchLimit  = 20_000
	memoryLimit = 256 << 20
)

// Family is the series of interval values: the value of an interval at its beginning, or of an accumulated read at its end.
var Family = series.Family{Name: "grid.interval", Columns: []series.Column{{Name: "value", Unit: "", Decimals: Decimals}}}

// Decimals is how many decimals a value keeps; files carry at most as many.
const Decimals = 6

// Importer takes interval files in.
type Importer struct {
	DB       *store.DB
	Entities *entity.Store
	Values   *series.Table                                                 // of Family
	Journal  func(tx *store.Tx, by *identity.Principal, file string) error // records that a file was taken in
	Owner    string                                                        // unit that owns the meters
}

// Import takes an interval file, NEM12 or NEM13, plain or zipped. It is read twice: the first time to check it whole, so that
// a file with a wrong record changes nothing and every wrong record is reported; the second time to store it. Storing the same
// file again changes nothing.
func (im *Importer) Import(ctx context.Context, run intake.Run) (intake.Result, error) {
	file, err := seekable(run.Body)
	if err != nil {
		return intake.Result{}, err
	}
	check := &reading{im: im, run: run, dry: true, res: intake.Result{Counts: map[string]int64{}}, meters: map[string]bool{}, channels: map[string]int64{}, units: map[string]string{}}
	if err := check.file(ctx, file); err != nil {
		return check.res, err
	}
	check.sum()
	if check.res.Stopped != nil || run.DryRun {
		return check.res, nil
	}
	if check.res.Refused > 0 {
		stop := lang.T(fmt.Sprintf("有 %d 条记录不合规，未写入任何内容。请改正后重新导入。", check.res.Refused), fmt.Sprintf("%d records are wrong, nothing was written. Mend the file and import it again.", check.res.Refused))
		check.res.Stopped, check.res.Taken = &stop, 0
		return check.res, nil
	}
	write := &reading{im: im, run: run, res: intake.Result{Counts: map[string]int64{}}, meters: map[string]bool{}, channels: map[string]int64{}, units: map[string]string{}}
	if err := write.file(ctx, file); err != nil {
		return write.res, err
	}
	err = write.flush(ctx)
	write.sum()
	return write.res, err
}

// file is a file that can be read twice, and as an archive.
type file interface {
	io.ReadSeeker
	io.ReaderAt
}

func seekable(r io.Reader) (file, error) {
	if f, ok := r.(file); ok {
		return f, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, memoryLimit+1))
	if err != nil {
		return nil, errs.As(errs.Unavailable, "read the file", err)
	}
	if len(b) > memoryLimit {
		return nil, errs.Say(errs.TooLarge, "文件超过 %d MB，请拆分后导入", "the file is larger than %d MB, split it", memoryLimit>>20)
	}
	return bytes.NewReader(b), nil
}

// reading is one reading of a file, to check it or to store it.
type reading struct {
	im       *Importer
	run      intake.Run
	dry      bool
	res      intake.Result
	meters   map[string]bool
	channels map[string]int64  // by NMI and suffix; the Num once it is stored
	units    map[string]string // of the channels
	days     int64
	batch    series.Batch
	fresh    []*entity.Entity // channels and meters that the batch needs and that may be new
	keys     []string         // of each sample of the batch, until the Nums are known
	told     bool             // the journal has the import
	name     string           // of the member of an archive that is being read
}

func (n *reading) sum() {
	n.res.Counts["meters"], n.res.Counts["channels"], n.res.Counts["days"] = int64(len(n.meters)), int64(len(n.channels)), n.days
}

// file reads a plain file or every member of an archive.
func (n *reading) file(ctx context.Context, f file) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return errs.As(errs.Unavailable, "measure the file", err)
	}
	head := make([]byte, 4)
	got, _ := f.ReadAt(head, 0) // a shorter file is an empty one, which the reader refuses
	if !nem12.IsZip(head[:got]) {
		return n.records(ctx, io.NewSectionReader(f, 0, size), "")
	}
	members, err := nem12.Members(f, size)
	if err != nil {
		n.stop(err, "")
		return nil
	}
	if len(members) == 0 {
		stop := lang.T("压缩包内没有文件", "the archive holds no file")
		n.res.Stopped = &stop
	}
	for _, m := range members {
		r, err := m.Open()
		if err != nil {
			n.stop(err, m.Name)
			return nil
		}
		err = n.records(ctx, r, m.Name)
		_ = r.Close() // everything was read, or the error is told already
		if err != nil || n.res.Stopped != nil {
			return err
		}
	}
	return nil
}

// stop says why the file is refused as a whole.
func (n *reading) stop(err error, name string) {
	msg := lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
	var e *nem12.Error
	if errors.As(err, &e) {
		msg = lang.T(fmt.Sprintf("第 %d 行：%s", e.Line, e.Reason.Zh), fmt.Sprintf("line %d: %s", e.Line, e.Reason.En))
	}
	if name != "" {
		msg = lang.T(name+"："+msg.Zh, name+": "+msg.En)
	}
	n.res.Stopped = &msg
}

// records reads one file to its end.
func (n *reading) records(ctx context.Context, r io.Reader, name string) error {
	n.name = name
	counted := &countingReader{r: r}
	opt := nem12.Options{}
	if n.dry {
		opt.Notice = func(x nem12.Notice) { n.line(x.Line, "warning", x.Text, name) }
	}
	rd := nem12.NewReader(counted, opt)
	for seen := 0; ; seen++ {
		if seen%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if n.run.Progress != nil {
				n.run.Progress(counted.n)
			}
		}
		rec, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var refused *nem12.Error
		if errors.As(err, &refused) {
			n.res.Refused++
			n.line(refused.Line, "error", refused.Reason, name)
			if refused.Fatal {
				n.stop(refused, name)
				return nil
			}
			continue
		}
		if err != nil {
			return errs.As(errs.Unavailable, "read the file", err)
		}
		n.res.Read++
		if err := n.record(ctx, rec); err != nil {
			return err
		}
	}
}

func (n *reading) line(line int, level string, text lang.Text, name string) {
	if !n.dry || n.run.Report == nil {
		return // the first reading has reported
	}
	if name != "" {
		text = lang.T(name+"："+text.Zh, name+": "+text.En)
	}
	n.run.Report(intake.Line{Line: line, Level: level, Text: text})
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// record takes a day's values or an accumulated read; the other records say nothing that is kept.
func (n *reading) record(ctx context.Context, rec nem12.Record) error {
	switch v := rec.(type) {
	case *nem12.Day:
		n.days++
		key, err := n.channel(ctx, v.Channel)
		if key == "" || err != nil {
			return err
		}
		for i, x := range v.Values {
			n.sample(key, v.Start(i), x, v.Quality[i].Flag)
		}
	case *nem12.Accumulation:
		key, err := n.channel(ctx, &nem12.Channel{Line: v.Line, NMI: v.NMI, Suffix: v.Suffix, Unit: v.Unit, Meter: v.Meter})
		if key == "" || err != nil {
			return err
		}
		n.sample(key, v.Current.Time, v.Quantity, v.Current.Quality.Flag)
	default:
		return nil
	}
	n.res.Taken++
	if n.dry || len(n.keys) < batchLimit {
		return nil
	}
	return n.flush(ctx)
}

// quality says what a quality flag means here. NEM12 4.4: A actual, E forward estimate, F final substitute, S substitute,
// N null: no value, V is never a single value's.
func quality(flag byte) (q series.Quality, there bool) {
	switch flag {
	case 'A':
		return series.Measured, true
	case 'E':
		return series.Estimated, true
	case 'F', 'S':
		return series.Substituted, true
	}
	return series.Invalid, false
}

func (n *reading) sample(key string, at time.Time, v nem12.Value, flag byte) {
	q, there := quality(flag)
	if !there {
		n.res.Counts["null"]++
		return
	}
	n.res.Counts["readings"]++
	if n.dry {
		return
	}
	num, _ := v.Scaled(Decimals)
	n.keys = append(n.keys, key)
	n.batch.Add(0, at.UnixMicro(), q, num)
}

// MeterID is the URN of the meter of an NMI.
func MeterID(nmi string) string { return book.MeterID(url.PathEscape(nmi)) }

// ChannelID is the URN of a meter's channel.
func ChannelID(nmi, suffix string) string {
	return "urn:ngsi-ld:" + book.TypeChannel + ":" + url.PathEscape(nmi) + ":" + url.PathEscape(suffix)
}

// channel notes a channel and its meter. A channel keeps its unit for good, or its values could not be told apart: a record in
// another unit is refused, and then the key is "".
func (n *reading) channel(ctx context.Context, c *nem12.Channel) (key string, err error) {
	key, unit := ChannelID(c.NMI, c.Suffix), strings.ToUpper(c.Unit.Name)
	was, known := n.units[key]
	if !known && n.dry {
		if was, err = n.storedUnit(ctx, key); err != nil {
			return "", err
		}
	}
	if was != "" && was != unit {
		n.res.Refused++
		n.line(c.Line, "error", lang.T(fmt.Sprintf("电表 %s 通道 %s 的单位是 %s，此处为 %s", c.NMI, c.Suffix, was, unit), fmt.Sprintf("meter %s, channel %s is in %s, here it is in %s", c.NMI, c.Suffix, was, unit)), n.name)
		return "", nil
	}
	if known {
		return key, nil
	}
	n.channels[key], n.units[key] = 0, unit
	if !n.meters[c.NMI] {
		n.meters[c.NMI] = true
		n.fresh = append(n.fresh, &entity.Entity{ID: MeterID(c.NMI), Types: []string{book.TypeMeter}, Owner: n.im.Owner, Attrs: []entity.Attr{
			entity.TextAttr("address", c.NMI), entity.TextAttr("protocol", string(book.File)), entity.TextAttr("status", "inService"), entity.TextAttr("category", "")}})
	}
	n.fresh = append(n.fresh, &entity.Entity{ID: key, Types: []string{book.TypeChannel}, Owner: n.im.Owner, Attrs: []entity.Attr{
		entity.RelAttr("refMeter", MeterID(c.NMI)), entity.TextAttr("suffix", c.Suffix), entity.TextAttr("unit", unit),
		entity.TextAttr("serial", c.Meter), entity.NumberAttr("interval", float64(c.Interval), "")}})
	return key, nil
}

// storedUnit is the unit of a channel that an earlier file brought; "" where there is none.
func (n *reading) storedUnit(ctx context.Context, key string) (string, error) {
	e, err := n.im.Entities.Get(ctx, key)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	unit, _ := e.Text("unit")
	return unit, nil
}

// flush stores what was gathered: new meters and channels, values and the journal's line in one transaction.
func (n *reading) flush(ctx context.Context) error {
	if len(n.keys) == 0 && len(n.fresh) == 0 {
		return nil
	}
	err := n.im.DB.Write(ctx, func(tx *store.Tx) error {
		for _, e := range n.fresh {
			if err := n.place(tx, e); err != nil {
				return err
			}
		}
		for i, key := range n.keys {
			n.batch.Keys[i] = n.channels[key]
		}
		if len(n.keys) > 0 {
			if err := n.im.Values.Append(tx, &n.batch); err != nil {
				return err
			}
		}
		if n.told {
			return nil
		}
		return n.im.Journal(tx, n.run.By, n.run.File)
	})
	n.told, n.fresh, n.keys, n.batch = true, nil, nil, series.Batch{}
	return errs.Wrap("store the interval file", err)
}

// place creates an entity that is not there yet and notes a channel's key.
func (n *reading) place(tx *store.Tx, e *entity.Entity) error {
	stored, err := n.im.Entities.GetTx(tx, e.ID)
	switch {
	case err == nil:
	case errs.Is(err, errs.NotFound):
		if err := n.im.Entities.Create(tx, e); err != nil {
			return err
		}
		stored = e
	default:
		return err
	}
	if _, ok := n.channels[e.ID]; ok {
		n.channels[e.ID] = stored.Num
	}
	return nil
}

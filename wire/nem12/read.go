package nem12

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// maxLine bounds a line: a day of one-minute values with twenty characters each fits well.
const maxLine = 1 << 16

// Options say how strict to be.
type Options struct {
	Lenient bool         // take a file without its header, and data behind its end
	Notice  func(Notice) // what was taken although it departs from the format; nil: nobody wants to know
}

// Counts says what a Reader has seen.
type Counts struct {
	Lines    int
	Records  map[string]int // taken, by indicator
	Refused  int            // records that were refused
	Readings int64          // values of the days taken
}

// Reader reads a file record by record.
type Reader struct {
	in     *bufio.Reader
	opt    Options
	line   int
	fields [][]byte
	text   []byte // of a line that did not fit the buffer of in
	counts Counts

	header  *Header
	channel *Channel
	acc     *Accumulation
	day     *Day  // read, and waiting for its records 400
	held    error // refusal of the day that was read, to be given first
	ended   bool  // record 900 was read
	refused int   // line of the record that the next 300s, 400s, 500s or 550s belong to, where it was refused
	over    error // what Next gives from now on
	peeked  bool  // fields hold a line that was not used
}

// NewReader reads r.
func NewReader(r io.Reader, opt Options) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 1<<15), opt: opt, counts: Counts{Records: map[string]int{}}}
}

// Counts gives what was seen so far; the map is shared.
func (r *Reader) Counts() Counts {
	r.counts.Lines = r.line
	return r.counts
}

// Next gives the next record, io.EOF behind the last one, or an *Error of a record that was refused: call Next again for what
// comes behind it, unless Error.Fatal. Any other error is one of the underlying reader.
func (r *Reader) Next() (Record, error) {
	if r.over != nil {
		return nil, r.over
	}
	for {
		err := r.readLine()
		if errors.Is(err, io.EOF) {
			if r.day != nil {
				return r.finish()
			}
			return nil, r.close()
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Fatal {
				r.over = err
			}
			return nil, r.count(err)
		}
		kind := string(r.fields[0])
		if r.day != nil && kind != "400" {
			r.peeked = true
			return r.finish()
		}
		rec, err := r.record(kind)
		if err != nil {
			return nil, r.count(err)
		}
		if rec != nil {
			return rec, nil
		}
	}
}

func (r *Reader) count(err error) error {
	var e *Error
	if errors.As(err, &e) {
		r.counts.Refused++
		if e.Fatal {
			r.over = io.EOF
		}
	}
	return err
}

// close judges the end of the file.
func (r *Reader) close() error {
	r.over = io.EOF
	switch {
	case r.header == nil && !r.opt.Lenient || r.line == 0 && r.header == nil:
		e := r.fatal(1, 0, "", "4.2", "文件为空，缺少 100 记录", "the file is empty: there is no record 100")
		e.cause = ErrEmpty
		return r.count(e)
	case !r.ended:
		return r.count(r.fatal(r.line, 0, "900", "4.7", "文件没有 900 结束记录，可能不完整", "there is no end record 900: the file may have been cut off"))
	}
	return io.EOF
}

// finish gives the day that was waiting, once all its records 400 are there.
func (r *Reader) finish() (Record, error) {
	d := r.day
	r.day = nil
	if r.held != nil {
		err := r.held
		r.held = nil
		return nil, r.count(err)
	}
	if err := d.settle(); err != nil {
		r.refused = d.Line
		return nil, r.count(err)
	}
	r.counts.Records["300"]++
	r.counts.Records["400"] += len(d.Ranges)
	r.counts.Readings += int64(len(d.Values))
	return d, nil
}

// settle spreads the qualities over the day's values. NEM12 4.5: the records 400 of a day of quality V cover every interval
// once, in order.
func (d *Day) settle() error {
	d.Quality = make([]Quality, len(d.Values))
	for i := range d.Quality {
		d.Quality[i] = d.Method
	}
	next := 1
	for _, g := range d.Ranges {
		if g.First != next && d.Method.Flag == 'V' {
			return d.refuse(fmt.Sprintf("400 记录应从第 %d 个时段开始", next), fmt.Sprintf("the records 400 leave a gap: interval %d is expected next", next))
		}
		for i := g.First; i <= g.Last; i++ {
			d.Quality[i-1] = g.Quality
		}
		next = g.Last + 1
	}
	if d.Method.Flag == 'V' && next != len(d.Values)+1 {
		return d.refuse(fmt.Sprintf("质量为 V，但 400 记录只到第 %d 个时段，应到 %d", next-1, len(d.Values)), fmt.Sprintf("the quality is V, but the records 400 end at interval %d of %d", next-1, len(d.Values)))
	}
	return nil
}

func (d *Day) refuse(zh, en string) error {
	return &Error{Line: d.Line, Record: "300", Clause: "4.5", Reason: lang.T(zh, en)}
}

// readLine takes the next line that is not blank and cuts it into fields.
func (r *Reader) readLine() error {
	if r.peeked {
		r.peeked = false
		return nil
	}
	for {
		line, err := r.rawLine()
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n \t")
		if r.line == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if len(line) == 0 {
			continue
		}
		r.fields = r.fields[:0]
		for {
			at := bytes.IndexByte(line, ',')
			if at < 0 {
				r.fields = append(r.fields, bytes.TrimSpace(line))
				return nil
			}
			r.fields = append(r.fields, bytes.TrimSpace(line[:at]))
			line = line[at+1:]
		}
	}
}

// rawLine gives the next line with its end.
func (r *Reader) rawLine() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.text = append(r.text[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) && len(r.text) <= maxLine {
			line, err = r.in.ReadSlice('\n')
			r.text = append(r.text, line...)
		}
		line = r.text
	}
	if len(line) > 0 {
		r.line++
	}
	switch {
	case len(line) > maxLine:
		return nil, r.fatal(r.line, 0, "", "4.1", "行过长，不是抄表数据文件", "the line is too long: this is no meter data file")
	case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
		return line, nil
	}
	return nil, err
}

func (r *Reader) fatal(line, column int, record, clause, zh, en string) *Error {
	return &Error{Line: line, Column: column, Record: record, Clause: clause, Reason: lang.T(zh, en), Fatal: true}
}

// refuse makes the error of a field of the line in hand, counted from 0; -1 means the whole record.
func (r *Reader) refuse(field int, clause, zh, en string) *Error {
	return &Error{Line: r.line, Column: field + 1, Record: string(r.fields[0]), Clause: clause, Reason: lang.T(zh, en)}
}

func (r *Reader) notice(field int, zh, en string) {
	if r.opt.Notice != nil {
		r.opt.Notice(Notice{Line: r.line, Column: field + 1, Text: lang.T(zh, en)})
	}
}

// record takes the line in hand. A nil record without error is one that waits for more lines.
func (r *Reader) record(kind string) (Record, error) {
	if err := r.order(kind); err != nil {
		return nil, err
	}
	var rec Record
	var err error
	switch kind {
	case "100":
		rec, err = r.readHeader()
	case "200":
		rec, err = r.readChannel()
	case "300":
		return nil, r.readDay()
	case "400":
		return nil, r.readRange()
	case "500":
		rec, err = r.readEvent()
	case "250":
		rec, err = r.readAccumulation()
	case "550":
		rec, err = r.readOrder()
	case "900":
		r.ended, rec = true, &End{Line: r.line}
	default:
		shown := kind
		if len(shown) > 12 {
			shown = shown[:12] + "…"
		}
		return nil, r.refuse(0, "4.1", fmt.Sprintf("记录标识 %q 未定义", shown), fmt.Sprintf("there is no record %q", shown))
	}
	if err != nil {
		return nil, err
	}
	r.counts.Records[kind]++
	return rec, nil
}

// order holds the records to their order. NEM12 4.1: 100, then 200 each with 300, 400 and 500, then 900; NEM12 5.1: 100, then
// 250 each with 550, then 900.
func (r *Reader) order(kind string) error {
	if r.header == nil && kind != "100" && !r.opt.Lenient {
		e := r.refuse(0, "4.2", "文件不是以 100 记录开头", "the file does not begin with a record 100")
		e.Fatal = true
		return e
	}
	if r.header != nil && kind == "100" {
		return r.refuse(0, "4.2", "100 记录重复", "there is a second record 100")
	}
	if r.ended {
		if !r.opt.Lenient {
			return r.refuse(0, "4.7", "900 结束记录之后还有数据", "there are data behind the end record 900")
		}
		r.ended = false
		r.notice(0, "900 结束记录之后还有数据", "there are data behind the end record 900")
	}
	if r.header != nil && (kind == "250" || kind == "550") != (r.header.Version == "NEM13") && strings.Contains("200 300 400 500 250 550", kind) {
		return r.refuse(0, "4.1", kind+" 记录不属于 "+r.header.Version+" 文件", "a record "+kind+" does not belong into a "+r.header.Version+" file")
	}
	switch {
	case kind == "200" || kind == "250":
		r.refused = 0
	case r.refused > 0 && (kind == "400" || kind == "550" || (kind == "300" || kind == "500") && r.channel == nil):
		return r.refuse(0, "4.1", fmt.Sprintf("所属的第 %d 行记录已被拒绝", r.refused), fmt.Sprintf("it belongs to the record of line %d, which was refused", r.refused))
	case (kind == "300" || kind == "500") && r.channel == nil:
		return r.refuse(0, "4.3", kind+" 记录之前没有 200 记录", "there is no record 200 before the record "+kind)
	case kind == "400" && r.day == nil:
		return r.refuse(0, "4.5", "400 记录之前没有 300 记录", "there is no record 300 before the record 400")
	case kind == "550" && r.acc == nil:
		return r.refuse(0, "5.4", "550 记录之前没有 250 记录", "there is no record 250 before the record 550")
	}
	return nil
}

package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// What is wrong with a line or a case.
const (
	Changed   = "changed"   // the line is not what was recorded
	Missing   = "missing"   // the line is gone
	Added     = "added"     // the line was not recorded by the program
	Exchanged = "exchanged" // the line was recorded at another place of the timeline
	Altered   = "altered"   // the case is not what its timeline says
	Content   = "content"   // an attachment's content is not what its line says
	Gone      = "gone"      // the case itself is gone
)

// Fault is a line that does not fit the journal. Seq is 0 where it speaks of the case itself.
type Fault struct {
	Case, Number string
	Seq          int64
	What         string
	Said         lang.Text
}

func newFault(id, number string, seq int64, what string) Fault {
	name := number
	if name == "" {
		name = id
	}
	zh, en := fmt.Sprintf("案件 %s 第 %d 行", name, seq), fmt.Sprintf("case %s, line %d", name, seq)
	words := map[string]lang.Text{
		Changed: lang.T("被改动", ": changed"), Missing: lang.T("缺失", ": missing"), Added: lang.T("系事后添加", ": added afterwards"), Exchanged: lang.T("被调换位置", ": exchanged with another line"),
		Content: lang.T("的附件内容被改动", ": the attachment's content was changed"),
	}
	if seq == 0 {
		zh, en = "案件 "+name, "case "+name
		words[Altered] = lang.T("的现状与案卷记录不符", ": its state is not what its timeline says")
		words[Gone] = lang.T("整卷缺失", ": the whole case is gone")
		words[Added] = lang.T("整卷系事后添加", ": the whole case was added afterwards")
	}
	return Fault{Case: id, Number: number, Seq: seq, What: what, Said: lang.T(zh+words[what].Zh, en+words[what].En)}
}

// maxFaults bounds the report.
const maxFaults = 1000

// Verify holds every line of every case against the journal; haihe journal verify and the journal's page call it. That the journal itself
// holds is for journal.Verify to say.
func (s *Service) Verify(ctx context.Context) (lines int64, faults []Fault, err error) {
	return Verify(ctx, s.o.DB, s.o.Journal)
}

// Verify is the Service's for who has only the database: it needs no kinds. The tables must be there.
func Verify(ctx context.Context, db *store.DB, j *journal.Journal) (lines int64, faults []Fault, err error) {
	if err := db.Migrate(ctx, "casework", tables); err != nil {
		return 0, nil, errs.Wrap("migrate cases", err)
	}
	v := verifier{db: db, journal: j, known: map[string]bool{}}
	steps := []func(context.Context) error{v.recorded, v.stored}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return v.lines, v.faults, errs.Wrap("verify cases", err)
		}
	}
	return v.lines, v.faults, nil
}

type verifier struct {
	db      *store.DB
	journal *journal.Journal
	known   map[string]bool // cases that the journal speaks of
	lines   int64
	faults  []Fault
}

func (v *verifier) fault(f Fault) {
	if len(v.faults) < maxFaults {
		v.faults = append(v.faults, f)
	}
}

// recorded walks the cases that the journal says were opened.
func (v *verifier) recorded(ctx context.Context) error {
	for cursor := ""; ; {
		list, next, err := v.journal.List(ctx, journal.Filter{Verb: journalOpen, After: cursor, Limit: 1000})
		if err != nil {
			return err
		}
		for _, e := range list {
			if id, ok := cutCase(e.Object); ok && !v.known[id] {
				v.known[id] = true
				if err := v.one(ctx, id); err != nil {
					return err
				}
			}
		}
		if cursor = next; next == "" {
			return nil
		}
	}
}

// stored walks what the tables have and the journal does not speak of.
func (v *verifier) stored(ctx context.Context) error {
	for _, q := range [...]store.Stmt{qIDs, qStrays} {
		for last, more := "", true; more; {
			n := 0
			var found []string
			err := v.db.Read(ctx, func(tx *store.Tx) error {
				n, found = 0, nil
				return tx.Each(q, []any{last, 1000}, func(scan func(...any) error) error {
					n++
					err := scan(&last)
					if !v.known[last] {
						found = append(found, last)
					}
					return err
				})
			})
			if err != nil {
				return err
			}
			for _, id := range found {
				v.fault(newFault(id, "", 0, Added))
				v.known[id] = true
			}
			more = n == 1000
		}
	}
	return nil
}

// witnesses reads what the journal says of a case's lines, in order of their numbers.
func (v *verifier) witnesses(ctx context.Context, id string) (list []witness, err error) {
	for cursor := ""; ; {
		page, next, err := v.journal.List(ctx, journal.Filter{Object: "case:" + id, After: cursor, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			var w witness
			if json.Unmarshal(e.Detail, &w) == nil && w.Seq > 0 {
				list = append(list, w)
			}
		}
		if cursor = next; next == "" {
			slices.SortFunc(list, func(a, b witness) int { return int(a.Seq - b.Seq) })
			return list, nil
		}
	}
}

// one holds one case against the journal. A case that is being worked on may be read between its two halves, so faults must stand in
// three readings.
func (v *verifier) one(ctx context.Context, id string) error {
	var lines []Line
	var found []Fault
	for range 3 {
		var err error
		if lines, found, err = v.look(ctx, id); err != nil {
			return err
		}
		if len(found) == 0 {
			break
		}
	}
	v.lines += int64(len(lines))
	for _, f := range found {
		v.fault(f)
	}
	return nil
}

func (v *verifier) look(ctx context.Context, id string) (lines []Line, found []Fault, err error) {
	var f file
	gone := false
	err = v.db.Read(ctx, func(tx *store.Tx) (err error) {
		if err = f.get(tx, id); errs.Is(err, errs.NotFound) {
			gone, err = true, nil
		}
		if err != nil {
			return err
		}
		lines, err = readLines(tx, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	said, err := v.witnesses(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	number := ""
	if len(said) > 0 {
		number = said[0].Number
	}
	if gone {
		found = append(found, newFault(id, number, 0, Gone))
	}
	found = append(found, compare(id, number, lines, said)...)
	if len(found) == 0 && !f.holds(number, lines) {
		found = append(found, newFault(id, number, 0, Altered))
	}
	more, err := v.contents(ctx, id, number, lines)
	return lines, append(found, more...), err
}

// compare holds lines, in order of their numbers, against what the journal says of each number.
func compare(id, number string, lines []Line, said []witness) (found []Fault) {
	at := map[int64]string{}
	for _, w := range said {
		at[w.Seq] = w.Hash
	}
	have := map[int64]bool{}
	for i := range lines {
		l := &lines[i]
		have[l.Seq] = true
		hash, err := l.digest(id)
		switch {
		case at[l.Seq] == "":
			found = append(found, newFault(id, number, l.Seq, Added))
		case err != nil || hash != at[l.Seq]:
			what := Changed
			if l.elsewhere(id, said) {
				what = Exchanged
			}
			found = append(found, newFault(id, number, l.Seq, what))
		case l.Hash != hash:
			found = append(found, newFault(id, number, l.Seq, Changed))
		}
	}
	for _, w := range said {
		if !have[w.Seq] {
			found = append(found, newFault(id, number, w.Seq, Missing))
		}
	}
	slices.SortFunc(found, func(a, b Fault) int { return int(a.Seq - b.Seq) })
	return found
}

// elsewhere tells whether a line was recorded under another number of the same case.
func (l *Line) elsewhere(id string, said []witness) bool {
	for _, w := range said {
		moved := *l
		moved.Seq = w.Seq
		if hash, err := moved.digest(id); err == nil && w.Seq != l.Seq && hash == w.Hash {
			return true
		}
	}
	return false
}

// holds tells whether the case is what its lines make of it.
func (f *file) holds(number string, lines []Line) bool {
	var c Case
	c.Fields = map[string]string{}
	due := ""
	for _, l := range lines {
		for name, value := range l.Fields {
			switch name {
			case toStage:
				c.Stage = value
			case toTitle:
				c.Title = value
			case toUnit:
				c.Unit = value
			case toHolder:
				c.Holder = value
			case toOffer:
				c.Offered = value
			case toDue:
				due = value
			case toLevel:
				c.Level, _ = strconv.Atoi(value) // what no act writes compares unequal
			default:
				if l.Verb == "open" || l.Verb == "advance" || l.Verb == "edit" {
					c.Fields[name] = value
				}
			}
		}
	}
	delete(c.Fields, toFrom)
	maps.DeleteFunc(c.Fields, func(_, v string) bool { return v == "" })
	maps.DeleteFunc(f.Fields, func(_, v string) bool { return v == "" })
	return f.Number == number && f.Stage == c.Stage && f.Title == c.Title && f.Unit == c.Unit && f.Holder == c.Holder && f.Offered == c.Offered && f.Level == c.Level && dueText(f.Due) == due && maps.Equal(f.Fields, c.Fields) &&
		f.lines == int64(len(lines))
}

// contents holds the attachments against the lines that brought them.
func (v *verifier) contents(ctx context.Context, id, number string, lines []Line) (found []Fault, err error) {
	for _, l := range lines {
		if l.File == "" {
			continue
		}
		h := sha256.New()
		for num := int64(0); ; num++ {
			var body []byte
			err := v.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qPiece, []any{l.File, num}, &body) })
			if errs.Is(err, errs.NotFound) {
				break
			}
			if err != nil {
				return nil, err
			}
			h.Write(body)
		}
		if hex.EncodeToString(h.Sum(nil)) != l.Sum {
			found = append(found, newFault(id, number, l.Seq, Content))
		}
	}
	return found, nil
}

func cutCase(object string) (id string, ok bool) { return strings.CutPrefix(object, "case:") }

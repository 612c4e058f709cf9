package casework

import (
	"embed"
	"encoding/json"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const (
	columns     = `id, number, kind, stage, title, level, unit, area, holder, opened, entered, due, closed, late, grp, parent, fields, offered, version, lines, hash`
	lineColumns = `seq, at, actor, unit, verb, text, fields, file, sum, prev, hash`
)

var (
	qInsert = store.Q("case.insert", `INSERT INTO case_case (`+columns+`, search) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`)
	qUpdate = store.Q("case.update", `UPDATE case_case SET stage = $1, title = $2, level = $3, unit = $4, area = $5, holder = $6, entered = $7, due = $8, closed = $9, late = $10, grp = $11, fields = $12, offered = $13,
		version = $14, lines = $15, hash = $16, search = $17 WHERE id = $18 AND version = $19`)
	qCase     = store.Q("case.get", `SELECT `+columns+` FROM case_case WHERE id = $1`)
	qNumber   = store.Q("case.number", `SELECT id FROM case_case WHERE number = $1`)
	qLine     = store.Q("case.line", `INSERT INTO case_line (casefile, `+lineColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`)
	qLines    = store.Q("case.lines", `SELECT `+lineColumns+` FROM case_line WHERE casefile = $1 ORDER BY seq`)
	qLeft     = store.Q("case.left", `SELECT fields FROM case_line WHERE casefile = $1 AND verb = 'advance' ORDER BY seq DESC LIMIT 1`)
	qParty    = store.Q("case.party", `INSERT INTO case_party (party, casefile) VALUES ($1, $2) ON CONFLICT DO NOTHING`)
	qIsParty  = store.Q("case.isparty", `SELECT COUNT(*) FROM case_party WHERE casefile = $1 AND party IN ($2, $3)`)
	qLate     = store.Q("case.late", `SELECT `+columns+` FROM case_case WHERE closed = 0 AND due > 0 AND due <= $1 AND late = 0 ORDER BY due LIMIT $2`)
	qFilePut  = store.Q("case.file.put", `INSERT INTO case_file (id, casefile, name, media, size, sum) VALUES ($1, $2, $3, $4, $5, $6)`)
	qFile     = store.Q("case.file", `SELECT name, media, size, sum FROM case_file WHERE id = $1 AND casefile = $2`)
	qPiecePut = store.Q("case.piece.put", `INSERT INTO case_piece (file, num, body) VALUES ($1, $2, $3)`)
	qPiece    = store.Q("case.piece", `SELECT body FROM case_piece WHERE file = $1 AND num = $2`)
	qPieceCut = store.Q("case.piece.cut", `DELETE FROM case_piece WHERE file = $1`)
	qPieceOld = store.Q("case.piece.old", `DELETE FROM case_piece WHERE file < $1 AND file NOT IN (SELECT id FROM case_file)`)
	qIDs      = store.Q("case.ids", `SELECT id FROM case_case WHERE id > $1 ORDER BY id LIMIT $2`)
	qStrays   = store.Q("case.strays", `SELECT DISTINCT casefile FROM case_line WHERE casefile > $1 AND casefile NOT IN (SELECT id FROM case_case) ORDER BY casefile LIMIT $2`)
)

// file is a case as it lies in the table, with the end of its timeline.
type file struct {
	Case
	lines int64
	hash  string
}

func (f *file) scan(scan func(...any) error) error {
	var level, opened, entered, due, closed, late int64
	var fields string
	if err := scan(&f.ID, &f.Number, &f.Kind, &f.Stage, &f.Title, &level, &f.Unit, &f.Area, &f.Holder, &opened, &entered, &due, &closed, &late, &f.Group, &f.Parent, &fields, &f.Offered, &f.Version, &f.lines, &f.hash); err != nil {
		return err
	}
	f.Level, f.Late = int(level), late != 0
	f.Opened, f.Entered, f.Due, f.Closed = store.Time(opened), store.Time(entered), store.Time(due), store.Time(closed)
	return errs.As(errs.Internal, "read the fields of a case", json.Unmarshal([]byte(fields), &f.Fields))
}

func (f *file) get(tx *store.Tx, id string) error {
	err := f.scan(func(dest ...any) error { return tx.Get(qCase, []any{id}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return errs.Say(errs.NotFound, "没有这个案件", "there is no such case")
	}
	return err
}

// pack writes the fields; keys are sorted, so equal fields are equal text.
func pack(fields map[string]string) (string, error) {
	if len(fields) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(fields)
	return string(b), errs.As(errs.Internal, "write the fields of a case", err)
}

func (f *file) insert(tx *store.Tx) error {
	fields, err := pack(f.Fields)
	if err != nil {
		return err
	}
	_, err = tx.Exec(qInsert, f.ID, f.Number, f.Kind, f.Stage, f.Title, int64(f.Level), f.Unit, f.Area, f.Holder, store.Micros(f.Opened), store.Micros(f.Entered), store.Micros(f.Due), store.Micros(f.Closed),
		number(f.Late), f.Group, f.Parent, fields, f.Offered, f.Version, f.lines, f.hash, f.search())
	return err
}

// update writes the case over the version that was read.
func (f *file) update(tx *store.Tx) error {
	fields, err := pack(f.Fields)
	if err != nil {
		return err
	}
	was := f.Version
	f.Version++
	n, err := tx.Exec(qUpdate, f.Stage, f.Title, int64(f.Level), f.Unit, f.Area, f.Holder, store.Micros(f.Entered), store.Micros(f.Due), store.Micros(f.Closed), number(f.Late), f.Group, fields, f.Offered, f.Version,
		f.lines, f.hash, f.search(), f.ID, was)
	if err == nil && n == 0 {
		return errStale
	}
	return err
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (l *Line) scan(scan func(...any) error) error {
	var at int64
	var fields string
	if err := scan(&l.Seq, &at, &l.Actor, &l.Unit, &l.Verb, &l.Text, &fields, &l.File, &l.Sum, &l.Prev, &l.Hash); err != nil {
		return err
	}
	l.At = store.Time(at)
	return errs.As(errs.Internal, "read the fields of a line", json.Unmarshal([]byte(fields), &l.Fields))
}

func readLines(tx *store.Tx, id string) (list []Line, err error) {
	err = tx.Each(qLines, []any{id}, func(scan func(...any) error) error {
		var l Line
		err := l.scan(scan)
		list = append(list, l)
		return err
	})
	return list, err
}

package storetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// fill puts rows of every type in, with references to later rows and text that is awkward in any format.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		for i := range 700 {
			id := fmt.Sprintf("u%03d", i)
			if _, err := tx.Exec(qUnit, id, "单位 <&>\u2028\"\\\n\t"+id, nil); err != nil {
				return err
			}
			load := any(float64(i) / 7)
			switch i {
			case 1:
				load = nil
			case 2:
				load = math.Inf(-1)
			case 3:
				load = math.MaxFloat64
			}
			if _, err := tx.Exec(qMeter, int64(i)<<40, id, i%2 == 0, load, bytes.Repeat([]byte{byte(i), 0}, i)); err != nil {
				return err
			}
		}
		// Parents that stand after their children.
		if _, err := tx.Exec(store.Q("test", `UPDATE room_unit SET parent = 'u699' WHERE id < 'u100'`)); err != nil {
			return err
		}
		if err := tx.Add("meters", "河西", 700); err != nil {
			return err
		}
		_, err := tx.Next("room")
		return err
	})
}

// digest is the whole content of the rooms' tables.
func digest(t *testing.T, db *store.DB) string {
	t.Helper()
	var b strings.Builder
	read(t, db, func(tx *store.Tx) error {
		err := tx.Each(store.Q("digest", `SELECT id, name, parent FROM room_unit ORDER BY id`), nil, func(scan func(...any) error) error {
			var id, name string
			var parent *string
			err := scan(&id, &name, &parent)
			fmt.Fprintf(&b, "%q %q %v\n", id, name, parent != nil && *parent == "u699")
			return err
		})
		if err != nil {
			return err
		}
		err = tx.Each(store.Q("digest", `SELECT num, unit, live, load, frame, frame IS NULL, phase, note FROM room_meter ORDER BY num`), nil, func(scan func(...any) error) error {
			var num, phase int64
			var unit string
			var live, none bool // no bytes are something else than NULL
			var load *float64
			var frame []byte
			var note *string
			err := scan(&num, &unit, &live, &load, &frame, &none, &phase, &note)
			fmt.Fprintf(&b, "%d %q %v %v %x %v %d %v\n", num, unit, live, load != nil, frame, none, phase, note)
			if load != nil {
				fmt.Fprintln(&b, *load)
			}
			return err
		})
		n, cerr := tx.Count("meters", "河西")
		fmt.Fprintln(&b, n, cerr)
		return err
	})
	return b.String()
}

// backup: a copy restores into an empty database of this engine and of the other, with schema, counts and sequences.
func (s suite) backup(t *testing.T) {
	db := s.open(t)
	fill(t, db)
	path := filepath.Join(t.TempDir(), "haihe.backup")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	err := db.Backup(t.Context(), path)
	wantKind(t, "a backup over another", err, errs.Conflict)
	wantWords(t, "a backup over another", err)
	err = db.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "folder"))
	wantKind(t, "a backup into nowhere", err, errs.Unavailable)
	wantWords(t, "a backup into nowhere", err)
	info, err := store.CheckBackup(path)
	if err != nil || info.Engine != db.Engine() || info.Tables < 7 || info.Rows < 1400 {
		t.Errorf("%+v %v", info, err)
	}
	want := digest(t, db)
	for name, e := range map[string]Engine{"to SQLite": SQLite(), "to PostgreSQL": Server()} {
		t.Run(name, func(t *testing.T) {
			to := OpenWith(t, e.Dialect(e.Fresh(t)), store.Options{})
			got, err := to.Restore(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if got != info {
				t.Errorf("%+v, want %+v", got, info)
			}
			if digest(t, to) != want {
				t.Error("the content differs")
			}
			migrate(t, to, "room", rooms) // as the program does next: nothing is left to apply
			write(t, to, func(tx *store.Tx) error {
				n, err := tx.Next("room")
				if n != 2 {
					t.Errorf("the sequence gave %d, want 2", n)
				}
				return err
			})
			err = to.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(qMeter, 5, "nobody", true, nil, nil)
				return err
			})
			wantKind(t, "references are checked again", err, errs.Conflict)
			// And back again: the second copy has the same rows.
			again := filepath.Join(t.TempDir(), "again.backup")
			if err := to.Backup(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if i, err := store.CheckBackup(again); err != nil || i.Rows != info.Rows {
				t.Errorf("%+v %v", i, err)
			}
			_, err = to.Restore(t.Context(), path)
			wantKind(t, "restore into a full database", err, errs.Conflict)
			wantWords(t, "restore into a full database", err)
		})
	}
}

// backupWhileWriting: the copy is one state; every writer's pair of rows is in it whole or not at all.
func (s suite) backupWhileWriting(t *testing.T) {
	db := s.open(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec(qLog, 1, fmt.Sprintf("%d/%d", w, i)); err != nil {
						return err
					}
					_, err := tx.Exec(qLog, -1, fmt.Sprintf("%d/%d", w, i))
					if err == nil {
						err = tx.Add("log", "", 2)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	path := filepath.Join(t.TempDir(), "haihe.backup")
	for number(t, db, qLogN.SQL) < 100 {
	}
	err := db.Backup(t.Context(), path)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	to := OpenWith(t, s.Dialect(s.Fresh(t)), store.Options{})
	if _, err := to.Restore(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	rows, sum := number(t, to, qLogN.SQL), number(t, to, `SELECT CAST(SUM(n) AS BIGINT) FROM room_log`)
	if rows < 100 || sum != 0 {
		t.Errorf("%d rows, sum %d: not one state", rows, sum)
	}
	read(t, to, func(tx *store.Tx) error {
		n, err := tx.Count("log", "")
		if n != rows {
			t.Errorf("maintained count %d, rows %d", n, rows)
		}
		return err
	})
}

// restoreRefuses: a damaged copy is refused, and leaves the database empty.
func (s suite) restoreRefuses(t *testing.T) {
	db := s.open(t)
	fill(t, db)
	dir := t.TempDir()
	path := filepath.Join(dir, "good")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := gunzip(t, good)
	to := OpenWith(t, s.Dialect(s.Fresh(t)), store.Options{})
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 0x10
	for name, b := range map[string][]byte{
		"empty":         nil,
		"not a backup":  []byte("CREATE TABLE"),
		"cut":           good[:len(good)*2/3],
		"a bit flipped": flipped,
		"a row gone":    regzip(strings.Replace(text, `["u005"`, `["u999"`, 1)),
		"end gone":      regzip(text[:strings.LastIndex(text, `{"end"`)]),
		"longer":        regzip(text + "[]\n"),
		"other columns": regzip(strings.Replace(text, `"name":"phase"`, `"name":"phose"`, 1)),
		"no migrations": regzip(text[:strings.Index(text, `{"table"`)]),
	} {
		p := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := to.Restore(t.Context(), p)
		wantKind(t, name, err, errs.Invalid)
		wantWords(t, name, err)
	}
	_, err = to.Restore(t.Context(), filepath.Join(dir, "nothing"))
	wantKind(t, "no file", err, errs.NotFound)
	if n := number(t, to, `SELECT COUNT(*) FROM store_migration`); n != 1 {
		t.Errorf("%d migrations, want the store's own", n)
	}
	if _, err := to.Restore(t.Context(), path); err != nil {
		t.Error("the good one after the bad ones:", err)
	}
}

func gunzip(t *testing.T, b []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func regzip(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

package ngsild

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the plain way's store
)

// plainWay is the name of the candidate that the others are held against.
const plainWay = "plain way"

// plainSchema is what the plain way keeps: a row a thing, a row a change.
const plainSchema = `CREATE TABLE thing (id TEXT PRIMARY KEY, level REAL NOT NULL, doc BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE history (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, doc BLOB NOT NULL)`

// plain answers with constants and writes rows.
type plain struct {
	jobs      chan job
	one, many []byte
}

// job is one writer's statements; done gets how its group's commit ended.
type job struct {
	run  func(tx *sql.Tx) error
	done chan error
}

// servePlain is the plain way's process; it prints its address and ends with its standard input.
func servePlain(dir string) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "plain.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, s := range strings.Split(plainSchema, ";") {
		if _, err := db.Exec(s); err != nil {
			return err
		}
	}
	p := &plain{jobs: make(chan job, 1024), one: lamp(nil, 0, 0)}
	for n := range 20 {
		p.many = lamp(append(p.many, "[,"[min(n, 1)]), n, 0)
	}
	p.many = append(p.many, ']')
	go p.commit(db)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("address http://%s/\n", ln.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(ln, p)
}

// commit runs what waits as one transaction: the simplest group commit.
func (p *plain) commit(db *sql.DB) {
	for first := range p.jobs {
		group := []job{first}
		for len(group) < 256 && len(p.jobs) > 0 {
			group = append(group, <-p.jobs)
		}
		tx, err := db.Begin()
		for _, j := range group {
			if err == nil {
				err = j.run(tx)
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		for _, j := range group {
			j.done <- err
		}
	}
}

func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		body := p.one
		if r.URL.RawQuery != "" {
			body = p.many
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = p.write(r, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// write turns a request into statements and waits for their commit.
func (p *plain) write(r *http.Request, body []byte) error {
	id := strings.Split(strings.TrimPrefix(r.URL.Path, "/ngsi-ld/v1/entities/"), "/")[0]
	j := job{done: make(chan error, 1)}
	switch {
	case strings.HasSuffix(r.URL.Path, "/create"):
		var list []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		j.run = func(tx *sql.Tx) error {
			for _, doc := range list {
				_, rest, _ := bytes.Cut(doc, []byte(`"id":"`))
				id, _, _ := bytes.Cut(rest, []byte(`"`))
				if _, err := tx.Exec("INSERT INTO thing VALUES ($1, 0, $2)", string(id), []byte(doc)); err != nil {
					return err
				}
				if _, err := tx.Exec("INSERT INTO history (id, doc) VALUES ($1, $2)", string(id), []byte(doc)); err != nil {
					return err
				}
			}
			return nil
		}
	case r.Method == http.MethodPut:
		j.run = func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE thing SET doc = $2 WHERE id = $1", id, body)
			if err == nil {
				_, err = tx.Exec("INSERT INTO history (id, doc) VALUES ($1, $2)", id, body)
			}
			return err
		}
	default:
		var v struct{ Value float64 }
		if err := json.Unmarshal(body, &v); err != nil {
			return err
		}
		j.run = func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE thing SET level = $2 WHERE id = $1", id, v.Value)
			if err == nil {
				_, err = tx.Exec("INSERT INTO history (id, doc) VALUES ($1, $2)", id, body)
			}
			return err
		}
	}
	p.jobs <- j
	return <-j.done
}

package bench

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

const writers = 64

// model is checked at every write by Haihe; the plain table has column types.
const model = `{"title": "Meter", "type": "object", "required": ["address", "status"], "properties": {
	"address": {"type": "string", "pattern": "^[0-9]{12}$"},
	"status": {"enum": ["online", "silent", "removed"], "x-index": true},
	"ratedVoltage": {"type": "number", "minimum": 0}}}`

// The plain tables: what Haihe keeps for a meter, in columns, and a history row of every change.
const plainMeters = `
CREATE TABLE meter (
	id text PRIMARY KEY, type text NOT NULL, owner text NOT NULL, address text NOT NULL, status text NOT NULL, district text NOT NULL,
	feeder text NOT NULL, ratio double precision NOT NULL, voltage double precision NOT NULL, lon double precision NOT NULL,
	lat double precision NOT NULL, version bigint NOT NULL, created timestamptz NOT NULL, modified timestamptz NOT NULL);
CREATE INDEX ON meter (type); CREATE INDEX ON meter (owner); CREATE INDEX ON meter (status); CREATE INDEX ON meter (lon, lat);
CREATE TABLE meter_history (seq bigserial PRIMARY KEY, id text NOT NULL, verb text NOT NULL, at timestamptz NOT NULL, content jsonb NOT NULL);
CREATE INDEX ON meter_history (id, seq);`

const (
	plainCreate = `WITH m AS (INSERT INTO meter VALUES ($1, 'Meter', $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, now(), now()) RETURNING *)
		INSERT INTO meter_history (id, verb, at, content) SELECT id, 'create', modified, to_jsonb(m) FROM m`
	plainMerge = `WITH m AS (UPDATE meter SET status = $2, ratio = $3, version = version + 1, modified = now() WHERE id = $1 RETURNING *)
		INSERT INTO meter_history (id, verb, at, content) SELECT id, 'merge', modified, to_jsonb(m) FROM m`
)

func meter(n int) *entity.Entity {
	lon, lat := place(n)
	return &entity.Entity{ID: meterID(n), Types: []string{"Meter"}, Owner: "power", Attrs: []entity.Attr{
		entity.TextAttr("address", fmt.Sprintf("%012d", n)), entity.TextAttr("status", "online"), entity.TextAttr("district", "heping"),
		entity.RelAttr("feeder", fmt.Sprintf("urn:ngsi-ld:Feeder:%04d", n%300)), entity.NumberAttr("ratio", 1.5, ""),
		entity.NumberAttr("ratedVoltage", 220, "VLT"), entity.PointAttr("location", lon, lat)}}
}

func meterID(n int) string { return fmt.Sprintf("urn:ngsi-ld:Meter:%012d", n) }

func place(n int) (lon, lat float64) {
	return 116.8 + float64(n*7919%10000)/10000, 38.6 + float64(n*104729%10000)/10000
}

func meterArgs(n int) []any {
	lon, lat := place(n)
	return []any{meterID(n), "power", fmt.Sprintf("%012d", n), "online", "heping", fmt.Sprintf("urn:ngsi-ld:Feeder:%04d", n%300), 1.5, 220.0, lon, lat}
}

// entities measures single durable writes by 64 writers at once: creates, and merges of two attributes, one of them indexed, with history.
func entities(b *testing.B, t *table, s scale) {
	dbs, _, dsn := haihe(b)
	conns := connect(b, dsn, writers)
	exec(b, conns[0], plainMeters)
	var kept [2]*entity.Store
	for i, db := range dbs {
		var err error
		if kept[i], err = entity.Open(b.Context(), db, time.Now); err != nil {
			b.Fatal(err)
		}
		if err := kept[i].Register("bench", fstest.MapFS{"meter.json": {Data: []byte(model)}}); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; n < s.known; n += 1000 {
		for i, db := range dbs {
			err := db.Write(b.Context(), func(tx *store.Tx) error {
				for k := n; k < n+1000; k++ {
					if err := kept[i].Create(tx, meter(k)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		batch := new(pgx.Batch)
		for k := n; k < n+1000; k++ {
			batch.Queue(plainCreate, meterArgs(k)...)
		}
		if err := conns[0].SendBatch(b.Context(), batch).Close(); err != nil {
			b.Fatal(err)
		}
	}
	exec(b, conns[0], "VACUUM ANALYZE")
	r := rand.New(rand.NewPCG(3, 4))
	states := []string{"online", "silent", "removed"}
	for round := range s.rounds {
		base := 1_000_000 * (round + 1)
		for _, c := range turns(r) {
			v := crowd(b, writers, s.spell, func(w, n int) error {
				if c == plain {
					_, err := conns[w].Exec(b.Context(), plainCreate, meterArgs(base+n)...)
					return err
				}
				return dbs[c].Write(b.Context(), func(tx *store.Tx) error { return kept[c].Create(tx, meter(base+n)) })
			})
			t.add(c, "entity creates, 64 writers", "1/s durable", false, v)
		}
		for _, c := range turns(r) {
			v := crowd(b, writers, s.spell, func(w, n int) error {
				// The ratio is new every time, since Haihe writes nothing where nothing changes.
				id, status, ratio := meterID((n*7919+round)%s.known), states[(n/s.known+n+round)%3], float64(base+n)
				if c == plain {
					_, err := conns[w].Exec(b.Context(), plainMerge, id, status, ratio)
					return err
				}
				return dbs[c].Write(b.Context(), func(tx *store.Tx) error {
					_, err := kept[c].Merge(tx, id, entity.TextAttr("status", status), entity.NumberAttr("ratio", ratio, ""))
					return err
				})
			})
			t.add(c, "entity updates, 64 writers", "1/s durable", false, v)
		}
	}
}

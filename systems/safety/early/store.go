package early

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/early/model"
)

var (
	qModelPut  = store.Q("safety_early_model_put", `INSERT INTO safety_early_model (plant, version, learnt, since, until, head, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qModelOf   = store.Q("safety_early_model_of", `SELECT version, learnt, since, until, head FROM safety_early_model WHERE plant = $1 ORDER BY version DESC`)
	qModelLast = store.Q("safety_early_model_last", `SELECT plant, version, learnt, since, until, head, body FROM safety_early_model m WHERE version = (SELECT MAX(version) FROM safety_early_model n WHERE n.plant = m.plant)`)
	qModelMax  = store.Q("safety_early_model_max", `SELECT COALESCE(MAX(version), 0) FROM safety_early_model WHERE plant = $1`)
	qSetPut    = store.Q("safety_early_set_put", `INSERT INTO safety_early_plant (plant, body) VALUES ($1, $2) ON CONFLICT (plant) DO UPDATE SET body = excluded.body`)
	qSetAll    = store.Q("safety_early_set_all", `SELECT plant, body FROM safety_early_plant`)

	qWarnPut = store.Q("safety_early_warning_put", `INSERT INTO safety_early_warning (id, plant, version, came, gone, verdict, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET gone = excluded.gone`)
	qWarnJudge = store.Q("safety_early_warning_judge", `UPDATE safety_early_warning SET verdict = $2, body = $3 WHERE id = $1`)
	qWarnGet   = store.Q("safety_early_warning_get", `SELECT id, plant, version, came, gone, verdict, body FROM safety_early_warning WHERE id = $1`)
	qWarnOf    = store.Q("safety_early_warning_of", `SELECT id, plant, version, came, gone, verdict, body FROM safety_early_warning WHERE plant = $1 AND came < $3 AND (gone = 0 OR gone > $2) ORDER BY came DESC, id DESC LIMIT 200`)
	qWarnOpen  = store.Q("safety_early_warning_open", `SELECT id, plant, version, came, gone, verdict, body FROM safety_early_warning WHERE gone = 0`)
	qWarnBy    = store.Q("safety_early_warning_by", `SELECT plant, COUNT(*) FROM safety_early_warning WHERE came >= $1 AND verdict <> 'false' GROUP BY plant`)
	qWarnSum   = store.Q("safety_early_warning_sum", `SELECT verdict, COUNT(*) FROM safety_early_warning WHERE came >= $1 GROUP BY verdict`)
)

// PointOf is a point as a version of a model knows it.
type PointOf struct {
	Num  int64  `json:"num"`
	Name string `json:"name"`
}

// Version is what was learnt of a plant at one time.
type Version struct {
	Plant   string    `json:"-"`
	Version int64     `json:"-"`
	Learnt  time.Time `json:"-"`
	Since   time.Time `json:"-"` // the window that it was learnt from
	Until   time.Time `json:"-"`
	Key     int64     `json:"key"` // of the plant's scores
	Points  []PointOf `json:"points"`
	Rows    int       `json:"rows"`
	LeftOut int       `json:"leftOut"` // slots that an alarm or a standstill took away
	Strain  float64   `json:"strain"`
	Warned  float64   `json:"warned"` // share of the window in which the model before would have warned
	Who     string    `json:"who"`    // "" for the schedule
	Reason  string    `json:"reason"`
	model   *model.Model
}

// Setting is how a plant is watched.
type Setting struct {
	Off     bool      `json:"off,omitempty"`
	Run     string    `json:"run,omitempty"` // point that tells whether the plant operates, "" for none
	Least   float64   `json:"least,omitempty"`
	Tried   time.Time `json:"tried,omitzero"` // when the schedule last could not learn
	Refused lang.Text `json:"refused,omitzero"`
}

// Share is one point's contribution to a warning.
type Share struct {
	Point string  `json:"point"`
	Share float64 `json:"share"`
	Sigma float64 `json:"sigma"`
}

// Verdict is what a person said of a warning.
type Verdict string

// The verdicts.
const (
	Unjudged Verdict = ""
	True     Verdict = "true"
	False    Verdict = "false"
)

// Warning is one early warning.
type Warning struct {
	ID      string    `json:"-"`
	Plant   string    `json:"-"`
	Version int64     `json:"-"`
	Came    time.Time `json:"-"`
	Gone    time.Time `json:"-"` // zero while it stands
	Verdict Verdict   `json:"-"`
	Index   float64   `json:"index"` // when it came, in limits
	Which   string    `json:"which"`
	Parts   []Share   `json:"parts"`
	Judge   string    `json:"judge,omitempty"`
	Judged  time.Time `json:"judged,omitzero"`
	Note    string    `json:"note,omitempty"`
}

func putWarning(tx *store.Tx, w *Warning) error {
	body, err := json.Marshal(w)
	if err != nil {
		return errs.As(errs.Internal, "write a warning", err)
	}
	_, err = tx.Exec(qWarnPut, w.ID, w.Plant, w.Version, store.Micros(w.Came), micros(w.Gone), string(w.Verdict), string(body))
	return err
}

// micros is a time as the tables keep it: 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func scanWarning(scan func(...any) error) (w Warning, err error) {
	var came, gone int64
	var verdict, body string
	if err := scan(&w.ID, &w.Plant, &w.Version, &came, &gone, &verdict, &body); err != nil {
		return w, err
	}
	if err := json.Unmarshal([]byte(body), &w); err != nil {
		return w, errs.As(errs.Internal, "read a warning", err)
	}
	if w.Came, w.Verdict = store.Time(came), Verdict(verdict); gone != 0 {
		w.Gone = store.Time(gone)
	}
	return w, nil
}

// readWarnings gives the warnings of a query.
func (p *Part) readWarnings(ctx context.Context, q store.Stmt, args ...any) (out []Warning, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			w, err := scanWarning(scan)
			out = append(out, w)
			return err
		})
	})
	return out, err
}

// readAll gives the settings, the newest versions with their models, and the warnings that stand.
func (p *Part) readAll(ctx context.Context) (set map[string]Setting, versions []Version, standing []*Warning, err error) {
	open, err := p.readWarnings(ctx, qWarnOpen)
	if err != nil {
		return nil, nil, nil, err
	}
	for i := range open {
		standing = append(standing, &open[i])
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		set, versions = map[string]Setting{}, nil
		err := tx.Each(qSetAll, nil, func(scan func(...any) error) error {
			var plant, body string
			var s Setting
			if err := scan(&plant, &body); err != nil {
				return err
			}
			err := json.Unmarshal([]byte(body), &s)
			set[plant] = s
			return errs.As(errs.Internal, "read a setting", err)
		})
		if err != nil {
			return err
		}
		return tx.Each(qModelLast, nil, func(scan func(...any) error) error {
			var v Version
			var body []byte
			err := scanVersion(&v, func(dest ...any) error { return scan(append([]any{&v.Plant}, append(dest, &body)...)...) })
			if err != nil {
				return err
			}
			v.model, err = model.Parse(body)
			versions = append(versions, v)
			return errs.As(errs.Internal, "read a model", err)
		})
	})
	return set, versions, standing, err
}

// scanVersion reads version, learnt, since, until and head.
func scanVersion(v *Version, scan func(...any) error) error {
	var learnt, since, until int64
	var head string
	if err := scan(&v.Version, &learnt, &since, &until, &head); err != nil {
		return err
	}
	v.Learnt, v.Since, v.Until = store.Time(learnt), store.Time(since), store.Time(until)
	return errs.As(errs.Internal, "read a version", json.Unmarshal([]byte(head), v))
}

// versions gives what was learnt of a plant, newest first, without the models.
func (p *Part) versions(ctx context.Context, plant string) (out []Version, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qModelOf, []any{plant}, func(scan func(...any) error) error {
			v := Version{Plant: plant}
			err := scanVersion(&v, scan)
			out = append(out, v)
			return err
		})
	})
	return out, err
}

// putVersion keeps a version under the next number.
func putVersion(tx *store.Tx, v *Version) error {
	if err := tx.Get(qModelMax, []any{v.Plant}, &v.Version); err != nil {
		return err
	}
	v.Version++
	head, err := json.Marshal(v)
	if err != nil {
		return errs.As(errs.Internal, "write a version", err)
	}
	_, err = tx.Exec(qModelPut, v.Plant, v.Version, store.Micros(v.Learnt), store.Micros(v.Since), store.Micros(v.Until), string(head), v.model.Bytes())
	return err
}

// putSetting keeps how a plant is watched.
func putSetting(tx *store.Tx, plant string, s Setting) error {
	body, err := json.Marshal(s)
	if err != nil {
		return errs.As(errs.Internal, "write a setting", err)
	}
	_, err = tx.Exec(qSetPut, plant, string(body))
	return err
}

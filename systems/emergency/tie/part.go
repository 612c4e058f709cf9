package tie

import (
	"context"
	"embed"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/warning"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qPut    = store.Q("emergency_tie_put", `INSERT INTO emergency_tie (incident, root, at) VALUES ($1, $2, $3) ON CONFLICT (incident, root) DO NOTHING`)
	qOf     = store.Q("emergency_tie_of", `SELECT root FROM emergency_tie WHERE incident = $1 ORDER BY at, root`)
	qByRoot = store.Q("emergency_tie_root", `SELECT incident FROM emergency_tie WHERE root = $1 ORDER BY incident`)
	qDrop   = store.Q("emergency_tie_drop", `DELETE FROM emergency_tie WHERE incident = $1`)
)

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Incidents *incident.Part
	Warnings  *warning.Part
	Now       func() time.Time
}

// Part ties warnings to incidents.
type Part struct{ o Options }

// New opens the part and follows the warnings from here on.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.tie", tables); err != nil {
		return nil, errs.Wrap("open the ties of warnings", err)
	}
	p := &Part{o}
	o.Incidents.With(p.move, p.section)
	o.Warnings.Follow(p.became)
	return p, nil
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

// became writes a line into every incident that the warning belongs to. It is called in the transaction of the change, by whom it was made.
func (p *Part) became(tx *store.Tx, who *identity.Principal, w *warning.Warning, state, headline string) error {
	if w.Incident != "" && state == "issued" {
		if _, err := tx.Exec(qPut, w.Incident, w.Root, store.Micros(p.o.Now())); err != nil {
			return err
		}
	}
	list, err := column(tx, qByRoot, w.Root)
	for _, id := range list {
		if err == nil {
			err = p.line(tx, who, id, w, state, headline)
		}
	}
	return err
}

// line is one of an incident's timeline. A warning goes out whether or not who issues it may see the incident: then the program writes the line.
func (p *Part) line(tx *store.Tx, who *identity.Principal, incident string, w *warning.Warning, state, headline string) error {
	fields := map[string]string{"warning": w.ID, "identifier": w.Identifier, "state": state}
	err := p.o.Incidents.Line(tx, who, incident, "warning", headline, fields)
	if errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) {
		err = p.o.Incidents.Line(tx, identity.System("emergency"), incident, "warning", headline, fields)
	}
	return err
}

// Tie makes a warning that was issued one of an incident's, with the chain that it belongs to.
func (p *Part) Tie(ctx context.Context, who *identity.Principal, id, warningID string) error {
	if _, err := p.o.Incidents.Get(ctx, who, id); err != nil {
		return err
	}
	w, err := p.o.Warnings.Get(ctx, warningID)
	if err != nil {
		return err
	}
	if w.Issued.IsZero() {
		return errs.Say(errs.Conflict, "只能关联已发布的预警", "only a warning that was issued can be tied")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qPut, id, w.Root, store.Micros(p.o.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "该预警已关联此事件", "this warning belongs to the incident already")
		}
		return p.o.Incidents.Line(tx, who, id, "warning", w.Headline.Zh, map[string]string{"warning": w.ID, "identifier": w.Identifier, "state": "tied"})
	})
}

// Of gives the warnings of an incident: every message that was issued of every chain, in the order of their making.
func (p *Part) Of(ctx context.Context, incident string) (out []warning.Warning, err error) {
	var roots []string
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		roots, err = column(tx, qOf, incident)
		return err
	})
	for _, root := range roots {
		chain, err := p.o.Warnings.Chain(ctx, root)
		if err != nil {
			return nil, err
		}
		for _, w := range chain {
			if !w.Issued.IsZero() {
				out = append(out, w)
			}
		}
	}
	return out, errs.Wrap("read the warnings of an incident", err)
}

// move hands the warnings of an incident on to the one that it was merged into.
func (p *Part) move(tx *store.Tx, from, to string) error {
	roots, err := column(tx, qOf, from)
	for _, root := range roots {
		if err == nil {
			_, err = tx.Exec(qPut, to, root, store.Micros(p.o.Now()))
		}
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(qDrop, from)
	return err
}

func column(tx *store.Tx, q store.Stmt, key string) (out []string, err error) {
	err = tx.Each(q, []any{key}, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	})
	return out, err
}

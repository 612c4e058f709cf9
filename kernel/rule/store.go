package rule

import (
	"embed"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `id, version, state, body, author, at, trial`

var (
	qPut      = store.Q("rule.put", `INSERT INTO rule_version (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qNewest   = store.Q("rule.newest", `SELECT COALESCE(MAX(version), 0) FROM rule_version WHERE id = $1`)
	qGet      = store.Q("rule.get", `SELECT `+columns+` FROM rule_version WHERE id = $1 AND version = $2`)
	qVersions = store.Q("rule.versions", `SELECT `+columns+` FROM rule_version WHERE id = $1 ORDER BY version DESC`)
	qLive     = store.Q("rule.live", `SELECT `+columns+` FROM rule_version WHERE state = 'live' ORDER BY id`)
	// qHeads is each rule's live version, or its newest where none is live.
	qHeads = store.Q("rule.heads", `SELECT `+columns+` FROM rule_version v WHERE state = 'live'
		OR version = (SELECT MAX(version) FROM rule_version o WHERE o.id = v.id) AND NOT EXISTS (SELECT 1 FROM rule_version o WHERE o.id = v.id AND o.state = 'live') ORDER BY id`)
	qSetState = store.Q("rule.state", `UPDATE rule_version SET state = $1 WHERE id = $2 AND version = $3`)
	qUnlive   = store.Q("rule.unlive", `UPDATE rule_version SET state = 'retired' WHERE id = $1 AND state = 'live'`)
	qSetTrial = store.Q("rule.trial", `UPDATE rule_version SET trial = $1, state = CASE WHEN state = 'draft' THEN 'tried' ELSE state END WHERE id = $2 AND version = $3`)
)

// body is what the table keeps of a rule as JSON.
type body struct {
	Title    lang.Text `json:"title"`
	Advice   lang.Text `json:"advice"`
	Unit     string    `json:"unit,omitempty"`
	Kind     Kind      `json:"kind"`
	Scope    Scope     `json:"scope"`
	Form     Form      `json:"form"`
	Expr     string    `json:"expr,omitempty"`
	Priority Priority  `json:"priority"`
}

func put(tx *store.Tx, r *Rule) error {
	b, err := json.Marshal(body{r.Title, r.Advice, r.Unit, r.Kind, r.Scope, r.Form, r.Expr, r.Priority})
	if err != nil {
		return errs.As(errs.Internal, "write a rule", err)
	}
	_, err = tx.Exec(qPut, r.ID, r.Version, string(r.State), string(b), r.Author, store.Micros(r.At), "")
	return err
}

func scanRule(scan func(...any) error) (Rule, error) {
	var r Rule
	var state, text, trial string
	var at int64
	if err := scan(&r.ID, &r.Version, &state, &text, &r.Author, &at, &trial); err != nil {
		return r, err
	}
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return r, errs.As(errs.Internal, "read rule "+r.ID, err)
	}
	r.State, r.At = State(state), store.Time(at)
	r.Title, r.Advice, r.Unit, r.Kind, r.Scope, r.Form, r.Expr, r.Priority = b.Title, b.Advice, b.Unit, b.Kind, b.Scope, b.Form, b.Expr, b.Priority
	if trial == "" {
		return r, nil
	}
	r.Trial = new(Trial)
	if err := json.Unmarshal([]byte(trial), r.Trial); err != nil {
		return r, errs.As(errs.Internal, "read the trial of rule "+r.ID, err)
	}
	return r, nil
}

func list(tx *store.Tx, q store.Stmt, args ...any) (rules []Rule, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		r, err := scanRule(scan)
		rules = append(rules, r)
		return err
	})
	return rules, err
}

func get(tx *store.Tx, id string, version int64) (Rule, error) {
	r, err := scanRule(func(dest ...any) error { return tx.Get(qGet, []any{id, version}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return r, errs.Say(errs.NotFound, "没有规则 %[1]s 的第 %[2]d 版", "rule %[1]s has no version %[2]d", id, version)
	}
	return r, err
}

func putTrial(tx *store.Tx, id string, version int64, t Trial) error {
	b, err := json.Marshal(t)
	if err != nil {
		return errs.As(errs.Internal, "write a trial", err)
	}
	_, err = tx.Exec(qSetTrial, string(b), id, version)
	return err
}

// span is a trial's time as text for the journal.
func span(from, to time.Time) string {
	return from.UTC().Format(time.RFC3339) + "/" + to.UTC().Format(time.RFC3339)
}

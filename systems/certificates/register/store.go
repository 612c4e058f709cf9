package register

import (
	"embed"
	"time"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const applied = `id, kind, subject, name, renewal, seen, manner, seen_by, unit, high, csr, state, asked, decided, decided_by, reason, serial`

var (
	bSubject = store.NewBulk("certificates_subject_add", `INSERT INTO certificates_subject (kind, id, name, organization, unit, code, digest, tail, registered, registered_by, office)`, 11, "ON CONFLICT DO NOTHING")
	qKnown   = store.Q("certificates_subject_known", `SELECT id, office FROM certificates_subject WHERE kind = $1 AND digest = $2`)
	qOne     = store.Q("certificates_subject_one", `SELECT kind, id, name, organization, unit, code, tail, office FROM certificates_subject WHERE kind = $1 AND id = $2`)
	qRenamed = store.Q("certificates_subject_renamed", `UPDATE certificates_subject SET name = $3, organization = $4, unit = $5 WHERE kind = $1 AND id = $2`)
	// standing: 0 whoever, 1 with a standing signing certificate, 2 without
	qSubjects = store.Q("certificates_subjects", `SELECT s.kind, s.id, s.name, s.organization, s.unit, s.code, s.tail, s.office FROM certificates_subject s
		WHERE s.kind = $1 AND ($2 = '' OR s.name = $2 OR s.id = $2 OR s.code = $2) AND ($3 = 0 OR ($3 = 1) = EXISTS (SELECT 1 FROM certificates_certificate c
		WHERE c.subject = s.id AND c.kind = s.kind AND c.key_use = 'sign' AND c.single = 1 AND c.state < 3)) AND s.id > $4 ORDER BY s.id LIMIT $5`)
	qSubjectsTotal = store.Q("certificates_subjects_total", `SELECT COUNT(*) FROM certificates_subject WHERE kind = $1`)

	qApply       = store.Q("certificates_apply", `INSERT INTO certificates_application (`+applied+`, code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'submitted', $12, 0, '', '', '', $13)`)
	qApplication = store.Q("certificates_application", `SELECT `+applied+` FROM certificates_application WHERE id = $1`)
	qCode        = store.Q("certificates_application_code", `SELECT `+applied+` FROM certificates_application WHERE code = $1 AND state = 'approved'`)
	qApprove     = store.Q("certificates_approve", `UPDATE certificates_application SET state = 'approved', decided = $2, decided_by = $3, code = $4 WHERE id = $1 AND state = 'submitted'`)
	qRefuse      = store.Q("certificates_refuse", `UPDATE certificates_application SET state = 'refused', decided = $2, decided_by = $3, reason = $4, code = $5 WHERE id = $1 AND (state = 'submitted' OR state = 'approved')`)
	qHolds       = store.Q("certificates_holds", `SELECT COUNT(*) FROM certificates_certificate WHERE subject = $1 AND kind = $2 AND key_use = 'sign' AND state + 0 < 3 AND not_after > $3`)
	qLeft        = store.Q("certificates_left", `SELECT `+applied+` FROM certificates_application WHERE state = 'approved' ORDER BY asked LIMIT 500`)
	qGiven       = store.Q("certificates_given", `UPDATE certificates_application SET state = 'issued', serial = $2, code = $3 WHERE id = $1 AND state = 'approved'`)
	qList        = store.Q("certificates_application_list", `SELECT `+applied+` FROM certificates_application WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND (CAST($3 AS BIGINT) = 0 OR asked < $3 OR (asked = $3 AND id < $4)) ORDER BY asked DESC, id DESC LIMIT $5`)
	qListTotal   = store.Q("certificates_application_total", `SELECT COUNT(*) FROM certificates_application WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2)`)
)

// Application is what an officer submitted and another decides.
type Application struct {
	ID, Kind, Subject, Name string
	Renewal, High           bool
	Seen, Manner, SeenBy    string // which paper, in what manner, by whom
	Unit                    string
	CSR                     []byte
	State                   string
	Asked, Decided          time.Time
	DecidedBy, Reason       string
	Serial                  string
}

func (a *Application) scan(scan func(...any) error) error {
	var renewal, high, asked, decided int64
	if err := scan(&a.ID, &a.Kind, &a.Subject, &a.Name, &renewal, &a.Seen, &a.Manner, &a.SeenBy, &a.Unit, &high, &a.CSR, &a.State, &asked, &decided, &a.DecidedBy, &a.Reason, &a.Serial); err != nil {
		return err
	}
	a.Renewal, a.High, a.Asked, a.Decided = renewal == 1, high == 1, store.Time(asked), store.Time(decided)
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

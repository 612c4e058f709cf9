package bulk

import (
	"embed"
	"time"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const jobColumns = `id, kind, name, renewal, state, total, refused, issued, had, place, made, made_by, unit, started, started_by, ended, busy_millis`

var (
	qJobAdd   = store.Q("certificates_job_add", `INSERT INTO certificates_job (`+jobColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, $9, $10, $11, 0, '', 0, 0)`)
	qJob      = store.Q("certificates_job", `SELECT `+jobColumns+` FROM certificates_job WHERE id = $1`)
	qJobs     = store.Q("certificates_jobs", `SELECT `+jobColumns+` FROM certificates_job WHERE (CAST($1 AS BIGINT) = 0 OR made < $1 OR (made = $1 AND id < $2)) ORDER BY made DESC, id DESC LIMIT $3`)
	qJobMove  = store.Q("certificates_job_move", `UPDATE certificates_job SET state = $3, started = $4, started_by = $5 WHERE id = $1 AND state = $2`)
	qJobPlace = store.Q("certificates_job_place", `UPDATE certificates_job SET issued = issued + $2, had = had + $3, refused = refused + $4, place = $5, busy_millis = busy_millis + $6 WHERE id = $1 AND place = $7 AND state = 'running'`)
	qJobEnd   = store.Q("certificates_job_end", `UPDATE certificates_job SET state = 'done', ended = $2 WHERE id = $1 AND state = 'running'`)
	qHolds    = store.Q("certificates_holds", `SELECT COUNT(*) FROM certificates_certificate WHERE subject = $1 AND kind = $2 AND key_use = 'sign' AND single = 1 AND state < 3 AND not_after > $3`)
	qRunning  = store.Q("certificates_job_running", `SELECT `+jobColumns+` FROM certificates_job WHERE state = 'running' ORDER BY started, id`)

	bLine     = store.NewBulk("certificates_job_line_add", `INSERT INTO certificates_job_line (job, line, subject, name, organization, unit, code, request, state, said_zh, said_en)`, 11, "")
	qToDo     = store.Q("certificates_job_todo", `SELECT line, subject, name, organization, unit, code, request FROM certificates_job_line WHERE job = $1 AND line > $2 AND state = 0 ORDER BY line LIMIT $3`)
	qDone     = store.Q("certificates_job_done", `UPDATE certificates_job_line SET state = 1 WHERE job = $1 AND line >= $2 AND line <= $3 AND state = 0`)
	qSaid     = store.Q("certificates_job_said", `UPDATE certificates_job_line SET state = $3, said_zh = $4, said_en = $5 WHERE job = $1 AND line = $2`)
	qTroubles = store.Q("certificates_job_troubles", `SELECT line, name, state, said_zh, said_en FROM certificates_job_line WHERE job = $1 AND state > 1 AND line > $2 ORDER BY line LIMIT $3`)
)

// Job is a list under way.
type Job struct {
	ID, Kind, Name       string
	Renewal              bool
	State                string
	Total                int64
	Refused, Issued, Had int64
	Place                int64 // the last line that was worked on
	Made                 time.Time
	MadeBy, Unit         string
	Started              time.Time
	StartedBy            string
	Ended                time.Time
	Busy                 time.Duration // spent at work, over all its runs
}

// Rate is certificates' subjects a second while it was at work; 0 where nothing was measured.
func (j *Job) Rate() float64 {
	if j.Busy <= 0 {
		return 0
	}
	return float64(j.Issued) / j.Busy.Seconds()
}

func (j *Job) scan(scan func(...any) error) error {
	var renewal, made, started, ended, busy int64
	if err := scan(&j.ID, &j.Kind, &j.Name, &renewal, &j.State, &j.Total, &j.Refused, &j.Issued, &j.Had, &j.Place, &made, &j.MadeBy, &j.Unit, &started, &j.StartedBy, &ended, &busy); err != nil {
		return err
	}
	j.Renewal, j.Made, j.Started, j.Ended, j.Busy = renewal == 1, store.Time(made), store.Time(started), store.Time(ended), time.Duration(busy)*time.Millisecond
	return nil
}

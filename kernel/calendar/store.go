package calendar

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qNoticeAdd = store.Q("calendar_notice_add", `INSERT INTO calendar_notice (id, year, title, source, days, at, who, state, undone_at, undone_by, undone_why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'stands', 0, '', '')`)
	qNoticeList = store.Q("calendar_notice_list", `SELECT id, year, title, source, days, at, who, state, undone_at, undone_by, undone_why FROM calendar_notice ORDER BY at, id`)
	qNoticeUndo = store.Q("calendar_notice_undo", `UPDATE calendar_notice SET state = 'undone', undone_at = $2, undone_by = $3, undone_why = $4 WHERE id = $1 AND state = 'stands'`)

	qHoursList = store.Q("calendar_hours_list", `SELECT unit, hours FROM calendar_hours`)
	qHoursPut  = store.Q("calendar_hours_put", `INSERT INTO calendar_hours (unit, hours) VALUES ($1, $2) ON CONFLICT (unit) DO UPDATE SET hours = excluded.hours`)
	qHoursCut  = store.Q("calendar_hours_cut", `DELETE FROM calendar_hours WHERE unit = $1`)
)

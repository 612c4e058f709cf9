package record

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qInsert = store.NewBulk("sharing_record_insert", `INSERT INTO sharing_record (leaf, call, side, at, caller, provider, status, asked, answer)`, 9, `ON CONFLICT (call, side) DO NOTHING`)
	qBody   = store.Q("sharing_body_insert", `INSERT INTO sharing_body (leaf, asked, answer) VALUES ($1, $2, $3)`)
	qGet    = store.Q("sharing_record", `SELECT leaf, asked, answer FROM sharing_record WHERE call = $1 AND side = $2`)
	qBodyOf = store.Q("sharing_body", `SELECT asked, answer FROM sharing_body WHERE leaf = $1`)
	qRecent = store.Q("sharing_record_recent", `SELECT call, at FROM sharing_record WHERE side = 'served' AND leaf >= $1 ORDER BY leaf`)
	qAtLeaf = store.Q("sharing_record_at", `SELECT at FROM sharing_record WHERE leaf >= $1 ORDER BY leaf LIMIT 1`)
	qSince  = store.Q("sharing_record_since", `SELECT leaf FROM sharing_record WHERE at < $1 ORDER BY leaf DESC LIMIT 1`)
	qList   = store.Q("sharing_record_list", `SELECT leaf, call, side, at, caller, provider, status FROM sharing_record WHERE leaf < $1 ORDER BY leaf DESC LIMIT $2`)

	qStampPut   = store.Q("sharing_stamp_put", `INSERT INTO sharing_stamp (size, note, token, source, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (size) DO NOTHING`)
	qStampLast  = store.Q("sharing_stamp_last", `SELECT size, at FROM sharing_stamp ORDER BY size DESC LIMIT 1`)
	qStampAfter = store.Q("sharing_stamp_after", `SELECT size, note, token, source, at FROM sharing_stamp WHERE size > $1 ORDER BY size LIMIT 1`)
)

package link

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qMake  = store.Q("sharing_link_make", `INSERT INTO sharing_link (peer, made, acked, applied, sent_at, came_at, live, since) VALUES ($1, 0, 0, 0, 0, 0, FALSE, $2) ON CONFLICT DO NOTHING`)
	qLinks = store.Q("sharing_links", `SELECT peer, made, acked, applied, sent_at, came_at, live, since FROM sharing_link ORDER BY peer`)
	qBump  = store.Q("sharing_link_bump", `UPDATE sharing_link SET made = made + 1 WHERE peer = $1 RETURNING made`)
	qPut   = store.Q("sharing_outbox_put", `INSERT INTO sharing_outbox (peer, seq, kind, item, body, at) VALUES ($1, $2, $3, $4, $5, $6)`)
	qNext  = store.Q("sharing_outbox_next", `SELECT seq, kind, item, body, at FROM sharing_outbox WHERE peer = $1 ORDER BY seq LIMIT $2`)
	qDone  = store.Q("sharing_outbox_done", `DELETE FROM sharing_outbox WHERE peer = $1 AND seq <= $2`)
	qAcked = store.Q("sharing_link_acked", `UPDATE sharing_link SET acked = $2, sent_at = $3 WHERE peer = $1`)
	qIn    = store.Q("sharing_link_in", `SELECT applied FROM sharing_link WHERE peer = $1`)
	qCame  = store.Q("sharing_link_came", `UPDATE sharing_link SET applied = $2, came_at = $3 WHERE peer = $1`)
	qState = store.Q("sharing_link_state", `UPDATE sharing_link SET live = $2, since = $3 WHERE peer = $1`)
)

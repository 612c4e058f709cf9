package node

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qSelf    = store.Q("sharing_self", `SELECT member, node_key, list_key, root, registry FROM sharing_self WHERE id = 1`)
	qBe      = store.Q("sharing_self_put", `INSERT INTO sharing_self (id, member, node_key, list_key, root, registry) VALUES (1, $1, $2, $3, $4, $5)`)
	qWitness = store.Q("sharing_witness_put", `INSERT INTO sharing_witness (peer, size, root, note, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`)
	qSeen    = store.Q("sharing_witness", `SELECT root FROM sharing_witness WHERE peer = $1 AND size = $2`)
	qStop    = store.Q("sharing_stop_put", `INSERT INTO sharing_stop (peer, size, root, note, at, decided) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING`)
	qStops   = store.Q("sharing_stops", `SELECT DISTINCT peer FROM sharing_stop WHERE decided = 0 ORDER BY peer`)
	qDecide  = store.Q("sharing_stop_decide", `UPDATE sharing_stop SET decided = $2 WHERE peer = $1 AND decided = 0`)
	qDecided = store.Q("sharing_stop_decided", `SELECT COUNT(CASE WHEN size = $2 AND root = $3 AND decided > 0 THEN 1 END), COUNT(CASE WHEN decided > 0 THEN 1 END) FROM sharing_stop WHERE peer = $1`)
	qNewest  = store.Q("sharing_witness_newest", `SELECT MAX(size) FROM sharing_witness WHERE peer = $1 GROUP BY peer`)
)

package tiles

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qMake = store.Q("tiles.make", `INSERT INTO tiles_log (log, origin, size) VALUES ($1, $2, 0) ON CONFLICT (log) DO NOTHING`)
	qLog  = store.Q("tiles.log", `SELECT origin, size FROM tiles_log WHERE log = $1`)
	// Moving the size first takes the row's lock: the order of a log is the order of its writers' transactions.
	qMove = store.Q("tiles.move", `UPDATE tiles_log SET size = size + $2 WHERE log = $1 RETURNING size`)

	qTile = store.Q("tiles.tile", `SELECT hashes FROM tiles_tile WHERE log = $1 AND level = $2 AND num = $3`)
	// Eight tiles at once, with the log's size: what a proof needs comes in one round trip or two. Places that are not needed repeat the last one.
	qTiles = store.Q("tiles.tiles", `SELECT l.size, t.level, t.num, t.hashes FROM tiles_log l JOIN tiles_tile t ON t.log = l.log WHERE l.log = $1 AND ((level = $2 AND num = $3) OR (level = $4 AND num = $5)
		OR (level = $6 AND num = $7) OR (level = $8 AND num = $9) OR (level = $10 AND num = $11) OR (level = $12 AND num = $13)
		OR (level = $14 AND num = $15) OR (level = $16 AND num = $17))`)
	qPutTile = store.Q("tiles.put", `INSERT INTO tiles_tile (log, level, num, hashes) VALUES ($1, $2, $3, $4)
		ON CONFLICT (log, level, num) DO UPDATE SET hashes = excluded.hashes`)

	qSign = store.Q("tiles.sign", `INSERT INTO tiles_checkpoint (log, size, at, root, note) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (log, size) DO NOTHING`)
	qRecent = store.Q("tiles.recent", `SELECT size, at, root, note FROM tiles_checkpoint WHERE log = $1 ORDER BY size DESC LIMIT $2`)
	qSigned = store.Q("tiles.signed", `SELECT size, at, root, note FROM tiles_checkpoint WHERE log = $1 AND size >= $2 ORDER BY size LIMIT $3`)

	qCosign = store.Q("tiles.cosign", `INSERT INTO tiles_cosignature (log, size, name, key, at, line) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (log, size, name, key) DO UPDATE SET at = excluded.at, line = excluded.line`)
	qCosigned = store.Q("tiles.cosigned", `SELECT line FROM tiles_cosignature WHERE log = $1 AND size = $2 ORDER BY name, key`)

	qWitnessed = store.Q("tiles.witnessed", `SELECT size, root FROM tiles_witnessed WHERE origin = $1`)
	qWitness   = store.Q("tiles.witness", `INSERT INTO tiles_witnessed (origin, size, at, root, note) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (origin) DO UPDATE SET size = excluded.size, at = excluded.at, root = excluded.root, note = excluded.note`)

	qAlongKeep  = store.Q("tiles.along_keep", `INSERT INTO tiles_along (log, kind, name, at, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log, kind, name) DO NOTHING`)
	qAlongRenew = store.Q("tiles.along_renew", `INSERT INTO tiles_along (log, kind, name, at, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (log, kind, name) DO UPDATE SET at = excluded.at, data = excluded.data`)
	qAlong     = store.Q("tiles.along", `SELECT kind, name, at, data FROM tiles_along WHERE log = $1 AND kind <> $2 ORDER BY kind, name`)
	qKeys      = store.Q("tiles.keys", `SELECT a.log, l.origin, a.data FROM tiles_along a JOIN tiles_log l ON l.log = a.log WHERE a.kind = $1 ORDER BY a.log, a.name`)
	qLastStamp = store.Q("tiles.last_stamp", `SELECT name, at, data FROM tiles_along WHERE log = $1 AND kind = $2 ORDER BY name DESC LIMIT 1`)
)

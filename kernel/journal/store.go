package journal

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `seq, at, actor, unit, authority, verb, object, detail, prev, hash`

var (
	// Moving the head first takes its row lock, so that on PostgreSQL two programs on one database cannot fork the chain.
	// RETURNING gives the new seq and the hash of the entry before it.
	qMove = store.Q("journal.move", `UPDATE journal_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash`)
	qSeal = store.Q("journal.seal", `UPDATE journal_head SET hash = $1 WHERE id = 1`)
	qHead = store.Q("journal.head", `SELECT seq, hash FROM journal_head WHERE id = 1`)

	qInsert = store.Q("journal.insert", `INSERT INTO journal_entry (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	qWalk = store.Q("journal.walk", `SELECT `+columns+` FROM journal_entry WHERE seq > $1 ORDER BY seq LIMIT $2`)
	qHash = store.Q("journal.hash", `SELECT hash FROM journal_entry WHERE seq = $1`)
)

package trust

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const keyColumns = `id, name, purpose, algorithm, holder, public, state, dual, made, ended, why, uses`

var (
	qKeyAdd = store.Q("trust_key_add", `INSERT INTO trust_key (id, name, purpose, algorithm, holder, public, sealed, seal, state, dual, made, ended, why, uses)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10, 0, '', 0)`)
	qKeys        = store.Q("trust_keys", `SELECT `+keyColumns+` FROM trust_key ORDER BY made, id`)
	qKey         = store.Q("trust_key", `SELECT `+keyColumns+` FROM trust_key WHERE id = $1`)
	qKeyActive   = store.Q("trust_key_active", `SELECT `+keyColumns+` FROM trust_key WHERE name = $1 AND state = 'active'`)
	qKeySealed   = store.Q("trust_key_sealed", `SELECT sealed, seal FROM trust_key WHERE id = $1`)
	qKeysForeign = store.Q("trust_keys_foreign", `SELECT COUNT(*) FROM trust_key WHERE state = 'active' AND holder = 'software' AND seal <> $1`)
	qKeyRetire   = store.Q("trust_key_retire", `UPDATE trust_key SET state = 'retired', ended = $2, why = $3 WHERE id = $1 AND state = 'active'`)
	qKeyWipe     = store.Q("trust_key_wipe", `UPDATE trust_key SET state = 'destroyed', sealed = $3, ended = $2, why = $4 WHERE id = $1 AND state <> 'destroyed'`)
	qKeyUses     = store.Q("trust_key_uses", `UPDATE trust_key SET uses = uses + $2 WHERE id = $1`)

	qEscrowAdd = store.Q("trust_escrow_add", `INSERT INTO trust_escrow (id, subject, public, sealed, seal, made) VALUES ($1, $2, $3, $4, $5, $6)`)
	qEscrow    = store.Q("trust_escrow", `SELECT public, sealed, seal FROM trust_escrow WHERE id = $1`)

	qRequestAdd = store.Q("trust_request_add", `INSERT INTO trust_request (id, kind, object, asked_by, asked, reason, state, ended_by, ended, until)
		VALUES ($1, $2, $3, $4, $5, $6, 'asked', '', 0, 0)`)
	qRequest     = store.Q("trust_request", `SELECT id, kind, object, asked_by, asked, reason, state, ended_by, ended, until FROM trust_request WHERE id = $1`)
	qRequests    = store.Q("trust_requests", `SELECT id, kind, object, asked_by, asked, reason, state, ended_by, ended, until FROM trust_request ORDER BY asked DESC, id DESC LIMIT $1`)
	qRequestMove = store.Q("trust_request_move", `UPDATE trust_request SET state = $3, ended_by = $4, ended = $5, until = $6 WHERE id = $1 AND state = $2`)
	qRequestShut = store.Q("trust_request_shut", `UPDATE trust_request SET state = 'shut', until = $2 WHERE object = $1 AND state = 'allowed' AND until > $2`)
	qOpenUntil   = store.Q("trust_open_until", `SELECT COALESCE(MAX(until), 0) FROM trust_request WHERE object = $1 AND kind = 'open' AND state = 'allowed'`)
)

package passkey

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qKey    = store.Q("passkey.key", `SELECT id, person, host, name, record, created, last_used FROM identity_passkey WHERE id = $1`)
	qOf     = store.Q("passkey.of", `SELECT id, person, host, name, record, created, last_used FROM identity_passkey WHERE person = $1 ORDER BY created, id`)
	qCount  = store.Q("passkey.count", `SELECT COUNT(*) FROM identity_passkey WHERE person = $1`)
	qMake   = store.Q("passkey.make", `INSERT INTO identity_passkey (id, person, host, name, record, created, last_used) VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (id) DO NOTHING`)
	qUse    = store.Q("passkey.use", `UPDATE identity_passkey SET record = $1, last_used = $2 WHERE id = $3`)
	qRemove = store.Q("passkey.remove", `DELETE FROM identity_passkey WHERE id = $1 AND person = $2`)
	qForget = store.Q("passkey.forget", `DELETE FROM identity_passkey WHERE person = $1`)
	qSpend  = store.Q("passkey.spend", `INSERT INTO identity_passkey_spent (challenge, until) VALUES ($1, $2) ON CONFLICT (challenge) DO NOTHING`)
	qSweep  = store.Q("passkey.sweep", `DELETE FROM identity_passkey_spent WHERE until < $1`)
)

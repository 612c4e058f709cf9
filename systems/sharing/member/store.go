package member

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qStatements = store.Q("sharing_statements", `SELECT s.body, s.signature FROM sharing_statement s
		WHERE s.version = (SELECT MAX(o.version) FROM sharing_statement o WHERE o.member = s.member) ORDER BY s.member`)
	qStatement = store.Q("sharing_statement", `SELECT body, signature FROM sharing_statement WHERE member = $1 AND version = $2`)
	qKeep      = store.Q("sharing_statement_keep", `INSERT INTO sharing_statement (member, version, body, signature) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`)
	qVersion   = store.Q("sharing_version", `SELECT COALESCE(MAX(version), 0) FROM sharing_statement`)
	qHead      = store.Q("sharing_list", `SELECT body, signature FROM sharing_list WHERE id = 1`)
	qHeadKeep  = store.Q("sharing_list_keep", `INSERT INTO sharing_list (id, body, signature) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body, signature = excluded.signature`)

	qInvite  = store.Q("sharing_invite", `INSERT INTO sharing_invitation (id, member, secret, entry, until, used) VALUES ($1, $2, $3, $4, $5, 0)`)
	qInvited = store.Q("sharing_invited", `SELECT id, entry, until, used FROM sharing_invitation WHERE secret = $1`)
	qUsed    = store.Q("sharing_invitation_used", `UPDATE sharing_invitation SET used = $2 WHERE id = $1 AND used = 0`)
)

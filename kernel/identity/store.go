package identity

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const personColumns = `id, login, name_zh, name_en, unit, admin, roles, disabled, must_change, created, last_login, demo, password`

var (
	qUnitSave = store.Q("identity.unit_save", `INSERT INTO identity_unit (id, name_zh, name_en, district, coordinator) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
			district = excluded.district, coordinator = excluded.coordinator`)
	qUnits = store.Q("identity.units", `SELECT id, name_zh, name_en FROM identity_unit`)

	qPerson        = store.Q("identity.person", `SELECT `+personColumns+` FROM identity_person WHERE id = $1`)
	qPersonByLogin = store.Q("identity.person_by_login", `SELECT `+personColumns+` FROM identity_person WHERE login = $1`)
	qPersonMake    = store.Q("identity.person_make", `INSERT INTO identity_person (`+personColumns+`, search)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
	qPersonEdit    = store.Q("identity.person_edit", `UPDATE identity_person SET name_zh = $1, name_en = $2, unit = $3, search = $4 WHERE id = $5`)
	qPersonRoles   = store.Q("identity.person_roles", `UPDATE identity_person SET admin = $1, roles = $2 WHERE id = $3`)
	qPersonDisable = store.Q("identity.person_disable", `UPDATE identity_person SET disabled = $1 WHERE id = $2`)
	qPersonLogin   = store.Q("identity.person_login", `UPDATE identity_person SET last_login = $1, password = $2
		WHERE id = $3 AND password = $4 AND disabled = FALSE`)
	qPersonPassword = store.Q("identity.person_password", `UPDATE identity_person SET password = $1, must_change = $2 WHERE id = $3`)
	qPersonOwn      = store.Q("identity.person_own_password", `UPDATE identity_person SET password = $1, must_change = FALSE
		WHERE id = $2 AND password = $3 AND disabled = FALSE`)
	qPersonDelete = store.Q("identity.person_delete", `DELETE FROM identity_person WHERE id = $1 AND password = $2 AND roles = ' citizen '`)
	qPeopleCount  = store.Q("identity.people_count", `SELECT COUNT(*) FROM identity_person WHERE demo = $1`)
	qGuards       = store.Q("identity.guards", `SELECT COUNT(*) FROM identity_person WHERE admin = 'security-admin' AND disabled = FALSE AND id <> $1`)

	qSession     = store.Q("identity.session", `SELECT id, person, seen, expires FROM identity_session WHERE hash = $1`)
	qSessionMake = store.Q("identity.session_make", `INSERT INTO identity_session (hash, id, person, addr, created, seen, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qSessionAddr   = store.Q("identity.session_addr", `SELECT addr FROM identity_session WHERE id = $1`)
	qSessionTouch  = store.Q("identity.session_touch", `UPDATE identity_session SET seen = $1 WHERE hash = $2`)
	qSessionEnd    = store.Q("identity.session_end", `DELETE FROM identity_session WHERE hash = $1`)
	qSessionEndAll = store.Q("identity.session_end_all", `DELETE FROM identity_session WHERE person = $1`)
	qSessionSweep  = store.Q("identity.session_sweep", `DELETE FROM identity_session WHERE expires <= $1 OR seen <= $2`)
	qSessions      = store.Q("identity.sessions", `SELECT id, person, addr, created, seen, expires FROM identity_session
		WHERE person = $1 AND expires > $2 AND seen > $3 ORDER BY created DESC, id DESC`)

	qToken     = store.Q("identity.token", `SELECT id, name, unit, roles, expires, last_used FROM identity_token WHERE hash = $1 AND revoked = 0`)
	qTokenMake = store.Q("identity.token_make", `INSERT INTO identity_token (id, hash, name, unit, roles, issued_by, created, expires, last_used, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`)
	qTokenUse    = store.Q("identity.token_use", `UPDATE identity_token SET last_used = $1 WHERE hash = $2`)
	qTokenRevoke = store.Q("identity.token_revoke", `UPDATE identity_token SET revoked = $1 WHERE id = $2 AND revoked = 0
		AND ($3 = '' OR issued_by = $3)`)
	qTokenEnd = store.Q("identity.token_end", `UPDATE identity_token SET revoked = $1
		WHERE issued_by = $2 AND revoked = 0 AND roles LIKE '%-admin%'`)
	qTokens = store.Q("identity.tokens", `SELECT id, name, unit, roles, issued_by, created, expires, last_used, revoked FROM identity_token
		WHERE $1 = '' OR issued_by = $1 ORDER BY created DESC, id DESC`)
	qTokenName = store.Q("identity.token_name", `SELECT name FROM identity_token WHERE id = $1`)

	qKey     = store.Q("identity.key", `SELECT secret FROM identity_key WHERE name = $1`)
	qKeyMake = store.Q("identity.key_make", `INSERT INTO identity_key (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`)
)

package ca

import (
	"embed"
	"encoding/hex"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `serial, authority, kind, key_use, subject, name, algorithm, not_before, not_after, state, reason, changed, shard, leaf, der, envelope, escrow`

var (
	bInsert = store.NewBulk("certificates_insert", `INSERT INTO certificates_certificate (serial, authority, kind, key_use, subject, name, single, algorithm, ordered,
		not_before, not_after, state, reason, changed, shard, leaf, der, envelope, escrow)`, 19, "")
	bEvent    = store.NewBulk("certificates_event_add", `INSERT INTO certificates_event (serial, at, number, verb, reason, actor)`, 6, "")
	qIssued   = store.Q("certificates_issued", `UPDATE certificates_authority SET issued = issued + $2 WHERE id = $1`)
	qSerial   = store.Q("certificates_serial", `SELECT `+columns+` FROM certificates_certificate WHERE serial = $1`)
	qOrdered  = store.Q("certificates_ordered", `SELECT `+columns+` FROM certificates_certificate WHERE ordered = $1`)
	qStanding = store.Q("certificates_standing", `SELECT `+columns+` FROM certificates_certificate WHERE subject = $1 AND kind = $2 AND state + 0 < 3`) // + 0: without statistics SQLite takes the index by kind and state for the better one, and reads half the city

	qSubject = store.Q("certificates_subject", `SELECT `+columns+` FROM certificates_certificate WHERE subject = $1 AND kind = $2 ORDER BY leaf DESC LIMIT 100`)
	qMove    = store.Q("certificates_move", `UPDATE certificates_certificate SET state = $2, reason = $3, changed = $4 WHERE serial = $1`)
	qEvents  = store.Q("certificates_events", `SELECT at, verb, reason, actor FROM certificates_event WHERE serial = $1 ORDER BY number`)
	qNumber  = store.Q("certificates_event_number", `SELECT COALESCE(MAX(number), 0) FROM certificates_event WHERE serial = $1`)
	qOver    = store.Q("certificates_over", `SELECT `+columns+` FROM certificates_certificate WHERE state < 3 AND not_after < $1 ORDER BY not_after LIMIT 500`)
	qStatus  = store.Q("certificates_status", `SELECT authority, state, reason, changed, not_after FROM certificates_certificate WHERE serial = $1`)
	qPart    = store.Q("certificates_part", `SELECT authority, shard FROM certificates_certificate WHERE serial = $1`)
	qShard   = store.Q("certificates_shard", `SELECT serial, state, reason, changed, not_after FROM certificates_certificate WHERE authority = $1 AND shard = $2 AND (state = 2 OR state = 3) ORDER BY changed, serial`)
	qLeaves  = store.Q("certificates_leaves", `SELECT `+columns+` FROM certificates_certificate WHERE leaf >= $1 ORDER BY leaf LIMIT $2`)

	qAuthorities     = store.Q("certificates_authorities", `SELECT id, family, algorithm, name, key_id, state, csr, chain, responder_key, responder, issued, made FROM certificates_authority ORDER BY made, id`)
	qAuthorityAdd    = store.Q("certificates_authority_add", `INSERT INTO certificates_authority (id, family, algorithm, name, key_id, state, csr, chain, responder_key, responder, issued, made) VALUES ($1, $2, $3, $4, $5, 'requested', $6, $7, '', $7, 0, $8)`)
	qAuthorityRetire = store.Q("certificates_authority_retire", `UPDATE certificates_authority SET state = 'retired' WHERE family = $1 AND algorithm = $2 AND state = 'active'`)
	qAuthorityUp     = store.Q("certificates_authority_up", `UPDATE certificates_authority SET state = 'active', chain = $2 WHERE id = $1 AND state = 'requested'`)
	qResponder       = store.Q("certificates_responder", `UPDATE certificates_authority SET responder_key = $2, responder = $3 WHERE id = $1`)
	qRootAdd         = store.Q("certificates_root_add", `INSERT INTO certificates_root (id, name, der, list, list_next, made) VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (id) DO NOTHING`)
	qRootList        = store.Q("certificates_root_list", `UPDATE certificates_root SET list = $2, list_next = $3 WHERE id = $1`)
	qRoots           = store.Q("certificates_roots", `SELECT id, name, der, list, list_next FROM certificates_root ORDER BY made, id`)
)

func (c *Certificate) scan(scan func(...any) error) error {
	var from, to, changed, reason int64
	if err := scan(&c.Serial, &c.Authority, &c.Kind, &c.Use, &c.Subject, &c.Name, &c.Algorithm, &from, &to, &c.State, &reason, &changed, &c.Shard, &c.Leaf, &c.DER, &c.Envelope, &c.Escrow); err != nil {
		return err
	}
	c.From, c.To, c.Changed, c.Reason = store.Time(from), store.Time(to), store.Time(changed), cert.Reason(reason)
	return nil
}

func list(tx *store.Tx, q store.Stmt, args ...any) (out []Certificate, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var c Certificate
		if err := c.scan(scan); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

func one(tx *store.Tx, serial string) (*Certificate, error) {
	found, err := list(tx, qSerial, serial)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errs.Say(errs.NotFound, "没有这张证书", "there is no such certificate")
	}
	return &found[0], nil
}

// count moves the maintained counts: by kind, use, algorithm and standing.
func count(tx *store.Tx, c *Certificate, delta int64) error {
	return tx.Add("certificates", c.Kind+"/"+c.Use+"/"+c.Algorithm+"/"+StateWord(c.State), delta)
}

// StateWord is a standing as interfaces name it.
func StateWord(state int64) string {
	switch state {
	case Valid:
		return "valid"
	case Suspended:
		return "suspended"
	case Revoked:
		return "revoked"
	case Expired:
		return "expired"
	}
	return "unknown"
}

// StateOf is the reverse; 0 where the word is none.
func StateOf(word string) int64 {
	for s := int64(Valid); s <= Expired; s++ {
		if StateWord(s) == word {
			return s
		}
	}
	return 0
}

func unhex(serial string) []byte {
	b, err := hex.DecodeString(serial)
	if err != nil {
		return nil
	}
	return b
}

package acme

import (
	"embed"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qBindingAdd = store.Q("acme_binding_add", `INSERT INTO acme_binding (id, unit, names, secret, state, made, made_by, ended) VALUES ($1, $2, $3, $4, 'active', $5, $6, 0)`)
	qBinding    = store.Q("acme_binding", `SELECT id, unit, names, secret, state, made, made_by, ended FROM acme_binding WHERE id = $1`)
	qBindings   = store.Q("acme_bindings", `SELECT id, unit, names, secret, state, made, made_by, ended FROM acme_binding ORDER BY made DESC, id LIMIT $1`)
	qBindingEnd = store.Q("acme_binding_end", `UPDATE acme_binding SET state = 'ended', ended = $2 WHERE id = $1 AND state = 'active'`)

	qAccountAdd    = store.Q("acme_account_add", `INSERT INTO acme_account (id, thumb, jwk, contact, status, binding, made) VALUES ($1, $2, $3, $4, 'valid', $5, $6)`)
	qAccount       = store.Q("acme_account", `SELECT id, thumb, jwk, contact, status, binding FROM acme_account WHERE id = $1`)
	qAccountThumb  = store.Q("acme_account_thumb", `SELECT id, thumb, jwk, contact, status, binding FROM acme_account WHERE thumb = $1`)
	qAccountSet    = store.Q("acme_account_set", `UPDATE acme_account SET contact = $2, status = $3 WHERE id = $1`)
	qAccountKey    = store.Q("acme_account_key", `UPDATE acme_account SET thumb = $2, jwk = $3 WHERE id = $1`)
	qAccountsBound = store.Q("acme_accounts_bound", `SELECT COUNT(*) FROM acme_account WHERE binding = $1 AND status = 'valid'`)

	qOrderAdd     = store.Q("acme_order_add", `INSERT INTO acme_order (id, account, status, names, public, serial, chain, error, made, expires) VALUES ($1, $2, 'pending', $3, $4, '', '', '', $5, $6)`)
	qOrder        = store.Q("acme_order", `SELECT id, account, status, names, public, serial, chain, error, expires FROM acme_order WHERE id = $1`)
	qOrderSerial  = store.Q("acme_order_serial", `SELECT id, account, status, names, public, serial, chain, error, expires FROM acme_order WHERE serial = $1`)
	qOrders       = store.Q("acme_orders", `SELECT id FROM acme_order WHERE account = $1 AND id > $2 ORDER BY id LIMIT 100`)
	qOrdersMade   = store.Q("acme_orders_made", `SELECT COUNT(*) FROM acme_order WHERE account = $1 AND made > $2`)
	qOrdersOpen   = store.Q("acme_orders_open", `SELECT id, account, status, names, public, serial, chain, error, expires FROM acme_order WHERE status = 'processing' ORDER BY id LIMIT 32`)
	qOrderMove    = store.Q("acme_order_move", `UPDATE acme_order SET status = $3 WHERE id = $1 AND status = $2`)
	qOrderKey     = store.Q("acme_order_key", `UPDATE acme_order SET status = 'processing', public = $2 WHERE id = $1 AND status = 'ready'`)
	qOrderDone    = store.Q("acme_order_done", `UPDATE acme_order SET status = 'valid', serial = $2, chain = $3 WHERE id = $1 AND status = 'processing'`)
	qOrderFail    = store.Q("acme_order_fail", `UPDATE acme_order SET status = 'invalid', error = $2 WHERE id = $1 AND status IN ('pending', 'ready', 'processing')`)
	qAuthzAdd     = store.Q("acme_authz_add", `INSERT INTO acme_authz (id, order_id, account, name, wildcard, status, token, chosen, tries, checked, error, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, '', $8)`)
	qAuthz        = store.Q("acme_authz", `SELECT id, order_id, account, name, wildcard, status, token, chosen, tries, checked, error, expires FROM acme_authz WHERE id = $1`)
	qAuthzs       = store.Q("acme_authzs", `SELECT id, order_id, account, name, wildcard, status, token, chosen, tries, checked, error, expires FROM acme_authz WHERE order_id = $1 ORDER BY id`)
	qAuthzOpen    = store.Q("acme_authz_open", `SELECT id, order_id, account, name, wildcard, status, token, chosen, tries, checked, error, expires FROM acme_authz WHERE status = 'processing' AND checked <= $1 ORDER BY checked, id LIMIT 16`)
	qAuthzChoose  = store.Q("acme_authz_choose", `UPDATE acme_authz SET status = 'processing', chosen = $2, checked = $3 WHERE id = $1 AND status = 'pending'`)
	qAuthzMove    = store.Q("acme_authz_move", `UPDATE acme_authz SET status = $3, tries = tries + 1, checked = $4, error = $5 WHERE id = $1 AND status = $2`)
	qAuthzFailed  = store.Q("acme_authz_failed", `SELECT COUNT(*) FROM acme_authz WHERE account = $1 AND name = $2 AND status = 'invalid' AND checked > $3`)
	qAuthzProved  = store.Q("acme_authz_proved", `SELECT COALESCE(MAX(expires), 0) FROM acme_authz WHERE account = $1 AND name = $2 AND status = 'valid' AND expires > $3`)
	qAuthzPending = store.Q("acme_authz_pending", `SELECT COUNT(*) FROM acme_authz WHERE order_id = $1 AND status <> 'valid'`)
)

// binding is a unit's right to open accounts.
type binding struct {
	id, unit, names string
	secret          []byte // sealed
	state, madeBy   string
	made, ended     int64
}

func (b *binding) scan(scan func(...any) error) error {
	return scan(&b.id, &b.unit, &b.names, &b.secret, &b.state, &b.made, &b.madeBy, &b.ended)
}

type account struct{ id, thumb, jwk, contact, status, binding string }

func (a *account) scan(scan func(...any) error) error {
	return scan(&a.id, &a.thumb, &a.jwk, &a.contact, &a.status, &a.binding)
}

type order struct {
	id, account, status, names string // names: one a line
	public                     []byte // SubjectPublicKeyInfo once it is finalized
	serial, chain, error       string // chain is PEM; error a problem's JSON
	expires                    int64
}

func (o *order) scan(scan func(...any) error) error {
	return scan(&o.id, &o.account, &o.status, &o.names, &o.public, &o.serial, &o.chain, &o.error, &o.expires)
}

func (o *order) list() []string { return strings.Split(o.names, "\n") }

type authz struct {
	id, order, account, name string
	wildcard                 bool
	status, token, chosen    string
	tries, checked           int64
	error                    string
	expires                  int64
}

func (a *authz) scan(scan func(...any) error) error {
	return scan(&a.id, &a.order, &a.account, &a.name, &a.wildcard, &a.status, &a.token, &a.chosen, &a.tries, &a.checked, &a.error, &a.expires)
}

// scanner is a row that reads itself.
type scanner[T any] interface {
	*T
	scan(func(...any) error) error
}

// one reads a row; a problem of status 404 where there is none.
func one[T any, P scanner[T]](tx *store.Tx, q store.Stmt, args ...any) (v T, err error) {
	err = P(&v).scan(func(dest ...any) error { return tx.Get(q, args, dest...) })
	if errs.Is(err, errs.NotFound) {
		err = fail(notFound, "没有这个对象", "there is no such object")
	}
	return v, err
}

// all reads rows.
func all[T any, P scanner[T]](tx *store.Tx, q store.Stmt, args ...any) (out []T, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var v T
		if err := P(&v).scan(scan); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

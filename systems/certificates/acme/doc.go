// Package acme (服务器证书自动签发) is a server of the Automatic Certificate Management Environment, RFC 8555: the programs that servers already
// have (certbot, lego, acme.sh and others) get, renew and revoke their certificates here without an officer's hand.
//
// # Who gets one
//
// Nobody without an external account binding (RFC 8555 7.3.4): an officer registers a unit with the names that it may have certified, and
// hands it a key id and a secret, which is shown once. An account that was opened with them orders for those names and their sub-names
// only, and proves that it holds each of them by http-01 or dns-01 (8.3, 8.4). Ending the binding ends its accounts' orders at once;
// certificates that stand are revoked with the authority's own verbs.
//
// # Where it connects to
//
// Proving a name makes this program connect to an address of the asker's choosing. It therefore connects only into the networks of the
// configuration (never to itself, to link-local or multicast addresses unless these are named there), to one port, follows at most five
// redirects within that port, and reads at most 1 KiB.
//
// # What is kept
//
// Accounts, orders and authorizations lie in acme_account, acme_order, acme_authz; bindings, their secrets sealed by the vault, in
// acme_binding. Nonces are not kept: each carries its time and an HMAC, and those that were used are remembered while they could be used
// again. A nonce of another instance, or of before a restart, is badNonce, and the client takes the fresh one that comes with it (6.5).
//
// Issuing is the authority's business, a function value; an order's certificate is asked for under the order's id, so that a crash between
// issuing and answering neither loses nor doubles it.
package acme

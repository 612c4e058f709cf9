// Package identity (身份与权限) knows who asks and what they may do: units (单位), people (人员), roles (角色), grants (权限),
// sessions (会话) and API tokens (接口令牌).
//
// # The three administrators (三员分立)
//
// system-admin (系统管理员) runs the program, security-admin (安全管理员) manages people and roles, audit-admin (审计管理员) reads the
// journal and changes nothing. Nobody holds two of the three roles, nor one of them beside a business role: [Service] refuses it
// and so do the tables. The kernel's grants are fixed to one administrator each, and a system cannot give an administrator what
// would let them do another's work (see grant.go). A security administrator cannot touch their own roles, password reset or account,
// and the last active one can be neither disabled nor stripped. A token that works as an administrator is issued by that administrator alone.
//
// What this does not stop: a security administrator who resets another's password can sign in as that person once. It is in the
// journal, which they can neither read nor change, and the person finds their own password refused.
//
// # Secrets
//
// Passwords are kept as argon2id in the PHC string format, sessions and tokens as SHA-256 of 256 random bits, one server key in
// identity_key for form tokens. No secret and no person's name, login or address gets into the journal; what must be recognised there
// (an unknown login, an address) is an HMAC under the server key.
//
// # Speed
//
// Every request asks who it is. The answer is a look-up in a bounded map; what changes in this process is forgotten in the same
// moment as it is committed, what another process changes within cacheTTL. The time of last use is written at most once a
// minute for a session and once an hour for a token.
//
// Data lies in identity_unit, identity_person, identity_session, identity_token and identity_key. Cookies, headers and pages are web's;
// what a grant allows is decided where it is asked.
package identity

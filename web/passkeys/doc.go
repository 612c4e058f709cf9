// Package passkeys is the pages of passkeys (通行密钥页面): the button of the sign-in page, and where people see, add and delete their own. What a passkey is
// and how it is checked is kernel/identity/passkey's business.
package passkeys

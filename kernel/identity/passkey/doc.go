// Package passkey (通行密钥) signs people in with passkeys (Web Authentication Level 3): a key pair that the person's device keeps and uses only for the
// host that it was made at, so that there is nothing to type into a wrong page. The device asks for a fingerprint, face or PIN
// (user verification is required), so a passkey counts for both factors.
//
// A ceremony is two steps. [Book.Ask] or [Book.Offer] gives the options that the page hands to the browser, with a state that only this
// server makes; [Book.Answer] or [Book.Keep] checks what the browser brings back with it. Nothing is stored between the two; a challenge is
// good for [Window] and once.
//
// Attestation is not asked for: which maker's device it is matters to nobody here.
package passkey

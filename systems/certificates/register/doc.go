// Package register (注册审核) enters subjects and decides who gets a certificate: what was seen of whom by which officer, a second person where
// assurance is high, approval or refusal, and the code with which a holder brings the key that only the holder has.
//
// The number of an identity paper passes through and is not kept: the register keeps a keyed digest, by which a second entry of one person is
// found, and the last four characters.
package register

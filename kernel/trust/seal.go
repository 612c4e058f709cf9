package trust

import (
	"crypto/rand"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/sm"
)

// sealVersion is the first byte of what is sealed: 1 is SM4-GCM, nonce of 12 bytes, HKDF-SM3.
const (
	sealVersion = 1
	nonceSize   = 12
)

// shut seals a secret under a key of its own: version, nonce, then SM4-GCM with the version, id and public key authenticated.
func (v *Vault) shut(id string, public, secret []byte) ([]byte, error) {
	key, err := sm.Derive(v.seal, "haihe-trust/1 key "+id, sm.KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	gcm, err := sm.GCM(key, nonceSize)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+nonceSize, 1+nonceSize+len(secret)+gcm.Overhead())
	out[0] = sealVersion
	rand.Read(out[1:]) // never fails: the program ends first
	return gcm.Seal(out, out[1:1+nonceSize], secret, bound(id, public)), nil
}

// unseal is the reverse; seal names the seal that it was sealed under.
func (v *Vault) unseal(id, seal string, public, sealed []byte) ([]byte, error) {
	if seal != v.sealID {
		return nil, errs.Say(errs.Unavailable, "密钥由另一保护文件（编号 %s）保护，现用的编号为 %s；请放回原文件并重启", "the key lies under another seal file (number %s; the one in use is %s); put that file back and start again", seal, v.sealID)
	}
	if len(sealed) < 1+nonceSize || sealed[0] != sealVersion {
		return nil, errs.Say(errs.Unavailable, "密钥已销毁或数据已损坏", "the key is destroyed, or its data are damaged")
	}
	key, err := sm.Derive(v.seal, "haihe-trust/1 key "+id, sm.KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	gcm, err := sm.GCM(key, nonceSize)
	if err != nil {
		return nil, err
	}
	secret, err := gcm.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], bound(id, public))
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "密钥数据已损坏或被改动", "the key's data are damaged or were changed")
	}
	return secret, nil
}

// bound is what is authenticated with a sealed key, so that no row can take another's place.
func bound(id string, public []byte) []byte {
	return append([]byte{sealVersion, byte(len(id))}, append([]byte(id), public...)...)
}

// Wrap seals another secret of the program (a password of a device, a shared key of a protocol) for keeping in a table; what names it, and
// must be the same in Unwrap.
func (v *Vault) Wrap(what string, secret []byte) ([]byte, error) {
	sealed, err := v.shut(what, []byte("wrap"), secret)
	return append([]byte(v.sealID), sealed...), err
}

// Unwrap is the reverse.
func (v *Vault) Unwrap(what string, wrapped []byte) ([]byte, error) {
	if len(wrapped) < len(v.sealID) {
		return nil, errs.Say(errs.Unavailable, "密钥已销毁或数据已损坏", "the key is destroyed, or its data are damaged")
	}
	return v.unseal(what, string(wrapped[:len(v.sealID)]), []byte("wrap"), wrapped[len(v.sealID):])
}

package trust

import "github.com/haihe-city/haihe/kernel/trust/sm"

// Digest is a keyed digest (HMAC-SM3) of a value with few possibilities, such as the number of an identity paper: the same value gives the
// same 32 bytes, and who has the database but not the seal cannot try the numbers out. purpose keeps digests of different rooms apart.
func (v *Vault) Digest(purpose string, value []byte) ([]byte, error) {
	key, err := sm.Derive(v.seal, "haihe-trust/1 digest "+purpose, sm.Size)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return sm.MAC(key, value), nil
}

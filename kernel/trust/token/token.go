//go:build pkcs11

package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"sync"

	"github.com/miekg/pkcs11"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// Options name the device.
type Options struct {
	Module string // path of the maker's library
	Label  string // of the token
	PIN    string
}

// sessions is how many signatures may be under way at once.
const sessions = 4

// device is an opened token. A session does one thing at a time, so they are lent out.
type device struct {
	o    Options
	lib  *pkcs11.Ctx
	slot uint
	free chan pkcs11.SessionHandle
	mu   sync.Mutex // of logging in
}

// Open loads the library, finds the token by its label and logs in. What it opens stands until the process ends.
func Open(o Options) (trust.Token, error) {
	lib := pkcs11.New(o.Module)
	if lib == nil {
		return nil, errs.Say(errs.Unavailable, "加载不了密码设备的库 %s；请检查路径", "the library %s of the token cannot be loaded; check its path", o.Module)
	}
	if err := lib.Initialize(); err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		return nil, errs.Because(err, errs.Unavailable, "密码设备初始化失败", "the token's library does not start")
	}
	d := &device{o: o, lib: lib, free: make(chan pkcs11.SessionHandle, sessions)}
	if err := d.find(); err != nil {
		return nil, err
	}
	for range sessions {
		s, err := d.session()
		if err != nil {
			return nil, err
		}
		d.free <- s
	}
	return d, nil
}

// find looks for the slot that bears the label.
func (d *device) find() error {
	slots, err := d.lib.GetSlotList(true)
	if err != nil {
		return errs.Because(err, errs.Unavailable, "读不到密码设备", "the tokens cannot be listed")
	}
	for _, s := range slots {
		if info, err := d.lib.GetTokenInfo(s); err == nil && info.Label == d.o.Label {
			d.slot = s
			return nil
		}
	}
	return errs.Say(errs.Unavailable, "没有标签为“%s”的密码设备", "there is no token labelled %q", d.o.Label)
}

// session opens one and logs in; the login holds for all sessions of the process.
func (d *device) session() (pkcs11.SessionHandle, error) {
	s, err := d.lib.OpenSession(d.slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return 0, errs.Because(err, errs.Unavailable, "连不上密码设备", "no session with the token comes about")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.lib.Login(s, pkcs11.CKU_USER, d.o.PIN); err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)) {
		_ = d.lib.CloseSession(s)
		return 0, errs.Because(err, errs.Unavailable, "密码设备拒绝了口令；请核对 trust.pin_file，勿多次尝试以免锁定", "the token refuses the PIN; check trust.pin_file, and do not try often, since it locks")
	}
	return s, nil
}

// with lends a session. One that fails is replaced, and the work tried once more: the device may have been pulled out and put back.
func (d *device) with(do func(s pkcs11.SessionHandle) error) error {
	s := <-d.free
	err := do(s)
	if lost(err) {
		_ = d.lib.CloseSession(s)
		next, errOpen := d.session()
		if errOpen != nil {
			d.free <- s // a dead session: the next one who gets it tries to replace it again
			return errOpen
		}
		s = next
		err = do(s)
	}
	d.free <- s
	var code pkcs11.Error
	if errors.As(err, &code) {
		return errs.Because(err, errs.Unavailable, "密码设备操作失败", "the token failed")
	}
	return err
}

// lost tells whether the session, not the work, is at fault.
func lost(err error) bool {
	for _, code := range []uint{pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED, pkcs11.CKR_USER_NOT_LOGGED_IN, pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT} {
		if errors.Is(err, pkcs11.Error(code)) {
			return true
		}
	}
	return false
}

// prime256v1, as CKA_EC_PARAMS has it. RFC 5480 2.1.1.1
var curve = []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}

// Generate makes a key pair in the device. PKCS #11 v2.40 mechanisms, 2.3.3
func (d *device) Generate(a pki.Algorithm, label string) (pub crypto.PublicKey, err error) {
	if a != pki.ECDSA {
		return nil, errs.Say(errs.Invalid, "密码设备只保存 ECDSA（P-256）密钥；SM2 密钥请存于软件", "a token holds ECDSA keys (P-256) only; put an SM2 key into software")
	}
	shared := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(label))}
	public := append([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true), pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, curve)}, shared...)
	private := append([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_SIGN, true), pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true), pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true), pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false)}, shared...)
	err = d.with(func(s pkcs11.SessionHandle) error {
		h, _, err := d.lib.GenerateKeyPair(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_EC_KEY_PAIR_GEN, nil)}, public, private)
		if err != nil {
			return err
		}
		at, err := d.lib.GetAttributeValue(s, h, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_POINT, nil)})
		if err != nil {
			return err
		}
		pub, err = pointOf(at[0].Value)
		return err
	})
	return pub, err
}

// pointOf reads CKA_EC_POINT: an OCTET STRING around the uncompressed point, or with some devices the point alone.
func pointOf(b []byte) (*ecdsa.PublicKey, error) {
	var point []byte
	if _, err := asn1.Unmarshal(b, &point); err != nil {
		point = b
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// objects finds what bears the label.
func (d *device) objects(s pkcs11.SessionHandle, class uint, label string) ([]pkcs11.ObjectHandle, error) {
	if err := d.lib.FindObjectsInit(s, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(label))}); err != nil {
		return nil, err
	}
	found, _, err := d.lib.FindObjects(s, 4)
	return found, errors.Join(err, d.lib.FindObjectsFinal(s))
}

// Signer gives the key with that label.
func (d *device) Signer(label string, pub crypto.PublicKey) (crypto.Signer, error) {
	k := &key{d: d, label: label, pub: pub}
	return k, d.with(func(s pkcs11.SessionHandle) (err error) {
		_, err = k.handle(s)
		return err
	})
}

// Destroy takes both halves out of the device.
func (d *device) Destroy(label string) error {
	return d.with(func(s pkcs11.SessionHandle) error {
		for _, class := range []uint{pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY} {
			found, err := d.objects(s, class, label)
			if err != nil {
				return err
			}
			for _, h := range found {
				if err := d.lib.DestroyObject(s, h); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// key signs with the private half in the device.
type key struct {
	d     *device
	label string
	pub   crypto.PublicKey
}

func (k *key) Public() crypto.PublicKey { return k.pub }

func (k *key) handle(s pkcs11.SessionHandle) (pkcs11.ObjectHandle, error) {
	found, err := k.d.objects(s, pkcs11.CKO_PRIVATE_KEY, k.label)
	if err != nil {
		return 0, err
	}
	if len(found) != 1 {
		return 0, errs.Say(errs.Unavailable, "密码设备中没有这把密钥", "the key is not in the token")
	}
	return found[0], nil
}

// Sign signs a digest of SHA-256: CKM_ECDSA gives r and s one after the other, which become DER. PKCS #11 v2.40 mechanisms, 2.3.6
func (k *key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	if len(digest) != 32 || opts == nil || opts.HashFunc() != crypto.SHA256 {
		return nil, errs.Say(errs.Invalid, "密码设备只对 SHA-256 摘要签名", "the token signs digests of SHA-256 only")
	}
	err = k.d.with(func(s pkcs11.SessionHandle) error {
		h, err := k.handle(s)
		if err != nil {
			return err
		}
		if err := k.d.lib.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}, h); err != nil {
			return err
		}
		raw, err := k.d.lib.Sign(s, digest)
		if err != nil {
			return err
		}
		if len(raw) != 64 {
			return errs.Say(errs.Unavailable, "密码设备返回的签名有误", "the token's signature is malformed")
		}
		sig, err = asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
		return err
	})
	return sig, err
}

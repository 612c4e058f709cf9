package dlms

import (
	"crypto/aes"
	"crypto/cipher"
)

// cipheredTags are the messages that hide another: with the global key and with the dedicated one. IEC 62056-5-3 9.5
var cipheredTags = map[uint8]bool{
	0x21: true, 0x28: true, // initiate
	0xC8: true, 0xC9: true, 0xCA: true, 0xCB: true, 0xCC: true, 0xCD: true, 0xCF: true, // global
	0xD0: true, 0xD1: true, 0xD2: true, 0xD3: true, 0xD4: true, 0xD5: true, 0xD7: true, // dedicated
}

// Ciphered is a message that hides another. IEC 62056-5-3 9.2.7.2
type Ciphered struct {
	Tag     uint8
	Control uint8  // security suite in the low half; 10H authenticated, 20H encrypted
	Counter uint32 // each message of a key has its own
	Body    []byte // with the 12 bytes of its tag at the end, where it is authenticated
}

const (
	authenticated = 0x10
	encrypted     = 0x20
	macBytes      = 12
)

func (r *reader) ciphered(tag uint8) Ciphered {
	at := r.at
	n := r.length()
	if r.err == nil && (n != len(r.b) || n < 5) {
		r.fail(at, "5-3: 9.2.7.2", "长度与报文不符", "the length is not that of the message")
	}
	c := Ciphered{Tag: tag, Control: r.byte(), Counter: uint32(r.uint(4))}
	c.Body = append([]byte{}, r.bytes(len(r.b))...)
	return c
}

func (c Ciphered) append(dst []byte) []byte {
	body := appendUint([]byte{c.Control}, uint64(c.Counter), 4)
	return appendOctets(append(dst, c.Tag), append(body, c.Body...))
}

// Keys are what one direction of a ciphered association works with: suite 0, AES-128-GCM.
type Keys struct {
	Title          []byte // 8 bytes, of the sender
	Key            []byte // 16 bytes: the global or the dedicated one
	Authentication []byte // 16 bytes
}

// sealer gives the cipher, the nonce and what is authenticated beside the message. IEC 62056-5-3 9.2.7.2
func (k Keys) sealer(control uint8, counter uint32) (g cipher.AEAD, nonce, beside []byte, err error) {
	if len(k.Title) != 8 || len(k.Key) != 16 || len(k.Authentication) != 16 {
		return nil, nil, nil, refuse(0, "5-3: 9.2.7.2", "缺少密钥或系统标题", "keys or system title are missing")
	}
	if control != authenticated|encrypted {
		return nil, nil, nil, unsupported(0, "5-3: 9.2.7.2", "只支持套件 0 的认证加密", "only authenticated encryption of suite 0 is spoken here")
	}
	block, err := aes.NewCipher(k.Key)
	if err == nil {
		g, err = cipher.NewGCMWithTagSize(block, macBytes)
	}
	if err != nil {
		return nil, nil, nil, refuse(0, "5-3: 9.2.7.2", "密钥无效", "the key is not valid")
	}
	return g, appendUint(append([]byte(nil), k.Title...), uint64(counter), 4), append([]byte{control}, k.Authentication...), nil
}

// Open takes the ciphering off and gives the message that was hidden.
func (k Keys) Open(c Ciphered) ([]byte, error) {
	g, nonce, beside, err := k.sealer(c.Control, c.Counter)
	if err != nil {
		return nil, err
	}
	plain, err := g.Open(nil, nonce, c.Body, beside)
	if err != nil {
		return nil, refuse(0, "5-3: 9.2.7.2", "密文校验不通过", "the ciphered message does not prove true")
	}
	return plain, nil
}

// Seal hides a message; counter must be greater than any that was used with the key.
func (k Keys) Seal(tag uint8, counter uint32, plain []byte) (Ciphered, error) {
	const control = authenticated | encrypted
	g, nonce, beside, err := k.sealer(control, counter)
	if err != nil {
		return Ciphered{}, err
	}
	return Ciphered{tag, control, counter, g.Seal(nil, nonce, plain, beside)}, nil
}

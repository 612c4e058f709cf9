package dlms

import "crypto/subtle"

// ClassAssociation is the class of an association, whose first method proves who is there; CurrentAssociation names the one that is spoken in.
// IEC 62056-6-2 4.4.2
const ClassAssociation uint16 = 15

// CurrentAssociation is described at ClassAssociation.
var CurrentAssociation = OBIS{0, 0, 40, 0, 0, 255}

// diagnosticRequired says that the association stands when both sides have proved who they are. IEC 62056-5-3 9.4.2.4
const diagnosticRequired = 14

// challengeLeast is the shortest challenge. IEC 62056-5-3 9.2.7.4
const challengeLeast = 8

// AssociateGMAC asks for an association by long names with mechanism 5: title is the client's, challenge what the server has to prove itself with.
// IEC 62056-5-3 9.2.7.4
func AssociateGMAC(title, challenge []byte, q InitiateRequest) AARQ {
	return AARQ{[]Part{{0xA1, append([]byte{0x06, 0x07}, object(1, 1)...)}, {0xA6, appendOctets([]byte{0x04}, title)}, {0x8A, []byte{0x07, 0x80}},
		{0x8B, object(2, uint8(GMAC))}, {0xAC, appendOctets([]byte{0x80}, challenge)}, {0xBE, appendOctets([]byte{0x04}, q.append(nil))}}}
}

// AcceptGMAC lets a client in until it has proved who it is. IEC 62056-5-3 9.2.7.4
func AcceptGMAC(title, challenge []byte, a InitiateResponse) AARE {
	return AARE{[]Part{{0xA1, append([]byte{0x06, 0x07}, object(1, 1)...)}, {0xA2, []byte{2, 1, 0}}, {0xA3, []byte{0xA1, 3, 2, 1, diagnosticRequired}},
		{0xA4, appendOctets([]byte{0x04}, title)}, {0x88, []byte{0x07, 0x80}}, {0x89, object(2, uint8(GMAC))},
		{0xAA, appendOctets([]byte{0x80}, challenge)}, {0xBE, appendOctets([]byte{0x04}, a.append(nil))}}}
}

// Challenge is what the client has to prove itself with.
func (a AARE) Challenge() []byte { return parts(a.Parts).inner(0xAA, 0x80) }

// Reply is the method by which a side proves who it is: reply_to_HLS_authentication. IEC 62056-6-2 4.4.2
func Reply(proof []byte) ActionRequest {
	d := Octets(proof)
	return ActionRequest{Kind: Normal, Of: []Attribute{{Class: ClassAssociation, Name: CurrentAssociation, Number: 1}}, Values: []*Data{&d}}
}

// Prove answers a challenge by the keys of who answers: control byte, counter, and the tag of both with the challenge.
// IEC 62056-5-3 9.2.7.4
func (k Keys) Prove(counter uint32, challenge []byte) ([]byte, error) {
	if len(challenge) < challengeLeast || len(challenge) > 64 {
		return nil, refuse(0, "5-3: 9.2.7.4", "质询长度应为 8 至 64 字节", "a challenge has 8 to 64 bytes")
	}
	g, nonce, beside, err := k.sealer(authenticated|encrypted, counter)
	if err != nil {
		return nil, err
	}
	beside[0] = authenticated
	return g.Seal(appendUint([]byte{authenticated}, uint64(counter), 4), nonce, nil, append(beside, challenge...)), nil
}

// Proves checks the answer to a challenge: k are the keys with the title of who answered.
func (k Keys) Proves(proof, challenge []byte) error {
	bad := refuse(0, "5-3: 9.2.7.4", "对方未能证明身份", "the other side does not prove who it is")
	if len(proof) != 5+macBytes || proof[0] != authenticated {
		return bad
	}
	r := reader{b: proof[1:5]}
	want, err := k.Prove(uint32(r.uint(4)), challenge)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(want, proof) != 1 {
		return bad
	}
	return nil
}

package dlms

// Conformance are the services that both sides speak, in 24 bits. IEC 62056-5-3 9.4.6.1
type Conformance uint32

// The services that this room wants: blocks of GET, GET, lists, selective access.
const Wanted Conformance = 1<<(23-11) | 1<<(23-14) | 1<<(23-19) | 1<<(23-21)

// InitiateRequest begins the talk about an association. IEC 62056-5-3 9.5
type InitiateRequest struct {
	Dedicated   []byte // key for this association; nil: none
	NoAnswer    bool   // response-allowed is told to be false; its default is true
	Quality     *uint8
	Version     uint8
	Conformance Conformance
	MaxAPDU     uint16 // that the client takes
}

const conformanceTag = 0x5F1F0400 // application 31, four bytes, no unused bits

func (r *reader) conformance() Conformance {
	at := r.at
	if r.uint(4) != conformanceTag {
		r.fail(at, "5-3: 9.5", "一致性块无效", "the conformance block is not valid")
	}
	return Conformance(r.uint(3))
}

func (r *reader) version() uint8 {
	at := r.at
	v := r.byte()
	if v != 6 {
		r.fail(at, "5-3: 9.5", "DLMS 版本不是 6", "the version of DLMS is not 6")
	}
	return v
}

func (r *reader) quality() *uint8 {
	if !r.present() {
		return nil
	}
	q := r.byte()
	return &q
}

func (r *reader) initiateRequest() InitiateRequest {
	var q InitiateRequest
	if r.present() {
		q.Dedicated = r.octets()
	}
	if r.present() {
		q.NoAnswer = !r.flag()
	}
	q.Quality, q.Version, q.Conformance, q.MaxAPDU = r.quality(), r.version(), r.conformance(), uint16(r.uint(2))
	return q
}

func appendQuality(dst []byte, q *uint8) []byte {
	if q == nil {
		return append(dst, 0)
	}
	return append(dst, 1, *q)
}

func (q InitiateRequest) append(dst []byte) []byte {
	dst = append(dst, tagInitiateRequest)
	if q.Dedicated == nil {
		dst = append(dst, 0)
	} else {
		dst = appendOctets(append(dst, 1), q.Dedicated)
	}
	if q.NoAnswer {
		dst = append(dst, 1, 0)
	} else {
		dst = append(dst, 0)
	}
	dst = append(appendQuality(dst, q.Quality), q.Version)
	return appendUint(appendUint(appendUint(dst, conformanceTag, 4), uint64(q.Conformance), 3), uint64(q.MaxAPDU), 2)
}

// InitiateResponse is the server's side of it. IEC 62056-5-3 9.5
type InitiateResponse struct {
	Quality     *uint8
	Version     uint8
	Conformance Conformance
	MaxAPDU     uint16 // that the server takes
}

const longNames = 0x0007 // vaa-name of an association that names by OBIS

func (r *reader) initiateResponse() InitiateResponse {
	a := InitiateResponse{r.quality(), r.version(), r.conformance(), uint16(r.uint(2))}
	at := r.at
	if r.uint(2) != longNames {
		r.fail(at, "5-3: 9.5", "VAA 名称不是 0007", "the VAA name is not 0007")
	}
	return a
}

func (a InitiateResponse) append(dst []byte) []byte {
	dst = append(appendQuality(append(dst, tagInitiateResponse), a.Quality), a.Version)
	dst = appendUint(appendUint(appendUint(dst, conformanceTag, 4), uint64(a.Conformance), 3), uint64(a.MaxAPDU), 2)
	return appendUint(dst, longNames, 2)
}

// Mechanism is how the sides prove who they are. IEC 62056-5-3 9.4.2
type Mechanism uint8

// The mechanisms.
const (
	NoSecurity Mechanism = 0
	Password   Mechanism = 1
	GMAC       Mechanism = 5
)

// Part is one field of an association message as it stands, BER tag and value. IEC 62056-5-3 9.4.2.2
type Part struct {
	Tag   uint8
	Value []byte
}

// parts are the fields of a message in their order, so that a message is printed as it came.
type parts []Part

func (p parts) find(tag uint8) []byte {
	for _, x := range p {
		if x.Tag == tag {
			return x.Value
		}
	}
	return nil
}

// inner gives the value of a field that wraps another with the given tag.
func (p parts) inner(tag, in uint8) []byte {
	b := p.find(tag)
	if len(b) < 2 || b[0] != in || int(b[1]) != len(b)-2 {
		return nil
	}
	return b[2:]
}

func (p parts) user() []byte { return p.inner(0xBE, 0x04) }

func (p parts) append(dst []byte, tag byte) []byte {
	var body []byte
	for _, x := range p {
		body = appendOctets(append(body, x.Tag), x.Value)
	}
	return appendOctets(append(dst, tag), body)
}

// AARQ asks for an association; AARE answers; RLRQ and RLRE end it. IEC 62056-5-3 9.4.2
type (
	AARQ struct{ Parts []Part }
	AARE struct{ Parts []Part }
	RLRQ struct{ Parts []Part }
	RLRE struct{ Parts []Part }
)

func (a AARQ) append(dst []byte) []byte { return parts(a.Parts).append(dst, tagAARQ) }
func (a AARE) append(dst []byte) []byte { return parts(a.Parts).append(dst, tagAARE) }
func (a RLRQ) append(dst []byte) []byte { return parts(a.Parts).append(dst, tagRLRQ) }
func (a RLRE) append(dst []byte) []byte { return parts(a.Parts).append(dst, tagRLRE) }

// acse reads the fields of an association message, whose tags rise.
func (r *reader) acse(tag uint8) APDU {
	at := r.at
	n := r.length()
	if r.err == nil && n != len(r.b) {
		r.fail(at, "5-3: 9.4.2", "长度与报文不符", "the length is not that of the message")
	}
	var p parts
	for len(r.b) > 0 && r.err == nil {
		at = r.at
		x := Part{Tag: r.byte()}
		x.Value = r.octets()
		if x.Tag < 0x80 || len(p) > 0 && p[len(p)-1].Tag&0x1F >= x.Tag&0x1F {
			r.fail(at, "5-3: 9.4.2", "关联报文的字段无效或次序不对", "a field of the association message is not valid or out of its order")
		}
		p = append(p, x)
	}
	if result := p.find(0xA2); tag == tagAARE && (len(result) != 3 || result[0] != 2 || result[1] != 1) {
		r.fail(r.at, "5-3: 9.4.2", "缺少关联结果", "the result of the association is missing")
	}
	if tag <= tagAARE && p.find(0xA1) == nil {
		r.fail(r.at, "5-3: 9.4.2", "缺少应用上下文", "the application context is missing")
	}
	switch tag {
	case tagAARQ:
		return AARQ{p}
	case tagAARE:
		return AARE{p}
	case tagRLRQ:
		return RLRQ{p}
	}
	return RLRE{p}
}

// objects of the association: 2.16.756.5.8.1.x is the application context, 2.16.756.5.8.2.x the mechanism.
func object(kind, n uint8) []byte { return []byte{0x60, 0x85, 0x74, 0x05, 0x08, kind, n} }

// Associate asks for an association by long names. Without password the lowest security is asked for.
func Associate(password string, q InitiateRequest) AARQ {
	p := []Part{{0xA1, append([]byte{0x06, 0x07}, object(1, 1)...)}}
	if password != "" {
		p = append(p, Part{0x8A, []byte{0x07, 0x80}}, Part{0x8B, object(2, uint8(Password))},
			Part{0xAC, appendOctets([]byte{0x80}, []byte(password))})
	}
	return AARQ{append(p, Part{0xBE, appendOctets([]byte{0x04}, q.append(nil))})}
}

// Accept answers an AARQ; diagnostic 0 lets the client in, 13 says that the authentication failed.
func Accept(diagnostic uint8, a InitiateResponse) AARE {
	result := uint8(0)
	if diagnostic != 0 {
		result = 1
	}
	return AARE{[]Part{{0xA1, append([]byte{0x06, 0x07}, object(1, 1)...)}, {0xA2, []byte{2, 1, result}},
		{0xA3, []byte{0xA1, 3, 2, 1, diagnostic}}, {0xBE, appendOctets([]byte{0x04}, a.append(nil))}}}
}

// Context is the application context: 1 long names, 2 short names, 3 and 4 the same ciphered; 0 where it is none of them.
func (a AARQ) Context() uint8 { return context(a.Parts) }

// Context is that of the answer.
func (a AARE) Context() uint8 { return context(a.Parts) }

func context(p parts) uint8 {
	if b := p.inner(0xA1, 0x06); len(b) == 7 && string(b[:6]) == string(object(1, 0)[:6]) {
		return b[6]
	}
	return 0
}

// Mechanism is how the client wants to prove who it is.
func (a AARQ) Mechanism() Mechanism {
	if b := parts(a.Parts).find(0x8B); len(b) == 7 && string(b[:6]) == string(object(2, 0)[:6]) {
		return Mechanism(b[6])
	}
	return NoSecurity
}

// Secret is the password that the client sends, or its challenge.
func (a AARQ) Secret() []byte { return parts(a.Parts).inner(0xAC, 0x80) }

// Title is the client's system title.
func (a AARQ) Title() []byte { return parts(a.Parts).inner(0xA6, 0x04) }

// User are the user information: an InitiateRequest, or one that is ciphered.
func (a AARQ) User() []byte { return parts(a.Parts).user() }

// Outcome gives the result (0 accepted, 1 refused for good, 2 for now) and the diagnostic of who found it.
func (a AARE) Outcome() (result, diagnostic uint8) {
	d := parts(a.Parts).find(0xA3)
	if len(d) == 5 {
		diagnostic = d[4]
	}
	return parts(a.Parts).find(0xA2)[2], diagnostic
}

// Title is the server's system title.
func (a AARE) Title() []byte { return parts(a.Parts).inner(0xA4, 0x04) }

// User are the user information: an InitiateResponse, a ServiceError, or what is ciphered.
func (a AARE) User() []byte { return parts(a.Parts).user() }

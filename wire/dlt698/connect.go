package dlt698

// Mechanism is how a connection is to be authenticated. DL/T 698.45-2017 7.3.4
type Mechanism uint8

// The mechanisms.
const (
	Public    Mechanism = iota // nothing
	Password                   // Secret: the password
	Symmetric                  // Secret and Signature
	Signed                     // Secret and Signature
)

// Limits are what both sides agree on: greatest frames in bytes, frames in flight, greatest APDU, idle time in seconds.
type Limits struct {
	Version        uint16
	Protocol       [8]byte  // protocol conformance, 64 bits
	Functions      [16]byte // function conformance, 128 bits
	Send, Receive  uint16
	Window         uint8
	APDU           uint16
	TimeoutSeconds uint32
}

// ConnectRequest opens an application connection.
type ConnectRequest struct {
	PIID PIID
	Limits
	Mechanism Mechanism
	Secret    []byte
	Signature []byte
}

// Connect results. DL/T 698.45-2017 7.3.4
const (
	ConnectOK            = 0
	ConnectWrongPassword = 1
	ConnectWrongVersion  = 5
	ConnectOther         = 255
)

// ConnectResponse answers it. Factory: maker 4, software version 4 and date 6, hardware version 4 and date 6, extension 8 bytes.
type ConnectResponse struct {
	PIID    PIID
	Factory [32]byte
	Limits
	Result    uint8
	Secured   bool // Random and Signature are there
	Random    []byte
	Signature []byte
}

// ReleaseRequest closes the connection; ReleaseResponse agrees; ReleaseNotification says that it has timed out.
type (
	ReleaseRequest  struct{ PIID PIID }
	ReleaseResponse struct {
		PIID   PIID
		Result uint8
	}
	ReleaseNotification struct {
		PIID             PIID
		Established, Now DateTimeS
	}
)

func (ConnectRequest) tag() uint8      { return tagConnectRequest }
func (ConnectResponse) tag() uint8     { return tagConnectResponse }
func (ReleaseRequest) tag() uint8      { return tagReleaseRequest }
func (ReleaseResponse) tag() uint8     { return tagReleaseResponse }
func (ReleaseNotification) tag() uint8 { return tagReleaseNotification }

func (r *reader) limits() (v Limits) {
	v.Version = r.u16()
	copy(v.Protocol[:], r.take(8))
	copy(v.Functions[:], r.take(16))
	v.Send, v.Receive, v.Window, v.APDU, v.TimeoutSeconds = r.u16(), r.u16(), r.u8(), r.u16(), r.u32()
	return v
}

func (w *writer) limits(v Limits) {
	w.u16(v.Version)
	w.b = append(append(w.b, v.Protocol[:]...), v.Functions[:]...)
	w.u16(v.Send)
	w.u16(v.Receive)
	w.u8(v.Window)
	w.u16(v.APDU)
	w.u32(v.TimeoutSeconds)
}

func (r *reader) connectRequest() (v ConnectRequest) {
	v.PIID, v.Limits = r.piid(), r.limits()
	v.Mechanism = Mechanism(r.choice(uint8(Signed), "7.3.4"))
	if v.Mechanism != Public {
		v.Secret = r.bytes()
	}
	if v.Mechanism >= Symmetric {
		v.Signature = r.bytes()
	}
	return v
}

func (v ConnectRequest) write(w *writer) {
	w.u8(uint8(v.PIID))
	w.limits(v.Limits)
	w.u8(uint8(v.Mechanism))
	if v.Mechanism != Public {
		w.bytes(v.Secret)
	}
	if v.Mechanism >= Symmetric {
		w.bytes(v.Signature)
	}
}

func (r *reader) connectResponse() (v ConnectResponse) {
	v.PIID = r.piid()
	copy(v.Factory[:], r.take(32))
	v.Limits, v.Result = r.limits(), r.u8()
	if v.Secured = r.option(); v.Secured {
		v.Random, v.Signature = r.bytes(), r.bytes()
	}
	return v
}

func (v ConnectResponse) write(w *writer) {
	w.u8(uint8(v.PIID))
	w.b = append(w.b, v.Factory[:]...)
	w.limits(v.Limits)
	w.u8(v.Result)
	if !v.Secured {
		w.u8(0)
		return
	}
	w.u8(1)
	w.bytes(v.Random)
	w.bytes(v.Signature)
}

func (v ReleaseRequest) write(w *writer)  { w.u8(uint8(v.PIID)) }
func (v ReleaseResponse) write(w *writer) { w.b = append(w.b, byte(v.PIID), v.Result) }
func (v ReleaseNotification) write(w *writer) {
	w.u8(uint8(v.PIID))
	w.dateTimeS(v.Established)
	w.dateTimeS(v.Now)
}

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
func (v *Limits) code(c *coder) {
	u16(c, &v.Version)
	c.fixed(v.Protocol[:])
	c.fixed(v.Functions[:])
	u16(c, &v.Send)
	u16(c, &v.Receive)
	u8(c, &v.Window)
	u16(c, &v.APDU)
	u32(c, &v.TimeoutSeconds)
}

func (v *ConnectRequest) code(c *coder) {
	u8(c, &v.PIID)
	v.Limits.code(c)
	choice(c, &v.Mechanism, Signed, "7.3.4")
	if v.Mechanism != Public {
		c.bytes(&v.Secret)
	}
	if v.Mechanism >= Symmetric {
		c.bytes(&v.Signature)
	}
}

func (v *ConnectResponse) code(c *coder) {
	u8(c, &v.PIID)
	c.fixed(v.Factory[:])
	v.Limits.code(c)
	u8(c, &v.Result)
	if c.flag(&v.Secured); v.Secured {
		c.bytes(&v.Random)
		c.bytes(&v.Signature)
	}
}

func (v *ReleaseRequest) code(c *coder)  { u8(c, &v.PIID) }
func (v *ReleaseResponse) code(c *coder) { u8(c, &v.PIID); u8(c, &v.Result) }

func (v *ReleaseNotification) code(c *coder) {
	u8(c, &v.PIID)
	v.Established.code(c)
	v.Now.code(c)
}

func (v ConnectRequest) write(c *coder)      { v.code(c) }
func (v ConnectResponse) write(c *coder)     { v.code(c) }
func (v ReleaseRequest) write(c *coder)      { v.code(c) }
func (v ReleaseResponse) write(c *coder)     { v.code(c) }
func (v ReleaseNotification) write(c *coder) { v.code(c) }

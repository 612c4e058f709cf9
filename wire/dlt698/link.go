package dlt698

// LinkKind is what a LINK request asks for.
type LinkKind uint8

// The kinds. DL/T 698.45-2017 7.3.3
const (
	Login LinkKind = iota
	Heartbeat
	Logout
)

// LinkRequest is the pre-connection of a terminal at its master station. It has neither follow report nor time tag.
type LinkRequest struct {
	PIID   PIID
	Kind   LinkKind
	Period uint16 // seconds between heartbeats
	Time   DateTime
}

// LinkResult is the answer to a login. DL/T 698.45-2017 7.3.3
type LinkResult uint8

// The results, in bits 0 to 2; bit 7 says that the server's clock can be trusted.
const (
	LinkOK LinkResult = iota
	LinkDuplicate
	LinkIllegal
	LinkFull

	ClockTrusted LinkResult = 0x80
)

// Code is the result without the clock flag.
func (l LinkResult) Code() LinkResult { return l & 7 }

// LinkResponse answers a LINK request with three times: of the request, of its arrival and of the answer.
type LinkResponse struct {
	PIID                          PIID
	Result                        LinkResult
	Requested, Received, Answered DateTime
}

// AnswerLink makes the answer to q that arrived at received and is answered at answered.
func AnswerLink(q LinkRequest, result LinkResult, received, answered DateTime) LinkResponse {
	return LinkResponse{PIID: q.PIID, Result: result, Requested: q.Time, Received: received, Answered: answered}
}

func (LinkRequest) tag() uint8  { return tagLinkRequest }
func (LinkResponse) tag() uint8 { return tagLinkResponse }

func (v *LinkRequest) code(c *coder) {
	u8(c, &v.PIID)
	choice(c, &v.Kind, Logout, "7.3.3")
	u16(c, &v.Period)
	v.Time.code(c)
}

func (v *LinkResponse) code(c *coder) {
	u8(c, &v.PIID)
	at := c.at
	if u8(c, &v.Result); c.err == nil && v.Result&0x78 != 0 {
		c.fail(at, "7.3.3", "预连接结果保留位不为 0", "reserved bits of the result are set")
	}
	v.Requested.code(c)
	v.Received.code(c)
	v.Answered.code(c)
}

// ErrorResponse says that an APDU could not be taken: kind 1 cannot be parsed, 2 service not supported, 255 other.
type ErrorResponse struct {
	FromServer bool
	PIID       PIID
	Kind       uint8
}

func (v ErrorResponse) tag() uint8 {
	if v.FromServer {
		return tagErrorFromServer
	}
	return tagErrorFromClient
}

func (v *ErrorResponse) code(c *coder) { u8(c, &v.PIID); u8(c, &v.Kind) }

func (v LinkRequest) write(c *coder)   { v.code(c) }
func (v LinkResponse) write(c *coder)  { v.code(c) }
func (v ErrorResponse) write(c *coder) { v.code(c) }

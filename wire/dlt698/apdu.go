package dlt698

// PIID carries the priority (bit 7) and the number of a request (bits 0 to 5); in what a server sends, bit 6 asks for access (ACD).
// DL/T 698.45-2017 7.3.2
type PIID uint8

// Number is the service number, 0 to 63. An answer bears that of its request.
func (p PIID) Number() uint8 { return uint8(p) & 0x3F }

// Body is the service of an APDU: one of the Request, Response and Notification types of this package.
type Body interface {
	tag() uint8
	write(*coder)
}

// APDU is one application message. DL/T 698.45-2017 7.2
type APDU struct {
	Body   Body
	Follow *FollowReport // only in what a server sends
	Tag    *TimeTag
}

// FollowReport is what a server reports along with an answer. Of the two lists one is there.
type FollowReport struct {
	Records bool
	Normal  []ResultNormal
	Record  []ResultRecord
}

// TimeTag says when a message was sent and how long it may travel.
type TimeTag struct {
	Sent  DateTimeS
	Delay TI
}

// The APDU tags. DL/T 698.45-2017 7.2
const (
	tagLinkRequest         = 1
	tagConnectRequest      = 2
	tagReleaseRequest      = 3
	tagGetRequest          = 5
	tagSetRequest          = 6
	tagActionRequest       = 7
	tagReportResponse      = 8
	tagProxyRequest        = 9
	tagSecurityRequest     = 16
	tagErrorFromClient     = 110
	tagLinkResponse        = 129
	tagConnectResponse     = 130
	tagReleaseResponse     = 131
	tagReleaseNotification = 132
	tagGetResponse         = 133
	tagSetResponse         = 134
	tagActionResponse      = 135
	tagReportNotification  = 136
	tagProxyResponse       = 137
	tagSecurityResponse    = 144
	tagErrorFromServer     = 238
)

// ParseAPDU reads one APDU that must fill b. What it gives may share memory with b. Any error is an *Error; of a service that
// is recognised but not spoken, errors.Is(err, ErrUnsupported) holds.
func ParseAPDU(b []byte) (APDU, error) {
	c := &coder{b: b}
	var tag uint8
	var a APDU
	if u8(c, &tag); c.err == nil {
		a.Body = c.body(tag)
	}
	if c.err == nil {
		a.extras(c, tag)
	}
	if c.err == nil && c.at != len(b) {
		c.fail(c.at, "7.2", "APDU 之后有多余字节", "bytes are left over after the APDU")
	}
	if c.err != nil {
		return APDU{}, c.err
	}
	return a, nil
}

func (c *coder) body(tag uint8) Body {
	switch tag {
	case tagLinkRequest:
		return read[LinkRequest](c)
	case tagLinkResponse:
		return read[LinkResponse](c)
	case tagConnectRequest:
		return read[ConnectRequest](c)
	case tagConnectResponse:
		return read[ConnectResponse](c)
	case tagReleaseRequest:
		return read[ReleaseRequest](c)
	case tagReleaseResponse:
		return read[ReleaseResponse](c)
	case tagReleaseNotification:
		return read[ReleaseNotification](c)
	case tagGetRequest:
		return read[GetRequest](c)
	case tagGetResponse:
		return read[GetResponse](c)
	case tagSetRequest:
		return read[SetRequest](c)
	case tagSetResponse:
		return read[SetResponse](c)
	case tagActionRequest:
		return read[ActionRequest](c)
	case tagActionResponse:
		return read[ActionResponse](c)
	case tagReportNotification:
		return read[ReportNotification](c)
	case tagReportResponse:
		return read[ReportResponse](c)
	case tagErrorFromClient, tagErrorFromServer:
		v := read[ErrorResponse](c)
		v.FromServer = tag == tagErrorFromServer
		return v
	case tagSecurityRequest, tagSecurityResponse:
		c.err = unsupported(0, "7.3.9", "不支持安全传输（密文或带 MAC 的报文）", "security transport (enciphered or with MAC) is not supported")
	case tagProxyRequest:
		return read[ProxyRequest](c)
	case tagProxyResponse:
		return read[ProxyResponse](c)
	default:
		c.fail(0, "7.2", "APDU 类型未定义", "no such kind of APDU")
	}
	return nil
}

// Append prints the APDU after dst.
func (a APDU) Append(dst []byte) ([]byte, error) {
	c := &coder{b: dst, writing: true}
	if a.Body == nil {
		c.fail(0, "7.2", "APDU 没有内容", "the APDU has no body")
		return dst, c.err
	}
	tag := a.Body.tag()
	u8(c, &tag)
	a.Body.write(c)
	if c.err == nil {
		a.extras(c, tag)
	}
	if c.err != nil {
		return dst, c.err
	}
	return c.b, nil
}

// extras walks over what stands behind the service: of a server the follow report, of both the time tag. LINK has neither.
func (a *APDU) extras(c *coder, tag uint8) {
	link := tag == tagLinkRequest || tag == tagLinkResponse
	if a.Follow != nil && tag&0x80 == 0 || link && (a.Follow != nil || a.Tag != nil) {
		c.fail(0, "7.2", "该 APDU 没有此附加域", "this APDU has no such extra field")
		return
	}
	if link {
		return
	}
	if tag&0x80 != 0 {
		option(c, &a.Follow)
	}
	option(c, &a.Tag)
}

// option walks over a field that may be left out, behind the byte that says so.
func option[T any, P walker[T]](c *coder, p *P) {
	there := *p != nil
	if c.flag(&there); !there {
		return
	}
	if !c.writing {
		*p = new(T)
	}
	(*p).code(c)
}

func (f *FollowReport) code(c *coder) { // DL/T 698.45-2017 7.2: 1 attributes, 2 records
	kind := uint8(1)
	if f.Records {
		kind = 2
	}
	at := c.at
	switch u8(c, &kind); kind {
	case 1:
		list(c, &f.Normal, 6, (*ResultNormal).code)
	case 2:
		f.Records = true
		list(c, &f.Record, 7, (*ResultRecord).code)
	default:
		c.fail(at, "7.2", "跟随上报类型未定义", "no such kind of follow report")
	}
}

func (t *TimeTag) code(c *coder) {
	t.Sent.code(c)
	t.Delay.code(c)
}

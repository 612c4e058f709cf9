package dlt698

// PIID carries the priority (bit 7) and the number of a request (bits 0 to 5); in what a server sends, bit 6 asks for access (ACD).
// DL/T 698.45-2017 7.3.2
type PIID uint8

// Number is the service number, 0 to 63. An answer bears that of its request.
func (p PIID) Number() uint8 { return uint8(p) & 0x3F }

// Body is the service of an APDU: one of the Request, Response and Notification types of this package.
type Body interface {
	tag() uint8
	write(*writer)
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
	r := &reader{b: b}
	var a APDU
	tag := r.u8()
	a.Body = r.body(tag)
	if r.err == nil && tag != tagLinkRequest && tag != tagLinkResponse {
		if tag&0x80 != 0 {
			a.Follow = r.follow()
		}
		a.Tag = r.timeTag()
	}
	if r.err == nil && r.at != len(b) {
		r.fail(r.at, "7.2", "APDU 之后有多余字节", "bytes are left over after the APDU")
	}
	if r.err != nil {
		return APDU{}, r.err
	}
	return a, nil
}

func (r *reader) body(tag uint8) Body {
	if r.err != nil {
		return nil
	}
	switch tag {
	case tagLinkRequest:
		return r.linkRequest()
	case tagLinkResponse:
		return r.linkResponse()
	case tagConnectRequest:
		return r.connectRequest()
	case tagConnectResponse:
		return r.connectResponse()
	case tagReleaseRequest:
		return ReleaseRequest{PIID: r.piid()}
	case tagReleaseResponse:
		return ReleaseResponse{PIID: r.piid(), Result: r.u8()}
	case tagReleaseNotification:
		return ReleaseNotification{PIID: r.piid(), Established: r.dateTimeS(), Now: r.dateTimeS()}
	case tagGetRequest:
		return r.getRequest()
	case tagGetResponse:
		return r.getResponse()
	case tagSetRequest:
		return r.setRequest()
	case tagSetResponse:
		return r.setResponse()
	case tagActionRequest:
		return r.actionRequest()
	case tagActionResponse:
		return r.actionResponse()
	case tagReportNotification:
		return r.reportNotification()
	case tagReportResponse:
		return r.reportResponse()
	case tagErrorFromClient, tagErrorFromServer:
		return ErrorResponse{FromServer: tag == tagErrorFromServer, PIID: r.piid(), Kind: r.u8()}
	case tagSecurityRequest, tagSecurityResponse:
		r.err = unsupported(0, "7.3.9", "不支持安全传输（密文或带 MAC 的报文）", "security transport (enciphered or with MAC) is not supported")
	case tagProxyRequest, tagProxyResponse:
		r.err = unsupported(0, "7.3.8", "不支持代理服务", "proxy services are not supported")
	default:
		r.fail(0, "7.2", "APDU 类型未定义", "no such kind of APDU")
	}
	return nil
}

// Append prints the APDU after dst.
func (a APDU) Append(dst []byte) ([]byte, error) {
	w := &writer{b: dst}
	if a.Body == nil {
		w.fail("APDU 没有内容", "the APDU has no body")
		return dst, w.err
	}
	tag := a.Body.tag()
	w.u8(tag)
	a.Body.write(w)
	link := tag == tagLinkRequest || tag == tagLinkResponse
	if a.Follow != nil && tag&0x80 == 0 || link && (a.Follow != nil || a.Tag != nil) {
		w.fail("该 APDU 没有此附加域", "this APDU has no such extra field")
	}
	if !link {
		if tag&0x80 != 0 {
			w.follow(a.Follow)
		}
		w.timeTag(a.Tag)
	}
	if w.err != nil {
		return dst, w.err
	}
	return w.b, nil
}

func (r *reader) piid() PIID { return PIID(r.u8()) }

// option takes the byte that says whether an optional field is there.
func (r *reader) option() bool { return r.choice(1, "7.2") == 1 }

func (r *reader) follow() *FollowReport {
	if !r.option() {
		return nil
	}
	f := &FollowReport{}
	switch c := r.u8(); c { // DL/T 698.45-2017 7.2: FollowReport
	case 1:
		f.Normal = r.resultsNormal()
	case 2:
		f.Records, f.Record = true, r.resultsRecord()
	default:
		r.fail(r.at-1, "7.2", "跟随上报类型未定义", "no such kind of follow report")
	}
	return f
}

func (w *writer) follow(f *FollowReport) {
	switch {
	case f == nil:
		w.u8(0)
	case f.Records:
		w.b = append(w.b, 1, 2)
		w.resultsRecord(f.Record)
	default:
		w.b = append(w.b, 1, 1)
		w.resultsNormal(f.Normal)
	}
}

func (r *reader) timeTag() *TimeTag {
	if !r.option() {
		return nil
	}
	return &TimeTag{Sent: r.dateTimeS(), Delay: r.ti()}
}

func (w *writer) timeTag(t *TimeTag) {
	if t == nil {
		w.u8(0)
		return
	}
	w.u8(1)
	w.dateTimeS(t.Sent)
	w.ti(t.Delay)
}

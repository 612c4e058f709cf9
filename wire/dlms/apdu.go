package dlms

// APDU is one message: [AARQ], [AARE], [RLRQ], [RLRE], [InitiateRequest], [InitiateResponse], [GetRequest], [GetResponse],
// [SetRequest], [SetResponse], [ActionRequest], [ActionResponse], [DataNotification], [EventNotification], [ServiceError],
// [Exception] or [Ciphered].
type APDU interface {
	append(dst []byte) []byte
}

// The tags of messages. IEC 62056-5-3 9.5
const (
	tagInitiateRequest   = 0x01
	tagInitiateResponse  = 0x08
	tagServiceError      = 0x0E
	tagDataNotification  = 0x0F
	tagAARQ              = 0x60
	tagAARE              = 0x61
	tagRLRQ              = 0x62
	tagRLRE              = 0x63
	tagGetRequest        = 0xC0
	tagSetRequest        = 0xC1
	tagEventNotification = 0xC2
	tagActionRequest     = 0xC3
	tagGetResponse       = 0xC4
	tagSetResponse       = 0xC5
	tagActionResponse    = 0xC7
	tagException         = 0xD8
)

// Decode reads a message; all of b belongs to it.
func Decode(b []byte) (APDU, error) {
	r := &reader{b: b}
	tag := r.byte()
	if r.err != nil {
		return nil, r.err
	}
	var a APDU
	switch tag {
	case tagInitiateRequest:
		a = r.initiateRequest()
	case tagInitiateResponse:
		a = r.initiateResponse()
	case tagServiceError:
		a = ServiceError{r.byte(), r.byte(), r.byte()}
	case tagDataNotification:
		a = DataNotification{uint32(r.uint(4)), r.when(), r.data()}
	case tagAARQ, tagAARE, tagRLRQ, tagRLRE:
		a = r.acse(tag)
	case tagGetRequest:
		a = r.getRequest()
	case tagGetResponse:
		a = r.getResponse()
	case tagSetRequest:
		a = r.setRequest()
	case tagSetResponse:
		a = r.setResponse()
	case tagActionRequest:
		a = r.actionRequest()
	case tagActionResponse:
		a = r.actionResponse()
	case tagEventNotification:
		a = r.eventNotification()
	case tagException:
		a = r.exception()
	default:
		if !cipheredTags[tag] {
			return nil, unsupported(0, "5-3: 9.5", "不支持的报文类型", "this kind of message is not spoken here")
		}
		a = r.ciphered(tag)
	}
	if len(r.b) > 0 {
		r.fail(r.at, "5-3: 9.5", "报文之后还有数据", "there are bytes behind the message")
	}
	if r.err != nil {
		return nil, r.err
	}
	return a, nil
}

// Encode prints a message.
func Encode(a APDU) []byte { return a.append(nil) }

// OBIS names what is measured, as six numbers: medium, channel, quantity, kind, tariff, storage. IEC 62056-6-1
type OBIS [6]byte

// Attribute is an attribute or method of an object. IEC 62056-5-3 9.3
type Attribute struct {
	Class  uint16
	Name   OBIS
	Number int8
	Select *Selection // part of the attribute; nil: all of it
}

// Selection chooses part of a profile's buffer: Selector 1 a range of values, 2 of entries. IEC 62056-6-2 4.3.6
type Selection struct {
	Selector  uint8
	Parameter Data
}

func (r *reader) method() (a Attribute) {
	a.Class = uint16(r.uint(2))
	copy(a.Name[:], r.take(6))
	a.Number = int8(r.byte())
	return a
}

func (r *reader) attribute() Attribute {
	a := r.method()
	if r.present() {
		a.Select = &Selection{r.byte(), r.data()}
	}
	return a
}

func (a Attribute) method(dst []byte) []byte {
	dst = append(appendUint(dst, uint64(a.Class), 2), a.Name[:]...)
	return append(dst, byte(a.Number))
}

func (a Attribute) append(dst []byte) []byte {
	dst = a.method(dst)
	if a.Select == nil {
		return append(dst, 0)
	}
	return a.Select.Parameter.Append(append(dst, 1, a.Select.Selector))
}

// list reads a number of items, each of at least one byte.
func list[T any](r *reader, item func() T) []T {
	n := r.length()
	out := make([]T, 0, min(n, 64))
	for range n {
		if out = append(out, item()); r.err != nil {
			break
		}
	}
	return out
}

// Access is the outcome of an access to an attribute; 0 is success. IEC 62056-5-3 9.5, Data-Access-Result
type Access uint8

// Outcomes that matter here.
const (
	Success         Access = 0
	HardwareFault   Access = 1
	TemporaryFail   Access = 2
	Denied          Access = 3
	ObjectUndefined Access = 4
	NoLongGet       Access = 15
)

// accesses are the outcomes that there are.
const accesses uint32 = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<9 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<15 | 1<<16 | 1<<17 | 1<<18 | 1<<19

func (r *reader) access() Access {
	at := r.at
	x := r.byte()
	if x != 250 && (x > 31 || accesses&(1<<x) == 0) {
		r.fail(at, "5-3: 9.5", "访问结果无效", "there is no such outcome of an access")
	}
	return Access(x)
}

// Block is a piece of a long message. Failed: of an answer to GET, which then has no bytes.
type Block struct {
	Last   bool
	Number uint32
	Failed Access
	Bytes  []byte
}

// block reads a piece; get: as an answer to GET has it, with a choice of bytes and an outcome.
func (r *reader) block(get bool) Block {
	b := Block{Last: r.flag(), Number: uint32(r.uint(4))}
	if get && r.present() {
		b.Failed = r.access()
		return b
	}
	b.Bytes = r.octets()
	return b
}

func (b Block) append(dst []byte, get bool) []byte {
	dst = appendUint(appendFlag(dst, b.Last), uint64(b.Number), 4)
	if get {
		if b.Bytes == nil {
			return append(dst, 1, byte(b.Failed))
		}
		dst = append(dst, 0)
	}
	return appendOctets(dst, b.Bytes)
}

// when reads a time that may be left out: an octet string of no bytes, or of 12.
func (r *reader) when() *DateTime {
	at := r.at
	b := r.octets()
	if len(b) == 0 {
		return nil
	}
	if len(b) != 12 {
		r.fail(at, "5-3: 9.3", "时间应为 0 或 12 字节", "a time has no bytes or 12")
		return nil
	}
	t := DateTime(b)
	return &t
}

func appendWhen(dst []byte, t *DateTime) []byte {
	if t == nil {
		return append(dst, 0)
	}
	return appendOctets(dst, t[:])
}

// DataNotification is what a server sends of its own accord. IEC 62056-5-3 9.3.10
type DataNotification struct {
	Invoke uint32 // long invoke id and priority
	Time   *DateTime
	Data   Data
}

func (n DataNotification) append(dst []byte) []byte {
	return n.Data.Append(appendWhen(appendUint(append(dst, tagDataNotification), uint64(n.Invoke), 4), n.Time))
}

// EventNotification tells of the change of an attribute. IEC 62056-5-3 9.3.11
type EventNotification struct {
	Time  *DateTime
	Of    Attribute
	Value Data
}

func (r *reader) eventNotification() EventNotification {
	var n EventNotification
	if r.present() {
		if n.Time = r.when(); n.Time == nil {
			r.fail(r.at, "5-3: 9.3", "时间应为 12 字节", "the time has 12 bytes")
		}
	}
	n.Of, n.Value = r.method(), r.data()
	return n
}

func (n EventNotification) append(dst []byte) []byte {
	dst = append(dst, tagEventNotification)
	if n.Time == nil {
		dst = append(dst, 0)
	} else {
		dst = appendWhen(append(dst, 1), n.Time)
	}
	return n.Value.Append(n.Of.method(dst))
}

// ServiceError is a confirmed service error: which service, what kind of error, which. IEC 62056-5-3 9.5
type ServiceError struct{ Service, Kind, Value uint8 }

func (e ServiceError) append(dst []byte) []byte {
	return append(dst, tagServiceError, e.Service, e.Kind, e.Value)
}

// Exception says that a message was not served at all. IEC 62056-5-3 9.5
type Exception struct {
	State, Service uint8
	Counter        uint32 // where Service is 6: the invocation counter that the server wants
}

func (r *reader) exception() Exception {
	e := Exception{State: r.byte(), Service: r.byte()}
	if e.Service == 6 {
		e.Counter = uint32(r.uint(4))
	}
	return e
}

func (e Exception) append(dst []byte) []byte {
	dst = append(dst, tagException, e.State, e.Service)
	if e.Service == 6 {
		dst = appendUint(dst, uint64(e.Counter), 4)
	}
	return dst
}

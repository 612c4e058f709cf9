package qgdw1376

// AFN is the application function. Q/GDW 1376.1-2013 4.3.4.2
type AFN uint8

// The applications that are spoken here.
const (
	AFNConfirm AFN = 0x00
	AFNLink    AFN = 0x02
	AFNQuery   AFN = 0x0A
	AFNClass1  AFN = 0x0C
	AFNClass2  AFN = 0x0D
	AFNForward AFN = 0x10
)

// Message is the user data of a frame. Q/GDW 1376.1-2013 4.3.4
type Message struct {
	AFN     AFN
	First   bool  // FIR: no frame goes before it
	Last    bool  // FIN: none follows
	Confirm bool  // CON: the receiver shall confirm
	Seq     uint8 // PSEQ of a question or report, RSEQ of an answer; 0 to 15
	Units   []Unit
	Events  *Events // of an uplink frame whose control byte says Access
	Tag     *Tag    // Tp; nil where there is none
	Secret  Secret  // PW of a downlink frame of AFNForward
}

// Secret is the password or authentication of an important downlink frame, PW. Q/GDW 1376.1-2013 4.3.4.6.1
type Secret [16]byte

// Events are the counters of important and common events, EC. Q/GDW 1376.1-2013 4.3.4.6.2
type Events struct{ Important, Common uint8 }

// Tag is the time tag Tp: who sends late is not to be obeyed. Q/GDW 1376.1-2013 4.3.4.6.3
type Tag struct {
	Count                     uint8 // of the frames that began a dialogue, PFC
	Second, Minute, Hour, Day uint8 // when it was sent
	Delay                     uint8 // minutes that it may have taken; 0: does not matter
}

// single is what most messages are: one frame, nothing follows.
func single(afn AFN, seq uint8, confirm bool, units ...Unit) Message {
	return Message{AFN: afn, First: true, Last: true, Confirm: confirm, Seq: seq & 15, Units: units}
}

// AnswerOK confirms a message as a whole. Q/GDW 1376.1-2013 5.1
func AnswerOK(seq uint8) Message { return single(AFNConfirm, seq, false, Unit{F: 1}) }

// AnswerNo denies a message as a whole. Q/GDW 1376.1-2013 5.1
func AnswerNo(seq uint8) Message { return single(AFNConfirm, seq, false, Unit{F: 2}) }

// Say is a message of one frame.
func Say(afn AFN, seq uint8, confirm bool, units ...Unit) Message {
	return single(afn, seq, confirm, units...)
}

// Decode reads the user data of a frame. An error is an *Error, its offset counts from the frame's start; errors.Is ErrUnsupported
// tells that the frame is well formed.
func Decode(f Frame) (Message, error) {
	const at = 12 // of the user data in a frame
	var m Message
	if len(f.Data) < 2 {
		return m, refuse(at, "4.3.4", "用户数据不完整", "the user data are not complete")
	}
	seq := f.Data[1]
	m = Message{AFN: AFN(f.Data[0]), First: seq&0x40 != 0, Last: seq&0x20 != 0, Confirm: seq&0x10 != 0, Seq: seq & 15}
	body, end := f.Data[2:], at+len(f.Data)
	if seq&0x80 != 0 { // Q/GDW 1376.1-2013 4.3.4.3: TpV
		if len(body) < 6 {
			return m, refuse(end, "4.3.4.6.3", "缺少时间标签", "the time tag is missing")
		}
		t, err := tag(body[len(body)-6:], end-6)
		if err != nil {
			return m, err
		}
		m.Tag, body, end = t, body[:len(body)-6], end-6
	}
	if f.Control.Access() {
		if len(body) < 2 {
			return m, refuse(end, "4.3.4.6.2", "缺少事件计数器", "the event counter is missing")
		}
		n := len(body) - 2
		m.Events, body = &Events{body[n], body[n+1]}, body[:n]
	}
	if !f.Control.Up() && m.AFN == AFNForward {
		if len(body) < len(m.Secret) {
			return m, refuse(end, "4.3.4.6.1", "缺少消息认证码", "the password is missing")
		}
		n := len(body) - len(m.Secret)
		m.Secret, body = Secret(body[n:]), body[:n]
	}
	var err error
	m.Units, err = units(f.Control.Up(), m.AFN, &reader{b: body, at: at + 2})
	return m, err
}

func tag(b []byte, at int) (*Tag, error) {
	t := &Tag{Count: b[0], Delay: b[5]}
	for i, p := range []*uint8{&t.Second, &t.Minute, &t.Hour, &t.Day} {
		x := b[1+i]
		if !isBCD(x) {
			return nil, refuse(at+1+i, "4.3.4.6.3", "数据不是 BCD 码", "a digit is not BCD")
		}
		*p = x>>4*10 + x&15
	}
	if t.Second > 59 || t.Minute > 59 || t.Hour > 23 || t.Day < 1 || t.Day > 31 {
		return nil, refuse(at+1, "4.3.4.6.3", "时间标签无效", "there is no such time")
	}
	return t, nil
}

// Encode prints a message into a frame.
func Encode(c Control, a Address, m Message) (Frame, error) {
	w := &writer{}
	seq := m.Seq & 15
	for _, flag := range []struct {
		on  bool
		bit uint8
	}{{m.Tag != nil, 0x80}, {m.First, 0x40}, {m.Last, 0x20}, {m.Confirm, 0x10}} {
		if flag.on {
			seq |= flag.bit
		}
	}
	w.byte(uint8(m.AFN))
	w.byte(seq)
	for _, u := range m.Units {
		w.unit(c.Up(), m.AFN, u)
	}
	if m.Events != nil {
		c |= 0x20
		w.b = append(w.b, m.Events.Important, m.Events.Common)
	}
	if c.Access() != (m.Events != nil) && w.err == nil {
		w.err = refuse(6, "4.3.4.6.2", "事件计数器与控制域不符", "the event counter does not fit the control byte")
	}
	if !c.Up() && m.AFN == AFNForward {
		w.b = append(w.b, m.Secret[:]...)
	}
	if t := m.Tag; t != nil {
		w.b = append(w.b, t.Count, toBCD(t.Second), toBCD(t.Minute), toBCD(t.Hour), toBCD(t.Day), t.Delay)
	}
	return Frame{Control: c, Addr: a, Data: w.b}, w.err
}

// Gather puts the frames of an answer together. The zero value is ready. Q/GDW 1376.1-2013 4.3.4.3
type Gather struct {
	m    Message
	seq  uint8 // of the newest frame
	open bool
}

// Add takes the next frame's message; done says that the answer is whole, whose Seq is that of its first frame. A first frame begins anew. A frame out of its turn is an
// *Error, and what was gathered is dropped.
func (g *Gather) Add(m Message) (whole Message, done bool, err error) {
	if m.First {
		g.m, g.seq, g.open = m, m.Seq, true
	} else {
		// RSEQ counts on by one with each frame
		if !g.open || m.AFN != g.m.AFN || m.Seq != (g.seq+1)&15 {
			*g = Gather{}
			return whole, false, refuse(13, "4.3.4.3", "后续帧的帧序号不连续", "a following frame is out of its turn")
		}
		if g.seq = m.Seq; len(g.m.Units)+len(m.Units) > MaxData {
			*g = Gather{}
			return whole, false, refuse(13, "4.3.4.3", "多帧报文过长", "the answer is longer than any can be")
		}
		g.m.Units = append(g.m.Units, m.Units...)
	}
	if !m.Last {
		return whole, false, nil
	}
	whole = g.m
	whole.First, whole.Last = true, true
	*g = Gather{}
	return whole, true, nil
}

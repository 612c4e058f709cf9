package hdlc

import "bytes"

// The LLC before each message: to, from, quality. IEC 62056-46 5.3
var (
	request  = []byte{0xE6, 0xE6, 0x00}
	response = []byte{0xE6, 0xE7, 0x00}
)

// MaxMessage bounds a message put together of frames.
const MaxMessage = 1 << 16

// Event is what came of a frame: frames to send, a whole message, and what else happened.
type Event struct {
	Send      []Frame
	Message   []byte // an APDU, the LLC taken off; nil: none yet
	Notice    []byte // an APDU that a server sent without being asked, in UI
	Connected bool   // the connection has just been made
	Ended     bool   // the connection is over: the other side says so
}

// side is what both ends keep.
type side struct {
	self, peer Address
	own        Params // the greatest that this side takes and sends
	send       Params // what may be sent, as agreed
	open       bool

	queue  [][]byte // segments that are not acknowledged
	first  uint8    // the number of queue[0]
	flying int      // of the queue were sent
	expect uint8    // the number of the next frame from there
	gather []byte
	ahead  []byte // LLC of messages from there
	behind []byte // and of our own

}

func (s *side) reset() {
	s.queue, s.flying, s.first, s.expect, s.gather = nil, 0, 0, 0, nil
}

// put cuts a message into segments.
func (s *side) put(message []byte) {
	whole := append(bytes.Clone(s.behind), message...)
	for len(whole) > 0 {
		n := min(len(whole), s.send.Info)
		s.queue, whole = append(s.queue, whole[:n:n]), whole[n:]
	}
}

// window is the frames that may be sent now, from the oldest that is not acknowledged; the last of them hands the word over.
func (s *side) window() (out []Frame) {
	n := min(len(s.queue), s.send.Window)
	for i, b := range s.queue[:n] {
		out = append(out, Frame{Destination: s.peer, Source: s.self, Kind: I, Final: i == n-1, Segmented: i < len(s.queue)-1,
			Send: (s.first + uint8(i)) & 7, Receive: s.expect, Info: b})
	}
	s.flying = n
	return out
}

// say is a frame of a kind without information.
func (s *side) say(k Kind) []Frame {
	return []Frame{{Destination: s.peer, Source: s.self, Kind: k, Final: true, Receive: s.expect}}
}

// acknowledged takes N(R): all frames before it have arrived. IEC 62056-46 6.4.4.4
func (s *side) acknowledged(receive uint8) *Error {
	n := int((receive - s.first) & 7)
	if n > s.flying {
		return refuse(0, "6.4.4.4", "确认了未发送的帧", "frames are acknowledged that were not sent")
	}
	s.queue, s.first, s.flying = s.queue[n:], receive, s.flying-n
	return nil
}

// take takes the information of a frame: one out of its order is passed over. message is nil until the last segment is there.
func (s *side) take(f Frame) (message []byte, err *Error) {
	if f.Send != s.expect {
		return nil, nil
	}
	if len(f.Info) > s.own.Info {
		return nil, refuse(0, "6.4.4.4.3", "信息域超出约定", "the information field is longer than was agreed")
	}
	if len(s.gather)+len(f.Info) > MaxMessage {
		return nil, refuse(0, "6.4.4.5", "分段报文过长", "the message in segments is too long")
	}
	s.expect = (s.expect + 1) & 7
	s.gather = append(s.gather, f.Info...)
	if f.Segmented {
		return nil, nil
	}
	whole := s.gather
	s.gather = nil
	return s.unwrap(whole)
}

// unwrap takes the LLC off. IEC 62056-46 5.3
func (s *side) unwrap(b []byte) ([]byte, *Error) {
	if len(b) < 4 || !bytes.Equal(b[:3], s.ahead) {
		return nil, refuse(0, "5.3", "LLC 头无效", "the LLC before the message is not valid")
	}
	return b[3:], nil
}

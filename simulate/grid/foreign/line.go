package foreign

import (
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlms/hdlc"
)

// What a meter takes and sends over HDLC at most.
var lineParams = hdlc.Params{Info: 512, Window: 3}

// Line is one connection of a gateway whose meters speak DLMS over HDLC, each with its logical device as address.
type Line struct {
	g       *Gateway
	scan    hdlc.Scanner
	servers map[hdlc.Address]*hdlc.Server
}

// NewLine is a line that nobody has asked yet.
func NewLine(s Station) *Line {
	return &Line{g: NewGateway(s), servers: map[hdlc.Address]*hdlc.Server{}}
}

// Greeting is what the gateway sends when it has connected: a flag, by which it is known that HDLC is spoken. IEC 62056-46 6.4.3.1
func (l *Line) Greeting() []byte { return []byte{0x7E} }

// Feed takes bytes that were received.
func (l *Line) Feed(b []byte) { l.scan.Feed(b) }

// Next serves what came: the bytes to send and who answers, -1 for the gateway itself. refused counts bytes that could not be read; ok is false where more are needed.
func (l *Line) Next() (out []byte, meter, refused int, ok bool) {
	it, ok := l.scan.Next()
	if !ok {
		return nil, nobody, 0, false
	}
	if it.Refused != nil {
		return nil, nobody, len(it.Raw), true
	}
	f := it.Frame
	meter, there := l.g.at(f.Destination.Upper)
	if !there {
		return nil, nobody, 0, true
	}
	s := l.servers[f.Destination]
	if s == nil {
		s = hdlc.NewServer(f.Destination, lineParams)
		l.servers[f.Destination] = s
	}
	e := s.Handle(f)
	if e.Connected || e.Ended { // the association ends with the link
		delete(l.g.open, f.Destination.Upper)
	}
	if e.Message != nil {
		if a, _, ok := l.g.Answer(dlms.Frame{Source: f.Source.Upper, Destination: f.Destination.Upper, Data: e.Message}); ok {
			e.Send = s.Reply(a.Data)
		}
	}
	for _, x := range e.Send {
		var err error
		if out, err = x.Append(out); err != nil {
			return nil, nobody, 0, true
		}
	}
	return out, meter, 0, true
}

package hdlc

// Server is the side that is asked: one logical device towards one client.
type Server struct {
	side
}

// NewServer is a server at an address; the client is who connects.
func NewServer(self Address, own Params) *Server {
	own = own.capped(Params{MaxInfo, 7})
	return &Server{side: side{self: self, own: own, send: standard, ahead: request, behind: response}}
}

// Connected tells whether the connection stands.
func (s *Server) Connected() bool { return s.open }

// Reply gives the first frames of an answer to the message that came.
func (s *Server) Reply(message []byte) []Frame {
	if !s.open {
		return nil
	}
	s.put(message)
	return s.window()
}

// Notify gives the frame of a message that nobody asked for; it must fit into one.
func (s *Server) Notify(message []byte) []Frame {
	info := append(append([]byte(nil), s.behind...), message...)
	if len(info) > s.send.Info {
		return nil
	}
	return []Frame{{Destination: s.peer, Source: s.self, Kind: UI, Info: info}}
}

// Handle takes a frame. What is not for this server is passed over; a frame that cannot be answers itself with FRMR and ends the connection.
func (s *Server) Handle(f Frame) (e Event) {
	if f.Destination != s.self && !f.Destination.allStations() || f.Source.Size != 1 {
		return e
	}
	switch f.Kind {
	case SNRM: // IEC 62056-46 6.4.4.4.1
		o, err := readOffer(f.Info)
		if err != nil {
			s.peer = f.Source
			return s.fail()
		}
		s.reset()
		s.peer, s.open = f.Source, true
		s.send = s.own.capped(o.receive)
		ua := Frame{Destination: s.peer, Source: s.self, Kind: UA, Final: true}
		if s.own != standard || len(f.Info) > 0 {
			ua.Info = offer{s.send, s.own}.append(nil)
		}
		return Event{Send: []Frame{ua}, Connected: true}
	case UI:
		return e
	}
	if !s.open || f.Source != s.peer { // IEC 62056-46 6.4.4.4.2
		if f.Final {
			e.Send = []Frame{{Destination: f.Source, Source: s.self, Kind: DM, Final: true}}
		}
		return e
	}
	switch f.Kind {
	case DISC:
		s.open = false
		return Event{Send: s.say(UA), Ended: true}
	case I, RR, RNR:
		return s.numbered(f)
	}
	return s.fail()
}

func (s *Server) fail() Event {
	s.open = false
	return Event{Send: s.say(FRMR), Ended: true}
}

// numbered takes a frame of the transfer.
func (s *Server) numbered(f Frame) (e Event) {
	if s.acknowledged(f.Receive) != nil {
		return s.fail()
	}
	if f.Kind == I {
		message, err := s.take(f)
		if err != nil {
			return s.fail()
		}
		if message != nil {
			s.queue, s.flying = nil, 0 // who asks something new has what came before
			return Event{Message: message}
		}
	}
	switch {
	case !f.Final:
	case f.Kind != RNR && len(s.queue) > 0:
		e.Send = s.window()
	default:
		e.Send = s.say(RR)
	}
	return e
}

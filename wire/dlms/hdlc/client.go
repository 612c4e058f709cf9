package hdlc

// Client is the side that connects and asks. One message is asked at a time.
type Client struct {
	side
	whole []byte // an answer that is complete before the server has handed the word back
}

// NewClient is a client for one server.
func NewClient(self, server Address, own Params) *Client {
	own = own.capped(Params{MaxInfo, 7})
	return &Client{side: side{self: self, peer: server, own: own, send: standard, ahead: response, behind: request}}
}

// Connected tells whether the connection stands.
func (c *Client) Connected() bool { return c.open }

// Connect gives the frame that asks for a connection. IEC 62056-46 6.4.4.4.1
func (c *Client) Connect() []Frame {
	c.reset()
	c.open, c.whole = false, nil
	f := Frame{Destination: c.peer, Source: c.self, Kind: SNRM, Final: true}
	if c.own != standard {
		f.Info = offer{c.own, c.own}.append(nil)
	}
	return []Frame{f}
}

// Disconnect gives the frame that ends the connection. IEC 62056-46 6.4.4.4.2
func (c *Client) Disconnect() []Frame {
	c.open = false
	return c.say(DISC)
}

// Ask gives the first frames of a message; a connection is needed.
func (c *Client) Ask(message []byte) []Frame {
	c.queue, c.gather, c.whole = nil, nil, nil
	c.put(message)
	return c.window()
}

// Again gives what to send after a silence: the server says then how far it is.
func (c *Client) Again() []Frame {
	if !c.open {
		return c.Connect()
	}
	return c.say(RR)
}

// Handle takes a frame. What is not from the server to us is passed over. An error is an *Error; the connection is of no use then.
func (c *Client) Handle(f Frame) (e Event, err error) {
	if f.Destination != c.self || f.Source != c.peer {
		return e, nil
	}
	switch f.Kind {
	case UA:
		if c.open {
			return e, nil
		}
		o, err := readOffer(f.Info)
		if err != nil {
			return e, err
		}
		c.send = c.own.capped(o.receive)
		c.open, e.Connected = true, true
	case DM:
		c.open, e.Ended = false, true
	case FRMR:
		c.open = false
		return e, refuse(0, "6.4.3.10", "对方拒绝了帧", "the other side refuses a frame")
	case UI:
		if !f.Segmented {
			if e.Notice, err = plain(c.unwrap(f.Info)); err != nil {
				return Event{}, err
			}
		}
	case I, RR, RNR:
		if !c.open {
			return e, nil
		}
		return c.numbered(f)
	default:
		return e, refuse(0, "6.4.3", "从站不应发送该帧", "a server does not send a frame of this kind")
	}
	return e, nil
}

// numbered takes a frame of the transfer.
func (c *Client) numbered(f Frame) (e Event, err error) {
	if err := c.acknowledged(f.Receive); err != nil {
		return e, err
	}
	if f.Kind == I {
		whole, err := c.take(f)
		if err != nil {
			return e, err
		}
		if whole != nil {
			c.whole = whole
		}
	}
	if !f.Final {
		return e, nil
	}
	switch {
	case c.whole != nil:
		e.Message, c.whole = c.whole, nil
	case f.Kind == RNR: // it is busy: Again, after a while
	case len(c.queue) > 0:
		e.Send = c.window()
	case f.Kind == I: // the rest of the answer
		e.Send = c.say(RR)
	}
	return e, nil
}

// plain makes an error that is nil where there is none.
func plain(b []byte, err *Error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

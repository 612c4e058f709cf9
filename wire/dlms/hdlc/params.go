package hdlc

// Params are the sizes and windows of one side of a connection. IEC 62056-46 6.4.4.4.3
type Params struct {
	Info   int // greatest information field of a frame in bytes, 128 where nothing is said
	Window int // frames in a row without acknowledgement, 1 to 7; 1 where nothing is said
}

// Default is what holds where nothing is said.
var standard = Params{128, 1}

// capped holds parameters to what the other side and the format allow.
func (p Params) capped(by Params) Params {
	return Params{max(1, min(p.Info, by.Info, MaxInfo)), max(1, min(p.Window, by.Window, 7))}
}

// offer is what a side says when it connects: what it sends and what it takes.
type offer struct{ send, receive Params }

// The parameters in an information field of SNRM and UA.
const (
	formatParams = 0x81
	groupParams  = 0x80
	infoSend     = 5
	infoReceive  = 6
	windowSend   = 7
	windowTake   = 8
)

func (o offer) append(dst []byte) []byte {
	var body []byte
	for _, x := range []struct {
		id uint8
		v  int
		n  int
	}{{infoSend, o.send.Info, 2}, {infoReceive, o.receive.Info, 2}, {windowSend, o.send.Window, 4}, {windowTake, o.receive.Window, 4}} {
		n := x.n
		if n == 2 && x.v < 256 {
			n = 1
		}
		body = append(body, x.id, byte(n))
		for i := n - 1; i >= 0; i-- {
			body = append(body, byte(x.v>>(8*i)))
		}
	}
	return append(append(dst, formatParams, groupParams, byte(len(body))), body...)
}

// readOffer reads what the other side says; nothing is the standard's own values. What it does not know it passes over. IEC 62056-46 6.4.4.4.3
func readOffer(b []byte) (o offer, err error) {
	o = offer{standard, standard}
	if len(b) == 0 {
		return o, nil
	}
	bad := refuse(0, "6.4.4.4.3", "协商参数无效", "the parameters that are offered are not valid")
	if len(b) < 3 || b[0] != formatParams {
		return o, bad
	}
	if b[1] != groupParams { // another group, for users: nothing of ours
		return o, nil
	}
	if int(b[2]) > len(b)-3 {
		return o, bad
	}
	for b = b[3 : 3+int(b[2])]; len(b) > 0; {
		if len(b) < 2 || int(b[1]) > len(b)-2 || b[1] == 0 || b[1] > 4 {
			return o, bad
		}
		v := 0
		for _, x := range b[2 : 2+b[1]] {
			v = v<<8 | int(x)
		}
		if v == 0 || b[0] == windowSend && v > 7 || b[0] == windowTake && v > 7 {
			return o, bad
		}
		switch b[0] {
		case infoSend:
			o.send.Info = v
		case infoReceive:
			o.receive.Info = v
		case windowSend:
			o.send.Window = v
		case windowTake:
			o.receive.Window = v
		}
		b = b[2+b[1]:]
	}
	return o, nil
}

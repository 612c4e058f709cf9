package qgdw1376

// Forward has a terminal pass bytes on to a port as they are and wait for what comes back, F1 of AFN 10. Q/GDW 1376.1-2013 5.15
type Forward struct {
	Port    uint8
	Serial  uint8 // speed in the three highest bits, stop bits, parity, data bits
	Message uint8 // how long to wait for an answer: bit 7 unit (0: 10 ms, 1: s), then the number
	Byte    uint8 // how long to wait for the next byte, 10 ms
	Data    []byte
}

// Serial2400 is 2400 baud, even parity, eight data bits, one stop bit: how DL/T 645-2007 meters are set. Q/GDW 1376.1-2013 5.15
const Serial2400 = 0x6B

// Forwarded is what came back through a port; no bytes where nothing did. Q/GDW 1376.1-2013 5.15
type Forwarded struct {
	Port uint8
	Data []byte
}

func readForward(r *reader, _ uint8) Data {
	f := Forward{Port: r.byte("5.15"), Serial: r.byte("5.15"), Message: r.byte("5.15"), Byte: r.byte("5.15")}
	f.Data = r.counted()
	return f
}

func readForwarded(r *reader, _ uint8) Data {
	f := Forwarded{Port: r.byte("5.15")}
	f.Data = r.counted()
	return f
}

// counted reads bytes behind their number.
func (r *reader) counted() []byte {
	n := int(r.word("5.15"))
	if n > len(r.b) {
		r.fail(r.at+len(r.b), "5.15", "转发内容不完整", "the bytes to forward are not complete")
		return nil
	}
	return append([]byte(nil), r.take(n, "5.15")...)
}

func (f Forward) write(w *writer, _ Unit) {
	w.b = append(w.b, f.Port, f.Serial, f.Message, f.Byte)
	w.word(uint16(len(f.Data)))
	w.b = append(w.b, f.Data...)
}

func (f Forwarded) write(w *writer, _ Unit) {
	w.byte(f.Port)
	w.word(uint16(len(f.Data)))
	w.b = append(w.b, f.Data...)
}

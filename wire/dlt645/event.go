package dlt645

import "time"

// The identifiers of event records of power failures (掉电). DL/T 645-2007 A.4
const (
	PowerDowns DI  = 0x03110000 // how many there were in all
	eventsKept int = 10         // records that a meter keeps, the newest first
)

// PowerDown is the identifier of a record: 1 is the newest, 10 the oldest that a meter keeps. DL/T 645-2007 A.4
func PowerDown(n uint8) DI { return PowerDowns | DI(n) }

// PowerFailure is one record: when supply went and when it came back; Back is zero where the meter has not noted it.
type PowerFailure struct{ Down, Back time.Time }

// ReadPowerDowns reads how many power failures a meter has counted: three bytes BCD.
func ReadPowerDowns(data []byte) (n int64, err error) {
	if err := exact(data, 3, "A.4"); err != nil {
		return 0, err
	}
	return number(data, false, 0, "A.4")
}

// AppendPowerDowns prints a count, of at most six digits.
func AppendPowerDowns(dst []byte, n int64) ([]byte, error) { return appendNumber(dst, n, 3, false) }

// ReadPowerFailure reads a record: begin and end, second to year, six bytes each. ok is false for one that was never written, which is nothing
// but zeros or FFH.
func ReadPowerFailure(data []byte) (e PowerFailure, ok bool, err error) {
	if err := exact(data, 12, "A.4"); err != nil {
		return e, false, err
	}
	if blank(data) {
		return e, false, nil
	}
	if e.Down, err = moment(data, 6, 0, "A.4"); err != nil {
		return e, false, err
	}
	if blank(data[6:]) {
		return e, true, nil
	}
	if e.Back, err = moment(data[6:], 6, 6, "A.4"); err != nil {
		return e, false, err
	}
	if e.Back.Before(e.Down) {
		return e, false, refuse(6, "A.4", "掉电结束时刻早于发生时刻", "the power failure ends before it begins")
	}
	return e, true, nil
}

// Append prints the record.
func (e PowerFailure) Append(dst []byte) []byte {
	for _, t := range []time.Time{e.Down, e.Back} {
		if t.IsZero() {
			dst = append(dst, 0, 0, 0, 0, 0, 0)
			continue
		}
		dst = appendMoment(dst, t, 6)
	}
	return dst
}

// IsPowerFailure tells which record an identifier names; ok is false where it is none.
func IsPowerFailure(d DI) (n int, ok bool) {
	n = int(d & 0xFF)
	return n, d&^0xFF == PowerDowns && n >= 1 && n <= eventsKept
}

// blank tells whether a field was never written.
func blank(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return filled(b)
		}
	}
	return true
}

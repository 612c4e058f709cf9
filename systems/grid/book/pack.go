package book

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/haihe-city/haihe/systems/grid/book/piece"
)

// The form of a packed archive. A change of it makes older ones be read from the entities again.
const (
	packForm  = 1
	packPiece = 64 << 10 // meters a piece
)

// errPacked says that a packed archive is damaged, or of another form.
var errPacked = errors.New("the packed archive cannot be read")

// Pack writes the archive of the meters, without their slots, in pieces of a few hundred kilobytes, some ten bytes a meter: first what
// many share, then the meters in their order, each as it differs from the one before. The pieces are kept by whoever takes them.
func (b *Book) Pack(put func(body []byte) error) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	head := []byte{packForm}
	head = binary.AppendUvarint(head, uint64(len(b.meters)))
	head = binary.AppendUvarint(head, uint64(len(b.texts)))
	for _, s := range b.texts {
		head = piece.AppendText(head, s)
	}
	head = binary.AppendUvarint(head, uint64(len(b.kinds)))
	for _, k := range b.kinds {
		head = piece.AppendText(piece.AppendText(piece.AppendText(head, k.district), string(k.category)), string(k.protocol))
		flags := byte(0)
		if k.retired {
			flags |= packRetired
		}
		if k.solar {
			flags |= packSolar
		}
		head = append(head, flags)
	}
	if err := put(head); err != nil {
		return err
	}
	var last record
	for from := 0; from < len(b.meters); from += packPiece {
		body := make([]byte, 0, 12*packPiece)
		for i := from; i < min(from+packPiece, len(b.meters)); i++ {
			x := &b.meters[i]
			body = binary.AppendVarint(body, x.num-last.num)
			body = binary.AppendVarint(body, int64(x.address)-int64(last.address))
			body = binary.AppendUvarint(body, uint64(x.feeder))
			body = binary.AppendUvarint(body, uint64(x.concentrator))
			body = binary.AppendUvarint(body, uint64(x.kind))
			body = binary.AppendVarint(body, int64(x.installed)-int64(last.installed))
			last = *x
		}
		if err := put(body); err != nil {
			return err
		}
	}
	return nil
}

// Unpack fills an empty book with a packed archive; next gives the pieces in their order, and nil behind the last. A book that it
// fails for stays empty.
func (b *Book) Unpack(next func() ([]byte, error)) error {
	head, err := next()
	if err != nil {
		return err
	}
	r := newRoll()
	most, ok := r.unpackHead(head)
	if !ok {
		return errPacked
	}
	var last record
	for {
		body, err := next()
		if err != nil {
			return err
		}
		if body == nil {
			break
		}
		if !r.unpackPiece(body, most, &last) {
			return errPacked
		}
	}
	if len(r.meters) != most {
		return errPacked
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.meters) > 0 {
		return errors.New("the book is not empty")
	}
	b.take(r)
	return nil
}

// take fills an empty roll with another.
func (r *roll) take(o *roll) {
	r.meters, r.kinds, r.kindOf, r.ofKind, r.texts, r.textOf = o.meters, o.kinds, o.kindOf, o.ofKind, o.texts, o.textOf
	r.byAddr, r.byNum, r.behind, r.serving = o.byAddr, o.byNum, o.behind, o.serving
	r.heard, r.astray = make([]uint32, len(r.meters)), make([]uint32, len(r.meters))
}

// The flags of a kind.
const (
	packRetired = 1 << iota
	packSolar
)

// unpackHead reads what many share, and makes room for the meters.
func (r *roll) unpackHead(head []byte) (meters int, ok bool) {
	u := piece.Reader{Rest: head}
	if u.Uint(256) != packForm {
		return 0, false
	}
	meters = int(u.Uint(1 << 28))
	for n := u.Uint(1 << 28); n > 0 && !u.Bad; n-- {
		r.text(u.Text())
	}
	for n := u.Uint(1 << 20); n > 0 && !u.Bad; n-- {
		m := Meter{District: u.Text(), Category: Category(u.Text()), Protocol: Protocol(u.Text())}
		flags := u.Uint(4)
		m.Retired, m.Solar = flags&packRetired != 0, flags&packSolar != 0
		r.kind(&m)
	}
	if u.Bad || len(u.Rest) > 0 {
		return 0, false
	}
	r.meters = make([]record, 0, meters)
	r.byAddr.slots = make([]int32, slotsFor(meters))
	r.byNum.slots = make([]int32, slotsFor(meters))
	return meters, true
}

// slotsFor is how many slots a table of n places has, so that it need not grow.
func slotsFor(n int) int { return max(64, 1<<bits.Len(uint(4*(n+1)/3))) }

// unpackPiece adds the meters of a piece.
func (r *roll) unpackPiece(body []byte, most int, last *record) bool {
	u := piece.Reader{Rest: body}
	for len(u.Rest) > 0 {
		x := record{num: last.num + u.Int(), address: uint64(int64(last.address) + u.Int()), feeder: uint32(u.Uint(uint64(len(r.texts)))),
			concentrator: uint32(u.Uint(uint64(len(r.texts)))), kind: uint32(u.Uint(uint64(len(r.kinds)))), installed: last.installed + int32(u.Int())}
		if u.Bad || len(r.meters) == most {
			return false
		}
		place := int32(len(r.meters))
		r.meters = append(r.meters, x)
		r.byAddr.put(mixed(x.address), place+1)
		r.byNum.put(mixed(uint64(x.num)), place+1)
		r.byAddr.used, r.byNum.used = r.byAddr.used+1, r.byNum.used+1
		r.behind[x.concentrator] = append(r.behind[x.concentrator], place)
		if r.ofKind[x.kind]++; !r.kinds[x.kind].retired {
			r.serving++
		}
		*last = x
	}
	return true
}

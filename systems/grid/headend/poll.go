package headend

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// pollDays are the days that are polled for gaps: today and yesterday.
const pollDays = 2

// poller asks the meters behind one link for what is due and not there, again and again, and carries orders between. It is what the
// protocols have in common in which we ask and one meter answers.
type poller struct {
	e    *HeadEnd
	link *link
	name string // of the protocol
	// read asks a meter for its gaps of a day and stores what comes; got is how many readings that were. errs.Unavailable: it is silent.
	read func(ctx context.Context, address string, gaps book.SlotSet, d book.Day) (got int, err error)
	act  func(ctx context.Context, o *order) error // carries a deed out
	// heed is told once a round of each meter whether it answered, and may ask it for more; nil: nobody wants to know.
	heed func(ctx context.Context, address string, rerr error) error
}

// run polls until the connection is gone.
func (p *poller) run(ctx context.Context) error {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-p.link.orders:
			if err := p.carry(ctx, o); err != nil {
				return err
			}
		case <-next.C:
			if err := p.poll(ctx); err != nil {
				return err
			}
			next.Reset(p.e.o.Poll)
		}
	}
}

// carry runs an order; an error says that the connection is gone.
func (p *poller) carry(ctx context.Context, o *order) error {
	err := p.e.carry(p.name, o, func() (int, error) { return p.order(ctx, o) })
	if err != nil && broken(err) {
		return err
	}
	return nil
}

// poll reads what is due and not there, of today first. A meter that says nothing costs its time once a round, and an order need
// not wait for the end of the round.
func (p *poller) poll(ctx context.Context) error {
	today := book.DayOf(p.e.o.Now().UnixMicro())
	heard, silent := false, map[string]bool{}
	for k := range book.Day(pollDays) {
		d := today - k
		due := book.DueSlots(d, p.e.o.Now(), 0) // a slot can be read as soon as it is over
		for _, address := range p.e.o.Book.Addresses(p.link.address) {
			st, ok := p.e.o.Book.Standing(address, d, due)
			if !ok || silent[address] || st.Gaps == 0 && (p.heed == nil || k > 0) {
				continue
			}
			select {
			case o := <-p.link.orders:
				if err := p.carry(ctx, o); err != nil {
					return err
				}
			default:
			}
			var err error
			if st.Gaps > 0 {
				_, err = p.read(ctx, address, book.First(due).Minus(st.Slots.Measured), d)
				heard = heard || err == nil
			}
			if p.heed != nil && k == 0 && ctx.Err() == nil {
				err = cmp.Or(p.heed(ctx, address, err), err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			silent[address] = errs.Is(err, errs.Unavailable)
			if err != nil && broken(err) {
				return err
			}
		}
	}
	if heard {
		p.e.links.hear(p.link.address, p.e.o.Now())
	}
	return nil
}

// broken tells whether the connection is gone, rather than one meter silent.
func broken(err error) bool {
	var ne net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne) && !ne.Timeout()
}

func (p *poller) order(ctx context.Context, o *order) (answered int, err error) {
	if o.deed != nil {
		return 0, p.act(ctx, o)
	}
	d := book.DayOf(o.from)
	due := int((o.to - o.from) / book.SlotMicros)
	for _, address := range o.meters {
		st, _ := p.e.o.Book.Standing(address, d, due)
		gaps := book.First(due).Minus(st.Slots.Measured)
		n, rerr := p.read(ctx, address, gaps, d)
		if n > 0 || gaps.Empty() {
			answered++
		}
		if rerr != nil {
			err = rerr
		}
		if ctx.Err() != nil || rerr != nil && broken(rerr) {
			return answered, rerr
		}
	}
	return answered, err
}

// gapRun is the first run of gaps at or after slot i, at most most long; n is 0 where there is none.
func gapRun(gaps book.SlotSet, i, most int) (from, n int) {
	for i < book.SlotsPerDay && !gaps.Has(i) {
		i++
	}
	for n < most && i+n < book.SlotsPerDay && gaps.Has(i+n) {
		n++
	}
	return i, n
}

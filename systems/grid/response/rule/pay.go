package rule

// Terms are a programme's: below Least nothing is paid, and what goes beyond Most of the commitment is not paid. Thousandths.
type Terms struct{ Least, Most int64 }

// Payment is what a participant gets for an event. Energies in 0.0001 kWh.
type Payment struct {
	Committed int64 // energy that the commitment asks for
	Reduced   int64 // energy measured as reduced, net over the event
	Rate      int64 // reduced over committed, thousandths, rounded down
	Paid      int64 // energy that is paid
	Fen       int64
}

const (
	perKWh   = 10_000 // units of energy
	quarters = 4      // of an hour
)

// Pay counts a payment: reduced is the net reduction of the event, kw the commitment, over so many quarter hours, at a price in
// fen/kWh. Half a fen is rounded up.
func Pay(reduced, kw, steps, price int64, t Terms) (p Payment) {
	p.Reduced, p.Committed = reduced, kw*steps*perKWh/quarters
	if p.Committed <= 0 {
		return p
	}
	p.Rate = reduced * mostWeight / p.Committed
	if reduced <= 0 || p.Rate < t.Least {
		return p
	}
	p.Paid = min(reduced, p.Committed*t.Most/mostWeight)
	p.Fen = (p.Paid*price + perKWh/2) / perKWh
	return p
}

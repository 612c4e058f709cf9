package headend

import (
	"context"

	"github.com/haihe-city/haihe/systems/grid/headend/supply"
	"github.com/haihe-city/haihe/wire/dlt645"
)

// supplies asks the meters behind this link for their own records of their supply.
func (c *session645) supplies() *supply.Asker {
	return &supply.Asker{Now: c.e.o.Now, Datum: c.datum, Refuse: c.refuseErr, Tell: func(ctx context.Context, address string, failures []supply.Failure) error {
		seat, behind, ok := c.e.o.Book.Seat(address)
		if !ok || behind != c.link.address {
			return nil
		}
		var out []Power
		for _, f := range failures {
			out = append(out, Power{Meter: seat.Num, Down: f.Down, Back: f.Back})
		}
		return c.e.o.Power(ctx, out)
	}}
}

// datum reads one identifier; nil data where the meter does not have it.
func (c *session645) datum(ctx context.Context, addr dlt645.Address, d dlt645.DI) ([]byte, error) {
	m, err := c.ask(ctx, addr, dlt645.Read{DI: d})
	if err != nil {
		return nil, err
	}
	if a, ok := m.(dlt645.Answer); ok && a.DI == d && !a.More {
		return a.Data, nil
	}
	return nil, nil //nolint:nilnil // the meter has none
}

// Package shape holds how customers of each kind spread a day's energy over its quarter hours: the tables of simulate/grid.
package shape

// At is the energy of quarter hour q (0 to 95) of a kind of customer, on a working day (day 0) or a free one (1), in millionths of a
// mean working day. The kinds are those of simulate/grid, in its order.
func At(kind, day, q int) int32 { return profiles[kind][day][q] }

// Package grid simulates the city's meters (模拟电表与集中器): concentrators that speak DL/T 698.45-2017, gateways that
// speak DL/T 645-2007, older terminals that speak Q/GDW 1376.1-2013 and gateways of meters that speak DLMS, to a running head-end over TCP,
// on the real frames of package wire.
//
// [Archive] says which meters there are; it depends on the seed and the numbers only, so that the archive can be imported into
// the server before [Run] connects. What each meter shows at each moment is a function of the seed, the meter and the time: its
// register at any quarter hour can be computed without having run, which is what re-reads and tests do ([City.Register]).
//
// Nothing is kept on disk. Faults are made on purpose with known truth: every one is written as a line of JSON to Options.Truth.
// The server's side of the dialogue, and what it makes of the faults, is the work of systems/grid.
package grid

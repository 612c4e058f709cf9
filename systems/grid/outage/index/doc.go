// Package index computes reliability indices (供电可靠性指标) from spells without supply: SAIDI, SAIFI, CAIDI, ASAI, MAIFI and
// CEMI of IEEE 1366-2012 with and without major event days, and the indices of DL/T 836.1-2016 (RS-1 to RS-4, AIHC, AITC).
//
// A [Spell] is one customer without supply from one second to another, by one cause; spells may overlap. [Lay] orders them, and
// every index is counted from the union of a customer's spells, so that a second without supply is counted once however many
// outages claim it. Everything is whole customer-seconds; only the threshold of major event days, a logarithm, is not.
//
// Package index is values only: it knows no clock, no table and no page. Which spells there are is the work of systems/grid/outage.
// The clause numbers are those of the editions as their secondary literature gives them.
package index

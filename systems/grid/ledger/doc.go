// Package ledger keeps the readings of the city's meters (读数台账): it takes them in with one durable transaction for all that
// wait, tells repetitions and corrections apart, reads the days back into the book, sums the load, and bridges short gaps.
//
// Its data lies in kernel/series, family "grid.meter"; the book of slots that it keeps is package book's. A slot has one sample:
// whatever comes for it later takes that sample's place. Who may send a reading is left to headend, what is shown to systems/grid.
package ledger

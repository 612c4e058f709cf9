// Package join puts signs of lost supply together into outages (停电事件合并): last gasps and returns of meters, voltages, feeder
// switches and reports, of which the better proof wins and what is told twice says nothing new.
//
// An [Outage] is its customers in the dark, each with times and proofs of its own; a [Scene] is the outages of the last days,
// changed by a [Draft] that becomes true when it is put back. It is values and the archive only: what is kept, and when it is
// committed, is the work of systems/grid/outage.
package join

// Package grid is the smart grid (智能电网): it answers section 3.3.3 of the plan, reads every meter, and says for each meter
// and each quarter hour whether it was collected, late, estimated or missing.
//
// Entity types: SmartMeter, MeterChannel (one register of an imported interval file), MeterConcentrator, Feeder, District.
// Readings are no entities: they lie in kernel/series, families "grid.meter" (register, power, voltage at the quarter hours) and
// "grid.interval" (the energy of an interval, as interval files give it); the key of a series is the entity's Num.
//
// Standards: DL/T 698.45-2017 and DL/T 645-2007 from concentrators over TCP, NEM12 and NEM13 interval files.
//
// What is known of a slot is not stored a second time: the samples are the truth, and the book of slots in memory is read back
// from them at start and moved on after each commit. A frame that is refused is kept in table grid_refused for inspection.
//
// Readings are validated, estimated and edited by sub-package vee. Left to others: the plan's figures are held
// by kernel/indicator, which asks this system for them.
package grid

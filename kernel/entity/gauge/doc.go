// Package gauge (仪表) keeps number attributes that change often: a meter's reading, a vehicle's speed, a sensor's level.
//
// # Where the data lies
//
// In the family "gauge" of kernel/series, one series a gauge. A sample's time is when the value was observed, where that was said,
// and else when it was written; the column value holds the number with six decimals, the column lag the microseconds from the
// observation to the writing, and nothing where no observation was said. So a sample gives back everything that an update of the
// value says, and costs some ten bytes rather than a document and a row of history.
//
// # What it leaves to others
//
// Which attribute is a gauge, and under which key, is for kernel/entity to decide; kernel/entity/temporal reads the history. Times
// of one gauge must grow: of two samples with one time the later written would hide the earlier.
package gauge

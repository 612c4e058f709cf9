// Package aggregate sums up the instances of an attribute over periods of time (时段聚合): the aggregated temporal representation of
// NGSI-LD (ETSI GS CIM 009 V1.9.1 4.5.19).
//
// Numbers of documents and the whole numbers of gauges (millionths) are summed side by side; what a method gives for a text, a boolean,
// an array, a date or a relationship is the table's of the clause. It is pure: no I/O, no clock.
package aggregate

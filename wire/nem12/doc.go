// Package nem12 reads and prints meter data files in AEMO's Meter Data File Format (MDFF): NEM12 interval data and NEM13
// accumulated data. Files may be huge: [Reader] gives one record after the other and holds no more than one day.
//
// Structure is taken strictly: a record that breaks it is refused with line, column and reason and left out, the reading goes
// on behind it, and everything is counted. A file that does not begin as a file must is refused as a whole. Small departures
// that real files show (units in capitals, times without seconds, meter identifiers that are too short, trailing commas, blank
// lines) are taken, and told as a [Notice].
//
// All times are market time, UTC+10 without summer time, as the format demands.
//
// The clauses are those of "Meter Data File Format Specification NEM12 & NEM13" 2.x: 4 is NEM12, 5 is NEM13.
package nem12

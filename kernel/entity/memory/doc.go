// Package memory (内存) holds decoded things by a key, up to a number of bytes; what was not asked for longest goes first.
//
// It is filled from two sides: a writer puts what it has committed, and a reader puts what it has read from a snapshot, which may be
// old by the time it does. So a reader takes a [Ticket] before its snapshot begins, and its fill counts only where nothing was written
// nearby since.
package memory

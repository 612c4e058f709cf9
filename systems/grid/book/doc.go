// Package book is the archive of the city's meters in memory (电表台账) with what is known of every quarter hour of the recent
// days: collected, late, estimated or missing.
//
// Its data lies in entities and samples; it is read back from them at start and follows each commit, and nothing is kept in it
// alone. What a reading is, where it comes from and who may see it is left to systems/grid.
package book

// Package series keeps telemetry (时序数据): what meters, sensors and vehicles report again and again.
//
// A [Family] is a kind of series that share columns and a rhythm; a [Table] is an open family. Values are integers scaled by
// the column's decimals, times are microseconds UTC, keys are the Nums of entities.
//
// # Where the data lies
//
//   - series_blob: one row a batch as it arrived, written in the caller's transaction. This is what makes an acknowledged
//     sample durable; nothing reads it again but a restart.
//   - the open stage, in memory: the samples of those blobs, sorted in runs, so that a day is readable while it arrives.
//   - series_chunk: one row for 64 neighbouring keys and one day ("block"). A flush of the open stage adds rows, a compaction
//     folds the rows of a block into one. Roll-ups lie in the same table under a family number of their own.
//   - series_day: per family and day up to which batch it is contained in series_chunk, and whether it was rolled up.
//   - series_family: the declared columns.
//
// # The rule that everything follows
//
// Of two samples of one key and time the later committed wins. Rows of a block are read in the order of the flushes that
// wrote them, the open stage after them; so reading twice what lies in two places changes nothing, and every step of a
// flush or a compaction may be repeated after a crash.
//
// # What it leaves to others
//
// Who may read what, rules over readings, and the meaning of a key stand above. One process owns the open stage of a
// database: a second process on the same PostgreSQL sees what was flushed, not what is still open there.
package series

// Package store is the one door to SQL (数据库入口): everything that Haihe keeps lies in one database, embedded SQLite or
// PostgreSQL, and is written once for both.
//
// Concurrent writers share one durable transaction (group commit): [DB.Write] runs a function in a savepoint of its own on
// the single write lane and returns after the flush, so what was answered survives a crash of the process and of the
// machine as long as the disk honours a flush. Readers ([DB.Read]) see a snapshot and never wait for the writer.
//
// The engines differ in what they forgive, so the stricter behaviour holds for both: a [Tx] is sticky after its first
// failed statement, text has no zero byte and is UTF-8, text order is by bytes, LIKE is exact, values have the type of
// their column. What differs in kind is a [Dialect], made by store/sqlite or store/postgres; store imports neither.
//
// SQL is written as constants made by [Q], with $1 placeholders and five column types: TEXT, BIGINT, BOOLEAN, DOUBLE
// PRECISION, BYTEA. Time is BIGINT microseconds UTC ([Micros]), money BIGINT fen, ids TEXT made by the program ([NewID]).
//
// The package keeps three tables of its own: store_migration (what was applied, by owner, with its text), store_count
// (maintained counts) and store_sequence. It leaves to others what tables mean; retries are left to the callers too.
package store

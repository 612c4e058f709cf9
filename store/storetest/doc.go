// Package storetest holds both engines to the same behaviour ([Run]), and gives other packages' tests a database ([Open],
// [Each]).
//
// SQLite's databases lie in the test's temporary folder. PostgreSQL's lie in a private cluster that the test process starts
// at the first need and that ends with it ([Postgres]). HAIHE_TEST_ENGINE=postgres turns [Open] to PostgreSQL, so the whole
// tree's tests run on either engine.
//
// The suite asserts what the two share where they differ by themselves: the nine constructs of SQL that Haihe writes
// another way, and what one of them would silently take. It is also where the promise is tried: a process that writes is
// killed at random moments, and whatever it was answered must be there.
package storetest

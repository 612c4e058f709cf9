// Package hosttest holds every system to the contract of package host, and gives its tests a real running program.
//
// [Check] is the suite that each system's tests call in one line; [Open] runs systems on an empty database behind a real
// listener, with a clock that the test moves and accounts of every role, so that tests of pages and interfaces are rows of
// a table ([App.Rows]).
package hosttest

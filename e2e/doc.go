// Package e2e holds the whole-program stories (全程序验证): tests that build the program once, run it as a user or an operator
// does, and look at it from outside: what it prints, what it answers over HTTP, what it takes on its wires, how it ends.
//
// Each story opens with the claim that it proves. Nothing here reaches into a running program; what a story must know of its
// data it asks over the interfaces, or reads from the files after the program has ended. There is no code but tests.
package e2e

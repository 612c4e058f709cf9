// Package hazard (重大危险源分级) computes the hazard value of GB 18218-2018: whether a process or storage unit is a major hazard at all, the value R and
// its class I to IV, with every step laid open. It is pure: quantities in, terms out.
//
// What table 1 names is found by Chinese or English name or by CAS number; anything else needs its class of table 2. Where the standard leaves the
// factor of a substance of table 1 to its class (table 4) and that class depends on the form in which it is there, the class has to be given: this package guesses none.
package hazard

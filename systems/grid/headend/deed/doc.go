// Package deed is what an order has a meter do, in each protocol that meters speak here: cut the supply, close it or permit that, and read or set
// its clock; and how that is proven, by reading the relay or the clock back.
//
// It is questions and answers only: a connection hands in how it asks, and gets what was told. A deed that changes something is asked once: a
// question that nobody answered may have been obeyed.
package deed

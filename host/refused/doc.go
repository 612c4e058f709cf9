// Package refused keeps frames that were not taken (拒收报文), for inspection: who sent them, where they break off and which clause
// they break. Readings come first, so no more than a bounded number a minute is written down; the rest is counted only. Each room has a table of
// its own, of which it says the name.
package refused

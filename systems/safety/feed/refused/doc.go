// Package refused keeps what plants sent and was not taken (拒收报文), for inspection: who sent it, where it breaks off and which clause it breaks.
// Readings come first, so no more than a bounded number a minute is written down; the rest is counted only.
package refused

// Package hj is the door of plants that speak HJ 212-2017 or its 2005 dialect over TCP (HJ 212 接入). A logger says who it is by MN and password in every
// frame; one connection may speak for several plants, as gateways do, and a plant that connects again takes its place over from the connection
// before.
//
// Data are answered with 9014 after the commit and not before. What is refused is listed, and answered with 9011 and the standard's code where the
// sender can be told: 9 for the checksum, 100 for the length, 3 for the password, 4 for the MN, and so on. Real-time data (2011) are the
// values of points. Averages of minutes and hours (2051, 2061) are taken where a plant sends no real-time data, and for gaps: a plant that comes back is
// asked for what was missed, by minutes, or by hours where it refuses. A point whose factor names a statistic, as w01018-Max, gets that. A logger whose
// clock is off by more than a bound is told the time.
//
// HJ 212 is plain text with a password of six characters: no protocol for an open network.
package hj

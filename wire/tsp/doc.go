// Package tsp (时间戳协议) reads and writes the requests, answers and TSTInfo of the Time-Stamp Protocol, RFC 3161, as RFC 5816 has it.
//
// A token is a signed message (wire/cms) around a TSTInfo; making and verifying it is kernel/trust/tsp.
package tsp

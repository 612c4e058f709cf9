// Package hj212 speaks HJ 212-2017 (污染物在线监控（监测）系统数据传输标准, data transmission standard for online monitoring systems of
// pollutants) and the dialect of HJ/T 212-2005 that stands in the field beside it: text frames between a plant's data logger (现场机) and
// the centre (上位机), in both directions.
//
//	##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80<CR><LF>
//
// Bytes come in through a [Scanner] or [Parse] and go out through [Frame.Append]. [Frame.Check] holds a frame to what its command wants,
// [Reports] turns uploads into numbers, and [Gather] puts sub-packets together. Everything here is values: no connection, no clock, no log.
// What is malformed is refused with an [Error] that names offset, clause and the return code by which the standard tells it the sender.
//
// # What is taken though the standard has it otherwise
//
//   - The checksum in small letters, the fields before CP in any order, a missing QN or Flag (2005: both optional), QN inside the data area
//     (2005), spaces around names and values of the data area.
//   - Times of the data area with milliseconds (17 digits for 14).
//   - Items divided by ';' where ',' belongs: a flag is joined to its factor by the code.
//   - A ';' behind the last item of the data area.
//   - A value that stands empty: the logger has none. It is marked absent, never read as a number.
//
// # The checksum's limit
//
// The checksum of annex A carries eight bits from one byte to the next. It finds every change within one byte, and of other faults all but one in
// 256. That is the standard's limit; what sits above should hold a reading to what is plausible. The password is plain text: this is no
// protocol for an open network.
//
// The clause numbers of HJ 212-2017 follow its table of contents and secondary literature. Times are China time.
package hj212

// Package dlt698 speaks DL/T 698.45-2017 (面向对象的用电信息数据交换协议, object-oriented data exchange of electricity
// consumption information): frames, services and values between terminals, meters and the master station.
//
// Bytes come in through a [Scanner] or [Parse], go out through [Frame.Append]; the APDU inside is read by [ParseAPDU] and
// written by [APDU.Append]; [Curves] turns the frozen curves of a GET response or a report into typed rows. Everything here
// is values: no connection, no clock, no log. What is malformed is refused with an [Error] that names offset and clause.
//
// A frame carries two CRC-16/X.25 sums, so that a flip of any one bit, or of up to three bits, anywhere in a frame is always
// found: a changed frame is refused and never becomes a reading.
//
// What is printed is byte for byte what was parsed, but for one thing: a length that a sender has padded is taken and printed
// in its shortest form.
//
// Left out, and refused with a clear error: security transport (SECURITY-Request and -Response), proxy services, compact
// services, and simplified records. Time in frames is China time (UTC+8) without a zone.
//
// The clause numbers are those of the 2017 edition as its secondary literature gives them.
package dlt698

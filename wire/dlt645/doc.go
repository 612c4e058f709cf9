// Package dlt645 speaks DL/T 645-2007 (多功能电能表通信协议, communication protocol of multi-function watt-hour meters): frames
// between a master station or gateway and its meters, the services in them, and the values that the data identifiers name.
// Of the 1997 edition it knows enough to read energy.
//
// Bytes come in through a [Scanner] or [Parse] and go out through [Frame.Append]; [Decode] and [Encode] turn frames into
// messages and back; [Values] turns the data of an answer into numbers by its identifier, [LoadRecords] those of a load
// profile. Everything here is values: no connection, no clock, no log. What is malformed is refused with an [Error] that names
// offset and clause. A digit that is not BCD is refused; a field filled with FFH stands for a value that the meter does not
// have and is marked absent, never read as a number.
//
// The frame's only guard is a sum of bytes modulo 256. It finds every flip of one bit, and every change within one byte. It
// does not find two changes that cancel: the same bit flipped up in one byte and down in another gives a frame that is valid
// and means something else. That is the standard's limit; what sits above should hold a reading to what is plausible.
//
// The clause numbers are those of the 2007 edition as its secondary literature gives them. Time in frames is China time.
package dlt645

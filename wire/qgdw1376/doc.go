// Package qgdw1376 speaks Q/GDW 1376.1-2013 (电力用户用电信息采集系统通信协议：主站与采集终端通信协议), the protocol between a
// master station and the terminals that collect meters, older than DL/T 698.45 and still in the field.
//
// Bytes come in through a [Scanner] or [Parse] and go out through [Frame.Append]; [Decode] and [Encode] turn a frame's user
// data into a [Message] and back, whose [Unit]s each name a measuring point Pn, an information class Fn and its data. [Gather]
// puts an answer of several frames together. Spoken are: confirmation and denial (AFN 00), the link (02), the table of meters
// (0A F10), the clock, voltages, powers, currents and energy of now (0C), curves and frozen days (0D). Another unit is refused
// with [ErrUnsupported]: its length is not known, and so nothing behind it can be read either.
//
// What is malformed is refused with an [Error] that names offset and clause. A value filled with EEH is one that the terminal
// does not have and is [None], never read as a number. The frame's only guard is a sum modulo 256, with the length told twice:
// it finds every change within one byte, and not two changes that cancel.
//
// The clause numbers are those of the standard as its secondary literature gives them; the printed text was not at hand. Of a
// unit that names several points and classes the classes of one point stand together. Time in frames is China time.
package qgdw1376

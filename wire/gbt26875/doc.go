// Package gbt26875 speaks GB/T 26875.3-2011 (城市消防远程监控系统 第3部分：报警传输网络通信协议): packets between the transmission device of a
// protected site (用户信息传输装置), which speaks for its fire panel, and the monitoring centre, in both directions.
//
//	40 40 | sequence(2) version(2) time(6) source(6) destination(6) length(2) command(1) | data unit | sum(1) | 23 23
//
// Bytes come in through a [Scanner] or [Parse] and go out through [Frame.Append]; [DecodeUnit] turns the data unit of a packet into objects, and
// [Unit.Append] turns them back. Everything here is values: no connection, no clock, no log. What is malformed is refused with an [Error] that
// names offset and clause.
//
// Numbers of more than one byte come least significant first; times are six binary bytes, second first, in China time; texts are GB 18030 and are
// handed on as their bytes. The only guard is a sum modulo 256: it finds every change within one byte, and not two that cancel.
//
// Clause numbers are those of the published table of contents; below 8.3 they follow secondary literature.
package gbt26875

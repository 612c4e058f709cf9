// Package modbus speaks Modbus/TCP, both sides (Modbus 应用协议): the header of the TCP binding (V1.0b), the requests and answers of the application
// protocol (V1.1b3), and values of other types than the register's.
//
//	frame:  transaction(2) protocol(2)=0 length(2) unit(1) | function(1) data
//
// [ParseFrame] and [Scanner] find frames, [ParseRequest] and [ParseAnswer] read what is in them, [Request.Append] and [Answer.Append] write it. An answer
// does not say what it answers: [ParseAnswer] is handed the request and holds the answer to it, so that a device that answers something else is
// refused. [Kind] and [Order] make numbers of registers, which the specification leaves to each maker.
//
// Functions 1-6, 15, 16, 22, 23 and 43/14 are spoken. Everything here is values: no connection, no clock, no log. TCP's own sum is the
// only guard of a frame, and there is no password: this is no protocol for an open network.
package modbus

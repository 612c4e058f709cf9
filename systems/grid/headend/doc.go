// Package headend is where concentrators and gateways connect (用电信息采集主站前置机): it lets them in over TCP, speaks DL/T 698.45-2017,
// DL/T 645-2007, Q/GDW 1376.1-2013 and DLMS with them, hands their readings over, and acknowledges after the commit.
//
// DL/T 698.45: the concentrator logs in, sends heartbeats and reports its curves; it is asked for what is missing. DL/T 645: the
// gateway says who it is, and its meters are polled for the load records of their gaps. Q/GDW 1376.1: an
// older terminal does as a concentrator, after it has told which meter stands at which of its measuring points. DLMS: a meter or a gateway
// from abroad connects, and is polled as a DL/T 645 gateway is. A concentrator speaks for the meters that
// the archive places behind it and for no other.
//
// It keeps nothing but who is connected. What a reading means is left to systems/grid, what bytes mean to the packages of wire.
package headend

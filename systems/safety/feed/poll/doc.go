// Package poll asks plants that speak Modbus/TCP (Modbus/TCP 轮询采集): one connection a plant, from the register's endpoint
// host:port or host:port/unit (unit 1 where none is given). The factor of a point says where its value lies, as wire/modbus.ParseField reads it:
// 4:100:float32, 3:8:uint32:CDAB:*0.001.
//
// What lies close together is read in one request. A plant is polled as often as its fastest point is due; one that does not answer is called again
// after one second, two, four, up to a minute. A point that the device refuses is faulty, not silent, and the rest goes on. Modbus has no password
// and no time: readings bear ours.
package poll

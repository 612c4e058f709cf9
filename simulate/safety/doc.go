// Package safety simulates the plants of the plan's section 3.3.5 (模拟危险化学品、冶金和烟花爆竹企业): data loggers that speak HJ 212-2017, instruments
// that are polled by Modbus/TCP, gateways that publish JSON over MQTT, and fire panels that speak GB/T 26875.3, all to a running platform over
// the network, on the real frames of package wire.
//
// Which plants there are, and what their instruments show, are functions of the seed (simulate/safety/site); what goes wrong is known
// beforehand (simulate/safety/fault) and written as lines of JSON to Options.Truth. [City.WriteRegister] gives the register that the platform
// imports before [City.Run] connects.
//
// A logger sends its readings in the order in which it measured them, one frame after the other, and keeps each until the platform has
// acknowledged it: what a broken line or a platform that was away has missed comes afterwards, by its own time.
package safety

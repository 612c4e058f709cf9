// Package secret reads the file of what gateways and meters prove themselves with (接入口令与密钥): passwords of gateways that connect over MQTT, and
// passwords and keys of DLMS meters, of one or of a group.
//
// A file has a line for each, # begins a remark:
//
//	mqtt 300000000001 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//	dlms 300000000011 lls 12345678
//	dlms 3000*        gmac 000102030405060708090A0B0C0D0E0F D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF
//
// A star ends the address of a group; the longest that fits counts. The two keys are the global unicast encryption key and the
// authentication key of security suite 0. Nothing of a secret goes into an error, a log or a list.
package secret

// Package mqtt is the door of plants whose gateways publish JSON over MQTT 3.1.1 or 5.0 (MQTT 接入). A gateway signs in with its plant's code as user name and
// the plant's password, and publishes to its own topic alone:
//
//	haihe/safety/<plant>/readings   {"t":"2026-11-23T09:15:00+08:00","v":{"LT-101":3.21,"PT-102":null},"q":{"LT-101":"good"}}
//
// See [Parse]. PUBACK (QoS 1) or PUBREC (QoS 2) is sent after the commit. What cannot be taken is listed with its reason; MQTT 5.0 tells it the sender too.
package mqtt

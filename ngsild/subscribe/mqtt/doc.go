// Package mqtt publishes notifications to MQTT brokers (MQTT 通知), with MQTT 3.1.1 and 5.0 and QoS 0 to 2.
//
// One connection an endpoint is kept and used again, and closed when it has not been used for a while. A message counts as delivered
// when the broker has confirmed it as its QoS says (QoS 0: when it was written).
package mqtt

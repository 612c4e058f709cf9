// Package mqtt is the door of gateways that speak MQTT 3.1.1 or 5.0 (网关 MQTT 接入). A gateway signs in with its own address as user name and its own
// password, and publishes and reads below its own address alone:
//
//	haihe/grid/<address>/up        whole frames of DL/T 698.45, as over TCP: login, heartbeats, reports, answers
//	haihe/grid/<address>/down      our frames: answers, acknowledgements of reports after the commit, questions
//	haihe/grid/<address>/readings  readings as JSON, see [Parse]
//	haihe/grid/<address>/taken     what became of them, after the commit
//	haihe/grid/<address>/ask       which meters are to be read again
//
// Frames go through the same dialogue as those of TCP. PUBACK (QoS 1) or PUBREC (QoS 2) of readings is sent after the commit; of frames
// after the dialogue has worked them off, where the report's own acknowledgement on .../down is what counts. What cannot be taken is listed
// with its reason; MQTT 5.0 tells it the sender too.
package mqtt

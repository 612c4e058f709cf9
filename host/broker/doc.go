// Package broker is the MQTT server inside the program (消息接入): devices and gateways publish to it, and a room stores what they say
// before they are told that it arrived.
//
// It speaks MQTT 3.1.1 and 5.0 over TCP (mochi-mqtt), QoS 0 to 2. What it adds to that library:
//
//   - A publication goes to the Route that its topic matches. PUBACK (QoS 1) and PUBREC (QoS 2) are sent only after the route's Take has
//     returned without error, that is after the room's commit; what came on one connection is stored and acknowledged in its order,
//     many at a time, and connections do not wait for each other. A store that is busy is tried again for a while, in which the
//     connection is not read: the sender feels it. After that the sender is told (5.0) or cut off without acknowledgement (3.1.1), and sends again.
//   - What a route refuses for good (bad payload) is acknowledged with its reason under 5.0. MQTT 3.1.1 has no words for that, and a
//     client would send it for ever: there it is acknowledged, counted, and told to Options.Refused.
//   - A topic without a route is refused, as is what Options.Allow does not let through, publishing and subscribing. A client's id is
//     its own principal's: nobody takes over the session of another.
//   - Bounds: connections, size of a packet, publications under way on a connection, time to sign in, time for a write. A subscriber
//     that does not read is cut off; it never holds back who publishes.
//
// Data lies in memory only: sessions of clients that went, messages on their way to subscribers and retained messages do not outlive
// the program, and QoS 2 is "exactly once" between two starts of it, except where a connection breaks while the store works. What a route stored is as durable as the room made it. Neither
// payloads nor credentials are written to the log. A client that publishes and subscribes above QoS 0 on one connection shares one
// table of packet identifiers between both directions (mochi-mqtt); two connections are better.
package broker

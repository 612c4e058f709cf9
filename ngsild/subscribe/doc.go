// Package subscribe is the HTTP face of subscriptions (订阅接口): operations O25 to O29, and what a notification looks like and how it
// goes out (O30), over HTTP here and over MQTT in package mqtt below it.
//
// It reads a payload strictly into a subscription.Subscription in stored names, and writes it back in the requester's @context with
// its delivery state. Matching, order, retries, counters and dead letters are kernel/subscription's; this package says only what one
// notification is and whether the receiver took it.
//
// # What is stored
//
// Subscription.Source holds the payload as it was given, the name that each of its terms stood for when it was given, and the
// @context that notifications are written in. So a subscription can be read again at start without any network.
package subscribe

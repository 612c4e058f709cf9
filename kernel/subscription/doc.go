// Package subscription matches changes of entities to subscriptions and delivers what is due, provably (订阅与投递).
//
// # Matching
//
// An inverted index leads from a change to the few subscriptions that may want it: by tenant, then by entity id, or by type and
// changed attribute; what cannot be indexed stands in a rest list. The exact test is filter.Selection's and that of the triggers
// (ETSI GS CIM 009 V1.9.1 5.2.12). It runs inside the transaction that makes the changes (entity.Store.Watch).
//
// # What is due
//
// The notices that one call of Watch makes are one row of the table subscription_due, written in the writer's own transaction: the
// changes once, and who gets which. After the commit they are handed to a queue per subscription in memory; a subscription's
// notices are delivered one after another, in the order of the commits. When the last notice of a row is delivered or given up,
// the row goes. So what was due and not confirmed is delivered again after a crash (at least once), and exactly once while the
// process lives.
//
// # Failing receivers
//
// A failed notice is tried again with exponential back-off and jitter, not before the endpoint's cooldown is over. What cannot be
// delivered for Options.GiveUp becomes a dead letter (subscription_dead), which can be seen, replayed and discarded; so does what
// waits while its subscription is paused or expires, and, of a receiver that fails, what exceeds its share of Options.Pending.
// Receivers that are slow or fail can take no more than half of the workers. When Options.Pending notices wait, writers whose
// changes somebody subscribed to are refused with errs.Busy: nothing is dropped silently.
//
// # Where the data lies
//
// subscription holds the subscriptions, subscription_state their counters (64 subscriptions a row, written at most ten times a
// second), subscription_due what is due, subscription_dead the dead letters. All subscriptions are held in memory. One engine a
// database: several instances on one PostgreSQL do not see each other's subscriptions yet.
//
// It leaves to others what a subscription looks like outside (Source is opaque here), what a notification looks like and how it goes
// out (Deliver).
package subscription

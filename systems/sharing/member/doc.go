// Package member is the registry of the exchange's members (成员登记): the nodes of units and districts that may call one another, with
// their certificates, addresses and state.
//
// One node is the registry. It signs a [Statement] for each member whenever something about it changes, and a head over all of them
// whenever somebody asks, with the time. Every node keeps the statements in its [Book], verifies them against the registry's key alone,
// and goes on without the registry until the head is older than the book's limit. A revoked member is pushed to all nodes at once and
// polled for besides, so that its calls end within seconds.
//
// Statements are never deleted: one that was in force when a call was made proves, years later, whose certificate signed it.
//
// Data lies in sharing_statement, sharing_list and sharing_invitation. Private keys are kernel/trust's.
package member

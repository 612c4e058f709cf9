// Package node is one node of the exchange put together (交换节点): its keys and its membership, the doors that other nodes knock at, and the
// jobs that keep members, time stamps and links up to date.
//
// A node begins alone. It founds an exchange and becomes its registry, or joins one by an invitation; either takes one command, and holds
// from then on, also for a program that runs already. Its key is made here, in the vault, and never leaves.
//
// Below /exchange/v1 stand:
//
//	POST resources/{resource}/call   a signed call (package exchange)
//	GET  members?have=VERSION        the registry's list, signed; without the members where the version is theirs
//	POST members                     the registry pushes the list when somebody was revoked or admitted
//	POST join                        an invitation's secret, a certificate request and an address, for a certificate and the list
//
// Data lies in sharing_self.
package node

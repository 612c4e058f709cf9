// Package admin is how people and programs of this node work with the exchange between nodes (成员与链路管理): the page of members and links,
// invitations and revocations, the records of calls with their receipts, and the interface by which a program of this node calls a resource
// of another one. All rules are package node's.
package admin

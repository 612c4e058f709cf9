// Package opcua listens to plants that run an OPC UA server (OPC UA 接入): one session a plant, to the register's endpoint opc.tcp://…, with a
// subscription to the nodes that its points name as their factors (ns=2;s=LT-101). Values are told when they change and, because a value that
// stands still would be silent, all nodes are read as often as the fastest point is due.
//
// The status of a value is its quality: good, uncertain, bad (OPC UA part 4, 7.39). Times are the source's where it states one within a minute of
// ours, else ours. A session that fails is made again after one second, two, four, up to a minute.
package opcua

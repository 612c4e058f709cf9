// Package entities (实体操作) is the HTTP binding of the current state of the city context: operations O01 to O24, which create,
// change, retrieve, query and discover entities (ETSI GS CIM 009 V1.9.1, 5.6, 5.7, 6.4 to 6.7, 6.14 to 6.17, 6.23, 6.25 to 6.28, 6.31).
//
// What a change makes of an entity is package patch's; it runs on the writer's lane of kernel/entity, which keeps entities and their
// history. What all operations share over HTTP is in exchange; the
// temporal evolution is in history, subscriptions are in subscribe.
package entities

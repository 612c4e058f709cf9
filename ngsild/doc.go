// Package ngsild is the city context's public face (城市上下文开放接口): the HTTP binding of NGSI-LD (ETSI GS CIM 009 V1.9.1, clause
// 6), joined from the packages below it, and the OpenAPI document that describes it.
//
// It keeps nothing of its own. Operations come as data: those on entities and contexts are joined here, those on history and
// subscriptions are handed in by who wires the program. Registrations, distributed operations, entity maps and snapshots are not
// offered yet: their paths are not found, and parameters that ask for them are refused.
package ngsild

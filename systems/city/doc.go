// Package city is the room of the city context (城市信息资源): what all systems share, as entities that partners read, write and
// subscribe to in the terms of NGSI-LD, and the MQTT door for devices. It answers 3.3.2 (information sharing) and 3.1.4(4) (the big data
// centre) of the plan.
//
// It joins and keeps little itself: entities, histories and subscriptions are kernel/entity's, kernel/entity/temporal's and
// kernel/subscription's; what HTTP looks like is ngsild's; MQTT is host/broker's. Its own are who may do what (rights.go), what a
// publication on a topic means (intake.go), the journal's entries for official acts (acts.go), and the pages.
//
// Standards: ETSI GS CIM 009 V1.9.1 (NGSI-LD), MQTT 3.1.1 and 5.0.
package city

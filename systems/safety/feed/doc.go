// Package feed is how readings of plants come in (接入): HJ 212 over TCP (hj), Modbus/TCP (poll), OPC UA (opcua), GB/T 26875.3 of fire panels (fire) and
// JSON over MQTT (mqtt). Which of them a plant speaks stands in the register.
//
// A feed turns bytes into values, strictly, hands them to the room's take, and answers the device when they are durable. What is refused is kept
// with its clause and bytes (refused) and listed on /safety/refused. Nothing here knows a rule; what raises alarms of its own are fire panels and
// floods of rubbish.
package feed

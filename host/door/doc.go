// Package door lets devices in over TCP (设备接入的门): listeners that open at start, so that a used port is told then; a bounded number of
// connections over all doors of a [Hall]; each dialogue behind a panic guard; and an end that waits for all of them. What is spoken behind a
// door, and how long a peer may take to say who it is, are the room's.
package door

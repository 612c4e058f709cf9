// Package fire is the door of fire panels' transmission devices (GB/T 26875.3 接入). A device is known by its source address: twelve hexadecimal
// digits, which are the endpoint that the register gives its plant, or else the plant's code.
//
// A fire, a fault, a masked or supervised part is an alarm of class device, raised and ended by the bits of the states that the panel tells
// (GB/T 26875.3-2011 8.3); a reset of the panel ends what it has raised. Packets are confirmed after the commit, and denied where they cannot be read. Analog values
// and the fire bit of components are readings of the points whose factor is system.place.component.part, as 1.1.40.66051; any packet is a
// reading 1 of the point with the factor device, by which a device's silence is watched.
//
// The protocol has no password and no signature: an address can be forged, so the door belongs into a network of its own.
package fire

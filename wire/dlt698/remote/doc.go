// Package remote makes and reads the remote control of DL/T 698.45-2017 (远程控制, object 8000): an alarm, a trip, a close or its permission, the
// state of the relay, and the clock of a meter, each as an item of a proxy service that a terminal passes on to a meter behind it.
//
// It is values only, on the messages that package dlt698 prints and parses. What is malformed is refused with the typed error of that
// package. The clause numbers, the layouts of the parameters and the number of the relay's object are those of the 2017 edition as its
// secondary literature gives them. Meters of the State Grid take such an order only under the security transport of their chip, which
// package dlt698 does not speak: this reaches meters that are set to take it in plain.
package remote

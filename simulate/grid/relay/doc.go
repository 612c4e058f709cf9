// Package relay is what the relays and the clocks of simulated meters do when they are ordered to: they obey who knows the password, tell their
// state, and are counted out while they are open. Some are stuck, and some have another password; both is drawn, so that whoever asks knows the
// truth. The answers are those of DL/T 645, of a proxy of DL/T 698.45 and of DLMS.
package relay

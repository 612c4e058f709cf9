// Package gate is what the feeds of work safety have in common (接入门户): where readings go and refusals are told ([Desk]), a TCP listener with bounds
// ([Gate]), one dialogue for each plant that is polled ([Pool]), and the watch for floods of rubbish ([Flood]).
package gate

// Package throttle (限速) slows attempts down by who is named and by where they come from: free at first, then with a delay that doubles,
// then a closed door for a while. Sign-ins, registrations and public doors count with it.
package throttle

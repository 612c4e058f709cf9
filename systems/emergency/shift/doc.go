// Package shift is the watch of a unit (应急值守): the duty roster, the log of each shift, and its hand-over with the points that are open
// and a second signature. A shift is a case of kernel/casework, so its log cannot be altered unseen. Who stands on the roster now is who
// kernel/casework/notice tells first.
package shift

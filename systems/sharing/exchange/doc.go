// Package exchange makes and answers signed calls between members (跨节点调用), in the form of package message: it signs what goes out, makes
// sure of what comes in, hands a verified call to the gate (call.Serve), and gives no answer before both lines are in the log (package
// record). It never sees a policy.
//
// What is refused before the caller is known (a bad signature, a replay, a body that is too large) is a problem document of RFC 9457 in
// both languages without a signature, and leaves no line: who sent it has not been made sure of. What the gate refuses is an answer like any
// other, signed and recorded.
package exchange

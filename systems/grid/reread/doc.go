// Package reread has meters read again (补抄): an order names a day and meters, each concentrator is asked for its own, and the result
// stands meter by meter while the order runs. Asking is all it does: what comes goes the way of every reading, and the result of a
// meter is told from the slots that are missing before and after.
package reread

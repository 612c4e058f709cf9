// Package combine (合并) gathers the calls of many goroutines into groups: while one group is being worked on, the next one gathers, so
// the size of a group finds itself. The queue is bounded: what comes beyond it is refused at once, and what was taken goes on at the
// speed of before.
package combine

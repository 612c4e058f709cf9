package response

import "github.com/haihe-city/haihe/systems/grid/response/record"

// The records that this part works with.
type (
	Programme   = record.Programme
	Participant = record.Participant
	State       = record.State
	Event       = record.Event
	Call        = record.Call
	Result      = record.Result
)

// The states of an event.
const (
	Draft     = record.Draft
	Notified  = record.Notified
	Running   = record.Running
	Finished  = record.Finished
	Settled   = record.Settled
	Cancelled = record.Cancelled
)

// Package indicator (量化指标) holds the targets of an action plan: what was promised, what is measured, how it stands.
//
// A [Plan] is data (plans/tianjin). A [Board] measures it: a system connects a target to the function that counts it
// ([Board.Connect]), or an officer of the responsible unit submits a figure that a second person approves ([Board.Submit],
// [Board.Decide]). Every figure is kept with the time that it is for and the time that it was learnt, so the board answers
// "what did we know on that day" as well as "what do we know today about that day".
//
// No figure is ever invented. A target whose system is not there, and that has no approved report, has no figure at all and
// the state not-connected; a measurement that fails keeps the last figure with its age and the reason.
//
// # How a target stands
//
// The rules for baseline, due pace, state and forecast stand in one place: state.go and forecast.go.
//
// # What is kept, and what is thinned
//
// Live figures are recorded when they change, at most one a minute a target, and once a day even where they do not change.
// After [FineDays] days only the closing figure of each day (China time) remains, and that remains for ever. Approved
// reports are never thinned; a correction supersedes the figure that it corrects and leaves it in place.
//
// Data lies in indicator_figure and indicator_report. Who may read is decided by the caller; pages and exports are the
// business of systems/plan, and the plan's data that of plans/*.
package indicator
